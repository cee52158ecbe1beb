"""A declared fall-back chain: what is fitted when the primary covariance cannot be estimated.

Each step names covariance, vcov and degrees of freedom together, because a structured covariance that is wrong misses
its level with a model-based covariance of the fixed effects and keeps it with a sandwich. A step is left only when it
cannot be estimated (no convergence from several starts, a singular covariance, an information that is not positive
definite), never by an information criterion or a p-value; data and call errors are raised at once. Source: Mallinckrodt
et al 2008, Drug Inf J 42:303, for a prespecified sequence; Gosho et al 2017, Stat Methods Med Res 26:2389, for the
sandwich.
"""

from dataclasses import dataclass
from typing import Any

import pandas as pd

from rctflow.models.mmrm.errors import ChainExhaustedError, EstimationError
from rctflow.models.mmrm.fit import fit_mmrm
from rctflow.models.mmrm.options import canonical_covariance
from rctflow.models.mmrm.result import MmrmFit


@dataclass(frozen=True)
class Step:
    """One step of a chain."""

    covariance: str
    vcov: str = "CR2"
    df: str = "satterthwaite"

    @property
    def is_spatial(self) -> bool:
        """Whether the covariance depends on coordinates."""
        return canonical_covariance(self.covariance).startswith("spatial")

    def __str__(self) -> str:
        return f"{self.covariance}, vcov {self.vcov}, df {self.df}"


DEFAULT_CHAIN = (
    Step("unstructured", "model", "kenward-roger"),
    Step("heterogeneous-toeplitz"),
    Step("heterogeneous-ar1"),
    Step("heterogeneous-compound-symmetry"),
    Step("compound-symmetry"),
)


@dataclass(frozen=True)
class ChainFit:
    """fit: of ``step``; left: each earlier step with the reason why it was left."""

    fit: MmrmFit
    step: Step
    left: tuple[tuple[Step, str], ...]

    @property
    def fell_back(self) -> bool:
        """Whether the first step was left."""
        return bool(self.left)

    @property
    def note(self) -> str:
        """For the result row: the step used and why the earlier ones were left."""
        reasons = [f"{step.covariance} left: {reason}" for step, reason in self.left]
        return "; ".join([f"used {self.step}", *reasons])


def fit_with_fallback(
    data: pd.DataFrame,
    formula: str,
    subject: str,
    visit: str,
    *,
    chain: tuple[Step, ...] = DEFAULT_CHAIN,
    **options: Any,
) -> ChainFit:
    """Fit the first step of ``chain`` that can be estimated.

    options: of ``fit_mmrm``; coordinates go to spatial steps only.

    Raises ChainExhaustedError with every step's reason when none can, and whatever ``fit_mmrm`` raises about data or
    call.
    """
    left: list[tuple[Step, str]] = []
    coordinates = options.pop("coordinates", ())
    for step in chain:
        options["coordinates"] = coordinates if step.is_spatial else ()
        try:
            fit = fit_mmrm(
                data, formula, subject, visit, covariance=step.covariance, vcov=step.vcov, df=step.df, **options
            )  # fmt: skip
            fit.inference.vcov  # noqa: B018  an information that cannot be inverted must show here
        except EstimationError as error:
            left.append((step, str(error)))
            continue
        return ChainFit(fit, step, tuple(left))
    reasons = "; ".join(f"{step.covariance}: {reason}" for step, reason in left)
    raise ChainExhaustedError(f"no step of the fall-back chain could be estimated. {reasons}")
