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
    samples of patients for the BCa interval (0: none). seed: of the draws.
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
    """ADSL flag of a population, and whether it is analysed as randomized (TRT01P) or as treated (TRT01A)."""

    flag: str
    arm: Literal["planned", "actual"] = "planned"


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


@dataclass(frozen=True)
class NoOptions:
    """The options of a model that has none."""


@dataclass(frozen=True)
class AncovaOptions:
    """Options of ``ancova``.

    weights: how LS means weight the levels of strata and categorical covariates: equal (as SAS LSMEANS and emmeans by
    default), or proportional to the subjects analysed (as SAS LSMEANS / OM). vcov: classical (one variance for all), or
    HC3, which lets every subject have its own.
    """

    weights: Literal["equal", "proportional"] = "equal"
    vcov: Literal["classical", "HC3"] = "classical"


@dataclass(frozen=True)
class DescriptiveOptions:
    """Options of ``descriptive``.

    over_time: at each visit also the mean and SD of the baseline of those with a value there, and a table of means over
    time in the report; not of restricted data, where they would tell the baseline of the few who left.
    """

    over_time: bool = False


@dataclass(frozen=True)
class CmhOptions:
    """Options of ``cmh``.

    statistic: the test of the analysis, p_value; the other two stand beside it. correlation: a trend over the doses of
    the arms (their order where none are declared); row_means: the arms' mean scores differ; general: any association.
    """

    statistic: Literal["correlation", "row_means", "general"] = "row_means"


@dataclass(frozen=True)
class CensoredOptions:
    """Options of ``censored``.

    below: what the model makes of a value below the quantification limit: known only to be below (censored), or half
    the limit, or the limit / √2 in its place (sensitivity analyses; then it is least squares). interval: Student's t
    with the variance rescaled by n / (n - p), or the profile likelihood. detection_above: an arm with more than this
    percentage below the limit at a visit is compared there by whether the substance was detected, and by nothing else.
    weights: as for ``ancova``.
    """

    below: Literal["censored", "half", "sqrt2"] = "censored"
    interval: Literal["t", "profile"] = "t"
    detection_above: float = 50
    weights: Literal["equal", "proportional"] = "equal"

    def __post_init__(self) -> None:
        """Raise ValueError for a percentage that is none."""
        if not 0 <= self.detection_above <= 100:
            raise ValueError("detection_above is a percentage, from 0 to 100")


@dataclass(frozen=True)
class WilcoxonOptions:
    """Options of ``wilcoxon``.

    exact_up_to: patients compared at a visit up to which p and the interval of the shift are exact; the normal law
    beyond. continuity: the normal p of one stratum has the continuity correction.
    """

    exact_up_to: int = 60
    continuity: bool = True


@dataclass(frozen=True)
class GeeOptions:
    """Options of ``gee`` and ``gee_logit``.

    working: correlation of a patient's visits that weights them. vcov: the sandwich with residuals corrected for
    leverage (Mancl & DeRouen), or without a correction (robust), which is too small when patients are few.
    """

    working: Literal["independence", "exchangeable"] = "exchangeable"
    vcov: Literal["bias_reduced", "robust"] = "bias_reduced"


@dataclass(frozen=True)
class CountsOptions:
    """Options of ``counts``.

    distribution: negative_binomial lets counts vary more than poisson, which has no variance of its own. exposure: ADSL
    column of the time at risk (or whatever the counts are per); none: the same for all.
    """

    distribution: Literal["poisson", "negative_binomial"] = "negative_binomial"
    exposure: str = ""


@dataclass(frozen=True)
class ChainStep:
    """One step of the fall-back chain of an MMRM: covariance, vcov of the fixed effects and df, declared together."""

    covariance: Literal[
        "unstructured",
        "toeplitz",
        "heterogeneous-toeplitz",
        "ar1",
        "heterogeneous-ar1",
        "compound-symmetry",
        "heterogeneous-compound-symmetry",
        "ante-dependence",
        "heterogeneous-ante-dependence",
    ]
    vcov: Literal["model", "CR0", "CR2", "CR3"] = "CR2"
    df: Literal["kenward-roger", "kr-linear", "satterthwaite", "between-within", "residual"] = "satterthwaite"


