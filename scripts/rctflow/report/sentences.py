"""The primary result in words: what was compared, the numbers and how they came about; no judgement of them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from rctflow.display import digits_of, not_measured_words
from rctflow.report.settings import ReportArm, ReportEndpoint, ReportSettings
from rctflow.results import DOSE_RESPONSE, HAZARD, ODDS, RATE, Result, compared_arms, is_ratio, scale_of
from rctflow.rounding import interval, p_value, rounded

UNITS = {"gee_logit": ODDS, "proportional_odds": ODDS, "counts": RATE, "time_to_event": HAZARD}
"""What a model's ratio is called where no estimate tells its unit."""


@dataclass(frozen=True)
class Sentence:
    """A sentence, and the result_id of the row that it is made from."""

    text: str
    result_id: str


def headline(
    rows: Sequence[Result], endpoint: ReportEndpoint, settings: ReportSettings, adjusted: Sequence[Result] = ()
) -> list[Sentence]:
    """One sentence per comparison of the endpoint's main analysis at its primary visit; empty without a comparison.

    Values there that were not measured follow in the last. adjusted: the rows of families of hypotheses.
    """
    main = [row for row in rows if (row.analysis, row.population) == (endpoint.main_analysis, endpoint.main_population)]
    estimates = [row for row in main if row.visit == endpoint.primary_visit and row.statistic == "estimate"]
    compared = [
        (_sentence(row, main, endpoint, settings, adjusted), row.result_id) for row in estimates if row.contrast
    ]
    compared += _trends(main, endpoint, settings)
    told = "".join(f" {words}" for words in not_measured(rows, endpoint, settings, endpoint.primary_visit))
    return [Sentence(text + (told if i == len(compared) else ""), name) for i, (text, name) in enumerate(compared, 1)]


def _trends(main: Sequence[Result], endpoint: ReportEndpoint, settings: ReportSettings) -> Iterator[tuple[str, str]]:
    """The slope over the doses of all arms, where the main analysis has one."""
    at = {row.statistic: row for row in main if row.visit == endpoint.primary_visit and not (row.contrast or row.group)}
    slope = at.get(f"{DOSE_RESPONSE}estimate")
    if slope is None:
        return
    visit = next((visit.label for visit in settings.visits if visit.id == slope.visit), slope.visit)
    subject = f"At {visit.lower()}, the trend of {endpoint.label} over the doses of all arms"
    details = f"{'; '.join(slope.method.split(';')[:2])}; {_population(endpoint, settings)}"
    if slope.value is None:
        yield f"{subject} could not be estimated: {slope.note} ({details}).", slope.result_id
        return
    low, high, p = (at[f"{DOSE_RESPONSE}{name}"].value for name in ("ci_low", "ci_high", "p_value"))
    digits = digits_of(slope, endpoint.digits)
    name = _named(slope, endpoint, settings)
    numbers = f"{endpoint.confidence * 100:g}% CI {interval(low, high, digits)}; {name} {_equals(p or 0.0)}"
    yield f"{subject} was {rounded(slope.value, digits)} {slope.unit} ({numbers}; {details}).", slope.result_id


def not_measured(
    rows: Sequence[Result], endpoint: ReportEndpoint, settings: ReportSettings, visit: str = ""
) -> list[str]:
    """How many values of the endpoint were not measured, and what stands for them; over all visits without one."""
    arms = {arm.id: arm.label for arm in settings.arms}
    return not_measured_words(rows, endpoint.main_population, arms, endpoint.not_measured, visit)


def _sentence(
    row: Result, main: Sequence[Result], endpoint: ReportEndpoint, settings: ReportSettings, adjusted: Sequence[Result]
) -> str:
    visit = next((visit.label for visit in settings.visits if visit.id == row.visit), row.visit)
    subject = f"At {visit.lower()}, the {_compared(row, endpoint, settings)}"
    method = row.method.split(";")[0] or row.model
    details = f"{method}; {_population(endpoint, settings)}, n = {_analysed(row, main, settings)}"
    if row.value is None:
        reason = row.note or "no reason was recorded"
        instead = _tested_instead(row, main, _named(row, endpoint, settings))
        return f"{subject}, could not be estimated: {reason} ({details}).{instead}"
    digits = digits_of(row, endpoint.digits)
    unit = f" {row.unit}" if row.unit and scale_of(row.contrast) == "difference" else ""
    ends = {name: _value(main, row, name) for name in ("ci_low", "ci_high", "p_value")}
    numbers = f"{endpoint.confidence * 100:g}% CI {interval(ends['ci_low'], ends['ci_high'], digits)}"
    if ends["p_value"] is not None:
        also = "".join(_adjusted(row, adjusted, settings))
        numbers += f"{', unadjusted' * bool(also)}; {_named(row, endpoint, settings)} {_equals(ends['p_value'])}{also}"
    fallback = f" Fall-back: {row.note}." if row.status == "fallback" and row.note else ""
    return f"{subject}, was {rounded(row.value, digits)}{unit} ({numbers}; {details}).{fallback}"


