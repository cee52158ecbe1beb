"""What the figures room needs to know of one endpoint: labels, order, units and which rows are the main ones."""

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True)
class ArmLabel:
    """An arm as drawn. colour: any matplotlib colour, or "" for the next of the colour-blind-safe palette."""

    id: str
    label: str
    colour: str = ""


@dataclass(frozen=True)
class VisitLabel:
    """A visit as drawn, at its target study day."""

    id: str
    label: str
    day: int


@dataclass(frozen=True)
class Display:
    """How one endpoint is drawn.

    arms: reference arm first. visits: the endpoint's visits in the order of the plan, baseline included.
    baseline_visit: "" when the endpoint has none. primary_visit: the visit that the forest shows.
    main_analysis, main_population: the result rows drawn. population_flag, arm_column: the ADSL variables behind them.
    outcome: what the main analysis models. confidence: level of its intervals. direction: which end of the scale is
    better for the patient. role: of the endpoint (primary first in the forest). digits: decimals in print.
    """

    endpoint: str
    label: str
    unit: str
    direction: Literal["higher", "lower"]
    digits: int
    role: str
    arms: tuple[ArmLabel, ...]
    visits: tuple[VisitLabel, ...]
    baseline_visit: str
    primary_visit: str
    main_analysis: str
    main_population: str
    population_flag: str
    arm_column: Literal["TRT01P", "TRT01A"] = "TRT01P"
    outcome: Literal["change", "value"] = "change"
    confidence: float = 0.95
    synthetic: bool = False
