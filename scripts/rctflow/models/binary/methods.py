"""The methods that compare the proportions of two arms, by name, each with the statistics and words of its rows."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from math import log
from typing import Literal, NamedTuple

from rctflow.models.binary import mantel_haenszel, stratified_score
from rctflow.models.binary.adjusted import Adjusted
from rctflow.models.contract import NotEstimable
from rctflow.models.linear import Estimate
from rctflow.proportions import fisher as exact
from rctflow.proportions import score
from rctflow.proportions.counts import Counts, Interval, normal_quantile, two_sided
from rctflow.proportions.newcombe import newcombe
from rctflow.results import ODDS, POINTS, RISK, Status

Kind = Literal["difference", "ratio"]


@dataclass(frozen=True)
class Compared:
    """Two arms as the methods see them; ``strata``: their counts in each stratum, ``adjusted``: the logistic model."""

    arm: str
    reference: str
    counts: Counts
    strata: list[Counts]
    adjusted: Adjusted
    confidence: float

    def interval(self, centre: float, se: float) -> Interval:
        """The two-sided normal interval."""
        half = normal_quantile(self.confidence) * se
        return Interval(centre - half, centre + half)


@dataclass(frozen=True)
class Effect:
    """statistic -> value, as proportions; infinite where there is no limit.

    method: in words, when it is not what was declared ("" when it is). statistics: the same of their names.
    """

    values: dict[str, float]
    method: str = ""
    status: Status = "ok"
    notes: tuple[str, ...] = ()
    statistics: tuple[str, ...] = ()


class Method(NamedTuple):
    """kind: how the contrast is named. statistics: what its rows are called. words: what it is. unit: of estimates."""

    kind: Kind
    statistics: tuple[str, ...]
    words: str
    compute: Callable[[Compared], Effect]
    unit: str = POINTS


def _score(corrected: bool) -> Callable[[Compared], Effect]:
    def compute(compared: Compared) -> Effect:
        limits = score.difference_interval(compared.counts, compared.confidence, corrected)
        z = score.z_difference(compared.counts, 0.0, corrected)
        return Effect(_with_test(compared.counts.difference, z, limits))

    return compute


def _newcombe(compared: Compared) -> Effect:
    limits = newcombe(compared.counts, compared.confidence)
    return Effect({"estimate": compared.counts.difference, "ci_low": limits.low, "ci_high": limits.high})


def _mantel_haenszel(compared: Compared) -> Effect:
    estimate = mantel_haenszel.common_difference(compared.strata)
    se = mantel_haenszel.sato_se(compared.strata)
    values = _with_test(estimate, estimate / se, compared.interval(estimate, se))
    return Effect(values | {"se": se}, "", *_unused(compared))


def _stratified_score(compared: Compared) -> Effect:
    estimate = mantel_haenszel.common_difference(compared.strata)
    limits = stratified_score.stratified_interval(compared.strata, compared.confidence)
    values = _with_test(estimate, stratified_score.z_common(compared.strata, 0.0), limits)
    return Effect(values, "", *_unused(compared))


def _standardized(compared: Compared) -> Effect:
    """The declared estimator; the stratified score interval when an arm has nobody or everybody with the event."""
    if why := compared.adjusted.why_not(compared.arm, compared.reference):
        stratified = _stratified_score(compared)
        notes = (f"{why}: the stratified difference instead of the standardized one", *stratified.notes)
        return Effect(stratified.values, STRATIFIED_SCORE, "fallback", notes)
    estimate, se = compared.adjusted.difference(compared.arm, compared.reference)
    if not se > 0:
        raise NotEstimable("the standardized difference has no variance")
    adjusted, df = compared.adjusted, compared.adjusted.df
    if df is None:
        values = _with_test(estimate, estimate / se, compared.interval(estimate, se)) | {"se": se}
        return Effect(values, adjusted.method, adjusted.status, adjusted.notes)
    low, high = (student := Estimate(estimate, se, df)).interval(compared.confidence)
    values = {"estimate": estimate, "se": se, "df": float(df), "t": student.t, "p_value": student.p_value}
    values |= {"ci_low": low, "ci_high": high}
    return Effect(values, adjusted.method, adjusted.status, adjusted.notes, STUDENT)


def _unused(compared: Compared) -> tuple[Status, tuple[str, ...]]:
    """Strata with one arm say nothing of the difference: status and note."""
    alone = [counts for counts in compared.strata if not counts.n1 or not counts.n0]
    if not alone:
        return "ok", ()
    n = sum(counts.total for counts in alone)
    strata = "a stratum" if len(alone) == 1 else f"{len(alone)} strata"
    return "fallback", (f"{n} subjects in {strata} with one arm only do not enter the comparison",)


def _ratio(odds: bool) -> Callable[[Compared], Effect]:
    def compute(compared: Compared) -> Effect:
        counts, confidence = compared.counts, compared.confidence
        if odds:
            estimate, limits = score.odds_ratio(counts), score.odds_ratio_interval(counts, confidence)
            return Effect(_with_test(estimate, score.z_odds_ratio(counts, 1.0), limits))
        estimate, limits = score.risk_ratio(counts), score.risk_ratio_interval(counts, confidence)
        return Effect(_with_test(estimate, score.z_risk_ratio(counts, 1.0), limits))

    return compute


def _wald(odds: bool) -> Callable[[Compared], Effect]:
    def compute(compared: Compared) -> Effect:
        counts = compared.counts
        se = score.log_ratio_se(counts, odds)
        if not se > 0:
            raise NotEstimable("everybody has the event: the logarithm of the ratio has no variance")
        estimate = score.odds_ratio(counts) if odds else score.risk_ratio(counts)
        limits = score.wald_ratio_interval(counts, compared.confidence, odds)
        return Effect(_with_test(estimate, log(estimate) / se, limits) | {"se_log": se})

    return compute


def _fisher(compared: Compared) -> Effect:
    return Effect({"p_value": exact.fisher(compared.counts)})


def _cmh(compared: Compared) -> Effect:
    chi_square = mantel_haenszel.cmh_chi_square(compared.strata)
    p = two_sided(chi_square**0.5)
    return Effect({"chi_square": chi_square, "df": 1.0, "p_value": p}, "", *_unused(compared))


def _with_test(estimate: float, z: float, limits: Interval) -> dict[str, float]:
    return {"estimate": estimate, "z": z, "p_value": two_sided(z), "ci_low": limits.low, "ci_high": limits.high}


SCORE = ("estimate", "z", "p_value", "ci_low", "ci_high")
WALD = ("estimate", "se", "z", "p_value", "ci_low", "ci_high")
STUDENT = ("estimate", "se", "df", "t", "p_value", "ci_low", "ci_high")
LOG_WALD = ("estimate", "se_log", "z", "p_value", "ci_low", "ci_high")
MN = "score interval and test of Miettinen and Nurminen, N/(N-1)"
STRATIFIED_SCORE = f"Mantel-Haenszel common difference of proportions over strata; stratified {MN}"

METHODS: dict[str, Method] = {
    "standardized": Method(
        "difference", WALD, "Difference of proportions standardized by a logistic model", _standardized
    ),
    "miettinen_nurminen": Method("difference", SCORE, f"Difference of proportions; {MN}", _score(corrected=True)),
    "mee": Method(
        "difference",
        SCORE,
        "Difference of proportions; score interval and test of Mee (Miettinen and Nurminen without N/(N-1))",
        _score(corrected=False),
    ),
    "newcombe": Method(
        "difference",
        ("estimate", "ci_low", "ci_high"),
        "Difference of proportions; Newcombe's hybrid score interval (method 10), which has no test",
        _newcombe,
    ),
    "mantel_haenszel": Method(
        "difference",
        WALD,
        "Mantel-Haenszel common difference of proportions over strata; Sato's variance, normal interval and test",
        _mantel_haenszel,
    ),
    "stratified_score": Method("difference", SCORE, STRATIFIED_SCORE, _stratified_score),
    "risk_ratio": Method("ratio", SCORE, f"Ratio of proportions; {MN}", _ratio(odds=False), RISK),
    "odds_ratio": Method("ratio", SCORE, f"Odds ratio; {MN}", _ratio(odds=True), ODDS),
    "wald_risk_ratio": Method(
        "ratio",
        LOG_WALD,
        "Ratio of proportions; Wald interval and test of its logarithm (Katz)",
        _wald(odds=False),
        RISK,
    ),
    "wald_odds_ratio": Method(
        "ratio",
        LOG_WALD,
        "Odds ratio; Wald interval and test of its logarithm (Woolf)",
        _wald(odds=True),
        ODDS,
    ),
    "fisher": Method("difference", ("p_value",), "Fisher's exact test by the probability of the tables", _fisher),
    "cmh": Method(
        "difference",
        ("chi_square", "df", "p_value"),
        "Cochran-Mantel-Haenszel test over strata, without continuity correction",
        _cmh,
    ),
}