@dataclass(frozen=True)
class MmrmOptions:
    """Options of the model ``mmrm``.

    baseline: a covariate with its own slope at each visit, or an outcome at which the arms are constrained to be equal
    (cLDA). weights: of factor levels in LS means. group_by_arm: a covariance matrix for each arm. chain: what is
    fitted, in order, until a step can be estimated; never chosen by a criterion or a p-value.
    """

    baseline: Literal["covariate", "outcome"] = "covariate"
    weights: Literal["equal", "proportional", "observed"] = "equal"
    method: Literal["reml", "ml"] = "reml"
    group_by_arm: bool = False
    chain: tuple[ChainStep, ...] = (
        ChainStep("unstructured", "model", "kenward-roger"),
        ChainStep("heterogeneous-toeplitz"),
        ChainStep("heterogeneous-ar1"),
        ChainStep("heterogeneous-compound-symmetry"),
        ChainStep("compound-symmetry"),
    )

    def __post_init__(self) -> None:
        """Raise ValueError for a chain that cannot be fitted."""
        if not self.chain:
            raise ValueError("the chain needs at least one step")
        for step in self.chain:
            adjusted = step.df in ("kenward-roger", "kr-linear")
            if adjusted and step.vcov != "model":
                raise ValueError(
                    f"{step.df} adjusts the model-based covariance; with vcov {step.vcov} use satterthwaite"
                )
            if adjusted and self.method == "ml":
                raise ValueError(f"{step.df} is defined for reml; with method ml declare a chain with satterthwaite")


BinaryMethod = Literal[
    "standardized",
    "miettinen_nurminen",
    "mee",
    "newcombe",
    "mantel_haenszel",
    "stratified_score",
    "risk_ratio",
    "odds_ratio",
    "wald_risk_ratio",
    "wald_odds_ratio",
    "fisher",
    "cmh",
]


@dataclass(frozen=True)
class ProportionOptions:
    """What the models ``binary`` and ``responder`` have in common.

    methods: how the arms are compared; the first is the estimate of the analysis. variance: of the standardized
    difference: Ye et al. 2023 (right or conservative under stratified randomization), the same less what permuted
    blocks within the strata remove, or the delta method of Ge et al. 2011. interval: of the standardized difference:
    Student's t with n - p degrees of freedom and the variance times n / (n - p), which covers at 30 patients, or the
    normal one of large samples, as published software has it.
    """

    methods: tuple[BinaryMethod, ...] = (
        "standardized",
        "miettinen_nurminen",
        "newcombe",
        "mantel_haenszel",
        "risk_ratio",
        "odds_ratio",
        "fisher",
        "cmh",
    )
    variance: Literal["ye", "ye_permuted_blocks", "ge"] = "ye"
    interval: Literal["t", "normal"] = "t"

    def __post_init__(self) -> None:
        """Raise ValueError when no method estimates an effect, or one is named twice."""
        if not self.methods or self.methods[0] in ("fisher", "cmh"):
            raise ValueError("the first method must estimate a difference or a ratio; fisher and cmh only test")
        if len(set(self.methods)) < len(self.methods):
            raise ValueError("a method is named twice")


@dataclass(frozen=True)
class BinaryOptions(ProportionOptions):
    """Options of the model ``binary``. missing: subjects without a value are left out, or counted."""

    missing: Literal["excluded", "event", "no_event"] = "excluded"


@dataclass(frozen=True)
class ResponderOptions(ProportionOptions):
    """Options of the model ``responder``.

    at_least: the threshold of the change (or, with ``outcome: value``, of the value) in the direction that is better;
    the endpoint's mcid when omitted. missing: subjects without a value are left out, or counted as non-responders.
    """

    at_least: float | None = None
    missing: Literal["excluded", "nonresponder"] = "excluded"
