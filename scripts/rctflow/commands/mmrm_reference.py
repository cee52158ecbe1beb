"""Compare the MMRM engine with R mmrm and SAS PROC MIXED and print the comparison as a Markdown table.

    PYTHONPATH=scripts python -m rctflow.commands.mmrm_reference [--data ../shared/data] [--write docs/mmrm.md]

The numbers of R and SAS stand in tests/reference/mmrm; the data of the comparison are not part of the project and are
read from ``--data``. Differences are relative and shown as the next power of ten above the largest one, so that the
table is the same on every machine.
"""

import argparse
import json
import math
import sys
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from rctflow.qualify.mmrm_fev import SAS_NAMES, VCOV, fit_fev

BEGIN, END = "<!-- comparison: begin -->", "<!-- comparison: end -->"
FLOOR = 1e-9


@dataclass
class Worst:
    """The largest relative difference per kind of number, and how many numbers were compared."""

    differences: dict[str, float] = field(default_factory=dict)
    count: int = 0

    def add(self, kind: str, ours: Any, theirs: Any) -> None:
        """Compare numbers or arrays of them."""
        a, b = np.atleast_1d(np.asarray(ours, float)), np.atleast_1d(np.asarray(theirs, float))
        self.count += a.size
        self.differences[kind] = max(self.differences.get(kind, 0.0), float((np.abs(a - b) / np.abs(b)).max()))

    def shown(self, kinds: Iterable[str]) -> list[str]:
        """The differences as powers of ten."""
        return [_power_of_ten(self.differences[kind]) for kind in kinds]


def _power_of_ten(difference: float) -> str:
    return f"< 1e{math.floor(math.log10(max(difference, FLOOR))) + 1}"


def compare_with_r(data: pd.DataFrame, reference: dict[str, Any]) -> dict[str, Worst]:
    """The largest differences of each structure over all its methods."""
    rows: dict[str, Worst] = {}
    for key, theirs in reference["fits"].items():
        structure, method, df, vcov = key.split("|")
        df = "kr-linear" if vcov == "Kenward-Roger-Linear" else df.lower()
        ours = fit_fev(
            data, reference["source"]["formula"], structure, method=method.lower(), df=df, vcov=VCOV.get(vcov, "model")
        )
        worst = rows.setdefault(structure, Worst())
        worst.add("-2 log L", -2 * ours.log_likelihood, theirs["neg2loglik"])
        table = ours.coefficients()
        for name in ("estimate", "se", "df"):
            worst.add(name, table[name], theirs["coefficients"][name])
        for weights, expected in theirs["emmeans"].items():
            means = ours.lsmeans("ARMCD", by="AVISIT", weights=weights)
            differences = ours.contrasts("ARMCD", by="AVISIT", reference="PBO", weights=weights)
            for table, part, estimate in ((means, "means", "emmean"), (differences, "contrasts", "estimate")):
                for name, column in (("estimate", estimate), ("se", "SE"), ("df", "df")):
                    worst.add(name, table[name], expected[part][column])
        for expected in theirs["tests"].values():
            L = np.array([[float(name == wanted) for name in ours.beta.index] for wanted in expected["coefs"]])
            test = ours.test_contrasts(L)
            worst.add("F", test.F, expected["f_stat"])
            worst.add("df", test.df2, expected["denom_df"])
    return rows


def r_table(rows: dict[str, Worst]) -> list[str]:
    """Markdown: one line per structure."""
    kinds = ("-2 log L", "estimate", "se", "df", "F")
    lines = ["| structure | numbers | " + " | ".join(kinds) + " |", "|---|---:|" + "---|" * len(kinds)]
    for name, worst in rows.items():
        lines.append(f"| {name} | {worst.count} | " + " | ".join(worst.shown(kinds)) + " |")
    return lines


def sas_table(data: pd.DataFrame, reference: dict[str, Any]) -> list[str]:
    """Markdown: the arm difference of FEV1 = ARMCD with ddfm=kr and kr(linear), SAS beside ours."""
    lines = [
        "| structure | ddfm | SE, SAS | SE, here | df, SAS | df, here | estimate | -2 REML log L, here - SAS |",
        "|---|---|---:|---:|---:|---:|---|---:|",
    ]
    for ddfm, key, df in (("kr", "kr", "kenward-roger"), ("kr(linear)", "kr1", "kr-linear")):
        for name, theirs in reference[key].items():
            ours = fit_fev(data, "FEV1 ~ ARMCD", SAS_NAMES.get(name, name), df=df)
            row = ours.contrasts("ARMCD").iloc[0]
            estimate = _power_of_ten(abs(row["estimate"] / theirs["estimate"] - 1))
            excess = -2 * ours.log_likelihood - theirs["m2RLL"]
            lines.append(
                f"| {name} | {ddfm} | {theirs['se']:.6f} | {row['se']:.6f} | {theirs['df']:.3f} | {row['df']:.3f} "
                f"| {estimate} | {round(excess, 6) + 0.0:.6f} |"
            )
    return lines


def comparison(data: Path, reference: Path) -> str:
    """The whole section as Markdown."""
    fev = pd.read_csv(data / "fev_data.csv")
    r = json.loads((reference / "r_mmrm_fev.json").read_text())
    sas = json.loads((reference / "sas_proc_mixed_fev.json").read_text())
    source = r["source"]
    parts = [
        f"{source['program']} {source['version']}, `{source['formula']}`, largest relative difference over every df "
        "and vcov method, REML and ML:",
        "",
        *r_table(compare_with_r(fev, r)),
        "",
        f"{sas['source']['program']} {sas['source']['version']}, `FEV1 ~ ARMCD`, difference of the arms:",
        "",
        *sas_table(fev, sas),
    ]
    return "\n".join(parts) + "\n"


def put_between_marks(page: str, text: str) -> str:
    """``page`` with ``text`` between the two marks."""
    before, rest = page.split(BEGIN, 1)
    _, after = rest.split(END, 1)
    return f"{before}{BEGIN}\n\n{text}\n{END}{after}"


def main(argv: Sequence[str] | None = None) -> int:
    """Print the comparison, or write it between the marks of a page."""
    parser = argparse.ArgumentParser(prog="mmrm_reference", description=__doc__.splitlines()[0])
    parser.add_argument("--data", type=Path, default=Path("../shared/data"))
    parser.add_argument("--reference", type=Path, default=Path("tests/reference/mmrm"))
    parser.add_argument("--write", type=Path, help="a page with the marks of this table")
    chosen = parser.parse_args(argv)
    if not (chosen.data / "fev_data.csv").exists():
        print(
            f"{chosen.data}/fev_data.csv is not there. It ships with the R package mmrm (Apache-2.0): export fev_data "
            "as CSV and give its folder with --data.",
            file=sys.stderr,
        )
        return 1
    text = comparison(chosen.data, chosen.reference)
    if chosen.write is None:
        print(text)
    else:
        chosen.write.write_text(put_between_marks(chosen.write.read_text(), text))
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
