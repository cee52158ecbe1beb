"""Grids of the course of the study: disposition, deviations, exposure, medication, findings by site."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from rctflow.display import sentence_case
from rctflow.report.cells import DIGITS, Found, group_labels, groups_of, mean_sd, min_to_max, number
from rctflow.report.grids import Grid
from rctflow.report.settings import ReportSettings
from rctflow.results import Result
from rctflow.rounding import MISSING, p_value, percentage, rounded

EXPOSURE = {
    "doses": "Doses",
    "duration": "Duration, days",
    "cumulative_dose": "Cumulative dose",
    "average_daily_dose": "Average daily dose",
    "compliance": "Compliance, % of planned doses",
}
LONGEST = 60  # terms of a table of the report


def disposition_grids(rows: Sequence[Result], settings: ReportSettings) -> list[Grid]:
    """How the study ended, and each phase of it, by arm and in total: a table each."""
    endings = dict.fromkeys(row.analysis.removesuffix("status") for row in rows if row.analysis.endswith("status"))
    return [_ending_grid(rows, prefix, settings) for prefix in endings]


def _ending_grid(rows: Sequence[Result], prefix: str, settings: ReportSettings) -> Grid:
    """prefix: of the analyses of a phase, "" for the whole study, which has the milestones, too."""
    status = f"{prefix}status"
    title = f"Disposition: {_levels(_of(rows, status))[0].lower()} or not" if prefix else "Disposition"
    grid = Grid(title, _heads(rows, status, settings))
    for analysis in (status, f"{prefix}reason", *([] if prefix else ["milestones"])):
        found = _of(rows, analysis)
        indented = analysis.endswith("reason")
        levels = _levels(found)
        grid.lines += [(sentence_case(level), _shares(found, level, settings), indented) for level in levels]
        for (name, _), row in found.items():
            if name.partition(":")[0] == "p_value":
                what = sentence_case(name.partition(":")[2]) or "Completion"
                grid.notes.append(f"{what} by arm: {_p_words(row.value)} ({row.method}).")
    if any(row.analysis == f"{prefix}reason" for row in rows):
        grid.notes.append("Reasons are those of participants who left early; percentages are of the population.")
    return grid


def _p_words(value: float | None) -> str:
    """``p = 0.328`` or ``p < 0.001``."""
    text = p_value(value)
    return f"p {text[0]} {text[1:]}" if text[0] in "<>" else f"p = {text}"


def participants_by_site_grids(rows: Sequence[Result], settings: ReportSettings) -> list[Grid]:
    """Participants of each population by site and arm, such as ``14 / 14 / 11``; pooled sites under their pool."""
    populations = list(dict.fromkeys(row.population for row in rows))
    labels = {population.id: population.label for population in settings.populations}
    told = " / ".join(labels.get(name, name) for name in populations)
    grid = Grid(f"Participants by site: {told}", ("Site", *group_labels(settings)))
    found = {(row.analysis, row.population, row.group): row for row in rows}
    for place, label, within in _places(list(dict.fromkeys(row.analysis for row in rows))):
        cells = [
            " / ".join(rounded(found[place, population, group].value, 0) for population in populations)
            for group in groups_of(settings)
        ]
        grid.lines.append((label, cells, within))
    return [grid]


def _places(analyses: Sequence[str]) -> Iterator[tuple[str, str, bool]]:
    """(analysis, label, whether it stands under a pool); a pool that is one site of its name stands once."""
    names: list[tuple[str, str, str]] = []
    pool = ""
    for analysis in analyses:  # names may have a slash: a site of a pool follows its pool
        kind, _, name = analysis.partition(":")
        within = kind == "pool" and pool != "" and name.startswith(f"{pool}/")
        pool = pool if within else name
        names.append((analysis, pool, name.removeprefix(f"{pool}/") if within else ""))
    alone = {pool for _, pool, site in names if pool == site} - {
        pool for _, pool, site in names if site not in ("", pool)
    }
    for analysis, pool, site in names:
        if not site or pool not in alone:
            pooled = not site and pool not in alone and analysis.startswith("pool:")
            yield analysis, f"Pooled: {pool}" if pooled else site or pool, bool(site)


def deviation_grids(rows: Sequence[Result], settings: ReportSettings) -> list[Grid]:
    """Participants with deviations, n (%) and number of deviations, by class and term."""
    grid = Grid("Protocol deviations: participants (%), deviations", _heads(rows, "any", settings))
    grid.lines.append(("Any deviation", _shares(_of(rows, "any"), "", settings), False))
    for one in _levels(_of(rows, "class")):
        grid.lines.append((one, _shares(_of(rows, "class"), one, settings), False))
        found = _of(rows, one)
        grid.lines += [(term, _shares(found, term, settings), True) for term in _levels(found)]
    return [grid]


def exposure_grids(rows: Sequence[Result], settings: ReportSettings) -> list[Grid]:
    """Doses, amounts, duration and compliance by arm and in total, a table per population."""
    labels = {population.id: population.label for population in settings.populations}
    grids = []
    for population in dict.fromkeys(row.population for row in rows):
        grid = _exposure_grid([row for row in rows if row.population == population], settings)
        grid.caption += f": {labels.get(population, population)}"
        grids.append(grid)
    return grids


def _exposure_grid(rows: Sequence[Result], settings: ReportSettings) -> Grid:
    grid = Grid("Exposure", _heads(rows, next(row.analysis for row in rows), settings))
    groups, given = groups_of(settings), _of(rows, "doses_given")
    for level in _levels(given):
        label = f"{level} dose{'s' * (level != '1')} given"
        grid.lines.append((label, _shares(given, level, settings), False))
    for analysis, words in EXPOSURE.items():
        found = _of(rows, analysis)
        if not found:
            continue
        unit = next((row.unit for row in found.values() if row.unit), "")
        title = words if "," in words or not unit else f"{words}, {unit}"
        grid.lines.append((title, [f"n = {number(found.get(('n', g)))}" for g in groups], False))
        if any(found.get(("mean", group)) and found["mean", group].value is not None for group in groups):
            grid.lines.append(("mean (SD)", [mean_sd(found, group) for group in groups], True))
            grid.lines.append(("median", [number(found.get(("median", group)), DIGITS) for group in groups], True))
        if any(name == "min" for name, _ in found):
            grid.lines.append(("min to max", [min_to_max(found, group) for group in groups], True))
        if any(row.value for (name, _), row in found.items() if name == "n_missing"):
            grid.lines.append(("missing", [number(found.get(("n_missing", group))) for group in groups], True))
    return grid


def medication_grids(rows: Sequence[Result], settings: ReportSettings) -> list[Grid]:
    """Participants with medication before and during treatment, by class and term."""
    grids = []
    titles = {
        "prior": "Medication begun before the first dose",
        "concomitant": "Concomitant medication",
        "recorded": "Medication recorded, whenever taken",
    }
    for period, title in titles.items():
        found = _of(rows, period)
        if not found:
            continue
        grid = Grid(f"{title}: participants (%)", _heads(rows, period, settings))
        grid.lines.append(("Any", _shares(found, "", settings), False))
        classes = _levels(found) or ["terms"]
        for one in classes:
            if one in _levels(found):
                grid.lines.append((sentence_case(one), _shares(found, one, settings), False))
            within = _of(rows, f"{period}/{one}")
            grid.lines += [(sentence_case(term), _shares(within, term, settings), True) for term in _levels(within)]
        if len(grid.lines) > LONGEST:
            grid.notes.append(
                f"The first {LONGEST} of {len(grid.lines)} lines; all are in summaries/medication/results.csv."
            )
            del grid.lines[LONGEST:]
        grids.append(grid)
    if grids:
        grids[-1].notes += _dates(rows)
    return grids


def site_grid(rows: Sequence[Result]) -> Grid | None:
    """Findings of cleaning by site; None where sites are not counted."""
    sites = list(dict.fromkeys(row.analysis for row in rows if row.statistic == "n_subjects"))
    if not sites:
        return None
    found = {(row.analysis, row.statistic): row for row in rows}
    kinds = sorted({row.statistic for row in rows if row.statistic.startswith("findings:")})
    heads = [kind.removeprefix("findings:").replace(":", ": ").replace("_", " ") for kind in kinds]
    grid = Grid("Findings of cleaning by site", ("Site", "Patients with findings", "Findings", *heads))
    for site in sites:
        rest = [rounded(row.value if (row := found.get((site, kind))) else 0, 0) for kind in kinds]
        numbers = [rounded(found[site, name].value, 0) for name in ("n_subjects", "findings")]
        grid.lines.append((site.removeprefix("site "), [*numbers, *rest], False))
    grid.notes = ["The list for the data manager, a sheet per site: listings/queries.xlsx."]
    return grid


def _of(rows: Iterable[Result], analysis: str) -> Found:
    return {(row.statistic, row.group): row for row in rows if row.analysis == analysis}


def _levels(found: Found) -> list[str]:
    """The levels that somebody has, in their order."""
    counted = [(name, row) for (name, _), row in found.items() if name.partition(":")[0] in ("n", "n_with")]
    return list(dict.fromkeys(name.partition(":")[2] for name, row in counted if ":" in name and row.value != 0))


def _heads(rows: Sequence[Result], analysis: str, settings: ReportSettings) -> tuple[str, ...]:
    """The arms with the number of their members."""
    found = _of(rows, analysis)
    groups = zip(group_labels(settings), groups_of(settings), strict=True)
    return ("", *(f"{label} (n = {number(found.get(('n', group)))})" for label, group in groups))


def _shares(found: Found, level: str, settings: ReportSettings) -> list[str]:
    """``4 (27%)``, with the number of events behind it where there is one: ``4 (27%), 6``."""
    end = f":{level}" if level else ""
    kind = "n_with" if any(name == f"n_with{end}" for name, _ in found) else "n"
    cells = []
    for group in groups_of(settings):
        n = number(found.get((f"{kind}{end}", group)))
        percent = found.get((f"{kind.replace('n', 'percent', 1)}{end}", group))
        share = percentage(percent.value if percent else None)
        events = number(found.get((f"events{end}", group)))
        text = n if share == MISSING or n in ("0", MISSING) else f"{n} ({share}%)"
        cells.append(text if events == MISSING or n in ("0", MISSING) else f"{text}, {events}")
    return cells


def _dates(rows: Sequence[Result]) -> list[str]:
    """What is not known of the dates, in one sentence."""
    total = {row.statistic: row.value for row in rows if row.analysis == "dates" and not row.group}
    known = {name.partition(":")[2]: n for name, n in total.items() if ":" in name and n}
    sentence = "Concomitant: not known to have ended before the first dose or to have begun after the last."
    if not known:
        return [sentence]
    told = ", ".join(f"{rounded(n, 0)} with {what}" for what, n in known.items())
    return [f"{sentence} Of {rounded(total.get('n_records'), 0)} records: {told}."]
