"""The studentized statistic of a model as a function of who was allocated to which arm.

Everything else is held fixed: outcomes, baselines, covariates, and which values are missing. ANCOVA at one visit has a
closed form over all allocations at once, and so has the rank sum of two arms; an MMRM is fitted again under each; any
other model is run whole.
"""

from __future__ import annotations

from collections.abc import Iterator

import pandas as pd

from rctflow.inference.closed_forms import ancova, wilcoxon
from rctflow.inference.comparison import Comparison
from rctflow.inference.randomization_test import Allocations
from rctflow.inference.refits import mmrm, refitted
from rctflow.models.contract import AnalysisData
from rctflow.models.settings import Analysis, Fit


def comparisons(
    data: AnalysisData, analysis: Analysis, settings: Fit, patients: pd.Index, allocations: Allocations
) -> Iterator[Comparison]:
    """Every contrast of the analysis at every visit, under ``allocations`` (B, patients) of the randomized patients.

    Raises NotEstimable when the model cannot be fitted to what was observed.
    """
    if analysis.model == "ancova" and analysis.options.get("vcov", "classical") == "classical":
        yield from ancova(data, analysis, settings, patients, allocations)
    elif analysis.model == "mmrm":
        yield from mmrm(data, analysis, settings, patients, allocations)
    elif analysis.model == "wilcoxon" and len(settings.arms) == 2:
        yield from wilcoxon(data, analysis, settings, patients, allocations)
    else:
        yield from refitted(data, analysis, settings, patients, allocations)
