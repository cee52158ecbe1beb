"""Spatial covariance on real visit times (or any coordinates): one matrix per patient.

    spatial-exponential    Sigma_ab = v exp(-d_ab / t)          SAS SP(EXP)
    spatial-gaussian       Sigma_ab = v exp(-(d_ab / t)^2)      SAS SP(GAU)

d_ab is the Euclidean distance between the coordinates of the records at visits a and b; v is the variance and t the
range, the two parameters that SAS prints.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

Array = np.ndarray


@dataclass(frozen=True)
class Spatial:
    """distance: (P, T, T), one per pattern (zero where not observed); power 1 is exponential, 2 Gaussian."""

    distance: Array
    power: int
    n_parameters: int = 2

    def _correlation(self, t: float) -> Array:
        return np.exp(-((self.distance / t) ** self.power))

    def sigma(self, theta: Array) -> Array | None:
        """(P, T, T), or None unless variance and range are positive."""
        v, t = theta
        if v <= 0 or t <= 0:
            return None
        return v * self._correlation(t)

    def first(self, theta: Array) -> Array:
        """(2, P, T, T)."""
        v, t = theta
        C, u = self._correlation(t), (self.distance / t) ** self.power
        return np.array([C, v * C * self.power * u / t])

    def second(self, theta: Array) -> Array | None:
        """(2, 2, P, T, T)."""
        v, t = theta
        C, u, k = self._correlation(t), (self.distance / t) ** self.power, self.power
        mixed = C * k * u / t
        twice = v * C * k * u * (k * u - k - 1) / t**2
        return np.array([[np.zeros_like(C), mixed], [mixed, twice]])

    def starts(self, moments: Array) -> list[Array]:
        """The mean variance with ranges from short to long."""
        v = np.trace(moments) / len(moments)
        apart = self.distance[self.distance > 0]
        typical = float(np.median(apart)) if len(apart) else 1.0
        return [np.array([v, typical * factor]) for factor in (1.0, 0.2, 0.5, 2.0, 5.0, 20.0)]

    def names(self, visits: Sequence[Any]) -> list[str]:
        """Labels of the two parameters."""
        return ["variance", "range"]
