"""What only one model understands: the options of each, which stand under ``options:`` of an analysis."""

from dataclasses import dataclass
from typing import Literal


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
