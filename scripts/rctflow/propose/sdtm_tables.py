"""The section tables proposed for SDTM data: one entry per domain that is read, with the variables that are used."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from rctflow.propose.course import dated
from rctflow.propose.events import Events
from rctflow.propose.sdtm import Sdtm
from rctflow.propose.sections import comment, line

COVARIATES = ("AGE", "SEX", "RACE", "ETHNIC")
NUMBERS = ("AGE", "EXDOSE", "VISITNUM")


@dataclass
class Needed:
    """What a domain is read for. date: the column that places rows in time, "" for none; sequence: whether the column
    --SEQ tells rows apart."""

    columns: dict[str, dict[str, Any]] = field(default_factory=dict)
    date: str = ""
    sequence: bool = False


def sdtm_tables(found: Sdtm, events: Events | None) -> Iterator[str]:
    """The lines; domains that are not read are named at the end."""
    needed = _needed(found, events)
    yield "tables:"
    for domain, what in needed.items():
        yield from _table(found, domain, what)
    unread = sorted(form.name for domain, form in found.forms.items() if domain not in needed)
    if unread:
        yield from comment(f"not read: {', '.join(unread)}", "  # ")


def _needed(found: Sdtm, events: Events | None) -> dict[str, Needed]:
    dosed = [name for table, name in [found.first_dose()] if table == "dm"]
    needed = {"DM": Needed(_plain(found, "DM", [*COVARIATES, "SITEID", "ARM", "ACTARM", *dosed, "DTHDTC"]))}
    if "EX" in found.forms:
        needed["EX"] = Needed(_plain(found, "EX", ["EXSTDTC", "EXTRT", "EXDOSE"]), date="EXSTDTC")
        needed["EX"].columns |= found.doses.columns if found.doses else {}
    if "DS" in found.forms:
        needed["DS"] = Needed(_plain(found, "DS", ["DSSTDTC", "DSCAT", "DSDECOD"]), date="DSSTDTC")
    for domain in dict.fromkeys(test.domain for test in found.tests):
        endings = ["DTC", "TESTCD", "CAT", "STRESN"]
        endings += ["TPT"] if any(test.timepoint for test in found.tests if test.domain == domain) else []
        columns = _plain(found, domain, [f"{domain}{end}" for end in endings])
        needed[domain] = Needed(columns, date=f"{domain}DTC")
    for one in found.findings:
        domain = one.body["table"].upper()
        before = needed.get(domain, Needed()).columns
        needed[domain] = Needed(before | one.columns, f"{domain}DTC", _tells_apart(found, domain))
    if events is not None:
        needed["AE"] = Needed(events.columns)
    if found.medication is not None:
        needed["CM"] = Needed(found.medication.columns)
    return needed


def _plain(found: Sdtm, domain: str, headers: list[str]) -> dict[str, dict[str, Any]]:
    there = [header for header in headers if found.has(domain, header)]
    return {header: _column(found, domain, header) for header in there}


def _column(found: Sdtm, domain: str, header: str) -> dict[str, Any]:
    if header.endswith("DTC"):
        return dated(found.forms[domain], header)
    if header.endswith("STRESN") or header in NUMBERS:
        return {"type": "number"}
    return {"required": True} if header.endswith("TESTCD") or header == "ARM" else {}


def _tells_apart(found: Sdtm, domain: str) -> bool:
    sequence = f"{domain}SEQ"
    return found.has(domain, sequence) and not found.forms[domain].cells.duplicated(["USUBJID", sequence]).any()


def _table(found: Sdtm, domain: str, what: Needed) -> Iterator[str]:
    form = found.forms[domain]
    yield line(1, domain.lower())
    for key, value in form.source.items():
        yield line(2, key, value)
    yield line(2, "subject", "USUBJID", f"{form.cells['USUBJID'].nunique()} patients in {len(form.cells)} rows")
    if what.date in what.columns:
        yield line(2, "date", what.date)
    yield "    columns:"
    columns = what.columns | ({f"{domain}SEQ": {"type": "integer"}} if what.sequence else {})
    for header, body in columns.items():
        label = form.labels.get(header, "")
        yield line(3, header, body | ({"label": label} if label else {}))
    if what.sequence:
        yield line(2, "duplicates", {"key": ["USUBJID", f"{domain}SEQ"]}, "what tells its records apart")
    if domain == "DM":
        yield line(2, "constant", ["ARM"], "a second arm of a patient is an error")
