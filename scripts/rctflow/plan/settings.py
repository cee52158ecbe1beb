"""How a study is blinded."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal


@dataclass(frozen=True)
class Blinding:
    """Whether the analyst sees who received what.

    mode: none; dummy (treatment is replaced by a dummy allocation drawn from the declared randomization scheme, with
    this seed); masked (true groups, shown as A and B). hide: table -> further columns that could tell the arm.
    """

    mode: Literal["none", "dummy", "masked"] = "none"
    seed: int = 1
    hide: dict[str, tuple[str, ...]] = field(default_factory=dict)
