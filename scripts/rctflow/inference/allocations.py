"""The allocations that a randomization test looks at: what the declared scheme could have given these patients."""

from __future__ import annotations

import numpy as np
import pandas as pd

from rctflow.inference.randomization_test import Reference
from rctflow.models.contract import AnalysisData, NotEstimable
from rctflow.models.settings import Fit, Resampling
from rctflow.randomization import (
    Scheme,
    count_allocations,
    draw_many,
    enumerate_allocations,
    possible_under,
    scheme_problems,
)


def reference_allocations(
    adsl: pd.DataFrame, data: AnalysisData, fit: Fit, scheme: Scheme | None, wanted: Resampling
) -> tuple[pd.Index, Reference]:
    """The randomized patients, and their allocations as positions in ``fit.arms``, all or drawn.

    Raises NotEstimable when there is no scheme, the arms are not those randomized to, the order is unknown, or the
    observed allocation cannot have come from the scheme.
    """
    if scheme is None:
        raise NotEstimable("no randomization scheme is declared; declare `randomization`")
    if fit.populations[data.population].arm != "planned":
        raise NotEstimable("patients are analysed as treated; only the arms randomized to can be drawn again")
    if problems := scheme_problems(scheme, fit.arms):
        raise NotEstimable(f"randomization.{problems[0][0]}: {problems[0][1]}")
    randomized = adsl[adsl["RANDFL"].eq("Y")].sort_values("USUBJID")
    if randomized["RANDSEQ"].isna().any():
        raise NotEstimable("the order of randomization is unknown; declare randomization.order or the date")
    strata = [" ".join(map(str, row)) for row in randomized[list(fit.strata)].to_numpy()]
    order = randomized["RANDSEQ"].tolist()
    if why := possible_under(scheme, fit.arms, strata, order, randomized["TRT01P"].tolist()):
        raise NotEstimable(f"the scheme cannot have given the observed allocation: {why}")
    patients = pd.Index(randomized["USUBJID"])
    if count_allocations(scheme, fit.arms, strata) <= wanted.enumerate_up_to:
        return patients, Reference(*enumerate_allocations(scheme, fit.arms, strata, order, wanted.enumerate_up_to))
    generator = np.random.default_rng(np.random.SeedSequence(wanted.seed))
    return patients, Reference(draw_many(scheme, fit.arms, strata, order, wanted.randomization_test, generator))
