"""Families of hypotheses in the config: what their defaults stand for, and what keeps one from being tested."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from functools import cache

from rctflow.hypotheses import RANDOMIZATION_TEST, Family, Hypothesis
from rctflow.inference.multiplicity.settings import Multiplicity
from rctflow.models.settings import Analysis
from rctflow.study.analyses import analyses_of, analysis_problems, main_analysis, main_population
from rctflow.study.estimands import COMPARES_NO_ARMS
from rctflow.study.messages import did_you_mean
from rctflow.study.model import MultiplicityConfig, Study
from rctflow.study.planned import arm_order, endpoint_visits, primary_visit

Problem = tuple[str, str]
ROUNDING = 1e-9


@cache
def families_of(study: Study) -> dict[str, Family]:
    """The declared families, every hypothesis spelled out."""
    declared = study.multiplicity.families if study.multiplicity else {}
    return {
        name: replace(family, hypotheses=tuple(_resolved(study, h) for h in family.hypotheses))
        for name, family in declared.items()
    }


def multiplicity_settings(study: Study) -> Multiplicity:
    """What the rule that adjusts p-values needs."""
    families = families_of(study)
    return Multiplicity(study.stamped, tuple(families), families, study.arms.reference)


def confirmatory(study: Study, endpoint: str) -> list[Hypothesis] | None:
    """The hypotheses of an endpoint in confirmatory families; None when the study declares no such family."""
    families = [family for family in families_of(study).values() if family.confirmatory]
    if not families:
        return None
    return [h for family in families for h in family.hypotheses if h.endpoint == endpoint]


def tested(study: Study, endpoint: str) -> tuple[Hypothesis, ...]:
    """The hypotheses of an endpoint that are tests of the trial: without a confirmatory family, of a primary endpoint
    of two arms its main analysis at its primary visit.
    """
    declared = confirmatory(study, endpoint)
    if declared is not None:
        return tuple(replace(hypothesis, id="") for hypothesis in declared)
    others = [arm for arm in study.arms.levels if arm != study.arms.reference]
    if study.endpoints[endpoint].role != "primary" or len(others) > 1:
        return ()
    return (replace(_resolved(study, Hypothesis(endpoint)), id=""),)


def endpoints_tested(study: Study) -> list[str]:
    """The endpoints that a family tests, in the order of the config."""
    families = study.multiplicity.families.values() if study.multiplicity else ()
    tested = {hypothesis.endpoint for family in families for hypothesis in family.hypotheses}
    return [endpoint for endpoint in study.endpoints if endpoint in tested]


def endpoints_by_randomization(study: Study) -> list[str]:
    """The endpoints of which a family tests a randomization test's p-value, in the order of the config."""
    families = study.multiplicity.families.values() if study.multiplicity else ()
    tested = {h.endpoint for family in families for h in family.hypotheses if h.by_randomization}
    return [endpoint for endpoint in study.endpoints if endpoint in tested]


def without_arms(study: Study) -> MultiplicityConfig | None:
    """The families of a study whose arms are masked: those that name arms would tell them, and are left out."""
    declared = study.multiplicity.families if study.multiplicity else {}
    kept = {name: family for name, family in declared.items() if not any(h.arm for h in family.hypotheses)}
    return MultiplicityConfig(families=kept) if kept and len(study.arms.levels) == 2 else None


def _resolved(study: Study, hypothesis: Hypothesis) -> Hypothesis:
    endpoint, analyses = hypothesis.endpoint, analyses_of(study, hypothesis.endpoint)
    main = main_analysis(study, endpoint, analyses)
    analysis = hypothesis.analysis or main
    population = analyses[analysis].populations[0]
    if analysis == main:
        population = main_population(study, endpoint, analyses[main])
    return replace(
        hypothesis,
        id=hypothesis.name,
        analysis=analysis,
        population=hypothesis.population or population,
        visit=hypothesis.visit or primary_visit(study, study.endpoints[endpoint]),
        arm="" if hypothesis.over_doses else hypothesis.arm or arm_order(study)[1],
    )


def multiplicity_problems(study: Study) -> Iterator[Problem]:
    """Every problem of the section, each with its path."""
    declared = study.multiplicity.families if study.multiplicity else {}
    found: list[Problem] = []
    for name, family in declared.items():
        path = f"multiplicity.families.{name}"
        for n, hypothesis in enumerate(family.hypotheses):
            found += _hypothesis_problems(study, f"{path}.hypotheses[{n}]", hypothesis, family)
        found += _family_problems(path, family)
    yield from found
    if declared and not found and all(not analysis_problems(study, endpoint) for endpoint in study.endpoints):
        yield from _overlaps(study)


def _hypothesis_problems(study: Study, path: str, hypothesis: Hypothesis, family: Family) -> Iterator[Problem]:
    if hypothesis.endpoint not in study.endpoints:
        yield f"{path}.endpoint", f"no such endpoint. {did_you_mean(hypothesis.endpoint, study.endpoints)}"
        return
    endpoint = study.endpoints[hypothesis.endpoint]
    if family.confirmatory and endpoint.role not in ("primary", "secondary"):
        yield (
            f"{path}.endpoint",
            f"{hypothesis.endpoint} is {endpoint.role}; the endpoints of a family that controls the family-wise error "
            "rate are primary or secondary (or test it in a family of procedure benjamini_hochberg)",
        )
    visits = endpoint_visits(study, endpoint)
    if hypothesis.visit and hypothesis.visit not in visits:
        yield (
            f"{path}.visit",
            f"no visit after baseline of {hypothesis.endpoint}. {did_you_mean(hypothesis.visit, visits)}",
        )
    arms = arm_order(study)[1:]
    if hypothesis.arm and hypothesis.arm not in arms:
        yield f"{path}.arm", f"no arm beside the reference. {did_you_mean(hypothesis.arm, arms)}"
    elif hypothesis.arm and hypothesis.over_doses:
        yield f"{path}.arm", "a trend over the doses is about all arms; leave the arm out"
    elif not hypothesis.arm and len(arms) > 1 and not hypothesis.over_doses:
        yield path, f"say which `arm` is compared with {study.arms.reference}: {', '.join(arms)}"
    if not analysis_problems(study, hypothesis.endpoint):
        yield from _analysis_problems(study, path, hypothesis)


