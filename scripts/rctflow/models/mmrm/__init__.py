"""Mixed models for repeated measures (MMRM) with Kenward-Roger inference as SAS PROC MIXED defines it.

    from rctflow.models.mmrm import fit_mmrm

    fit = fit_mmrm(data, "FEV1 ~ RACE + SEX + ARMCD * AVISIT", subject="USUBJID", visit="AVISIT")
    fit.contrasts("ARMCD", by="AVISIT", reference="PBO")

One file per method: each opens with its algebra and its source. docs/mmrm.md compares the numbers with SAS and R.
"""

from rctflow.models.mmrm.clda import baseline_as_outcome
from rctflow.models.mmrm.fallback import DEFAULT_CHAIN, ChainFit, Step, fit_with_fallback
from rctflow.models.mmrm.fit import fit_mmrm
from rctflow.models.mmrm.inference import FTest
from rctflow.models.mmrm.result import MmrmFit

__all__ = [
    "DEFAULT_CHAIN",
    "ChainFit",
    "FTest",
    "MmrmFit",
    "Step",
    "baseline_as_outcome",
    "fit_mmrm",
    "fit_with_fallback",
]
