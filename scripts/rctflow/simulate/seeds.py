"""Random numbers by name: each stream of each unit has its own seed, so that no draw moves another."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from zlib import crc32

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]


def generator(seed: int, *names: str) -> np.random.Generator:
    """Generator of the stream called ``names`` under the root ``seed``: the order of calls never counts."""
    key = tuple(crc32(name.encode()) for name in names)
    return np.random.Generator(np.random.PCG64(np.random.SeedSequence(seed, spawn_key=key)))


@dataclass
class Draws:
    """Standard draws for ``len(units) * block`` patients, by stream; a stream asked for twice gives the same numbers.

    ``units`` are the seeded units in the order of the rows: single patients in the trial; blocks of ``block`` patients
    in the computation of the truth, where a generator per patient would cost too much.
    """

    seed: int
    units: Sequence[str]
    block: int = 1
    kept: dict[str, Floats] = field(default_factory=dict)

    def normal(self, stream: str, *shape: int) -> Floats:
        """Standard normal draws, (n, *shape)."""
        return self._drawn(stream, lambda rng: rng.standard_normal((self.block, *shape)))

    def uniform(self, stream: str, *shape: int) -> Floats:
        """Uniform draws on [0, 1), (n, *shape)."""
        return self._drawn(stream, lambda rng: rng.random((self.block, *shape)))

    def _drawn(self, stream: str, draw: Callable[[np.random.Generator], Floats]) -> Floats:
        if stream not in self.kept:
            self.kept[stream] = np.concatenate([draw(generator(self.seed, unit, stream)) for unit in self.units])
        return self.kept[stream]

    def of_rows(self, rows: NDArray[np.intp]) -> Draws:
        """The streams drawn so far, for some of the patients."""
        return Draws(self.seed, (), 1, {stream: numbers[rows] for stream, numbers in self.kept.items()})