def _analysis_problems(study: Study, path: str, hypothesis: Hypothesis) -> Iterator[Problem]:
    analyses = analyses_of(study, hypothesis.endpoint)
    name = hypothesis.analysis or main_analysis(study, hypothesis.endpoint, analyses)
    if name not in analyses:
        yield f"{path}.analysis", f"{hypothesis.endpoint} has no such analysis. {did_you_mean(name, analyses)}"
        return
    analysis = analyses[name]
    if analysis.model in COMPARES_NO_ARMS:
        yield (
            f"{path}.analysis",
            f"{name} of {hypothesis.endpoint} describes and tests nothing; name one that compares arms",
        )
    yield from _statistic_problems(f"{path}.statistic", hypothesis, name, analysis)
    if hypothesis.population and hypothesis.population not in analysis.populations:
        known = did_you_mean(hypothesis.population, analysis.populations)
        yield f"{path}.population", f"{name} is not run in {hypothesis.population!r}. {known}"
    visit = hypothesis.visit or primary_visit(study, study.endpoints[hypothesis.endpoint])
    if analysis.visits and visit not in analysis.visits:
        yield f"{path}.visit", f"{name} of {hypothesis.endpoint} leaves {visit} out"


def _statistic_problems(path: str, hypothesis: Hypothesis, name: str, analysis: Analysis) -> Iterator[Problem]:
    if not hypothesis.statistic.endswith("p_value"):
        known = did_you_mean(hypothesis.statistic, ("p_value", RANDOMIZATION_TEST))
        yield path, f"{hypothesis.statistic!r} is no p-value. {known}"
    elif hypothesis.over_doses and not analysis.dose_response:
        yield path, f"{name} of {hypothesis.endpoint} tests no trend; add `dose_response` to the analysis"
    elif hypothesis.by_randomization and not (analysis.resampling and analysis.resampling.randomization_test):
        yield (
            path,
            f"{name} of {hypothesis.endpoint} declares no randomization test; add `resampling: {{randomization_test: "
            "10000}` to the analysis, or test the model's p_value",
        )


def _family_problems(path: str, family: Family) -> Iterator[Problem]:
    names = [hypothesis.name for hypothesis in family.hypotheses]
    if not names:
        yield f"{path}.hypotheses", "needs at least one hypothesis"
    for name in sorted({name for name in names if names.count(name) > 1}):
        yield f"{path}.hypotheses", f"two hypotheses are named {name!r}; give each an `id` of its own"
    if not 0 < family.alpha < 1:
        yield f"{path}.alpha", f"{family.alpha:g} is no level between 0 and 1"
    if family.procedure != "graphical":
        for key in ("weights", "transitions"):
            if getattr(family, key):
                yield f"{path}.{key}", f"{family.procedure} has none; with `procedure: graphical` they are used"
        return
    if not family.weights:
        yield f"{path}.weights", "a graphical procedure needs the share of alpha that each hypothesis has at the start"
    yield from _shares(f"{path}.weights", family.weights, names)
    for source, row in family.transitions.items():
        if source not in names:
            yield f"{path}.transitions.{source}", f"no such hypothesis. {did_you_mean(source, names)}"
        if source in row:
            yield f"{path}.transitions.{source}.{source}", "a rejected hypothesis cannot pass its share to itself"
        yield from _shares(f"{path}.transitions.{source}", row, names)


def _shares(path: str, shares: dict[str, float], names: list[str]) -> Iterator[Problem]:
    for name, share in shares.items():
        if name not in names:
            yield f"{path}.{name}", f"no such hypothesis. {did_you_mean(name, names)}"
        if not 0 <= share <= 1:
            yield f"{path}.{name}", f"{share:g} is no share between 0 and 1"
    if sum(shares.values()) > 1 + ROUNDING:
        yield path, f"the shares sum to {sum(shares.values()):g}, more than 1"


def _overlaps(study: Study) -> Iterator[Problem]:
    """A p-value in two confirmatory families, a comparison twice in one; a primary endpoint in none."""
    owner: dict[Hypothesis, str] = {}
    for name, family in families_of(study).items():
        mine: set[Hypothesis] = set()
        for hypothesis in family.hypotheses:
            same, path = replace(hypothesis, id=""), f"multiplicity.families.{name}.hypotheses"
            comparison = replace(same, statistic="")
            if comparison in mine:
                yield path, f"{hypothesis.name} tests the same comparison as another hypothesis of the family"
            elif family.confirmatory and owner.setdefault(same, name) != name:
                yield path, f"{hypothesis.name} is tested in family {owner[same]} already; a p-value is claimed once"
            mine.add(comparison)
    for endpoint, plan in study.endpoints.items():
        if plan.role == "primary" and confirmatory(study, endpoint) == []:
            yield (
                "multiplicity.families",
                f"the primary endpoint {endpoint} stands in no confirmatory family; add its hypothesis to one",
            )
