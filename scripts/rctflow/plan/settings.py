"""How a study is blinded."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

from rctflow.randomization import Scheme


@dataclass(frozen=True)
class Blinding:
    """Whether the analyst sees who received what.

    mode: none; dummy (treatment is replaced by a dummy allocation drawn from the declared randomization scheme, with
    this seed); masked (true groups, shown as A and B). hide: table -> further columns that could tell the arm.
    """

    mode: Literal["none", "dummy", "masked"] = "none"
    seed: int = 1
    hide: dict[str, tuple[str, ...]] = field(default_factory=dict)


@dataclass(frozen=True)
class ProtocolDeviations:
    """The form that lists protocol deviations, one row each: its columns with the deviation in words and its class."""

    table: str
    term: str
    classification: str


@dataclass(frozen=True)
class PopulationSet:
    """A population: its flag in ADSL, and who belongs to it, over the columns of ADSL (everybody when empty)."""

    flag: str
    where: str = ""


@dataclass(frozen=True)
class Since:
    """What is to be said of a lock.

    settings: what changed in the config since, one text each. populations: whose members are compared with the locked
    ones. deviations: where protocol deviations stand, when they are compared. whole: of the whole study, or of what
    bears on one table. ids: whether subjects may be named.
    """

    settings: tuple[str, ...]
    populations: dict[str, PopulationSet]
    deviations: ProtocolDeviations | None
    whole: bool
    ids: bool


@dataclass(frozen=True)
class DummyAllocation:
    """How a dummy allocation is drawn: the declared scheme, the arm ids, and the seed."""

    scheme: Scheme
    arms: tuple[str, ...]
    seed: int
