"""The small-sample ladder: every analysis of one endpoint at its primary visit, the main one first and marked.

Under each analysis stand its further methods: exact tests, other intervals, the randomization test, the bootstrap. The
order is the config's; nothing is ever sorted by a p-value.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any

from rctflow.display import Display, digits_of
from rctflow.results import Found, Result, is_ratio, rows_of
from rctflow.rounding import interval, p_value, rounded
from rctflow.tables.endpoint import nominal_words
from rctflow.tables.rows import P, contrast_words, count_cell, interval_cell, nominal_once, p_cell, words
from rctflow.tables.table import Cell, Table, cell_of

METHODS = {
    "bootstrap": "bootstrap, BCa",
    "cmh": "CMH test",
    "fisher": "Fisher's exact test",
    "hodges_lehmann": "Hodges-Lehmann shift",
    "mantel_haenszel": "Mantel-Haenszel",
    "mee": "Mee",
    "miettinen_nurminen": "Miettinen-Nurminen",
    "newcombe": "Newcombe",
    "randomization": "randomization test",
}
"""Further methods of an analysis whose name is not that of their statistics with spaces."""
ENDS = ("estimate", "p_value", "ci_low")


def ladder_table(rows: Sequence[Result], settings: Display, plan: str = "") -> Table | None:
    """Comparisons at the primary visit by every analysis, population and method; None when there is but the main one.

    plan: the status of the analysis plan, for the foot.
    """
    arms = settings.arms
    level = f"{settings.confidence * 100:g}% CI"
    heads = ("Analysis", "Population", *(f"n {arm.label}" for arm in arms), "Comparison", f"Estimate ({level})", P)
    lines: list[list[Cell]] = []
    for analysis, population in ordered_analyses(rows, settings):
        lines += _lines(rows_of(rows, analysis, population), analysis, population, settings)
    if len({line[0].text for line in lines} | {line[1].text for line in lines if line[1].text}) < 3:
        return None
    caption = f"{settings.label}, all analyses at {words(settings.primary_visit, settings.visits)}"
    notes = [
        *_influence(rows, settings),
        *_drawn(rows, settings),
        *_unreliable(rows),
        nominal_words(settings),
        *([plan] if plan else []),
    ]
    stamps: dict[str, Any] = {"synthetic": settings.synthetic, "blinded": settings.blinded}
    table = Table(f"{settings.endpoint}-ladder", caption, heads, lines, notes=notes, **stamps, anchors=False)
    return nominal_once(table)


def ordered_analyses(rows: Sequence[Result], settings: Display) -> list[tuple[str, str]]:
    """(analysis, population) of every comparison: the main one, then in the order of the config."""
    pairs = dict.fromkeys((row.analysis, row.population) for row in rows if row.contrast)
    main, known = (settings.main_analysis, settings.main_population), settings.analysis_order

    def place(pair: tuple[str, str]) -> tuple[bool, int]:
        return pair != main, known.index(pair[0]) if pair[0] in known else len(known)

    return sorted(pairs, key=place)


def _lines(found: Found, analysis: str, population: str, settings: Display) -> Iterator[list[Cell]]:
    visit, arms = settings.primary_visit, settings.arms
    name = words(analysis, settings.analyses)
    if (analysis, population) == (settings.main_analysis, settings.main_population):
        name += " (main)"
    elif analysis != settings.main_analysis:
        name += f" ({next(row.role for row in found.values())})"
    for contrast, prefix in _comparisons(found, visit):
        if prefix:  # another method of the analysis above, for the same patients
            method = METHODS.get(prefix.rstrip("_"), prefix.rstrip("_").replace("_", " "))
            line = [Cell(f"—\N{NO-BREAK SPACE}{method}", head=True), *[Cell("")] * (1 + len(arms))]
        else:
            line = [Cell(name, head=True), Cell(words(population, settings.populations))]
            line += [count_cell(found.get((visit, arm.id, "n"))) for arm in arms]
        line.append(Cell(contrast_words(contrast, settings)))
        line.append(_estimate(found, visit, contrast, prefix, settings))
        line.append(_tested(found, visit, contrast, prefix, settings))
        yield line


def _comparisons(found: Found, visit: str) -> list[tuple[str, str]]:
    """(contrast, prefix of its statistics) of every method of an analysis, the one without prefix first.

    A statistic with a colon, such as those without one patient, is of a part of the patients and no method; what
    describes those (``loo_``) is told in a note.
    """
    made: dict[tuple[str, str], None] = {}
    for (at, contrast, statistic), row in found.items():
        end = next((e for e in ENDS if statistic.endswith(e)), "")
        if at == visit and end and row.contrast and ":" not in statistic:
            made[contrast, statistic.removesuffix(end)] = None
    return sorted(made, key=lambda key: key[1] != "")


def _estimate(found: Found, visit: str, contrast: str, prefix: str, settings: Display) -> Cell:
    """Estimate and interval, with their unit when it is not the endpoint's; the interval alone of a resampling."""
    cell = interval_cell(found, visit, contrast, f"{prefix}estimate", settings, ends=f"{prefix}ci")
    row = found.get((visit, contrast, f"{prefix}estimate"))
    low, high = (found.get((visit, contrast, f"{prefix}ci_{end}")) for end in ("low", "high"))
    if row is None and low is not None and low.value is not None:
        ends = interval(low.value, high.value if high else None, digits_of(low, settings.digits))
        return cell_of(f"({ends})", [low, high])
    if row is None or row.value is None or is_ratio(contrast) or row.unit in ("", settings.unit):
        return cell
    return replace(cell, text=f"{cell.text} {row.unit}")


def _tested(found: Found, visit: str, contrast: str, prefix: str, settings: Display) -> Cell:
    """The p-value; only the first method of an analysis can be the trial's test."""
    test = found.get((visit, contrast, f"{prefix}p_value"))
    if not prefix or test is None or test.value is None:
        return p_cell(test, settings)
    return cell_of(p_value(test.value), [test])


def _drawn(rows: Sequence[Result], settings: Display) -> list[str]:
    """How exact the p-values of drawn randomization tests are, in one sentence."""
    errors = [
        row.value or 0.0
        for row in rows
        if row.statistic == "randomization_p_value_se" and row.visit == settings.primary_visit
    ]
    largest = max(errors, default=0.0)
    return [f"Randomization tests: Monte Carlo standard error of p at most {rounded(largest, 4)}."] if largest else []


def _influence(rows: Sequence[Result], settings: Display) -> Iterator[str]:
    """What leaving one patient out does to each comparison that was examined."""
    for analysis, population in ordered_analyses(rows, settings):
        found = rows_of(rows, analysis, population)
        for (visit, contrast, statistic), row in found.items():
            if statistic == "loo_influence" and row.value is not None:
                ends = {
                    name: found[visit, contrast, f"loo_{name}"].value or 0.0
                    for name in ("estimate_min", "estimate_max", "p_value_min", "p_value_max")
                }
                estimates = interval(ends["estimate_min"], ends["estimate_max"], digits_of(row, settings.digits))
                yield (
                    f"{words(analysis, settings.analyses)}, {contrast_words(contrast, settings)}, without one patient: "
                    f"estimate {estimates}, p {p_value(ends['p_value_min'])} to {p_value(ends['p_value_max'])}; "
                    f"{row.note}: {rounded(row.value, 2)}."
                )


def _unreliable(rows: Sequence[Result]) -> list[str]:
    told = [row.note for row in rows if row.statistic == "bootstrap_ci_low" and "unreliable" in row.note]
    return [f"Bootstrap intervals are {told[0]}."] if told else []
