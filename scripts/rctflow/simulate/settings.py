"""The settings of the simulator as one tree.

``SimulationSettings()`` is the default trial; its numbers stand in defaults.py. Importing this module costs no numpy.
"""

from __future__ import annotations

import typing
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from difflib import get_close_matches
from typing import Any

from rctflow.simulate import defaults
from rctflow.simulate.dirt_sections import Dirt
from rctflow.simulate.sections import (
    AdverseEvent,
    Correlation,
    Endpoint,
    IntercurrentEvents,
    LabTest,
    Measurement,
    Schedule,
    Section,
    Stratum,
    Visit,
    built,
    require,
    require_share,
)


@dataclass(frozen=True)
class SimulationSettings(Section):
    """Everything that the simulator may be told; two runs with the same settings and seed give the same bytes."""

    study_id: str = "SYNTHETIC-FRAILTY"
    arm_written: dict[str, str] = field(default_factory=lambda: {"placebo": "Placebo", "msc": "hUC-MSC"})
    strata: tuple[Stratum, ...] = field(default_factory=lambda: built(Stratum, defaults.STRATA))
    block_sizes: tuple[int, ...] = (4, 2)
    schedule: Schedule = field(default_factory=Schedule)
    visits: dict[str, Visit] = field(default_factory=lambda: {k: Visit(**v) for k, v in defaults.VISITS.items()})
    endpoints: dict[str, Endpoint] = field(
        default_factory=lambda: {k: Endpoint(**v) for k, v in defaults.ENDPOINTS.items()}
    )
    correlations: tuple[Correlation, ...] = field(default_factory=lambda: built(Correlation, defaults.CORRELATIONS))
    stable_share: float = 0.5
    measurement: Measurement = field(default_factory=Measurement)
    intercurrent_events: IntercurrentEvents = field(default_factory=IntercurrentEvents)
    adverse_events: tuple[AdverseEvent, ...] = field(
        default_factory=lambda: built(AdverseEvent, defaults.ADVERSE_EVENTS)
    )
    laboratory: tuple[LabTest, ...] = field(default_factory=lambda: built(LabTest, defaults.LABORATORY))
    minor_deviations: float = 0.2
    eligibility_deviations: float = 0.03
    dirt: Dirt = field(default_factory=Dirt)
    worst: dict[str, float] = field(default_factory=lambda: dict(defaults.WORST))
    truth_patients: int = 20000

    def __post_init__(self) -> None:
        require(self.study_id.startswith("SYNTHETIC"), f"study_id {self.study_id!r} must begin with SYNTHETIC.")
        require(set(self.arm_written) == {"placebo", "msc"}, "arm_written: name the two arms placebo and msc.")
        require(
            bool(self.block_sizes) and all(b > 0 and b % 2 == 0 for b in self.block_sizes),
            f"block_sizes {self.block_sizes}: blocks of a 1:1 trial are even and positive.",
        )
        cells = [(s.site, s.sex) for s in self.strata]
        require(len(set(cells)) == len(cells), "strata: one stratum stands twice.")
        require(self.truth_patients >= 2, "truth_patients: at least 2.")
        require_share("stable_share", self.stable_share)
        require_share("eligibility_deviations", self.eligibility_deviations)
        date.fromisoformat(self.schedule.start)
        self._check_names("visits", self.visits, defaults.VISITS)
        self._check_names("endpoints", self.endpoints, defaults.ENDPOINTS)
        self._check_endpoints()

    def _check_names(self, key: str, declared: dict[str, Any], known: Mapping[str, Any]) -> None:
        for name in declared:
            require(name in known, f"{key}: {unknown(name, known)}")
        for name in known:
            require(name in declared, f"{key}: {name} is missing; the forms need it.")
        # Draws are mixed in the order of the endpoints: the order in a config file must not count.
        object.__setattr__(self, key, {name: declared[name] for name in known})

    def _check_endpoints(self) -> None:
        for name, endpoint in self.endpoints.items():
            require(
                endpoint.rho >= self.stable_share,
                f"endpoints.{name}: rho {endpoint.rho} is below stable_share {self.stable_share}.",
            )
            for visit in (*endpoint.effect, *endpoint.trend):
                require(visit in list(self.visits)[1:], f"endpoints.{name}: {unknown(visit, list(self.visits)[1:])}")
        named = [e for c in self.correlations for e in c.between]
        for name in (*named, *self.intercurrent_events.severity, *self.intercurrent_events.rescue_helps):
            require(name in self.endpoints, unknown(name, self.endpoints))
        for name in defaults.WORST:
            require(name in self.worst, f"worst: {name} is missing.")


def unknown(name: str, known: typing.Iterable[str]) -> str:
    """Sentence that says ``name`` is not one of ``known``, with a suggestion when one is close."""
    near = get_close_matches(name, list(known), n=1)
    hint = f" Did you mean {near[0]!r}?" if near else ""
    return f"{name!r} is not known.{hint} One of: {', '.join(known)}."
