"""Study-level result rows (flow, populations, baseline, data quality) as grids of text that the template prints."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from rctflow.display import sentence_case
from rctflow.report.settings import ReportSettings
from rctflow.results import SUPPRESSED, Result, compared_arms
from rctflow.rounding import MISSING, interval, p_value, percentage, rounded

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
BASELINE_DIGITS = 1
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
    grid = Grid("Randomized, and not in a population", ("", *_arms(settings)))
    for population in settings.populations:
        found = {(r.statistic, r.group): r for r in rows if r.population == population.id}
        for name in dict.fromkeys(name for name, _ in found if name.partition(":")[0] == "n_excluded"):
            reason = name.partition(":")[2]
            if any((row := found.get((name, group))) and row.value != 0 for group in _groups(settings)):
                grid.lines.append((reason or population.label, _counts(found, name, settings), bool(reason)))
    return grid if grid.lines else None


def flow_grid(rows: Sequence[Result], settings: ReportSettings) -> Grid:
    """Who was randomized, treated, completed and left, by arm and in total; a note for what nobody counted."""
    found = {(row.statistic, row.group): row for row in rows if row.analysis == "flow" and not row.population}
    grid = Grid("Participant flow", ("", *_arms(settings)))
    for statistic in dict.fromkeys(statistic for statistic, _ in found):
        _, _, reason = statistic.partition(":")
        words = sentence_case(reason.replace("_", " "))
        label = words[:1].upper() + words[1:] if reason else FLOW.get(statistic, _readable(statistic))
        counts = _counts(found, statistic, settings)
        if set(counts) != {MISSING}:
            grid.lines.append((label, counts, bool(reason)))
    grid.notes = [f"{FLOW.get(s, s)}: {row.note}." for (s, group), row in found.items() if row.note and not group]
    return grid


def population_grid(rows: Sequence[Result], settings: ReportSettings) -> Grid:
    """How many each population has, by arm and in total, and who belongs to it."""
    grid = Grid("Populations", ("Population", "Who belongs to it", *_arms(settings)))
    for population in settings.populations:
        found = {(r.statistic, r.group): r for r in rows if r.population == population.id}
        definition = population.definition or "everybody randomized"
        label = f"{population.label} (as treated)" if population.arm == "actual" else population.label
        grid.lines.append((label, [definition, *(_share(found, group) for group in _groups(settings))], False))
    return grid


def values_grid(rows: Sequence[Result], endpoint: str, label: str, settings: ReportSettings) -> Grid | None:
    """How many have an analysed value of an endpoint at each visit, and what no visit holds; None when nothing is
    known of it.
    """
    chosen = [row for row in rows if row.analysis == endpoint]
    if not chosen:
        return None
    grid = Grid(f"Participants with a value of {label}", ("Visit", *_arms(settings)))
    names = {visit.id: visit.label for visit in settings.visits}
    for visit in dict.fromkeys(row.visit for row in chosen if row.visit):
        found = {(row.statistic, row.group): row for row in chosen if row.visit == visit}
        grid.lines.append((names.get(visit, visit), _counts(found, "n", settings), False))
        for statistic in dict.fromkeys(name for name, _ in found if name.partition(":")[0] in FOLLOW_UP):
            kind, _, reason = statistic.partition(":")
            if any((row := found.get((statistic, group))) and row.value != 0 for group in _groups(settings)):
                label = f"left: {sentence_case(reason)}" if reason else FOLLOW_UP[kind]
                grid.lines.append((label, _counts(found, statistic, settings), True))
    outside = {(row.statistic, row.group): row for row in chosen if row.statistic == "n_outside_windows"}
    if outside:
        grid.lines.append(("Records outside all windows", _counts(outside, "n_outside_windows", settings), False))
    return grid


def baseline_grid(rows: Sequence[Result], settings: ReportSettings) -> Grid:
    """Numbers as mean (SD) and median [Q1, Q3] and range, texts as n (%) per level, by arm and in total; standardized
    differences and p-values in columns of their own where there are some.
    """
    contrasts = list(dict.fromkeys(row.contrast for row in rows if row.statistic == "smd"))
    tested = any(row.statistic == "p_value" for row in rows)
    heads = [f"SMD, {_contrast(contrast, settings, len(contrasts))}".removesuffix(", ") for contrast in contrasts]
    grid = Grid("Baseline characteristics", ("", *_arms(settings), *heads, *(["p"] if tested else [])))
    for variable in dict.fromkeys(row.analysis for row in rows):
        mine = [row for row in rows if row.analysis == variable]
        found = {(row.statistic, row.group): row for row in mine if not row.contrast}
        smd = {row.contrast: row for row in mine if row.statistic == "smd"}
        beside = [_print(smd.get(contrast), 2) for contrast in contrasts]
        beside += [p_value(p.value) if (p := found.get(("p_value", ""))) else MISSING] if tested else []
        lines = _variable_lines(variable, found, settings)
        blank = [""] * len(beside)
        grid.lines += [
            (h, [*cells, *(blank if k else beside)], indented) for k, (h, cells, indented) in enumerate(lines)
        ]
    grid.notes = _baseline_notes(rows, bool(contrasts), tested)
    return grid


def _contrast(contrast: str, settings: ReportSettings, contrasts: int) -> str:
    """``MSC - Placebo`` where more than one arm is compared with the reference."""
    labels = {arm.id: arm.label for arm in settings.arms}
    return " - ".join(labels.get(arm, arm) for arm in compared_arms(contrast)) if contrasts > 1 else ""


def _variable_lines(
    variable: str, found: dict[tuple[str, str], Result], settings: ReportSettings
) -> list[tuple[str, list[str], bool]]:
    groups = _groups(settings)
    unit = next((row.unit for (name, _), row in found.items() if name == "mean" and row.unit), "")
    words = settings.labels.get(variable) or _readable(variable)
    lines = [(f"{words}, {unit}" if unit else words, [f"n = {_print(found.get(('n', g)), 0)}" for g in groups], False)]
    if any(name == "mean" for name, _ in found):
        lines.append(("mean (SD)", [_mean(found, group) for group in groups], True))
        if any(found.get(("median", group)) and found["median", group].value is not None for group in groups):
            lines.append(("median [Q1, Q3]", [_median(found, group) for group in groups], True))
        if any(name == "min" for name, _ in found):
            lines.append(("min to max", [_range(found, group) for group in groups], True))
    for name in dict.fromkeys(name for name, _ in found if name.startswith("n:")):
        level = name.removeprefix("n:")
        lines.append((level, [_level(found, level, group) for group in groups], True))
    missing = [found.get(("n_missing", group)) for group in groups]
    if any(row and row.value for row in missing):
        lines.append(("missing", [_print(row, 0) for row in missing], True))
    return lines


def _baseline_notes(rows: Sequence[Result], standardized: bool, tested: bool) -> list[str]:
    notes = []
    if standardized:
        notes.append(
            "SMD: standardized difference from the reference arm; of numbers the difference of the means over the "
            "root of the mean variance, of categories the Mahalanobis distance of the proportions, without a sign."
        )
    if tested:
        used = dict.fromkeys(row.method for row in rows if row.statistic == "p_value")
        notes.append(f"p: all arms at once, by {' and '.join(used)}. Randomized arms differ by chance alone.")
    return notes or ["No tests: randomized arms differ at baseline by chance alone."]


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
        label = "Participants not randomized" if row.statistic == NOT_RANDOMIZED else _readable(rule)
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


def _arms(settings: ReportSettings) -> tuple[str, ...]:
    return (*(arm.label for arm in settings.arms), "All")


def _counts(found: dict[tuple[str, str], Result], statistic: str, settings: ReportSettings) -> list[str]:
    return [_print(found.get((statistic, group)), 0) for group in _groups(settings)]


def _print(row: Result | None, digits: int) -> str:
    return rounded(row.value if row else None, digits)


def _groups(settings: ReportSettings) -> list[str]:
    return [*(arm.id for arm in settings.arms), ""]


def _share(found: dict[tuple[str, str], Result], group: str) -> str:
    """``14 (93%)``, or the number alone where no percentage is known."""
    n, percent = found.get(("n", group)), found.get(("percent", group))
    return f"{_print(n, 0)} ({percentage(percent.value)}%)" if percent and percent.value is not None else _print(n, 0)


def _mean(found: dict[tuple[str, str], Result], group: str) -> str:
    mean, sd = (found.get((name, group)) for name in ("mean", "sd"))
    return f"{_print(mean, BASELINE_DIGITS)} ({_print(sd, BASELINE_DIGITS)})"


def _median(found: dict[tuple[str, str], Result], group: str) -> str:
    median, q1, q3 = (_print(found.get((name, group)), BASELINE_DIGITS) for name in ("median", "q1", "q3"))
    return MISSING if median == MISSING else f"{median} [{q1}, {q3}]"


def _range(found: dict[tuple[str, str], Result], group: str) -> str:
    low, high = (found.get((name, group)) for name in ("min", "max"))
    return interval(low.value if low else None, high.value if high else None, BASELINE_DIGITS)


def _level(found: dict[tuple[str, str], Result], level: str, group: str) -> str:
    n, percent = found.get((f"n:{level}", group)), found.get((f"percent:{level}", group))
    return f"{_print(n, 0)} ({percentage(percent.value)}%)" if percent and percent.value is not None else _print(n, 0)


def _readable(name: str) -> str:
    """``lost_to_follow_up`` as ``Lost to follow up``; names in capitals (AGE) are ADaM names and stay."""
    return name if name.isupper() else name.replace("_", " ").capitalize()


def troubles(rows: Iterable[Result]) -> list[Result]:
    """One row for each distinct fall-back or failure; what is suppressed is neither."""
    found: dict[tuple[str, ...], Result] = {}
    for row in rows:
        if row.status != "ok" and row.note != SUPPRESSED:
            found.setdefault((row.endpoint, row.analysis, row.population, row.visit, row.status, row.note), row)
    return list(found.values())
