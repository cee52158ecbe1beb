"""Study-level result rows (flow, populations, values, data quality) as grids of text that the template prints."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from rctflow.display import sentence_case
from rctflow.report.cells import Found, group_labels, groups_of, number, share
from rctflow.report.settings import ReportSettings
from rctflow.results import SUPPRESSED, Result
from rctflow.rounding import MISSING, rounded

FLOW = {
    "n_screened": "Assessed for eligibility",
    "n_not_randomized": "Not randomized",
    "n_randomized": "Randomized",
    "n_treated": "Received treatment",
    "n_as_allocated": "Received the treatment allocated",
    "n_other_arm": "Received another arm's treatment",
    "n_not_treated": "Received no treatment",
    "n_with_event": "Had an intercurrent event",
    "n_completed": "Completed the study",
    "n_discontinued": "Left the study early",
    "n_status_unknown": "End of study unknown",
}
FOLLOW_UP = {
    "n_left": "had left the study by then",
    "n_without_value": "in the study, without a value",
    "n_after_end": "value dated after the end of their study",
}
NOT_RANDOMIZED = "note:not_randomized"
LISTED = 20


@dataclass
class Grid:
    """A small table: caption, column heads, lines of (head, cells, indented), notes below.

    folded: a long table that the reader opens.
    """

    caption: str
    heads: tuple[str, ...]
    lines: list[tuple[str, list[str], bool]] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    folded: bool = False


def flow_grids(rows: Sequence[Result], settings: ReportSettings) -> list[Grid]:
    """Participant flow, then who has a value of each endpoint that the flow counts."""
    labels = {endpoint.id: endpoint.label for endpoint in settings.endpoints}
    counted = [name for name in dict.fromkeys(row.analysis for row in rows) if name in labels]
    values = [values_grid(rows, name, labels[name], settings) for name in counted]
    excluded = excluded_grid(rows, settings)
    return [grid for grid in (flow_grid(rows, settings), *values, excluded) if grid]


def excluded_grid(rows: Sequence[Result], settings: ReportSettings) -> Grid | None:
    """Who was randomized and belongs to no analysis population, and why; None when nobody."""
    grid = Grid("Randomized, and not in a population", ("", *group_labels(settings)))
    for population in settings.populations:
        found = {(r.statistic, r.group): r for r in rows if r.population == population.id}
        for name in dict.fromkeys(name for name, _ in found if name.partition(":")[0] == "n_excluded"):
            reason = name.partition(":")[2]
            if any((row := found.get((name, group))) and row.value != 0 for group in groups_of(settings)):
                grid.lines.append((reason or population.label, _counts(found, name, settings), bool(reason)))
    return grid if grid.lines else None


def flow_grid(rows: Sequence[Result], settings: ReportSettings) -> Grid:
    """Who was randomized, treated, completed and left, by arm and in total; a note for what nobody counted."""
    found = {(row.statistic, row.group): row for row in rows if row.analysis == "flow" and not row.population}
    grid = Grid("Participant flow", ("", *group_labels(settings)))
    for statistic in dict.fromkeys(statistic for statistic, _ in found):
        _, _, reason = statistic.partition(":")
        words = sentence_case(reason.replace("_", " "))
        label = words[:1].upper() + words[1:] if reason else FLOW.get(statistic, readable(statistic))
        counts = _counts(found, statistic, settings)
        if set(counts) != {MISSING}:
            grid.lines.append((label, counts, bool(reason)))
    grid.notes = [f"{FLOW.get(s, s)}: {row.note}." for (s, group), row in found.items() if row.note and not group]
    return grid


def population_grid(rows: Sequence[Result], settings: ReportSettings) -> Grid:
    """How many each population has, by arm and in total, and who belongs to it."""
    grid = Grid("Populations", ("Population", "Who belongs to it", *group_labels(settings)))
    for population in settings.populations:
        found = {(r.statistic, r.group): r for r in rows if r.population == population.id}
        definition = population.definition or "everybody randomized"
        label = f"{population.label} (as treated)" if population.arm == "actual" else population.label
        grid.lines.append((label, [definition, *(share(found, group) for group in groups_of(settings))], False))
    return grid


def values_grid(rows: Sequence[Result], endpoint: str, label: str, settings: ReportSettings) -> Grid | None:
    """How many have an analysed value of an endpoint at each visit, and what no visit holds; None when nothing is
    known of it.
    """
    chosen = [row for row in rows if row.analysis == endpoint]
    if not chosen:
        return None
    grid = Grid(f"Participants with a value of {label}", ("Visit", *group_labels(settings)))
    names = {visit.id: visit.label for visit in settings.visits}
    for visit in dict.fromkeys(row.visit for row in chosen if row.visit):
        found = {(row.statistic, row.group): row for row in chosen if row.visit == visit}
        grid.lines.append((names.get(visit, visit), _counts(found, "n", settings), False))
        for statistic in dict.fromkeys(name for name, _ in found if name.partition(":")[0] in FOLLOW_UP):
            kind, _, reason = statistic.partition(":")
            if any((row := found.get((statistic, group))) and row.value != 0 for group in groups_of(settings)):
                label = f"left: {sentence_case(reason)}" if reason else FOLLOW_UP[kind]
                grid.lines.append((label, _counts(found, statistic, settings), True))
    outside = {(row.statistic, row.group): row for row in chosen if row.statistic == "n_outside_windows"}
    if outside:
        grid.lines.append(("Records outside all windows", _counts(outside, "n_outside_windows", settings), False))
    return grid


def quality_grid(rows: Sequence[Result]) -> Grid:
    """How often each cleaning rule changed or queried something, over all tables and by table; who is in the forms
    and not randomized.
    """
    grid = Grid("What cleaning changed or queried", ("Rule", "Kind", "Count", "By table"))
    total = [row for row in rows if row.analysis == row.endpoint and ":" in row.statistic]
    for row in total:
        severity, _, rule = row.statistic.partition(":")
        same = [r for r in rows if r.statistic == row.statistic and r.analysis != r.endpoint]
        where = ", ".join(f"{other.analysis} {rounded(other.value, 0)}" for other in same)
        label = "Participants not randomized" if row.statistic == NOT_RANDOMIZED else readable(rule)
        grid.lines.append((label, [severity, rounded(row.value, 0), where], False))
    everything = next((row.value for row in rows if row.analysis == row.endpoint and row.statistic == "n"), None)
    if everything is not None:
        grid.notes = [f"{rounded(everything, 0)} rows in the ledgers in all."]
    grid.notes.append("Every change and query is a row of clean/<table>.ledger.csv, with the value before and after.")
    grid.notes += [_strangers(row.note) for row in total if row.statistic == NOT_RANDOMIZED and row.note]
    return grid


def second_grid(rows: Sequence[Result], settings: ReportSettings) -> Grid:
    """How far the second computation lies from the first, per primary and secondary comparison."""
    heads = ("Endpoint", "Analysis", "Population", "Comparison", "Largest disagreement")
    grid = Grid("Primary and secondary results computed twice", heads)
    labels = {endpoint.id: endpoint.label for endpoint in settings.endpoints}
    for row in (row for row in rows if row.statistic == "largest_disagreement"):
        found = (
            f"not compared: {row.note}"
            if row.value is None
            else ("below 1e-6" if not row.value else f"{row.value:.1e}")
        )
        once = row.note.partition("; not computed again: ")[2]
        found += f"; once only: {once}" if once else ""
        who = row.contrast or row.group
        cells = [row.analysis.replace("_", " "), row.population.replace("_", " "), who, found]
        grid.lines.append((labels.get(row.endpoint, row.endpoint), cells, False))
    return grid


def _strangers(ids: str) -> str:
    listed = ids.split(", ")
    rest = f" and {len(listed) - LISTED} more (summaries/data_quality/results.csv)" if len(listed) > LISTED else ""
    return f"In the forms but not randomized, so in no analysis: {', '.join(listed[:LISTED])}{rest}."


def _counts(found: Found, statistic: str, settings: ReportSettings) -> list[str]:
    return [number(found.get((statistic, group))) for group in groups_of(settings)]


def readable(name: str) -> str:
    """``lost_to_follow_up`` as ``Lost to follow up``; names in capitals (AGE) are ADaM names and stay."""
    return name if name.isupper() else name.replace("_", " ").capitalize()


def troubles(rows: Iterable[Result]) -> list[Result]:
    """One row for each distinct fall-back or failure; what is suppressed is neither."""
    found: dict[tuple[str, ...], Result] = {}
    for row in rows:
        if row.status != "ok" and row.note != SUPPRESSED:
            found.setdefault((row.endpoint, row.analysis, row.population, row.visit, row.status, row.note), row)
    return list(found.values())
