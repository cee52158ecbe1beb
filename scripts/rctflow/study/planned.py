"""What follows from the plan: the order of arms and visits, how the data write them, flags, columns, windows."""

from __future__ import annotations

from rctflow.derive.settings import Window
from rctflow.study.form_model import Table, TableColumn
from rctflow.study.model import Endpoint, Study


def arm_order(study: Study) -> tuple[str, ...]:
    """Arm ids, the reference first."""
    reference = study.arms.reference
    return (reference, *(arm for arm in study.arms.levels if arm != reference))


def visit_order(study: Study) -> list[str]:
    """Visit ids by planned day."""
    return sorted(study.visits, key=lambda visit: study.visits[visit].day)


def baseline_visit(study: Study) -> str:
    """The id of the baseline visit."""
    return next(visit for visit, plan in study.visits.items() if plan.baseline)


def endpoint_visits(study: Study, endpoint: Endpoint) -> tuple[str, ...]:
    """Post-baseline visit ids of an endpoint, by planned day."""
    if endpoint.average:
        return tuple(visit for visit in visit_order(study) if visit in endpoint.average)[-1:]
    planned = endpoint.visits or tuple(study.visits)
    return tuple(visit for visit in visit_order(study) if visit in planned and not study.visits[visit].baseline)


def primary_visit(study: Study, endpoint: Endpoint) -> str:
    """The visit that the endpoint is judged at: the declared one, or its last."""
    return endpoint.primary_visit or endpoint_visits(study, endpoint)[-1]


def population_flag(study: Study, population: str) -> str:
    """The ADSL variable that says who belongs to a population."""
    return study.populations[population].flag or f"{population.upper()}FL"


def treated_population(study: Study, population: str) -> str:
    """The population named, or the first whose arms are those really received, or the first."""
    treated = [name for name, plan in study.populations.items() if plan.arm == "actual"]
    return population or next(iter([*treated, *study.populations]))


def visit_labels(study: Study, visit: str) -> tuple[str, ...]:
    """How the raw data write a visit."""
    return study.visits[visit].values or (visit, study.visits[visit].label)


def arm_values(study: Study, arm: str) -> tuple[str, ...]:
    """How the raw data write an arm."""
    return study.arms.levels[arm].values or (arm, study.arms.levels[arm].label)


def table_columns(table: Table) -> dict[str, TableColumn]:
    """The declared columns; the subject, visit, date and day columns are declared by being named."""
    columns = {name: column or TableColumn() for name, column in table.columns.items()}
    if table.subject != "SRCROW":
        columns.setdefault(table.subject, TableColumn())
    for name, kind in ((table.visit, "text"), (table.date, "date"), (table.day, "integer")):
        if name:
            columns.setdefault(name, TableColumn(type=kind))  # type: ignore[arg-type]
    return columns


def endpoint_table(study: Study, endpoint: Endpoint) -> str:
    """The table that holds the endpoint's values or items."""
    return endpoint.table or study.instruments[endpoint.instrument].table


def endpoint_window(study: Study, endpoint: Endpoint, visit: str) -> Window:
    """The plan of a visit; its window is the endpoint's own where it has one."""
    plan = study.visits[visit]
    low, high = endpoint.windows.get(visit, plan.window)
    return Window(number=visit_order(study).index(visit), day=plan.day, low=low, high=high, baseline=plan.baseline)
