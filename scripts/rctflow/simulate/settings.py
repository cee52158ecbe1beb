"""The settings of the simulator as one tree, and how it is built from plain nested mappings.

``SimulationSettings()`` is the default trial; its numbers stand in defaults.py. Importing this module costs no numpy.
"""

from __future__ import annotations

import types
import typing
from collections.abc import Mapping
from dataclasses import dataclass, field, fields, is_dataclass
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


def settings_from(mapping: Mapping[str, Any]) -> SimulationSettings:
    """Settings built from nested plain mappings and sequences; what is not named keeps its default.

    Raises ValueError with the path of the key: unknown keys, missing keys, values that a section refuses.
    """
    return typing.cast(SimulationSettings, _build(SimulationSettings, mapping, "source"))


def _build(kind: Any, value: Any, path: str) -> Any:
    origin, inner = typing.get_origin(kind), typing.get_args(kind)
    if is_dataclass(kind):
        return _build_section(typing.cast(type, kind), value, path)
    if origin in (types.UnionType, typing.Union):
        return None if value is None else _build(inner[0], value, path)
    if origin is tuple:
        require(isinstance(value, list | tuple), f"{path}: expected a list, got {value!r}.")
        kinds = [inner[0]] * len(value) if inner[-1] is Ellipsis else list(inner)
        require(len(kinds) == len(value), f"{path}: expected {len(kinds)} values, got {len(value)}.")
        return tuple(_build(k, v, f"{path}.{i}") for i, (k, v) in enumerate(zip(kinds, value, strict=True)))
    if origin is dict:
        require(isinstance(value, Mapping), f"{path}: expected keys and values, got {value!r}.")
        return {str(key): _build(inner[1], entry, f"{path}.{key}") for key, entry in value.items()}
    if origin is typing.Literal:
        require(value in inner, f"{path}: {value!r} is not one of {', '.join(map(repr, inner))}.")
        return value
    return _plain(kind, value, path)


def _plain(kind: type, value: Any, path: str) -> Any:
    fits = isinstance(value, int | float) if kind is float else isinstance(value, kind)
    require(fits and (kind is bool or not isinstance(value, bool)), f"{path}: expected {kind.__name__}, got {value!r}.")
    return kind(value)


def _build_section(kind: type, value: Any, path: str) -> Any:
    if isinstance(value, kind):
        return value
    require(isinstance(value, Mapping), f"{path}: expected keys and values, got {value!r}.")
    hints = typing.get_type_hints(kind)
    known = [f.name for f in fields(kind)]
    for key in value:
        require(key in known, f"{path}: {unknown(str(key), known)}")
    parts = {key: _build(hints[key], entry, f"{path}.{key}") for key, entry in value.items()}
    try:
        return kind(**parts)
    except (TypeError, ValueError) as error:
        raise ValueError(f"{path}: {error}") from None
