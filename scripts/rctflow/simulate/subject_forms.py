"""Forms with few records per patient: demographics, randomization, infusions, disposition, events, deviations."""

from __future__ import annotations

from datetime import date, timedelta

import pandas as pd

from rctflow.simulate.cohort import Cohort
from rctflow.simulate.course import NEVER, stop_day
from rctflow.simulate.seeds import generator
from rctflow.simulate.visit_forms import entry_dates, identity, number, written_date

Record = tuple[int, date, dict[str, str]]
COMORBIDITIES = ("hypertension", "type 2 diabetes", "osteoarthritis, knees", "coronary heart disease", "COPD")


def record_form(cohort: Cohort, form: str, columns: list[str], records: list[Record]) -> pd.DataFrame:
    """A form from records (patient row, date that counts for entry, cells); empty forms keep their columns."""
    rows, days = [i for i, _, _ in records], [day for _, day, _ in records]
    keys = [(i, str(k)) for k, i in zip(_within(rows), rows, strict=True)]
    cells = {column: [record[column] for _, _, record in records] for column in columns}
    entered = entry_dates(cohort, form, keys, days)
    return pd.DataFrame({**identity(cohort, rows), **cells, "ENTRYDT": entered}, dtype=str)


def _within(rows: list[int]) -> list[int]:
    """Number of each record within its patient, from 1."""
    return [rows[:k].count(row) + 1 for k, row in enumerate(rows)]


def subject_forms(cohort: Cohort) -> dict[str, pd.DataFrame]:
    """Demographics, randomization, infusions, disposition, intercurrent events, protocol deviations."""
    return {
        "dm": demographics(cohort),
        "rand": randomization(cohort),
        "ex": infusions(cohort),
        "ds": disposition(cohort),
        "ice": intercurrent_events(cohort),
        "dv": deviations(cohort),
    }


def demographics(cohort: Cohort) -> pd.DataFrame:
    """Age 70 (5), within 60-80 years (proposed for this trial), body size, living alone, comorbidities."""
    records: list[Record] = []
    for i, subject in enumerate(cohort.subjects):
        rng = generator(cohort.seed, subject.subject, "dm")
        consent = subject.visit_dates[0] - timedelta(days=int(rng.integers(0, 4)))
        age = int(min(max(round(70 + 5 * rng.standard_normal()), 60), 80))
        ill = [name for name in COMORBIDITIES if rng.random() < 0.4]
        cells = {
            "ICDAT": written_date(consent, "dmy"),
            "BRTHYY": str(consent.year - age),
            "AGE": str(age),
            "SEX": subject.stratum.sex,
            "HEIGHT": number(cohort.body.height[i, 0], 0),
            "WEIGHT": number(cohort.body.weight[i, 0], 1),
            "LIVALONE": "Y" if rng.random() < 0.25 else "N",
            "COMORB": ", ".join(ill) or "None",
        }
        records.append((i, consent, cells))
    columns = ["ICDAT", "BRTHYY", "AGE", "SEX", "HEIGHT", "WEIGHT", "LIVALONE", "COMORB"]
    return record_form(cohort, "dm", columns, records)


def randomization(cohort: Cohort) -> pd.DataFrame:
    """The unblinded randomization list, with blocks, as the trial's randomization system exports it."""
    records: list[Record] = []
    for i, subject in enumerate(cohort.subjects):
        site, sex = subject.stratum.site, subject.stratum.sex
        cells = {
            "RANDNO": f"R{site}{sex}{subject.number:03d}",
            "RANDDT": written_date(subject.randomized, "iso"),
            "STRATUM": f"{site}/{sex}",
            "STRSITE": site,
            "STRSEX": sex,
            "BLOCKNO": str(subject.block),
            "BLOCKSZ": str(subject.block_size),
            "ARMP": cohort.settings.arm_written[subject.planned],
        }
        records.append((i, subject.randomized, cells))
    columns = ["RANDNO", "RANDDT", "STRATUM", "STRSITE", "STRSEX", "BLOCKNO", "BLOCKSZ", "ARMP"]
    return record_form(cohort, "rand", columns, records)


def infusions(cohort: Cohort) -> pd.DataFrame:
    """Two planned infusions per patient, given or not; 10^6 cells per kg, saline for placebo."""
    records: list[Record] = []
    columns = [
        "INFNO",
        "EXOCCUR",
        "EXDAT",
        "EXSTTIM",
        "EXENTIM",
        "EXTRT",
        "EXDOSE",
        "EXDOSU",
        "EXVOL",
        "EXREACT",
        "EXREASND",
    ]
    for i, subject in enumerate(cohort.subjects):
        reasons = {1: "", 2: second_infusion_missing(cohort, i)}
        for infusion, day in ((1, subject.first_infusion), (2, subject.visit_dates[2])):
            given = not reasons[infusion]
            cells = dict.fromkeys(columns, "") | {
                "INFNO": str(infusion),
                "EXOCCUR": "Y" if given else "N",
                "EXREASND": reasons[infusion],
            }
            if given:
                cells |= _given(cohort, i, infusion, day)
            records.append((i, day, cells))
    return record_form(cohort, "ex", columns, records)


