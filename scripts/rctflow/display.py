"""How one endpoint is printed: labels, order and decimals, for figures and tables alike. No number depends on it."""

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True)
class Label:
    """An id of the study (analysis, population) and the words printed for it."""

    id: str
    label: str


@dataclass(frozen=True)
class ArmLabel:
    """An arm as printed. colour: any matplotlib colour, or "" for the next of the colour-blind-safe palette."""

    id: str
    label: str
    colour: str = ""


@dataclass(frozen=True)
class VisitLabel:
    """A visit as printed, at its target study day."""

    id: str
    label: str
    day: int


@dataclass(frozen=True)
class Display:
    """How one endpoint is drawn and tabulated.

    arms: reference arm first. visits: the endpoint's visits in the order of the plan, baseline included.
    baseline_visit: "" when the endpoint has none. primary_visit: the visit of the forest and the overview.
    main_analysis, main_population: the result rows shown. population_flag, arm_column: the ADSL variables behind them.
    outcome: what the main analysis models. confidence: level of its intervals. direction: which end of the scale is
    better for the patient. role: of the endpoint (primary first). digits: decimals in print. mcid: the smallest
    difference that patients notice, when the study declares one. analyses, populations: labels; an id without one is
    printed with spaces for underscores.
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
    mcid: float | None = None
    analyses: tuple[Label, ...] = ()
    populations: tuple[Label, ...] = ()
    synthetic: bool = False
