"""A folder of ADaM data sets: what the standard's names say of arms, visits, populations, parameters and events."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from rctflow.ingest.settings import DEFAULT_MISSING
from rctflow.propose.adam_findings import adam_findings
from rctflow.propose.columns import Look, look_at
from rctflow.propose.course import Course, look_at_doses, look_at_medication
from rctflow.propose.findings import FEWEST, Measured
from rctflow.propose.forms import Form, ProposalError
from rctflow.propose.names import identifier
from rctflow.propose.roles import reference_of
from rctflow.propose.sdtm import NO_ARM, TOTAL, Visit

if TYPE_CHECKING:
    import pandas as pd

RECORD = ("USUBJID", "PARAMCD", "AVISIT")
TIMES = ("ADT", "VISITNUM", "ASEQ", "ATPTN", "DTYPE")
CHANGE = ("BASE", "CHG", "ABLFL")
MOST_PARAMETERS = 8  # a data set with more, and no total among them, holds items or a laboratory
SPREAD = (14, 0.25)  # half of a visit's days lie within so many days, or within that share of its day


@dataclass(frozen=True)
class Parameter:
    """A parameter of a BDS data set that is proposed as an outcome. timepoint: the one of several per visit (ATPT) that
    is taken, "" when the data set says itself which record counts. visits: those of the plan at which it is usual."""

    table: str
    code: str
    name: str
    people: int
    has_baseline: bool
    timepoint: str
    visits: tuple[str, ...]


@dataclass
class Adam:
    """What was understood. arms: as written -> subjects; others: values of TRT01P that are no arm; records: BDS data
    sets, by id, with the columns that tell their records apart; unplanned: labels of AVISIT that are no visit of the
    plan, by data set; events, dosed, taken: the data sets of adverse events, doses and medication; doses, medication:
    what these say; laboratories, vital_signs: BDS data sets, by id, and findings: what they hold; unread: data set ->
    why no outcome is taken from it."""

    subjects: Form
    arms: dict[str, int]
    reference: str
    others: list[str]
    visits: list[Visit]
    records: dict[str, Form] = field(default_factory=dict)
    keys: dict[str, list[str]] = field(default_factory=dict)
    unplanned: dict[str, list[str]] = field(default_factory=dict)
    labels: dict[str, list[str]] = field(default_factory=dict)
    parameters: list[Parameter] = field(default_factory=list)
    events: Form | None = None
    dosed: Form | None = None
    doses: Course | None = None
    taken: Form | None = None
    medication: Course | None = None
    laboratories: list[str] = field(default_factory=list)
    vital_signs: list[str] = field(default_factory=list)
    findings: list[Measured] = field(default_factory=list)
    unread: dict[str, str] = field(default_factory=dict)

    def look(self, header: str, form: Form | None = None) -> Look | None:
        """The column of ``form`` (ADSL when omitted); None when it is not there."""
        form = form or self.subjects
        return look_at(form.cells[header], header, form.decimal) if header in form.headers else None

    def filled(self, name: str) -> pd.DataFrame:
        """The cells of a BDS data set, with "" for every text that means that there is no value."""
        return _filled(self.records[name])

    def strata(self) -> list[str]:
        """The strata as randomized (STRAT1R, ...), which ADaM names so."""
        return [name for name in self.subjects.headers if re.fullmatch(r"STRAT\dR", name)]

    def is_date(self, header: str) -> bool:
        """Whether ADSL has ``header`` and it holds dates."""
        look = self.look(header)
        return look is not None and look.kind in ("date", "datetime")


def is_adam(forms: Sequence[Form]) -> bool:
    """Whether a form is ADSL: one row per subject, with the planned treatment of period 1."""
    return _subjects(forms) is not None


def look_at_adam(forms: Sequence[Form]) -> Adam:
    """What the standard's names say; raises ProposalError when ADSL has fewer than two arms, or no data set visits."""
    adsl = _subjects(forms)
    assert adsl is not None
    counts = adsl.cells["TRT01P"].value_counts()
    arms = {str(arm): int(n) for arm, n in counts.sort_index().items() if str(arm).lower() not in NO_ARM}
    if len(arms) < 2:
        raise ProposalError(f"ADSL has {len(arms)} arm(s) in TRT01P ({', '.join(arms)}): there is nothing to compare.")
    others = [str(arm) for arm in counts.index if str(arm) and str(arm) not in arms]
    found = Adam(adsl, arms, reference_of(list(arms))[0], others, [])
    found.events = next((form for form in forms if {"USUBJID", "AETERM"} <= set(form.headers)), None)
    _course(found, forms)
    for form in forms:
        if {*RECORD, "AVAL"} <= set(form.headers) and _filled(form)["AVISIT"].ne("").any():
            found.records[form.id] = form
        elif form not in (adsl, found.events, found.dosed, found.taken):
            found.unread[form.name] = (
                "its records run to an event (CNSR)" if "CNSR" in form.headers else "it is no ADSL, BDS or ADAE"
            )
    rows = {name: _filled(form) for name, form in found.records.items()}
    _plan(found, rows)
    for name, cells in rows.items():
        found.keys[name] = _key(cells)
        found.parameters += _parameters(found, name, cells)
    if any(one.table not in found.vital_signs for one in found.parameters):
        found.parameters = [one for one in found.parameters if one.table not in found.vital_signs]
    found.findings = list(adam_findings(found))
    return found


