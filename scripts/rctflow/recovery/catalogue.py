"""What is held against the truth: the analyses of the default study and those that a reader would compare them with."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Literal

from rctflow.models.settings import Analysis

Measure = Literal["mean", "ratio", "responders", "risk_ratio", "win", "shift", "odds"]
Needs = Literal["mcar", "mar"]
COMPOUND_SYMMETRY = {"chain": [{"covariance": "compound-symmetry", "vcov": "model", "df": "kenward-roger"}]}


@dataclass(frozen=True, eq=False)
class Row:
    """One line of the table.

    analysis: the one of the default study that it is, or is made from by ``model`` and ``options``. estimand: whose
    truth it is held against. measure: the summary measure of that truth. prefix: of its statistics. latent: the truth
    is that of the concentration, not of what stands for it below the limit. fault: what is known to be wrong with it,
    "" for an analysis that should recover the truth when missing values are as it ``needs``. needs: missing completely
    at random given baseline, arm and strata (mcar), or given what was seen (mar).
    """

    label: str
    endpoint: str
    estimand: str
    analysis: str
    measure: Measure
    needs: Needs = "mar"
    prefix: str = ""
    model: str = ""
    options: Mapping[str, Any] | None = None
    fault: str = ""

    @property
    def latent(self) -> bool:
        """Whether the truth is that of the concentration itself."""
        return self.measure == "ratio"

    def broken(self, informative: bool) -> str:
        """What it assumes and is not so, "" when all is. informative: dropout depends on values seen after baseline."""
        return self.fault or (INFORMATIVE_DROPOUT if informative and self.needs == "mcar" else "")

    def analysis_from(self, declared: Mapping[str, Analysis], visit: str) -> Analysis:
        """The analysis, looking at ``visit`` alone where the model fits each visit by itself."""
        base = replace(declared[self.analysis], estimand=self.estimand, subgroups=(), resampling=None)
        made = replace(base, model=self.model or base.model)
        if self.options is not None:
            made = replace(made, options=dict(self.options))
        return made if made.model in ("mmrm", "gee") else replace(made, visits=(visit,))


PCS, SPPB, IL17, TNF, VAS = "sf36_pcs", "sppb", "il17", "tnf_alpha", "eq_vas"
HEALTH, RESPONSE, NEAR_LIMIT = "physical_health", "response", "inflammation_near_limit"
METHODS = ["stratified_score", "standardized", "miettinen_nurminen", "newcombe", "risk_ratio"]
OTHER_COVARIANCE = "correlations that do not fall with time, where the simulator's do"
SUBSTITUTED = "a number in the place of values below the limit"
INFORMATIVE_DROPOUT = "who drops out depends on values that it does not look at"
WORST_CASE = "dropouts count as non-responders"


def _responders(label: str, measure: Measure, prefix: str = "") -> Row:
    return Row(
        f"responders: {label}", PCS, RESPONSE, "responder", measure, "mcar", prefix, options={"methods": METHODS}
    )


DECLARED: tuple[Row, ...] = (
    Row("MMRM (main analysis)", PCS, HEALTH, "mmrm", "mean"),
    Row("cLDA", PCS, HEALTH, "mmrm_baseline_as_outcome", "mean"),
    Row("random intercept, Kenward-Roger", PCS, HEALTH, "mmrm", "mean", options=COMPOUND_SYMMETRY,
        fault=OTHER_COVARIANCE),
    Row("ANCOVA at month 6, complete cases", PCS, HEALTH, "ancova_by_visit", "mean", "mcar"),
    Row("ANCOVA, HC3", PCS, HEALTH, "ancova_by_visit", "mean", "mcar", options={"vcov": "HC3"}),
    Row("GEE exchangeable, Mancl-DeRouen", PCS, HEALTH, "mmrm", "mean", "mcar", model="gee", options={}),
    Row("MMRM, hypothetical", PCS, "without_events", "mmrm_hypothetical", "mean"),
    Row("MMRM, composite", PCS, "events_as_failure", "mmrm_composite", "mean"),
    Row("MMRM, while on treatment", PCS, "while_treated", "mmrm_while_on_treatment", "mean"),
    Row("Wilcoxon: win probability", PCS, HEALTH, "ancova_by_visit", "win", "mcar", model="wilcoxon", options={}),
    Row("Wilcoxon: Hodges-Lehmann shift", PCS, HEALTH, "ancova_by_visit", "shift", "mcar", "hodges_lehmann_",
        model="wilcoxon", options={}),
    _responders("stratified score", "responders"),
    _responders("standardized (Ye)", "responders", "standardized_"),
    _responders("Miettinen-Nurminen", "responders", "miettinen_nurminen_"),
    _responders("Newcombe", "responders", "newcombe_"),
    _responders("risk ratio", "risk_ratio", "risk_ratio_"),
    Row("responders: missing as failure", PCS, RESPONSE, "responder_missing_as_failure", "responders",
        options={"methods": ["stratified_score"], "missing": "nonresponder"}, fault=WORST_CASE),
    Row("Wilcoxon: win probability", SPPB, "performance_and_frailty", "wilcoxon", "win", "mcar"),
    Row("proportional odds", SPPB, "performance_odds", "proportional_odds", "odds", "mcar"),
    Row("MMRM", SPPB, "performance_mean", "mmrm", "mean"),
    Row("censored likelihood, t", IL17, NEAR_LIMIT, "censored", "ratio", "mcar"),
    Row("censored likelihood, profile", IL17, NEAR_LIMIT, "censored", "ratio", "mcar", options={"interval": "profile"}),
    Row("half the limit", IL17, NEAR_LIMIT, "half_the_limit", "ratio", "mcar", fault=SUBSTITUTED),
    Row("limit / √2", IL17, NEAR_LIMIT, "limit_by_sqrt2", "ratio", "mcar", fault=SUBSTITUTED),
    Row("MMRM of the logarithm, half the limit", IL17, NEAR_LIMIT, "mmrm", "ratio", fault=SUBSTITUTED),
    Row("MMRM of the logarithm", TNF, "inflammation", "mmrm", "ratio"),
)  # fmt: skip


def _vas(label: str, needs: Needs = "mar", **more: Any) -> Row:
    return Row(label, VAS, "function_and_quality_of_life", "mmrm", "mean", needs, **more)


INFORMATIVE: tuple[Row, ...] = (
    _vas("MMRM"),
    _vas("cLDA", options={"baseline": "outcome"}),
    _vas("random intercept, Kenward-Roger", options=COMPOUND_SYMMETRY, fault=OTHER_COVARIANCE),
    _vas("ANCOVA at month 6, complete cases", "mcar", model="ancova", options={}),
    _vas("GEE exchangeable, Mancl-DeRouen", "mcar", model="gee", options={}),
    _vas("GEE independence, Mancl-DeRouen", "mcar", model="gee", options={"working": "independence"}),
)


def _limited(label: str, fault: str = "", **more: Any) -> Row:
    return Row(label, TNF, "inflammation", "censored", "ratio", "mcar", fault=fault, **more)


LIMITED: tuple[Row, ...] = (
    _limited("censored likelihood, t"),
    _limited("censored likelihood, profile", options={"interval": "profile"}),
    _limited("half the limit", SUBSTITUTED, options={"below": "half"}),
    _limited("limit / √2", SUBSTITUTED, options={"below": "sqrt2"}),
    _limited("MMRM of the logarithm, half the limit", SUBSTITUTED, model="mmrm", options={}),
)


def declared_row(endpoint: str, label: str) -> Row:
    """The row of the declared trial with this label."""
    return next(row for row in DECLARED if (row.endpoint, row.label) == (endpoint, label))


TESTED = (
    (PCS, "MMRM (main analysis)"),
    (PCS, "cLDA"),
    (PCS, "ANCOVA at month 6, complete cases"),
    (PCS, "ANCOVA, HC3"),
    (PCS, "GEE exchangeable, Mancl-DeRouen"),
    (PCS, "responders: stratified score"),
    (PCS, "Wilcoxon: win probability"),
    (SPPB, "Wilcoxon: win probability"),
    (SPPB, "proportional odds"),
    (IL17, "censored likelihood, t"),
)
NULL: tuple[Row, ...] = tuple(declared_row(*which) for which in TESTED)
ALLOCATIONS = ((NULL[2], 999), (NULL[0], 19))
"""Randomization tests, and how many allocations are drawn. Of p = (1 + b) / (1 + B) 5 % is a possible value with B =
19, 39, ... 999, so that the size is exact however few they are; the MMRM is fitted again under each."""
