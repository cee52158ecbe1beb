"""Estimands (ICH E9(R1)) as config objects, joined to the analyses that estimate them.

The config names the attributes; what a strategy does to the records stands in ``derive/estimands.py``.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Literal, cast, get_args

from pydantic import BaseModel, ConfigDict, Field

from rctflow.derive.settings import Event, Strategy

if TYPE_CHECKING:
    from rctflow.study.model import Study

COMPARES_NO_ARMS = ("descriptive", "paired_change")
OBSERVED = "treatment_policy"  # the estimand of an analysis that none of the section joins: what was observed


class _Section(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class IntercurrentEvent(_Section):
    """An event after randomization that changes what later values mean, or that they exist.

    The rows of ``table`` that meet ``where``, on the table's date or day; terminal: nothing can be measured after it.
    complete: every row of the table must be one of the declared events.
    """

    label: str
    table: str
    where: str = ""
    terminal: bool = False
    complete: bool = False

    @property
    def event(self) -> Event:
        """As the derive room knows it."""
        return Event(self.table, self.where, self.label, self.terminal)


class Variable(_Section):
    """What is measured of each patient: the endpoints that share this estimand, and the visit."""

    endpoints: Annotated[tuple[str, ...], Field(min_length=1)]
    visit: str


class Estimator(_Section):
    """An analysis of the endpoints, by its name there, and the population that it is run in."""

    analysis: str
    analysis_set: str


class Estimand(_Section):
    """The five attributes of ICH E9(R1), and what estimates it.

    treatments, population, summary: in words. intercurrent_events: a strategy for every declared event: composite
    writes the endpoint's ``failure`` value; principal_stratum can be written but not estimated here. main_estimator:
    the analysis that it is judged by. sensitivity: the same estimand under other assumptions. supplementary: other
    estimands, by id, shown beside this one.
    """

    label: str = ""
    treatments: str
    population: str
    variable: Variable
    intercurrent_events: dict[
        str, Literal["treatment_policy", "hypothetical", "composite", "while_on_treatment", "principal_stratum"]
    ] = {}
    summary: str
    main_estimator: Estimator
    sensitivity: tuple[Estimator, ...] = ()
    supplementary: tuple[str, ...] = ()

    @property
    def strategies(self) -> dict[str, Strategy]:
        """The strategies as the derive room knows them; principal_stratum was refused when the config was checked."""
        known = get_args(Strategy)
        return {event: cast(Strategy, how) for event, how in self.intercurrent_events.items() if how in known}


@dataclass(frozen=True)
class Joined:
    """What the estimands say of one analysis of one endpoint."""

    estimand: str
    role: str


def estimands_of(study: Study, endpoint: str) -> dict[str, Estimand]:
    """The estimands of an endpoint, those that supplement another one last."""
    mine = {name: e for name, e in study.estimands.items() if endpoint in e.variable.endpoints}
    return dict(sorted(mine.items(), key=lambda item: item[0] in supplements(study)))


def joined_analyses(study: Study, endpoint: str) -> dict[str, Joined]:
    """Analysis name -> its estimand and role; the main estimator of the first estimand has the endpoint's role."""
    found: dict[str, Joined] = {}
    for name, estimand in estimands_of(study, endpoint).items():
        role = "supplementary" if name in supplements(study) else study.endpoints[endpoint].role
        found.setdefault(estimand.main_estimator.analysis, Joined(name, role))
        for estimator in estimand.sensitivity:
            found.setdefault(estimator.analysis, Joined(name, "sensitivity" if role != "supplementary" else role))
    return found


def main_estimator(study: Study, endpoint: str) -> Estimator | None:
    """The main estimator of the estimand that the endpoint is judged by; None when no estimand is declared for it."""
    judged = (e for name, e in estimands_of(study, endpoint).items() if name not in supplements(study))
    return next((estimand.main_estimator for estimand in judged), None)


def supplements(study: Study) -> set[str]:
    """The estimands that another one names as supplementary."""
    return {name for estimand in study.estimands.values() for name in estimand.supplementary}
