"""The result rows of adverse events."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

from rctflow.proportions.clopper_pearson import clopper_pearson
from rctflow.proportions.counts import Counts
from rctflow.proportions.fisher import fisher
from rctflow.proportions.score import difference_interval
from rctflow.results import PERCENT, POINTS, Result, comparison_name
from rctflow.summaries.adverse_events.closure import closed, hidden_places
from rctflow.summaries.adverse_events.counting import TOTAL, patient_years, prepared
from rctflow.summaries.adverse_events.levels import ANY, Level, rare_joined, told_apart
from rctflow.summaries.adverse_events.poisson import garwood
from rctflow.summaries.adverse_events.settings import AdverseEventSummary
from rctflow.summaries.adverse_events.tally import tallied
from rctflow.summaries.adverse_events.time_at_risk import YEAR, how, patients_at_risk
from rctflow.summaries.rows import SummaryError, require, summary_row
from rctflow.summaries.settings import SummaryStudy
from rctflow.summaries.sources import Sources

NAME, POPULATION = "adverse_events", "population"
ANSWERS = ("TRTEMFL", "AREL", "AESER", "AEWDFL", "AESDTH", "ASEVN", "AREACTFL")
EXACT = "exact interval of Clopper and Pearson"
SCORE = "risk difference with the score interval of Miettinen and Nurminen"
FISHER = "Fisher's exact test by the probability of the tables"
GARWOOD = "exact Poisson interval of Garwood"
UNKNOWN = {"status": "not_estimable", "note": "the time at risk is not known of every patient, or nobody is at risk"}


@dataclass(frozen=True)
class AtRisk:
    """Patients and years at risk by arm ("": all arms); how: what the years are, in words."""

    patients: dict[str, int]
    years: dict[str, float]
    how: str


def summarize_adverse_events(sources: Sources, study: SummaryStudy, settings: AdverseEventSummary) -> list[Result]:
    """Rows with endpoint ``adverse_events``; analysis: the level (levels.py), or ``population``.

    Of ``population``: n and person_years by arm. Of each level, by arm and in total (group ""): n patients with an
    event, percent with ci_low and ci_high, events; rate (patients with an event per ``rates`` patient-years until their
    first) and event_rate (events per ``rates`` patient-years), each with _ci_low and _ci_high (not of ``any``); against
    the reference arm estimate, ci_low, ci_high (percentage points), p_value when ``fisher`` is set. Of restricted data
    there are no totals, and what closure.py hides has no value. Raises SummaryError on a missing column or an unknown
    population.
    """
    if settings.population not in study.populations:
        known = ", ".join(study.populations)
        raise SummaryError(f"adverse_events: '{settings.population}' is not a population. One of: {known}")
    adae, k = sources.datasets["adae"], study.small_cells
    require(adae, ["USUBJID", "AEBODSYS", "AEDECOD", "ASTDT", *ANSWERS], "ADAE")
    adae = told_apart(adae)
    if k:
        adae, settings = rare_joined(adae, k), replace(settings, systems="alphabet", terms="alphabet")
    members = patients_at_risk(sources.adsl, study.populations[settings.population], settings)
    events, members = prepared(adae, members, totals=not k)
    arms = study.arms if k else (*study.arms, TOTAL)
    at_risk = AtRisk(
        {arm: int(members["ARM"].eq(arm).sum()) for arm in arms},
        {arm: patient_years(members, arm) for arm in arms},
        how([str(name) for name in sources.adsl.columns], settings),
    )
    levels = tallied(events, arms, settings)
    rows = [*_sizes(at_risk, study, settings)]
    rows += [row for level in levels for row in _level_rows(level, at_risk, study, settings)]
    return closed(rows, hidden_places(levels, at_risk.patients, k)) if k else rows


def _row(
    study: SummaryStudy, settings: AdverseEventSummary, analysis: str, name: str, value: float | None, **more: Any
) -> Result:
    more["population"] = settings.population
    if value is None or value != value:
        value, more = None, more | UNKNOWN
    return summary_row(study.study, NAME, analysis, name, value, **more)


def _sizes(at_risk: AtRisk, study: SummaryStudy, settings: AdverseEventSummary) -> Iterator[Result]:
    for arm, n in at_risk.patients.items():
        yield _row(study, settings, POPULATION, "n", n, group=arm)
        how = {"unit": "years", "method": at_risk.how}
        yield _row(study, settings, POPULATION, "person_years", at_risk.years[arm], group=arm, **how)


def _level_rows(level: Level, at_risk: AtRisk, study: SummaryStudy, settings: AdverseEventSummary) -> Iterator[Result]:
    for arm in at_risk.patients:
        for name, value, more in _incidence(level, arm, at_risk, study, settings):
            yield _row(study, settings, level.name, name, value, group=arm, **more)
        for name, value, more in _rates(level, arm, at_risk, settings):
            yield _row(study, settings, level.name, name, value, group=arm, **more)
    reference, *others = study.arms
    for arm in others:
        contrast = comparison_name(arm, reference, "difference")
        for name, value, more in _compared(level, arm, reference, at_risk, settings):
            yield _row(study, settings, level.name, name, value, contrast=contrast, **more)


Statistic = tuple[str, float | None, dict[str, str]]


def _incidence(
    level: Level, arm: str, at_risk: AtRisk, study: SummaryStudy, settings: AdverseEventSummary
) -> Iterator[Statistic]:
    n, of = level.patients(arm), at_risk.patients[arm]
    yield "n", n, {"method": "patients with an event"}
    if not (study.small_cells and level.system):
        yield "events", level.events(arm), {"method": "events"}
    if of:
        limits = clopper_pearson(n, of, settings.confidence)
        shared = {"unit": PERCENT, "method": f"{EXACT}, two-sided {settings.confidence:.4g}"}
        yield "percent", 100 * n / of, {"unit": PERCENT, "method": f"of {of}"}
        yield "ci_low", 100 * limits.low, shared
        yield "ci_high", 100 * limits.high, shared


def _rates(level: Level, arm: str, at_risk: AtRisk, settings: AdverseEventSummary) -> Iterator[Statistic]:
    """Per ``rates`` patient-years: patients with an event until their first, and events.

    None of events before the first dose too, where the time at risk begins.
    """
    if level.name == ANY:
        return
    n, events, lost = level.counts[arm]
    years = at_risk.years[arm]
    unit = {"unit": f"per {settings.rates:g} patient-years"}
    for name, number, at in (("rate", n, years - lost / YEAR), ("event_rate", events, years)):
        low, high = garwood(number, settings.confidence)
        scale = settings.rates / at if at > 0 else None
        yield name, scale and number * scale, unit | {"method": f"{number} in {at:.10g} patient-years"}
        yield f"{name}_ci_low", scale and low * scale, unit | {"method": GARWOOD}
        yield f"{name}_ci_high", scale and high * scale, unit | {"method": GARWOOD}


def _compared(
    level: Level, arm: str, reference: str, at_risk: AtRisk, settings: AdverseEventSummary
) -> Iterator[Statistic]:
    sizes = at_risk.patients
    if not (sizes[arm] and sizes[reference]):
        return
    counts = Counts(level.patients(arm), sizes[arm], level.patients(reference), sizes[reference])
    limits = difference_interval(counts, settings.confidence)
    shared = {"unit": POINTS, "method": SCORE}
    yield "estimate", 100 * counts.difference, shared
    yield "ci_low", 100 * limits.low, shared
    yield "ci_high", 100 * limits.high, shared
    if settings.fisher and counts.events:
        yield "p_value", fisher(counts), {"method": FISHER}
