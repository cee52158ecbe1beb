"""``./run compare OTHER.csv``: a second programmer's results, from R or SAS, beside those of the finished run."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from rctflow.commands.chosen import chosen_study
from rctflow.commands.finished import require_finished
from rctflow.errors import RctflowError
from rctflow.results import Result, number, read_results
from rctflow.second.agreement import TOLERANCE

if TYPE_CHECKING:
    from rctflow.second.other_program import Held, Others

AGREES, DIFFERS, CANNOT = 0, 1, 2
STATISTICS = ("estimate", "se", "se_log", "df", "p_value", "ci_low", "ci_high")


def main(arguments: list[str]) -> int:
    """Print the comparison; returns 0 when every number given agrees, 1 when one differs or belongs to no result row,
    2 when there is nothing to compare.
    """
    options = _parser().parse_args(arguments)
    try:
        chosen = chosen_study(arguments)
        require_finished(chosen.file, "compare")
        rows = [row for path in sorted(chosen.results.glob("endpoints/*/results.csv")) for row in read_results(path)]
        rows += [row for path in sorted(chosen.results.glob("summaries/*/results.csv")) for row in read_results(path)]
        if options.template:
            return _template(Path(options.other), rows, chosen.file)
        return _compared(Path(options.other), rows, chosen.file, options.tolerance, options.as_printed)
    except RctflowError as error:
        print(f"ERROR: {error}", file=sys.stderr)
        return CANNOT


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="./run compare", description=__doc__, allow_abbrev=False)
    parser.add_argument("other", metavar="OTHER.csv", help="the other results; with --template, the file to write")
    parser.add_argument("--template", action="store_true", help="write the ids of what to compute, to be filled")
    parser.add_argument("--tolerance", type=float, default=TOLERANCE, help=f"relative, {TOLERANCE:g} unless said")
    parser.add_argument("--as-printed", action="store_true", help="ours may differ by half the last digit written")
    parser.add_argument("--config", metavar="study=FILE", help="the study; config/config.yaml unless said")
    return parser


def _judged(rows: Iterable[Result], config_file: str) -> list[Result]:
    """The rows of the primary and secondary comparisons at their primary visits."""
    from rctflow.study.load import load_study
    from rctflow.study.second_computation import second_settings

    declared = second_settings(load_study(config_file)).analyses
    asked = {(d.endpoint, d.analysis, d.population, d.visit) for d in declared}
    return [
        row
        for row in rows
        if (row.endpoint, row.analysis, row.population, row.visit) in asked
        and row.contrast
        and row.statistic in STATISTICS
        and row.value is not None
    ]


def _template(path: Path, rows: Sequence[Result], config_file: str) -> int:
    from rctflow.second.other_program import write_template

    if path.exists():
        raise RctflowError(f"{path} is there already; name another file")
    judged = _judged(rows, config_file)
    write_template(judged, path)
    print(f"{path}: {len(judged)} primary and secondary results. Fill the column value, then ./run compare {path}")
    return AGREES


def _compared(path: Path, rows: Sequence[Result], config_file: str, tolerance: float, as_printed: bool) -> int:
    from rctflow.second.other_program import OtherResultsError, hold, read_others

    others = read_others(path)
    if not others.given:
        raise OtherResultsError(f"{path} gives no number")
    held, unmatched = hold(others.given, rows, tolerance, as_printed)
    wanted = {row.result_id for row in _judged(rows, config_file)} - {one.other.result_id for one in held}
    print("\n".join(_lines(path, held, unmatched, others, sorted(wanted))))
    return AGREES if held and not unmatched and all(one.agrees for one in held) else DIFFERS


def _lines(
    path: Path, held: Sequence[Held], unmatched: Sequence[str], others: Others, wanted: Sequence[str]
) -> list[str]:
    differing = [one for one in held if not one.agrees]
    shares = [(one.apart, one.other.result_id) for one in held if one.apart is not None]
    lines = [f"{path}: {len(held)} numbers compared, {len(differing)} differ."]
    if shares:
        worst, name = max(shares)
        lines.append(f"Largest disagreement: {worst:.2g} ({name}); docs/second.md says how it is measured.")
    lines += [f"  DIFFERS {one.other.result_id}: {number(one.ours)} here, {_written(one)} there" for one in differing]
    for words, names in (
        ("in no result row with a value", unmatched),
        ("without a number", others.empty),
        ("primary or secondary, and not compared", wanted),
    ):
        if names:
            lines += [f"{len(names)} {words}:", *(f"  {name}" for name in names)]
    return lines


def _written(one: Held) -> str:
    return ("<" if one.other.below else "") + one.other.text
