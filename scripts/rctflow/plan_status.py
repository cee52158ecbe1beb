"""What is printed of the analysis plan: whether it is locked, and what changed since."""

from dataclasses import dataclass
from typing import Literal

START = "Analysis plan: "
NOT_LOCKED = f"{START}not locked."


@dataclass(frozen=True)
class PlanStatus:
    """line: one sentence for a foot or a list of facts. deviations: what changed since the lock, one sentence each."""

    state: Literal["not locked", "locked", "changed"] = "not locked"
    line: str = NOT_LOCKED
    deviations: tuple[str, ...] = ()

    @property
    def words(self) -> str:
        """The line without its beginning, for a list of facts."""
        return self.line.removeprefix(START).removesuffix(".")


UNLOCKED = PlanStatus()
