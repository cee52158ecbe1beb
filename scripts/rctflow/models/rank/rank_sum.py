"""Wilcoxon's rank sum and van Elteren's stratified one.

R_si the midrank of patient i among the N_s = n_s1 + n_s0 patients of stratum s, both arms together:

    T = sum_s w_s sum_(treated i of s) R_si,   w_s = 1 for one stratum, 1 / (N_s + 1) for several
    E T = sum_s w_s n_s1 (N_s + 1) / 2
    V T = sum_s w_s^2 n_s1 n_s0 / (N_s (N_s - 1)) sum_i (R_si - (N_s + 1) / 2)^2

z = (T - E T) / sqrt(V T); several strata: z^2 is the row mean score statistic of SAS PROC FREQ CMH with modridit
scores. Ties are in V T. p is exact (permutation.py) or from the normal law, for one stratum with or without the
continuity correction of 1/2 in T. For the exact law the scores are made whole: 2 R_si L / (N_s + 1), L the least
common multiple of the N_s + 1; then the mean is whole too, and "as far from it" is decided without rounding.
Source: Wilcoxon 1945, Biometrics Bull 1:80; van Elteren 1960, Bull ISI 37:351; Lehmann 1975, Nonparametrics, 1.4 and
3.3.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import reduce

import numpy as np

from rctflow.models.contract import NotEstimable
from rctflow.models.rank.permutation import Law, law_of_sum
from rctflow.models.rank.samples import Samples, Whole, doubled_midranks


@dataclass(frozen=True)
class RankSum:
    """The statistic of ``samples``: per stratum the doubled midranks, those of the treated first, and n treated."""

    ranks: tuple[Whole, ...]
    treated: tuple[int, ...]

    @classmethod
    def of(cls, samples: Samples) -> RankSum:
        """From the outcomes."""
        pooled = (np.concatenate([stratum.treated, stratum.reference]) for stratum in samples)
        return cls(tuple(map(doubled_midranks, pooled)), tuple(len(stratum.treated) for stratum in samples))

    @property
    def excess(self) -> float:
        """T - E T."""
        return self._doubled_excess / (2 * self._common if len(self.ranks) > 1 else 2)

    @property
    def variance(self) -> float:
        """V T, ties included; 0 when within each stratum all are tied."""
        total = 0.0
        for ranks, n1 in zip(self.ranks, self.treated, strict=True):
            n = len(ranks)
            weight = 1 / (n + 1) if len(self.ranks) > 1 else 1.0
            spread = float(((ranks - (n + 1)) ** 2).sum()) / 4
            total += weight**2 * n1 * (n - n1) / (n * (n - 1)) * spread
        return total

    @property
    def z(self) -> float:
        """The standardized statistic, without continuity correction. Raises NotEstimable when all are tied."""
        if self.variance == 0:
            raise NotEstimable("all values are equal, so that no rank tells the arms apart")
        return self.excess / math.sqrt(self.variance)

    def normal_p(self, continuity: bool) -> float:
        """Two-sided p of the normal law; continuity: 1/2 towards the mean, or ValueError with several strata."""
        if continuity and len(self.ranks) > 1:
            raise ValueError("the continuity correction is defined for one stratum")
        distance = max(abs(self.excess) - 0.5 * continuity, 0.0)
        return math.erfc(distance / math.sqrt(2 * self.variance))

    def exact_p(self, laws: dict[tuple[bytes, int], Law] | None = None) -> float:
        """Two-sided p of the permutation law; laws: kept between calls with the same ranks. Raises TooLarge."""
        kept = {} if laws is None else laws
        ordered = [np.sort(ranks) for ranks in self.ranks]
        whole = b"".join(ranks.tobytes() for ranks in ordered), -1
        if whole not in kept:
            parts = []
            for ranks, n1, factor in zip(ordered, self.treated, self._factors, strict=True):
                key = ranks.tobytes(), n1
                if key not in kept:
                    kept[key] = law_of_sum(ranks, n1)
                parts.append(kept[key].times(factor))
            kept[whole] = reduce(Law.plus, sorted(parts, key=lambda part: len(part.values)))
        return kept[whole].two_sided(self._doubled_excess + self._doubled_mean, self._doubled_mean)

    @property
    def _common(self) -> int:
        return math.lcm(*(len(ranks) + 1 for ranks in self.ranks))

    @property
    def _factors(self) -> list[int]:
        """By what the doubled ranks of each stratum are multiplied to be whole scores."""
        if len(self.ranks) == 1:
            return [1]
        return [self._common // (len(ranks) + 1) for ranks in self.ranks]

    @property
    def _doubled_mean(self) -> int:
        pairs = zip(self.ranks, self.treated, self._factors, strict=True)
        return sum(factor * n1 * (len(ranks) + 1) for ranks, n1, factor in pairs)

    @property
    def _doubled_excess(self) -> int:
        pairs = zip(self.ranks, self.treated, self._factors, strict=True)
        return sum(factor * int(ranks[:n1].sum()) for ranks, n1, factor in pairs) - self._doubled_mean
