"""Doses and medication of data in CDISC names (EX, CM; ADEX, ADCM): what each variable that is there says."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from rctflow.ingest.settings import DEFAULT_MISSING
from rctflow.propose.columns import look_at
from rctflow.propose.forms import Form
from rctflow.propose.names import quoted

PER_DAY = {"QD": 1.0, "Q24H": 1.0, "BID": 2.0, "Q12H": 2.0, "TID": 3.0, "Q8H": 3.0, "QID": 4.0, "Q6H": 4.0}
ONCE = "ONCE"
STARTS = {"EX": ("ASTDT", "EXSTDT", "EXSTDTC"), "CM": ("ASTDT", "CMSTDT", "CMSTDTC")}
ENDS = {"EX": ("AENDT", "EXENDT", "EXENDTC"), "CM": ("AENDT", "CMENDT", "CMENDTC")}
CLASSES = ("CMCLAS", "ATC2", "ATC1")


@dataclass
class Course:
    """An entry of the section ``summaries`` that is made from one form. columns: what the table declares; asked: what
    stays open."""

    body: dict[str, Any]
    columns: dict[str, dict[str, Any]] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)


def look_at_doses(form: Form, table: str) -> Course | None:
    """What was given; None when no column has dates of doses."""
    start = _date(form, STARTS["EX"])
    if not start:
        return None
    found = Course({"table": table, "start": start}, {start: dated(form, start)})
    rows = _taken(found, form, "EXOCCUR")
    if "PARAMCD" in form.headers:  # several facts of one dose, row below row
        if "DOSE" not in _levels(form, "PARAMCD"):
            found.asked.append(
                f"summaries.exposure: Which PARAMCD of {form.name} is the dose given? Add it as `where`."
            )
            return found
        also = f" and ({found.body['where']})" if "where" in found.body else ""
        found.body["where"], found.columns["PARAMCD"] = "PARAMCD == 'DOSE'" + also, {"required": True}
        rows = rows[rows["PARAMCD"] == "DOSE"]
    _interval(found, form, rows, start)
    dose = next((name for name in ("EXDOSE", "AVAL") if name in form.headers), "")
    if dose:
        _amount(found, form, rows, dose)
    return found


def look_at_medication(form: Form, table: str) -> Course | None:
    """Medication taken; None when no column has its dates, or its name."""
    start, end = _date(form, STARTS["CM"]), _date(form, ENDS["CM"])
    coded = "CMDECOD" in form.headers and (~form.cells["CMDECOD"].isin(DEFAULT_MISSING)).mean() >= 0.5
    term = "CMDECOD" if coded else "CMTRT"
    if not start or not end or term not in form.headers:
        return None
    found = Course({"table": table, "term": term}, {term: {}})
    category = next((name for name in CLASSES if _levels(form, name)), "")
    if category:
        found.body["category"], found.columns[category] = category, {}
    found.body |= {"start": start, "end": end}
    found.columns |= {start: dated(form, start, "first"), end: dated(form, end, "last")}
    _taken(found, form, "CMOCCUR")
    for name in ("CMENRF", "CMENRTPT"):
        words = [word for word in _levels(form, name) if word.upper() in ("ONGOING", "AFTER", "DURING/AFTER")]
        if words and "ongoing" not in found.body:
            found.body["ongoing"] = f"{name} in [{', '.join(quoted(word) for word in words)}]"
            found.columns[name] = {}
    return found


def dated(form: Form, name: str, partial: str = "") -> dict[str, Any]:
    """How a column of dates is declared; {} when it holds something else. partial: which day completes a month."""
    if name.endswith("DTC"):
        kind: dict[str, Any] = {"type": "datetime" if form.cells[name].str.contains("T").any() else "date"}
        whole = form.cells[name].str.len().ge(len("2021-01-01")) | form.cells[name].isin(DEFAULT_MISSING)
        return kind | ({"partial": partial} if partial and not whole.all() else {})
    look = look_at(form.cells[name], name)
    if look.kind not in ("date", "datetime"):
        return {}
    return {"type": look.kind} | ({"format": look.format} if look.format else {})


def _date(form: Form, names: tuple[str, ...]) -> str:
    return next((name for name in names if name in form.headers and dated(form, name)), "")


def _levels(form: Form, name: str) -> list[str]:
    return look_at(form.cells[name], name).levels if name in form.headers else []


def _taken(found: Course, form: Form, occurred: str) -> Any:
    """The rows that are not said to be of nothing taken."""
    cells = form.cells.replace(list(DEFAULT_MISSING), "")
    if "N" not in _levels(form, occurred):
        return cells
    found.body["where"], found.columns[occurred] = f"{occurred} == missing or {occurred} != 'N'", {}
    return cells[cells[occurred] != "N"]


def _interval(found: Course, form: Form, rows: Any, start: str) -> None:
    """An end of dosing, unless each row is one dose; how many doses a day."""
    end = _date(form, ENDS["EX"])
    how_often = sorted({word.upper() for word in rows["EXDOSFRQ"] if word}) if "EXDOSFRQ" in rows else []
    if not end or how_often == [ONCE]:
        return
    found.body["end"], found.columns[end] = end, dated(form, end)
    if rows[end].eq("").any():
        found.body["missing_end"] = "EOSDT"
    if len(how_often) == 1 and how_often[0] in PER_DAY:
        per_day = PER_DAY[how_often[0]]
        found.body |= {"per_day": per_day} if per_day != 1 else {}
    elif how_often and rows[start].str[:10].ne(rows[end].str[:10]).any():
        found.asked.append(
            f"summaries.exposure.per_day: How many doses a day is {', '.join(how_often)} (EXDOSFRQ)? Taken: one."
        )


def _amount(found: Course, form: Form, rows: Any, dose: str) -> None:
    units = sorted({unit for unit in rows["EXDOSU"] if unit}) if "EXDOSU" in rows else []
    if len(units) > 1:
        found.asked.append(f"summaries.exposure.dose: Doses are in {', '.join(units)}; no amounts are summed.")
        return
    found.body |= {"dose": dose} | ({"unit": units[0]} if units else {})
    found.columns[dose] = {"type": "number"}
    if not units:
        found.asked.append(f"summaries.exposure.unit: In which unit is {dose}?")
    drugs = sorted(_drugs(rows, dose))
    if len(drugs) > 1:
        found.asked.append(
            f"summaries.exposure: Doses of {', '.join(drugs)} are added up. If they are not, add `where`."
        )


def _drugs(rows: Any, dose: str) -> Iterator[str]:
    """What was given in doses above 0."""
    import pandas as pd

    if "EXTRT" in rows:
        yield from {str(name) for name in rows["EXTRT"][pd.to_numeric(rows[dose], errors="coerce") > 0] if name}
