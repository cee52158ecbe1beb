"""The section ``summaries`` of the config: the study-level results, and what each of them is told of the study."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import fields, replace
from typing import TYPE_CHECKING, Any

from pydantic import BaseModel, ConfigDict

from rctflow.derive.plan import event_column
from rctflow.derive.settings import Derived
from rctflow.settings import as_params
from rctflow.summaries.adverse_events.settings import AdverseEventSummary
from rctflow.summaries.settings import (
    Baseline,
    DataQuality,
    Flow,
    Populations,
    SummaryPopulation,
    SummaryStudy,
)
from rctflow.summaries.settings_course import Deviations, Disposition, Exposure, Medication, Sites
from rctflow.summaries.settings_findings import FindingsSummary

if TYPE_CHECKING:
    from rctflow.study.model import Study


class Summaries(BaseModel):
    """Study-level results, one key each (docs/summaries.md). Those without a default are made when they are named."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    flow: Flow = Flow()
    populations: Populations = Populations()
    sites: Sites | None = None
    disposition: Disposition | None = None
    deviations: Deviations | None = None
    baseline: Baseline = Baseline()
    exposure: Exposure | None = None
    medication: Medication | None = None
    adverse_events: AdverseEventSummary | None = None
    laboratory: FindingsSummary | None = None
    vital_signs: FindingsSummary | None = None
    data_quality: DataQuality = DataQuality()


def declared_summaries(study: Study) -> tuple[str, ...]:
    """The summaries that a study has, in the order of print."""
    return tuple(name for name in Summaries.model_fields if getattr(study.summaries, name) is not None)


def summary_study(study: Study) -> SummaryStudy:
    """What every summary knows of the study."""
    from rctflow.study.planned import arm_order, population_flag

    return SummaryStudy(
        study=study.stamped,
        arms=arm_order(study),
        populations={
            name: SummaryPopulation(population_flag(study, name), plan.arm) for name, plan in study.populations.items()
        },
        order=tuple(study.populations),
        small_cells=study.package.suppressed_below,
    )


def summary_settings(study: Study, summary: str) -> Any:
    """The settings of one declared summary, with what the config left to the study filled in."""
    declared = getattr(study.summaries, summary)
    return replace(declared, **_filled(study, summary, declared))


def reconciliation(study: Study) -> dict[str, Any]:
    """What is needed to compare ADSL and the forms: nothing of endpoints, labels and reasons."""
    flow, doses = _compared(study)
    return {"study": as_params(summary_study(study)), "flow": as_params(flow), "exposure": as_params(doses or {})}


def reconciled_tables(study: Study) -> list[str]:
    """The ids of the forms that ADSL is compared with."""
    flow, doses = _compared(study)
    return sorted({*flow.reads.tables, *(doses.reads.tables if doses else ())})


def _compared(study: Study) -> tuple[Flow, Exposure | None]:
    flow = replace(summary_settings(study, "flow"), endpoints=(), events={}, analysed=(), exclusions={})
    doses = study.summaries.exposure
    return flow, replace(doses, population="", further_populations=()) if doses and doses.table else None


def _filled(study: Study, summary: str, declared: Any) -> dict[str, Any]:
    """Field -> the study's own, for the fields that the config left empty; mappings are completed, key by key."""
    own = FROM_STUDY.get(summary, lambda study: {})(study)
    said = {field.name: getattr(declared, field.name) for field in fields(declared)}
    mappings = {name: {**value, **said[name]} for name, value in own.items() if isinstance(value, dict)}
    return mappings | {name: value for name, value in own.items() if name not in mappings and not said[name]}


def counted_endpoints(study: Study) -> tuple[str, ...]:
    """The endpoints whose values the flow counts: those that it names, or the primary ones."""
    primary = tuple(name for name, endpoint in study.endpoints.items() if endpoint.role == "primary")
    return study.summaries.flow.endpoints or primary


def _flow(study: Study) -> dict[str, Any]:
    return {
        "endpoints": counted_endpoints(study),
        "events": {event_column(name): event.label for name, event in sorted(study.intercurrent_events.items())},
    }


def _baseline(study: Study) -> dict[str, Any]:
    from rctflow.study.planned import table_columns

    subjects = study.subjects
    described = {**subjects.strata, **subjects.covariates}
    columns = {name: table_columns(study.tables[source.table])[source.column] for name, source in described.items()}
    end = (study.summaries.flow.status, study.summaries.flow.reason)
    dates = ("date", "datetime")
    units = {name: column.unit for name, column in columns.items()}
    units |= {name: "kg/m2" if entry.bmi else entry.unit * bool(entry.duration) for name, entry in _derived(study)}
    return {
        "population": next(iter(study.populations)),
        "variables": (
            *(name for name in described if name not in end and columns[name].type not in dates),
            *subjects.derived,
        ),
        "levels": {name: entry.levels for name, entry in _derived(study) if entry.levels},
        "units": {name: unit for name, unit in units.items() if unit},
    }


def _derived(study: Study) -> list[tuple[str, Derived]]:
    return sorted(study.subjects.derived.items())


def _disposition(study: Study) -> dict[str, Any]:
    flow = study.summaries.flow
    own = {"status": flow.status, "reason": flow.reason, "completed": flow.completed}
    return own | {"population": next(iter(study.populations))}


def _deviations(study: Study) -> dict[str, Any]:
    declared = study.protocol_deviations
    own = {"population": next(iter(study.populations))}
    if declared is None:
        return own
    return own | {"table": declared.table, "term": declared.term, "classification": declared.classification}


def _as_treated(study: Study) -> dict[str, Any]:
    actual = [name for name, plan in study.populations.items() if plan.arm == "actual"]
    return {"population": next(iter([*actual, *study.populations]))}


def _data_quality(study: Study) -> dict[str, Any]:
    return {"tables": tuple(study.tables)}


def _adverse_events(study: Study) -> dict[str, Any]:
    from rctflow.study.planned import treated_population

    declared = study.adverse_events
    if declared is None:
        return {}
    answers = {**declared.criteria, "severe": declared.grade, "reaction": declared.reaction_hours}
    return {
        "population": treated_population(study, declared.population),
        "days_after_last_dose": declared.emergent.days_after_last_dose,
        "answered": tuple(name for name, answer in answers.items() if answer),
    }


def _findings(declared: FindingsSummary | None, study: Study) -> dict[str, Any]:
    from rctflow.study.planned import baseline_visit, treated_population, visit_order

    dataset = study.findings.get(declared.dataset) if declared else None
    if dataset is None:
        return {}
    return {
        "population": treated_population(study, ""),
        "tests": tuple(dataset.tests),
        "visits": tuple(visit_order(study)),
        "units": {code: test.unit for code, test in dataset.tests.items()},
        "baseline_visit": baseline_visit(study),
    }


FROM_STUDY: dict[str, Callable[[Study], dict[str, Any]]] = {
    "flow": _flow,
    "sites": lambda study: {"populations": tuple(study.populations)},
    "disposition": _disposition,
    "deviations": _deviations,
    "baseline": _baseline,
    "exposure": _as_treated,
    "medication": _as_treated,
    "adverse_events": _adverse_events,
    "laboratory": lambda study: _findings(study.summaries.laboratory, study),
    "vital_signs": lambda study: _findings(study.summaries.vital_signs, study),
    "data_quality": _data_quality,
}