def _given(cohort: Cohort, i: int, infusion: int, day: date) -> dict[str, str]:
    subject = cohort.subjects[i]
    rng = generator(cohort.seed, subject.subject, "ex", str(infusion))
    begin, lasts = int(rng.integers(8 * 60 + 30, 15 * 60)), int(rng.integers(35, 75))
    active = subject.actual == "msc"
    reaction, u = "None", rng.random()
    if u < (0.2 if active else 0.06):
        reaction = ("Flushing, resolved within 1 h", "Chills; slowed to 2 mL/min", 'patient felt "warm"')[
            int(rng.integers(3))
        ]
    return {
        "EXDAT": written_date(day, "iso"),
        "EXSTTIM": f"{begin // 60:02d}:{begin % 60:02d}",
        "EXENTIM": f"{(begin + lasts) // 60:02d}:{(begin + lasts) % 60:02d}",
        "EXTRT": cohort.settings.arm_written[subject.actual],
        "EXDOSE": number(cohort.body.weight[i, 0], 1) if active else "0",
        "EXDOSU": "10^6 cells",
        "EXVOL": "100",
        "EXREACT": reaction,
    }


def second_infusion_missing(cohort: Cohort, i: int) -> str:
    """Why the second infusion was not given; empty when it was."""
    course = cohort.course
    if course.stopped[i] < NEVER:
        return "Treatment stopped after adverse event"
    if course.missed[i] < NEVER:
        return ("Intercurrent infection, not fit", "Patient did not attend, transport", "Product not released in time")[
            int(3 * cohort.draws.uniform("missed why")[i])
        ]
    return "Patient left the study" if cohort.last_visit(i) < 2 else ""


def leaving(cohort: Cohort, i: int) -> tuple[date, str]:
    """Last contact and reason of leaving; the reason is empty when the patient completed."""
    course, subject = cohort.course, cohort.subjects[i]
    if course.death[i] < NEVER:
        return cohort.date_before(i, int(course.death[i]), "death date"), "Death"
    if course.dropout[i] < NEVER:
        reasons = cohort.settings.intercurrent_events.dropout_reasons
        reason = reasons[int(cohort.draws.uniform("dropout why")[i] * len(reasons))]
        return cohort.date_before(i, int(course.dropout[i]), "dropout date"), reason
    return subject.visit_dates[-1], ""


def disposition(cohort: Cohort) -> pd.DataFrame:
    """Completed or discontinued, last contact, reason, infusions received."""
    records: list[Record] = []
    for i in range(len(cohort.subjects)):
        last, reason = leaving(cohort, i)
        cells = {
            "DSDAT": written_date(last, "iso"),
            "DSDECOD": "Discontinued" if reason else "Completed",
            "DSREAS": reason,
            "DSTRT": "First infusion only" if second_infusion_missing(cohort, i) else "Both infusions",
        }
        records.append((i, last, cells))
    return record_form(cohort, "ds", ["DSDAT", "DSDECOD", "DSREAS", "DSTRT"], records)


def events_of(cohort: Cohort, i: int) -> list[tuple[str, date, str]]:
    """Intercurrent events of one patient: term, date, description."""
    course, subject, found = cohort.course, cohort.subjects[i], []
    if course.stopped[i] < NEVER:
        day = subject.first_infusion + timedelta(days=int(stop_day(cohort.draws.uniform("stop day")[i])))
        found.append(("Treatment stopped, visits continued", day, "Stopped after adverse event, agreed to follow-up"))
    if course.missed[i] < NEVER:
        found.append(("Second infusion missed", subject.visit_dates[2], second_infusion_missing(cohort, i)))
    if course.rescue[i] < NEVER:
        day = cohort.date_before(i, int(course.rescue[i]), "rescue date")
        found.append(("Rescue treatment", day, "Inpatient rehabilitation, 2 weeks, decline in mobility"))
    if course.death[i] < NEVER:
        found.append(("Death", leaving(cohort, i)[0], "See adverse events"))
    return found


def intercurrent_events(cohort: Cohort) -> pd.DataFrame:
    """Events after the first infusion that change what outcomes mean (ICH E9(R1))."""
    records: list[Record] = []
    for i in range(len(cohort.subjects)):
        for term, day, text in events_of(cohort, i):
            records.append((i, day, {"ICETERM": term, "ICEDAT": written_date(day, "iso"), "ICEDESC": text}))
    return record_form(cohort, "ice", ["ICETERM", "ICEDAT", "ICEDESC"], records)


def deviations(cohort: Cohort) -> pd.DataFrame:
    """Protocol deviations: those that follow from events and allocation (major), and small ones (minor)."""
    records: list[Record] = []
    for i, subject in enumerate(cohort.subjects):
        rng = generator(cohort.seed, subject.subject, "dv")
        found = [(subject.first_infusion, "Infusion of the other arm given", "Major")] * (
            subject.planned != subject.actual
        )
        if rng.random() < cohort.settings.eligibility_deviations:
            found.append((subject.randomized, "Inclusion criterion not met, found after randomization", "Major"))
        for term, day, _ in events_of(cohort, i):
            if term == "Second infusion missed":
                found.append((day, "Second infusion not given", "Major"))
            if term == "Rescue treatment":
                found.append((day, "Prohibited rehabilitation programme", "Major"))
        visits, risk = cohort.last_visit(i), cohort.settings.minor_deviations
        for day in subject.visit_dates[1 : visits + 1][: int(rng.poisson(risk))]:
            found.append(
                (
                    day,
                    ("Blood sample not fasting", 'Questionnaire "read aloud" by relative')[int(rng.integers(2))],
                    "Minor",
                )
            )
        for k, (day, term, kind) in enumerate(found, start=1):
            records.append(
                (i, day, {"DVSPID": str(k), "DVDAT": written_date(day, "dmy"), "DVTERM": term, "DVCLASS": kind})
            )
    return record_form(cohort, "dv", ["DVSPID", "DVDAT", "DVTERM", "DVCLASS"], records)
