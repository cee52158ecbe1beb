"""What the models room needs to know to fit every analysis of one endpoint."""

from dataclasses import dataclass, field
from typing import Any, Literal

Role = Literal["primary", "secondary", "sensitivity", "supplementary", "exploratory"]


@dataclass(frozen=True)
class Analysis:
    """One analysis of one endpoint.

    model: a name of the registry. outcome: change from baseline, or the value itself. populations: ids, each is one
    set of rows. covariates: ADSL columns beside the baseline value and the strata. log: analyse the natural logarithm
    and report ratios. visits: visit ids (every post-baseline visit of the endpoint when empty). options: what only
    this model understands.
    """

    model: str
    populations: tuple[str, ...]
    role: Role = "exploratory"
    estimand: str = "treatment_policy"
    outcome: Literal["change", "value"] = "change"
    baseline: bool = True
    strata: bool = True
    covariates: tuple[str, ...] = ()
    log: bool = False
    confidence: float = 0.95
    visits: tuple[str, ...] = ()
    options: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class PopulationFlag:
    """ADSL flag of a population, and whether it is analysed as randomized (TRT01P) or as treated (TRT01A)."""

    flag: str
    arm: Literal["planned", "actual"] = "planned"


@dataclass(frozen=True)
class Fit:
    """Everything that fitting one endpoint uses.

    visits: post-baseline visit ids in the order of the plan. baseline_visit: "" for an outcome without baseline.
    """

    study: str
    endpoint: str
    unit: str
    direction: Literal["higher", "lower"]
    arms: tuple[str, ...]
    reference: str
    visits: tuple[str, ...]
    baseline_visit: str
    strata: tuple[str, ...]
    populations: dict[str, PopulationFlag]
    analyses: dict[str, Analysis]


@dataclass(frozen=True)
class NoOptions:
    """The options of a model that has none."""


@dataclass(frozen=True)
class AncovaOptions:
    """Options of ``ancova``.

    weights: how LS means weight the levels of strata and categorical covariates: equal (as SAS LSMEANS and emmeans by
    default), or proportional to the subjects analysed (as SAS LSMEANS / OM).
    """

    weights: Literal["equal", "proportional"] = "equal"