def _course(found: Adam, forms: Sequence[Form]) -> None:
    """Which data sets hold doses (ADEX) and medication (ADCM), and what they say."""
    for form in forms:
        headers = set(form.headers)
        if form is not found.subjects and headers & {"EXDOSE", "EXTRT"} and (doses := look_at_doses(form, form.id)):
            found.dosed, found.doses = form, doses
        if headers & {"CMTRT", "CMDECOD"} and (medication := look_at_medication(form, form.id)):
            found.taken, found.medication = form, medication


def _subjects(forms: Sequence[Form]) -> Form | None:
    for form in forms:
        if {"USUBJID", "TRT01P"} <= set(form.headers) and form.cells["USUBJID"].is_unique:
            return form
    return None


def _filled(form: Form) -> pd.DataFrame:
    """The cells, with "" for every text that means that there is no value."""
    return form.cells.replace(list(DEFAULT_MISSING), "")


def _plan(found: Adam, rows: dict[str, pd.DataFrame]) -> None:
    """Visits by AVISIT and the median of ADY (day 1 is first dose); labels whose days lie wide apart are no visit."""
    import pandas as pd

    parts = [
        cells.loc[cells["AVISIT"] != "", ["AVISIT"]].assign(
            day=pd.to_numeric(cells["ADY"], errors="coerce") if "ADY" in cells else float("nan"),
            number=pd.to_numeric(cells["AVISITN"], errors="coerce") if "AVISITN" in cells else float("nan"),
            who=cells["USUBJID"],
            base=cells["ABLFL"].eq("Y") if "ABLFL" in cells else False,
            seen=cells["DTYPE"].eq("") if "DTYPE" in cells else True,
        )
        for cells in rows.values()
    ]
    seen = pd.concat(parts) if parts else pd.DataFrame({"AVISIT": []})
    moments = {str(label): _moment(part) for label, part in seen.groupby("AVISIT")}
    flagged = list(seen.loc[seen["base"], "AVISIT"].mode()) if parts else []
    start = str(flagged[0]) if flagged else ""
    planned = sorted((day, label) for label, (day, _) in moments.items() if day is not None and day > 1)
    if not planned:
        raise ProposalError("No data set has AVISIT with days (ADY) after the first dose: no visits can be proposed.")
    found.visits = list(_visits(planned, start, {label: n for label, (_, n) in moments.items()}))
    known = {visit.written for visit in found.visits}
    for name, cells in rows.items():
        found.unplanned[name] = sorted({label for label in cells["AVISIT"].unique() if label} - known)


def _moment(rows: pd.DataFrame) -> tuple[int | None, int]:
    """The usual day of a label (None when its days lie wide apart), and its subjects."""
    day = rows["day"][rows["seen"]].dropna()
    people = int(rows["who"].nunique())
    if day.empty:
        return None, people
    middle, spread = float(day.median()), float(day.quantile(0.75) - day.quantile(0.25))
    return (None if spread > max(SPREAD[0], SPREAD[1] * abs(middle)) else int(middle)), people