def _tested_instead(row: Result, main: Sequence[Result], name: str) -> str:
    """The test that took the place of an estimate, where the model has one for such data ("" where not)."""
    place = (row.visit, row.contrast, "p_value")
    test = next((r for r in main if (r.visit, r.contrast, r.statistic) == place and r.value is not None), None)
    return f" Compared instead by {test.method}: {name} {_equals(test.value)}." if test and test.value else ""


def _named(row: Result, endpoint: ReportEndpoint, settings: ReportSettings) -> str:
    """``p`` of a comparison that is a test of the trial (of a confirmatory family, where the study declares one), else
    ``nominal p``.
    """
    if endpoint.tested is None:
        tests = endpoint.role == row.role == "primary"
    else:
        trend = DOSE_RESPONSE if row.statistic.startswith(DOSE_RESPONSE) else ""
        model = replace(row, statistic=f"{trend}p_value")
        tests = any(hypothesis.tests(model, settings.arms[0].id) for hypothesis in endpoint.tested)
    return "p" if tests else "nominal p"


def _adjusted(row: Result, adjusted: Sequence[Result], settings: ReportSettings) -> Iterator[str]:
    """The adjusted p-value of a comparison in each family that tests it."""
    for name in settings.family_order:
        family = settings.families[name]
        mine = [other for other in adjusted if other.statistic == f"p_adjusted:{name}"]
        for other in mine:
            same = (other.endpoint, other.analysis, other.population, other.visit, other.contrast)
            if same == (row.endpoint, row.analysis, row.population, row.visit, row.contrast):
                value = "not estimable" if other.value is None else _equals(other.value)
                drawn = any(h.by_randomization and h.compares(row, settings.arms[0].id) for h in family.hypotheses)
                which = "p of the randomization test" if drawn else "p"
                yield f", adjusted {which} {value} in the family {family.label or name.replace('_', ' ')}"


def _equals(p: float) -> str:
    text = p_value(p)
    return f"{text[0]} {text[1:]}" if text[0] in "<>" else f"= {text}"


def _compared(row: Result, endpoint: ReportEndpoint, settings: ReportSettings) -> str:
    ratio, change = is_ratio(row.contrast), endpoint.outcome == "change"
    left, right = (_arm(arm, settings.arms) for arm in compared_arms(row.contrast))
    measured = f"{'change' if change else 'value'} of {endpoint.label}"
    unit = row.unit or UNITS.get(row.model, "")
    if scale_of(row.contrast) == "win":
        return f"probability that a patient of {left} has a better {measured} than one of {right}, ties counting half"
    if row.model in ("binary", "responder", "gee_logit"):
        who = f"responders in {endpoint.label}" if row.model == "responder" else f"patients with {endpoint.label}"
        scale = "difference of the proportions" if not ratio else "ratio of the proportions"
        scale = "odds ratio" if unit == ODDS else scale
        return f"{scale} of {who}, {left} {'divided by' if ratio else 'minus'} {right}"
    if unit == ODDS:
        return f"odds ratio of a higher {measured}, {left} divided by {right}"
    if unit in (RATE, HAZARD):
        return f"{unit} of {endpoint.label}, {left} divided by {right}"
    if ratio:
        what = "geometric mean changes from baseline" if change else "geometric means"
        return f"ratio of {what} of {endpoint.label}, {left} divided by {right}"
    return f"difference in {'change' if change else 'mean'} of {endpoint.label}, {left} minus {right}"


def _arm(arm: str, arms: Sequence[ReportArm]) -> str:
    return next((known.label for known in arms if known.id == arm), arm)


def _population(endpoint: ReportEndpoint, settings: ReportSettings) -> str:
    known = {population.id: population.label for population in settings.populations}
    return f"{known.get(endpoint.main_population, endpoint.main_population)} population"


def _analysed(row: Result, main: Sequence[Result], settings: ReportSettings) -> str:
    """``14 MSC + 13 Placebo of 15 + 15 randomized``, in the order of the comparison."""
    pair = compared_arms(row.contrast)
    analysed = [next((r.value for r in main if _is(r, row.visit, arm, "n")), None) for arm in pair]
    randomized = [next((r.value for r in main if _is(r, "", arm, "n_randomized")), None) for arm in pair]
    text = " + ".join(f"{rounded(n, 0)} {_arm(arm, settings.arms)}" for n, arm in zip(analysed, pair, strict=True))
    if None in randomized:
        return text
    return f"{text} of {' + '.join(rounded(n, 0) for n in randomized)} randomized"


def _is(row: Result, visit: str, group: str, statistic: str) -> bool:
    return (row.visit, row.group, row.contrast, row.statistic) == (visit, group, "", statistic)


def _value(main: Sequence[Result], of: Result, statistic: str) -> float | None:
    same = (row for row in main if (row.visit, row.contrast, row.statistic) == (of.visit, of.contrast, statistic))
    return next((row.value for row in same), None)
