"""Dose response: a trend over the declared doses of the arms.

covariate   the dose in place of the arms: y_i = a + b dose_i + the other terms; the test is of b = 0
contrast    the arms stay as they are: sum_k c_k m_k of their LS means m_k with c_k = (d_k - d) / sum (d_k - d)^2,
            d the mean of the doses d_k: the slope of the line through the means; the variance is the arms' model's

Both are per unit of dose. The first assumes that the line is right, the second does not.
Source: CDISCPILOT01 statistical analysis plan, section 10.1.1 (covariate); Scheffe 1959, section 3.4 (contrast).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from rctflow.models.contract import NotEstimable
from rctflow.results import DOSE_RESPONSE


def of_dose(statistics: Sequence[str]) -> tuple[str, ...]:
    """The names under which the statistics of the trend stand."""
    return tuple(f"{DOSE_RESPONSE}{name}" for name in statistics)


def coefficients(arms: Sequence[str], doses: Mapping[str, float]) -> dict[str, float]:
    """c_k of each arm present. Raises NotEstimable when they have one dose."""
    given = np.array([doses[arm] for arm in arms])
    centred = given - given.mean()
    if not np.ptp(given) > 0:
        raise NotEstimable("the arms that can be analysed have one dose, so that there is no trend")
    return {arm: float(c) for arm, c in zip(arms, centred / (centred**2).sum(), strict=True)}
