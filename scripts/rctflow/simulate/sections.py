"""The sections of the simulator's settings: frozen dataclasses of the standard library, cheap to import.

Each checks itself and raises ValueError with the remedy. Their defaults are the default trial's (defaults.py).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar, Literal, TypeVar

from rctflow.simulate import defaults


class Section:
    """Base of all settings: a typed config that embeds them refuses unknown keys."""

    __pydantic_config__: ClassVar[dict[str, str]] = {"extra": "forbid"}


S = TypeVar("S", bound=Section)


def built(section: type[S], rows: Iterable[Mapping[str, Any]]) -> tuple[S, ...]:
    """One ``section`` per mapping."""
    return tuple(section(**row) for row in rows)


def require(holds: bool, message: str) -> None:
    """Raise ValueError with ``message`` unless ``holds``."""
    if not holds:
        raise ValueError(message)


def require_share(name: str, *values: float) -> None:
    """Raise ValueError unless each value is a probability."""
    for value in values:
        require(0 <= value <= 1, f"{name}: {value} is not a probability; give a number from 0 to 1.")


@dataclass(frozen=True)
class Stratum(Section):
    """One cell of the stratified randomization and how many patients it enrols."""

    site: str
    sex: Literal["F", "M"]
    size: int

    def __post_init__(self) -> None:
        require(self.size >= 0, f"strata {self.site}/{self.sex}: size {self.size} is negative.")


@dataclass(frozen=True)
class Visit(Section):
    """A planned visit: labels as sites and as the central laboratory write it, day after the first infusion."""

    label: str
    lab_label: str
    day: int
    tolerance: int = 0


@dataclass(frozen=True)
class ByArm(Section):
    """One number per arm."""

    placebo: float
    msc: float


@dataclass(frozen=True)
class Endpoint(Section):
    """What is true of one latent endpoint: level and spread at baseline, change, treatment effect.

    ``linear``: mean, SD, differences in the unit of the endpoint. ``log``: geometric mean, geometric SD, ratios.
    ``rho``: correlation of adjacent visits. ``effect``, ``trend``: by visit; a visit that is not named has none.
    ``mean_male``, ``sd_male``: where men differ; ``mean`` and ``sd`` are then the women's.
    ``lloq``: lower limit of quantification, in the unit of the endpoint.
    """

    mean: float
    sd: float
    rho: float
    scale: Literal["linear", "log"] = "linear"
    better: Literal["higher", "lower"] = "higher"
    effect: dict[str, float] = field(default_factory=dict)
    trend: dict[str, float] = field(default_factory=dict)
    mean_male: float | None = None
    sd_male: float | None = None
    lloq: float | None = None

    def __post_init__(self) -> None:
        floor = 1 if self.scale == "log" else 0
        require(self.sd > floor, f"sd {self.sd} must exceed {floor} on the {self.scale} scale.")
        require(0 <= self.rho < 1, f"rho {self.rho} must be at least 0 and below 1.")
        if self.scale == "log":
            ratios = [self.mean, *self.effect.values(), *self.trend.values()]
            require(min(ratios) > 0, "log scale: mean, effects and trends are ratios and must be positive.")


@dataclass(frozen=True)
class Correlation(Section):
    """Correlation of two latent endpoints at the same visit; pairs that are not named have none."""

    between: tuple[str, str]
    r: float

    def __post_init__(self) -> None:
        require(len(self.between) == 2 and -1 < self.r < 1, f"correlation {self.between}: two endpoints, -1 < r < 1.")


@dataclass(frozen=True)
class Measurement(Section):
    """How latent endpoints become what is written on a form: errors of measurement, and who is unable."""

    sf36_scale_sd: float = 0.5
    sf36_item_sd: float = 0.45
    eq5d_item_sd: float = 0.02
    eq5d_dimension_sd: float = 0.03
    trial_cv: float = 0.05
    grip_trial_sd: float = 0.8
    grip_left_ratio: float = 0.92
    tug_unable_s: float = 26.0
    walk_unable_s: float = 10.0
    chair_unable_s: float = 25.0
    grip_unable_kg: float = 7.0
    unable_width: float = 0.17
    refused: float = 0.01
    unable_written: tuple[str, ...] = ("UNABLE", "unable", "Unable to perform", "cannot do")
    refused_written: tuple[str, ...] = ("REFUSED", "refused", "Pt refused")
    not_attempted_written: str = "Not attempted"

    def __post_init__(self) -> None:
        require_share("measurement.refused", self.refused)
        require(len(self.unable_written) > 0, "measurement.unable_written: give at least one spelling.")
        require(len(self.refused_written) > 0, "measurement.refused_written: give at least one spelling.")
        require(self.grip_unable_kg > 0, "measurement.grip_unable_kg must be positive.")
        require(self.unable_width > 0, "measurement.unable_width must be positive.")


@dataclass(frozen=True)
class IntercurrentEvents(Section):
    """Intercurrent events and dropout: how likely, whom they strike, and what they do to later outcomes.

    Probabilities hold for a patient of average severity; ``severity_slope`` is in log-odds per SD of severity.
    Rescue, death and dropout: per interval between visits. Effects kept: share of the treatment effect that remains.
    Shifts: in SD of each endpoint, positive is better.
    """

    second_infusion_missed: ByArm = ByArm(0.06, 0.06)
    treatment_stopped: ByArm = ByArm(0.03, 0.07)
    rescue: ByArm = ByArm(0.05, 0.03)
    death: ByArm = ByArm(0.002, 0.002)
    dropout: ByArm = ByArm(0.015, 0.015)
    severity: tuple[str, ...] = ("sf36_pcs", "tug", "walk4m", "grip")
    severity_slope: float = 0.8
    dropout_previous_slope: float = 0.6
    dropout_current_slope: float = 0.3
    effect_kept_missed: float = 0.4
    effect_kept_stopped: float = 0.1
    stopped_shift: float = -0.3
    rescue_shift: float = 0.5
    rescue_helps: tuple[str, ...] = defaults.FUNCTION
    dropout_reasons: tuple[str, ...] = (
        "Lost to follow-up",
        "Withdrawal by subject",
        "Adverse event",
        "Physician decision",
    )

    def __post_init__(self) -> None:
        for name in ("second_infusion_missed", "treatment_stopped", "rescue", "death", "dropout"):
            risk = getattr(self, name)
            require_share(f"intercurrent_events.{name}", risk.placebo, risk.msc)
        require(len(self.severity) > 0, "intercurrent_events.severity: name at least one endpoint.")


@dataclass(frozen=True)
class Schedule(Section):
    """Calendar of the trial, days; ranges include both ends. The second infusion follows the Month 1 assessments."""

    start: str = "2020-06-01"
    days_between_patients: int = 25
    baseline_before_randomization: tuple[int, int] = (2, 21)
    first_infusion_after_randomization: tuple[int, int] = (1, 3)
    entry_delay: tuple[int, int] = (0, 5)

    def __post_init__(self) -> None:
        before, after = self.baseline_before_randomization, self.first_infusion_after_randomization
        require(
            before[1] + after[1] <= 28, "schedule: baseline would fall more than 28 days before the first infusion."
        )
        for low, high in (before, after, self.entry_delay):
            require(0 <= low <= high, f"schedule: the range {low} to {high} is not increasing from 0.")


@dataclass(frozen=True)
class AdverseEvent(Section):
    """One adverse event: coded term and class, how sites write it, mean number per patient and infusion or trial."""

    term: str
    body_system: str
    written: tuple[str, ...]
    placebo: float
    msc: float
    per_infusion: bool = False


@dataclass(frozen=True)
class LabTest(Section):
    """One safety laboratory test with its reference range by sex; values are log-normal inside the range."""

    code: str
    name: str
    unit: str
    women: tuple[float, float]
    men: tuple[float, float]
    decimals: int = 0
