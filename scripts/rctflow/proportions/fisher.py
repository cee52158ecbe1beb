"""Fisher's exact test of two proportions.

Given the numbers of subjects and of events, x1 is hypergeometric when the arms do not differ. The two-sided p-value is
the probability of all tables that are as probable as the observed one or less, as R and SAS have it; probabilities
within a relative 1e-7 count as equal.

Source: Fisher 1935, J R Stat Soc 98:39; Freeman & Halton 1951, Biometrika 38:141 (the order of the tables).
"""

from __future__ import annotations

from math import exp, lgamma

from rctflow.proportions.counts import Counts

EQUAL = 1e-7
"""Relative difference within which two tables count as equally probable."""


def fisher(counts: Counts) -> float:
    """The two-sided p-value."""
    first, last = max(0, counts.events - counts.n0), min(counts.events, counts.n1)
    logs = [_log_choose(counts.n1, k) + _log_choose(counts.n0, counts.events - k) for k in range(first, last + 1)]
    observed = logs[counts.x1 - first]
    weights = [exp(value - observed) for value in logs]
    return min(1.0, sum(w for w in weights if w <= 1 + EQUAL) / sum(weights))


def _log_choose(n: int, k: int) -> float:
    return lgamma(n + 1) - lgamma(k + 1) - lgamma(n - k + 1)