def _visits(planned: list[tuple[int, str]], start: str, people: dict[str, int]) -> Iterator[Visit]:
    why = f"AVISIT {start}" if start else "no record is flagged as baseline"
    yield Visit("baseline", "Baseline", 0, (-60, 0), True, why, start)
    ids = ["baseline"]
    for place, (day, label) in enumerate(planned):
        low = 1 if not place else (planned[place - 1][0] + day) // 2
        high = (day + planned[place + 1][0]) // 2 - 1 if place + 1 < len(planned) else day - 1 + (day - low)
        ids.append(identifier(label, "visit", ids))
        yield Visit(ids[-1], label, day - 1, (low, max(low, high)), False, f"{people[label]} subjects", label)


def _key(cells: pd.DataFrame) -> list[str]:
    """The fewest columns that tell the records apart; those of RECORD alone when none do."""
    sequences = [str(name) for name in cells if re.fullmatch(r"[A-Z]{2,3}SEQ", str(name)) and name != "ASEQ"]
    further = [name for name in (*TIMES, *sequences) if name in cells]
    pairs = [[one, other] for at, one in enumerate(further) for other in further[at + 1 :]]
    for extra in ([], *([name] for name in further), *pairs):
        if not cells.duplicated([*RECORD, *extra]).any():
            return [*RECORD, *extra]
    return list(RECORD)


def _parameters(found: Adam, table: str, cells: pd.DataFrame) -> list[Parameter]:
    """What may be an outcome: totals when there are some, else all of a few; the reason is kept when there is none."""
    if table.startswith("adlb") or "LBSEQ" in cells:
        found.laboratories.append(table)
        return []
    if table.startswith("advs") or "VSSEQ" in cells:
        found.vital_signs.append(table)
    if "ANL01FL" not in cells:
        if table not in found.vital_signs:
            why = "it has no ANL01FL, which says which records are analysed"
            found.unread[found.records[table].name] = why
        return []
    by_code = [_parameter(found, table, str(code), rows) for code, rows in cells.groupby("PARAMCD", sort=True)]
    usual = [one for one in by_code if one is not None]
    totals = [one for one in usual if TOTAL.search(one.name) or one.code.endswith("TOT")]
    taken = totals or (usual if len(usual) <= MOST_PARAMETERS else [])
    if not taken:
        found.unread[found.records[table].name] = f"none of its {len(by_code)} parameters is plainly an outcome"
    return taken


def _parameter(found: Adam, table: str, code: str, cells: pd.DataFrame) -> Parameter | None:
    """None when fewer than a fifth of the randomized subjects have an analysed number at a visit after baseline."""
    import pandas as pd

    randomized = sum(found.arms.values())
    observed = cells["DTYPE"].eq("") if "DTYPE" in cells else True
    rows = cells[cells["ANL01FL"].eq("Y") & observed & pd.to_numeric(cells["AVAL"], errors="coerce").notna()]
    timepoint = ""
    if "ATPT" in rows and rows.duplicated(["USUBJID", "AVISIT"]).any():
        timepoint = str(rows["ATPT"][rows["ATPT"] != ""].value_counts().index[0])
        rows = rows[rows["ATPT"] == timepoint]
    people = rows.groupby("AVISIT")["USUBJID"].nunique()
    after = [visit.id for visit in found.visits[1:] if people.get(visit.written, 0) >= FEWEST * randomized]
    several = bool(rows[rows["AVISIT"] != ""].duplicated(["USUBJID", "AVISIT"]).any())
    if not after or several:
        return None
    base = set(CHANGE) <= set(rows) and rows["USUBJID"][rows["ABLFL"].eq("Y")].nunique() >= randomized / 3
    usual = (*([found.visits[0].id] if base else []), *after)
    name = str(rows["PARAM"].iloc[0]) if "PARAM" in rows else code
    return Parameter(table, code, name, int(rows["USUBJID"].nunique()), bool(base), timepoint, usual)
