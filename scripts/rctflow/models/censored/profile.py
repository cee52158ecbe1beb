"""Test and interval of one linear function of the coefficients by its profile likelihood.

    D(d) = 2 (max l - max over a'b = d of l),   interval: D(d) <= z_(1 - alpha/2)^2,   z = sign(a'b) sqrt(D(0))

The constrained maximum is an ordinary one: with b = d a / |a|^2 + Z u, Z orthonormal to a, it is that of the values
y - d X a / |a|^2 on the design X Z. Source: Pawitan 2001, *In All Likelihood*, ch. 3.
"""

from __future__ import annotations

import math

import numpy as np

from rctflow.models.censored.likelihood import CensoredFit, Flags, fit_censored_normal
from rctflow.models.contract import NotEstimable
from rctflow.models.linear import Array

DOUBLINGS = 60


class Profile:
    """The profile likelihood of ``function`` (p,) of the coefficients of a fit."""

    def __init__(self, fit: CensoredFit, design: Array, value: Array, censored: Flags, function: Array) -> None:
        self.fit, self.value, self.censored = fit, value, censored
        self.estimate = float(function @ fit.coefficients)
        self.se = float(np.sqrt(function @ fit.covariance @ function))
        length = float(function @ function)
        self._along = design @ function / length
        _, _, right = np.linalg.svd(function[None, :])
        self._design = design @ right[1:].T

    def root(self, at: float) -> float:
        """The signed root of D at the value ``at`` of the function; positive below the estimate."""
        held = self.value - at * self._along
        most = fit_censored_normal(self._design, held, self.censored).log_likelihood
        return math.copysign(math.sqrt(max(2 * (self.fit.log_likelihood - most), 0.0)), self.estimate - at)

    def interval(self, confidence: float) -> tuple[float, float]:
        """The values that the likelihood-ratio test does not reject. Raises NotEstimable when one side has no end."""
        from scipy.special import ndtri

        z = float(ndtri((1 + confidence) / 2))
        return self._end(z), self._end(-z)

    def _end(self, z: float) -> float:
        from scipy.optimize import brentq

        width = -z * self.se
        for _ in range(DOUBLINGS):
            if abs(self.root(self.estimate + width)) >= abs(z):
                return float(brentq(lambda at: self.root(at) - z, self.estimate, self.estimate + width, xtol=1e-12))
            width *= 1.5
        raise NotEstimable("the profile likelihood does not fall far enough to end the interval")
