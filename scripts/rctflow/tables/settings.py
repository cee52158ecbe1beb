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

    arms: reference arm first. visits: in the order of the plan, baseline included. baseline_visit: "" when the endpoint
    has none. primary_visit: the visit of the overview. outcome: what the main analysis models. confidence: level of its
    intervals. role: of the endpoint. digits: decimals of values on the endpoint's scale. mcid: the smallest difference
    that patients notice, when the study declares one. analyses, populations: labels; an id without one is printed
    with spaces for underscores.
    """

    endpoint: str
    label: str
    unit: str
    direction: Literal["higher", "lower"]
    digits: int
    role: str
    arms: tuple[Label, ...]
    visits: tuple[Label, ...]
    baseline_visit: str
    primary_visit: str
    main_analysis: str
    main_population: str
    outcome: Literal["change", "value"] = "change"
    confidence: float = 0.95
    mcid: float | None = None
    analyses: tuple[Label, ...] = ()
    populations: tuple[Label, ...] = ()
    synthetic: bool = False
