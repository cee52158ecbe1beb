"""What is printed of the analysis plan: whether it is locked, and what changed since."""

from dataclasses import dataclass
from typing import Literal

NOT_LOCKED = "Analysis plan: not locked."


@dataclass(frozen=True)
class PlanStatus:
    """line: one sentence for a foot or a list of facts. deviations: what changed since the lock, one sentence each."""

    state: Literal["not locked", "locked", "changed"] = "not locked"
    line: str = NOT_LOCKED
    deviations: tuple[str, ...] = ()


UNLOCKED = PlanStatus()
