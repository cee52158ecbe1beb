"""What the models room needs to know to fit every analysis of one endpoint."""

from dataclasses import dataclass, field
from typing import Any, Literal

from rctflow.hypotheses import Hypothesis

Role = Literal["primary", "secondary", "sensitivity", "supplementary", "exploratory"]


@dataclass(frozen=True)
class Resampling:
    """What is done again and again with an analysis, in a job of its own.

    randomization_test: allocations drawn from the declared scheme (0: no test); when no more than ``enumerate_up_to``
    exist, all of them are looked at instead. leave_one_out: the comparison without each patient in turn. bootstrap:
    samples of patients for an interval, BCa from 1,000 on (0: none). seed: of the draws.
    """

    randomization_test: int = 0
    enumerate_up_to: int = 20_000
    leave_one_out: bool = False
    bootstrap: int = 0
    seed: int = 1

    @property
    def asks(self) -> bool:
        """Whether anything is asked for."""
        return bool(self.randomization_test or self.leave_one_out or self.bootstrap)


@dataclass(frozen=True)
class Analysis:
    """One analysis of one endpoint.

    model: a name of the registry. outcome: change from baseline, or the value itself. populations: ids, each is one
    set of rows. covariates: ADSL columns beside the baseline value and the strata. log: analyse the natural logarithm
    and report ratios. visits: visit ids (every post-baseline visit of the endpoint when empty). options: what only
    this model understands. estimand: treatment_policy (what was observed) unless the section estimands joins the
    analysis to another. resampling: randomization test, leave one out (rule resample). subgroups: factors, declared in
    the section subgroups, within whose levels the arms are compared at the primary visit, with the interaction. locf:
    a missing value is the last one observed after baseline (off unless a plan asks for it). dose_response: test of a
    trend over the declared doses: the dose as a covariate in place of the arms, or the linear contrast of the arms.
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
    resampling: Resampling | None = None
    subgroups: tuple[str, ...] = ()
    locf: bool = False
    dose_response: Literal["", "covariate", "contrast"] = ""


@dataclass(frozen=True)
class Subgroup:
    """A factor of subgroups, a stratum or covariate of ADSL.

    cuts: for a number, where one level ends and the next begins, ascending; a value equal to a cut belongs to the upper
    level. label: the words printed for the factor (those of its column when omitted).
    """

    cuts: tuple[float, ...] = ()
    label: str = ""


@dataclass(frozen=True)
class PopulationFlag:
    """ADSL flag of a population, and whether it is analysed as randomized (TRT01P) or as treated (TRT01A).

    selects: the variables after randomization by which it selects; "" when by none, or when the config justifies it.
    """

    flag: str
    arm: Literal["planned", "actual"] = "planned"
    selects: str = ""


@dataclass(frozen=True)
class Fit:
    """Everything that fitting one endpoint uses.

    visits: post-baseline visit ids in the order of the plan. baseline_visit: "" for an outcome without baseline.
    small_cells: rows of fewer patients are suppressed (disclosure.py); 0 for open data. mcid: smallest difference that
    patients notice, when an analysis of responders asks for it.
    analysis_flags: estimand -> the BDS variable that says which records count for it (ANL01FL when not named).
    subgroups, subgroup_visit: the factors that an analysis names, and the visit at which they are looked at.
    carried_flags: as analysis_flags, for analyses with locf. contrasts: comparisons beside those with the reference,
    (arm, arm that it is compared with). doses: arm -> dose, where an analysis asks for dose response. tested: the
    hypotheses of confirmatory families, all filled in; every other p-value is nominal. limited: whether values may lie
    below a limit of quantification.
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
    small_cells: int = 0
    analysis_flags: dict[str, str] = field(default_factory=dict)
    mcid: float | None = None
    subgroups: dict[str, Subgroup] = field(default_factory=dict)
    subgroup_visit: str = ""
    carried_flags: dict[str, str] = field(default_factory=dict)
    contrasts: tuple[tuple[str, str], ...] = ()
    doses: dict[str, float] = field(default_factory=dict)
    tested: tuple[Hypothesis, ...] = ()
    limited: bool = False

    @property
    def comparisons(self) -> tuple[tuple[str, str], ...]:
        """(arm, arm that it is compared with): every arm with the reference, then the declared contrasts."""
        return (*((arm, self.reference) for arm in self.arms if arm != self.reference), *self.contrasts)
