"""The declared randomization scheme: how patients were allocated, so that an allocation can be drawn again."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal


@dataclass(frozen=True)
class Scheme:
    """How patients were randomized.

    method: permuted_blocks (within each stratum) or simple (each patient by chance alone). ratio: arm id -> its share
    (1:1 when omitted). blocks: sizes of the permuted blocks; with sequence in_turn each stratum uses them in this
    order again and again, with random each block's size is drawn. order: column of the subjects' table that sorts
    patients as they were randomized (the randomization date when omitted). The strata are those under ``subjects``.
    """

    method: Literal["permuted_blocks", "simple"] = "permuted_blocks"
    ratio: dict[str, int] = field(default_factory=dict)
    blocks: tuple[int, ...] = ()
    sequence: Literal["in_turn", "random"] = "random"
    order: str = ""
