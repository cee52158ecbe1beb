"""What may be published of restricted data: result rows from which no number of fewer than ``small_cells`` patients
can be read or computed.

A cell is what one result row tells of one group of patients. Primary suppression hides counts of 1 to k - 1 and
statistics of fewer than k patients; secondary suppression (disclosure_audit.py) hides as many further counts as it
takes that no hidden one can be computed from totals and neighbours. Both carry the same note, so that a reader cannot
tell which is which. Minima and maxima are single patients' values and have no row; quantiles are replaced by means of
patients near them (description.py). Thresholds and secondary suppression: Hundepool et al. 2012, Statistical
Disclosure Control, ch. 4; Griffiths et al. 2019, Handbook on SDC for outputs.

Not protected: the difference of two counts that are both large, such as those randomized and those analysed, which
CONSORT asks for.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import replace

from rctflow.disclosure_audit import further_cells
from rctflow.results import AVERAGE, SUPPRESSED, Result, compared_arms

REST = "other, each rare"
EXTREMES = ("min", "max")
PROPORTIONS = ("binary", "responder", "gee_logit", "time_to_event")
"""Models whose ``events`` are patients, so that those without the event are patients too."""
LEVELS = ("n", "percent", "n_discontinued", "n_not_treated", "n_not_randomized", "n_excluded")
TOTALLED = ("baseline", "exposure")
"""Summaries that describe values of all arms together."""
OVERLAPPING = ("n_with", "percent_with", "events")
_COUNT = re.compile(r"(change_)?n($|[_:])|(events|at_risk)($|[_:])")
_FEW = re.compile(r"\b(\d+) (with a value|(?:value|subject|patient|participant|record|observation)s?)\b")


def disclosable(rows: Sequence[Result], small_cells: int) -> list[Result]:
    """``rows`` of one result file as they may be published; unchanged when ``small_cells`` is 0 (open data).

    A suppressed row has status not_estimable and the note SUPPRESSED. Levels of fewer patients than ``small_cells`` in
    all are joined, because their names (a reason, a site) can describe one patient. Notes lose their small counts.
    """
    if not small_cells:
        return list(rows)
    rows = [row for row in rows if row.statistic.rpartition("_")[2] not in EXTREMES]
    rows = _rare_joined(rows, small_cells)
    counts = {i: int(row.value) for i, row in enumerate(rows) if is_count(row) and row.value is not None}
    small = {i for i, n in counts.items() if 0 < n < small_cells} | _few_others(rows, counts, small_cells)
    hidden = small | further_cells(rows, counts, small, small_cells)
    hidden |= _percentages(rows, hidden)
    hidden |= _statistics(rows, small_cells)
    hidden |= _of_hidden_levels(rows, hidden) | _of_hidden_sizes(rows, hidden) | _of_hidden_doses(rows, hidden)
    return [_suppressed(row) if i in hidden else _without_small_counts(row, small_cells) for i, row in enumerate(rows)]


def is_count(row: Result) -> bool:
    """Whether a row counts patients or records."""
    return row.endpoint == "data_quality" or bool(_COUNT.match(row.statistic))


def _suppressed(row: Result) -> Result:
    return replace(row, value=None, status="not_estimable", note=SUPPRESSED)


def _without_small_counts(row: Result, k: int) -> Result:
    def shown(found: re.Match[str]) -> str:
        several = found[2] if found[2].startswith("with") else found[2].removesuffix("s") + "s"
        return f"fewer than {k} {several}" if 0 < int(found[1]) < k else found[0]

    return replace(row, note=_FEW.sub(shown, row.note))


def _cell(row: Result, who: str | None = None) -> tuple[str, ...]:
    return (row.endpoint, row.analysis, row.population, row.visit, row.group if who is None else who)


def _rare_joined(rows: list[Result], k: int) -> list[Result]:
    """Levels (``n:<level>``) of fewer than k patients over all groups become one level."""
    total: dict[tuple[str, ...], float] = {}
    for row in rows:
        kind, _, level = row.statistic.partition(":")
        if kind in (*LEVELS, OVERLAPPING[0]) and kind != "percent" and level:
            total[row.analysis, level] = max(total.get((row.analysis, level), 0), row.value or 0)
    rare = {name for name, n in total.items() if n < k}
    joined: dict[tuple[str, ...], Result] = {}
    for row in rows:
        kind, _, level = row.statistic.partition(":")
        if kind in OVERLAPPING and (row.analysis, level) in rare:
            continue  # participants with several of them would be counted twice
        if kind in LEVELS and (row.analysis, level) in rare:
            row = replace(row, statistic=f"{kind}:{REST}")
        key = (*_cell(row), row.contrast, row.statistic)
        if key in joined and row.value is not None:
            row = replace(row, value=row.value + (joined[key].value or 0))
        joined[key] = row
    return list(joined.values())


def _percentages(rows: Sequence[Result], hidden: set[int]) -> set[int]:
    """Percentages whose numerator or denominator is hidden, and the parts of a hidden number of patients."""
    cells = {(*_cell(rows[i]), rows[i].statistic) for i in hidden}
    found = set()
    for i, row in enumerate(rows):
        kind = row.statistic.partition(":")[0]
        numerator = row.statistic.replace("percent", "n", 1)
        if (
            kind in ("percent", "percent_below", "percent_with")
            and {(*_cell(row), numerator), (*_cell(row), "n")} & cells
        ):
            found.add(i)
        if kind == "subgroup_n" and (*_cell(row), "n") in cells:  # its levels would add up to what is hidden
            found.add(i)
    return found


def _statistics(rows: Sequence[Result], k: int) -> set[int]:
    """Statistics of fewer than k patients, and those that would give them away: totals of all arms, averages of all
    visits, and the same description of another population that differs by fewer than k patients.
    """
    n = {(*_cell(row), row.statistic): int(row.value) for row in rows if is_count(row) and row.value is not None}
    hidden = {i for i, row in enumerate(rows) if not is_count(row) and any(0 < m < k for m in _sizes(row, n))}
    parts = {_whole(rows[i]) for i in hidden}
    hidden |= {i for i, row in enumerate(rows) if not is_count(row) and row.group == "" and _whole(row) in parts}
    compared = {(rows[i].analysis, rows[i].population, rows[i].contrast) for i in hidden if rows[i].contrast}
    average = {
        i
        for i, row in enumerate(rows)
        if row.visit == AVERAGE and (row.analysis, row.population, row.contrast) in compared
    }
    return hidden | average | _differenced(rows, n, k)


def _of_hidden_levels(rows: Sequence[Result], hidden: set[int]) -> set[int]:
    """Comparisons of baseline characteristics of which something is hidden: a standardized difference of two
    proportions, or a p-value, and one of them give the other away.
    """
    touched = {(rows[i].analysis, rows[i].population) for i in hidden if rows[i].endpoint == "baseline"}
    compared = (i for i, row in enumerate(rows) if row.endpoint == "baseline" and row.statistic in ("smd", "p_value"))
    return {i for i in compared if (rows[i].analysis, rows[i].population) in touched}


def _of_hidden_sizes(rows: Sequence[Result], hidden: set[int]) -> set[int]:
    """Descriptions of all arms together where an arm's number of patients is hidden: the means of the arms and of all
    would give it away.
    """
    hidden_n = {_cell(rows[i], "") for i in hidden if rows[i].statistic in ("n", "n_missing")}
    whole = (i for i, row in enumerate(rows) if row.endpoint in TOTALLED and row.group == "" and not is_count(row))
    return {i for i in whole if _cell(rows[i]) in hidden_n}


def _of_hidden_doses(rows: Sequence[Result], hidden: set[int]) -> set[int]:
    """What is described of the doses where a number of patients with so many doses is hidden: the mean number of one
    or two doses is the share of those with two.
    """
    told = {rows[i].population for i in hidden if rows[i].endpoint == "exposure" and rows[i].analysis == "doses_given"}
    kept = ("duration", "doses_given")
    described = (i for i, row in enumerate(rows) if row.endpoint == "exposure" and row.analysis not in kept)
    return {i for i in described if rows[i].population in told and not is_count(rows[i])}


def _whole(row: Result) -> tuple[str, ...]:
    return (row.endpoint, row.analysis, row.population, row.visit, row.contrast, row.statistic)


def _sizes(row: Result, n: dict[tuple[str, ...], int]) -> Iterable[int]:
    """The numbers of patients that a statistic was made from, as far as rows tell them."""
    name = "change_n" if row.statistic.startswith("change_") else "n"
    if row.contrast:
        who = compared_arms(row.contrast)
    elif row.group or row.endpoint in TOTALLED:
        who = [row.group]
    else:  # a visit's own statistic, such as its correlations
        who = [key[4] for key in n if key[:4] == _cell(row)[:4] and key[5] == "n"] if row.visit else []
    sizes = [n[key] for arm in who if (key := (*_cell(row, arm), name)) in n]
    events = [n[key] for arm in who if (key := (*_cell(row, arm), "events")) in n]
    if row.model not in PROPORTIONS:
        return [*sizes, *events]
    return [*sizes, *events, *(of - m for of, m in zip(sizes, events, strict=True))]


def _few_others(rows: Sequence[Result], counts: dict[int, int], k: int) -> set[int]:
    """Numbers with the event, of proportions, that tell of fewer than k patients without it."""
    n = {_cell(rows[i]): m for i, m in counts.items() if rows[i].statistic == "n"}
    events = {i: m for i, m in counts.items() if rows[i].statistic == "events" and rows[i].model in PROPORTIONS}
    return {i for i, m in events.items() if 0 < n[_cell(rows[i])] - m < k}


def _differenced(rows: Sequence[Result], n: dict[tuple[str, ...], int], k: int) -> set[int]:
    """Descriptions of a population that another described before it, less 1 to k - 1 patients, would give away."""
    hidden = set()
    before: dict[tuple[str, ...], dict[str, int]] = {}
    for i, row in enumerate(rows):
        if row.model != "descriptive" or is_count(row):
            continue
        size = n.get((*_cell(row), "change_n" if row.statistic.startswith("change_") else "n"), 0)
        others = before.setdefault((row.endpoint, row.visit, row.group, row.statistic), {})
        if any(0 < abs(size - m) < k for other, m in others.items() if other != row.population):
            hidden.add(i)
        else:
            others[row.population] = size
    return hidden
