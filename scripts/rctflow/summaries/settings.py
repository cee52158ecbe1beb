"""What the summaries room needs to know to describe the participants and the data of a study."""

from dataclasses import dataclass, field
from typing import Literal


@dataclass(frozen=True)
class SummaryPopulation:
    """ADSL flag of a population, and whether its members are counted as randomized (TRT01P) or as treated (TRT01A)."""

    flag: str
    arm: Literal["planned", "actual"] = "planned"


@dataclass(frozen=True)
class Summaries:
    """How participants are counted and described.

    arms: ids, reference first. treated: ADSL flag (Y/N) of those who received any treatment; "" counts who has a first
    dose (TRTSDT). status, reason: ADSL columns of the end of the study and of the reason for leaving it, left out when
    ADSL has no such column. completed: the values of ``status`` that mean that the study was completed.
    baseline_population: the population whose characteristics are shown; variables: the ADSL columns shown, in order:
    numbers are described, text is counted per level. small_cells: rows of fewer patients are suppressed
    (disclosure.py); 0 for open data. events: ADSL column of the study day of an intercurrent event -> its name in
    print.
    """

    study: str
    arms: tuple[str, ...]
    populations: dict[str, SummaryPopulation]
    baseline_population: str
    variables: tuple[str, ...]
    treated: str = ""
    status: str = "EOSSTT"
    reason: str = "DCSREAS"
    completed: tuple[str, ...] = ("COMPLETED",)
    units: dict[str, str] = field(default_factory=dict)
    small_cells: int = 0
    events: dict[str, str] = field(default_factory=dict)
