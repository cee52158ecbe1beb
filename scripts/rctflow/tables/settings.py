"""What the tables room needs to know of one endpoint: labels, order, units and decimals."""

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True)
class Label:
    """An id of the study (arm, visit, analysis, population) and the words printed for it."""

    id: str
    label: str


@dataclass(frozen=True)
class TableSettings:
    """How the table of one endpoint is printed.

    arms: reference arm first. visits: in the order of the plan, baseline included. analyses, populations: in the order of
    print; only those listed are printed, the main ones first. baseline_visit: "" when the endpoint has none. primary_visit: the
    visit of the overview. role: of the endpoint. digits: decimals of values on the endpoint's scale. mcid: smallest difference
    that patients notice, when the study declares one.
    """

    endpoint: str
    label: str
    unit: str
    direction: Literal["higher", "lower"]
    digits: int
    role: str
    arms: tuple[Label, ...]
    visits: tuple[Label, ...]
    analyses: tuple[Label, ...]
    populations: tuple[Label, ...]
    baseline_visit: str
    primary_visit: str
    main_analysis: str
    main_population: str
    mcid: float | None = None
    synthetic: bool = False
