"""Safety forms: laboratory (long), vital signs, adverse events, concomitant medication."""

from __future__ import annotations

from datetime import date, timedelta

import numpy as np
import pandas as pd

from rctflow.simulate.cohort import Cohort
from rctflow.simulate.course import NEVER
from rctflow.simulate.sections import LabTest
from rctflow.simulate.seeds import generator
from rctflow.simulate.subject_forms import Record, leaving, record_form
from rctflow.simulate.visit_forms import Attended, attended, entry_dates, identity, number, written_date

MEDICATION = (  # name, indication, dose, unit, frequency, share of patients, started before the trial
    ("Amlodipine", "Hypertension", "5", "mg", "QD", 0.45, True),
    ("Metformin", "Type 2 diabetes", "500", "mg", "BID", 0.3, True),
    ("Vitamin D3, calcium", "Osteoporosis", "1", "tablet", "QD", 0.35, True),
    ("Paracetamol", 'Back pain, "as needed"', "500", "mg", "PRN", 0.3, False),
    ("Celecoxib", "Osteoarthritis, knees", "200", "mg", "QD", 0.15, False),
    ("Estazolam", "Insomnia", "1", "mg", "QN", 0.15, False),
)


def safety_forms(cohort: Cohort) -> dict[str, pd.DataFrame]:
    """Laboratory, vital signs, adverse events, concomitant medication."""
    at = attended(cohort)
    return {
        "lab": laboratory_form(at),
        "vs": vital_signs_form(at),
        "ae": adverse_event_form(cohort),
        "cm": medication_form(cohort),
    }


def laboratory_form(at: Attended) -> pd.DataFrame:
    """One record per patient, visit and test; log-normal, some 4 % out of range; no treatment effect."""
    cohort, tests = at.cohort, at.cohort.settings.laboratory
    results = [_laboratory(cohort, test) for test in tests]
    i, v = (np.repeat(part, len(tests)) for part in (at.i, at.v))
    t = np.tile(np.arange(len(tests)), len(at.i))
    labels = [visit.lab_label for visit in cohort.settings.visits.values()]
    visits = [cohort.subjects[a].visit_dates[b] for a, b in zip(at.i, at.v, strict=True)]
    entered = entry_dates(cohort, "lab", [(int(a), str(b)) for a, b in zip(at.i, at.v, strict=True)], visits)
    limits = [tests[k].women if cohort.female[a] else tests[k].men for a, k in zip(i, t, strict=True)]
    columns = {
        "VISIT": [labels[b] for b in v],
        "LBDAT": [written_date(cohort.subjects[a].visit_dates[b], "iso") for a, b in zip(i, v, strict=True)],
        "LBTESTCD": [tests[k].code for k in t],
        "LBTEST": [tests[k].name for k in t],
        "LBORRES": [number(results[k][a, b], tests[k].decimals) for a, b, k in zip(i, v, t, strict=True)],
        "LBORRESU": [tests[k].unit for k in t],
        "LBORNRLO": [f"{low:g}" for low, _ in limits],
        "LBORNRHI": [f"{high:g}" for _, high in limits],
        "ENTRYDT": np.repeat(entered, len(tests)).tolist(),
    }
    return pd.DataFrame({**identity(cohort, i), **columns}, dtype=str)


def _laboratory(cohort: Cohort, test: LabTest) -> np.ndarray:
    """Results of one test, (n, visits): two thirds of the variance lies between patients."""
    low, high = np.where(cohort.female[:, None], test.women, test.men).T[:, :, None]
    between = cohort.draws.normal(f"lab {test.code} patient", 1)
    within = cohort.draws.normal(f"lab {test.code} visit", len(cohort.settings.visits))
    z = np.sqrt(2 / 3) * between + np.sqrt(1 / 3) * within
    return np.exp((np.log(low) + np.log(high)) / 2 + np.log(high / low) / 4.1 * z)


def vital_signs_form(at: Attended) -> pd.DataFrame:
    """Blood pressure, pulse, temperature, respiration, weight (as on the frailty form)."""
    cohort, visits = at.cohort, len(at.cohort.settings.visits)
    spec = (
        ("SYSBP", 134, 11, 8, 0),
        ("DIABP", 78, 7, 5, 0),
        ("PULSE", 73, 7, 5, 0),
        ("TEMP", 36.5, 0.15, 0.2, 1),
        ("RESP", 17, 1, 1, 0),
    )
    columns = {}
    for name, mean, between, within, decimals in spec:
        noise = (
            cohort.draws.normal(f"vs {name} patient", 1) * between
            + cohort.draws.normal(f"vs {name} visit", visits) * within
        )
        columns[name] = at.column(mean + noise, decimals)
    return at.form("vs", "VSDAT", "dmy", {**columns, "WEIGHT": at.column(cohort.values["weight"], 1)})


def adverse_event_form(cohort: Cohort) -> pd.DataFrame:
    """Adverse events with onset after the first infusion: verbatim and coded term, grade, relation, outcome, action."""
    columns = [
        "AESPID",
        "AETERM",
        "AEDECOD",
        "AEBODSYS",
        "AESTDAT",
        "AEENDAT",
        "AETOXGR",
        "AEREL",
        "AESER",
        "AEOUT",
        "AEACN",
    ]
    records: list[Record] = []
    for i in range(len(cohort.subjects)):
        found = sorted(_routine_events(cohort, i) + _marking_events(cohort, i), key=lambda event: event[0])
        for k, (begin, cells) in enumerate(found, start=1):
            records.append((i, begin, {"AESPID": str(k), **cells}))
    return record_form(cohort, "ae", columns, records)


def _routine_events(cohort: Cohort, i: int) -> list[tuple[date, dict[str, str]]]:
    subject, found = cohort.subjects[i], []
    last, _ = leaving(cohort, i)
    infusions = [subject.first_infusion]
    if cohort.course.stopped[i] == cohort.course.missed[i] == NEVER and cohort.last_visit(i) >= 2:
        infusions.append(subject.visit_dates[2])
    for event in cohort.settings.adverse_events:
        rng = generator(cohort.seed, subject.subject, "ae", event.term)
        rate = event.msc if subject.actual == "msc" else event.placebo
        starts = [day + timedelta(days=int(rng.integers(0, 2))) for day in infusions for _ in range(rng.poisson(rate))]
        if not event.per_infusion:
            days = (last - subject.first_infusion).days
            starts = [
                subject.first_infusion + timedelta(days=int(rng.integers(1, max(days, 2))))
                for _ in range(rng.poisson(rate))
            ]
        for begin in starts:
            written = event.written[int(rng.integers(len(event.written)))]
            found.append((begin, _event(rng, event.term, event.body_system, written, begin, last, event.per_infusion)))
    return found


def _event(
    rng: np.random.Generator, term: str, body_system: str, written: str, begin: date, last: date, related: bool
) -> dict[str, str]:
    grade = int(np.searchsorted([0.72, 0.96], rng.random())) + 1
    serious = grade == 3 and rng.random() < 0.4
    end = begin + timedelta(days=int(rng.integers(0, 2 if related else 15)))
    ongoing = end > last
    relation = rng.random()
    return {
        "AETERM": written,
        "AEDECOD": term,
        "AEBODSYS": body_system,
        "AESTDAT": written_date(begin, "iso"),
        "AEENDAT": "" if ongoing else written_date(end, "iso"),
        "AETOXGR": str(grade),
        "AEREL": ("Related" if relation < 0.5 else "Possibly related")
        if related
        else "Possibly related"
        if relation < 0.2
        else "Not related",
        "AESER": "Y" if serious else "N",
        "AEOUT": "Not recovered" if ongoing else "Recovered",
        "AEACN": "Infusion interrupted" if related and relation < 0.1 else "None",
    }


def _marking_events(cohort: Cohort, i: int) -> list[tuple[date, dict[str, str]]]:
    """The events behind a stopped treatment and a death."""
    course, subject, found = cohort.course, cohort.subjects[i], []
    plain = {"AEREL": "Possibly related", "AESER": "N", "AEOUT": "Recovered", "AETOXGR": "2"}
    if course.stopped[i] < NEVER:
        begin = subject.first_infusion + timedelta(days=3)
        text = {"AETERM": 'Arthralgia, both hands, "cannot hold cup"', "AEDECOD": "Arthralgia"}
        text |= {"AEBODSYS": "Musculoskeletal and connective tissue disorders", "AEACN": "Treatment stopped"}
        found.append(
            (
                begin,
                plain
                | text
                | {"AESTDAT": written_date(begin, "iso"), "AEENDAT": written_date(begin + timedelta(days=20), "iso")},
            )
        )
    if course.death[i] < NEVER:
        day, _ = leaving(cohort, i)
        text = {
            "AETERM": "Pneumonia, died in hospital",
            "AEDECOD": "Pneumonia",
            "AEBODSYS": "Infections and infestations",
        }
        text |= {"AEACN": "Not applicable", "AEOUT": "Fatal", "AETOXGR": "5", "AESER": "Y", "AEREL": "Not related"}
        begin = max(day - timedelta(days=6), subject.first_infusion + timedelta(days=1))
        found.append((begin, text | {"AESTDAT": written_date(begin, "iso"), "AEENDAT": written_date(day, "iso")}))
    return found


def medication_form(cohort: Cohort) -> pd.DataFrame:
    """Concomitant medication, from before the trial or started during it."""
    columns = ["CMSPID", "CMTRT", "CMINDC", "CMDOSE", "CMDOSU", "CMDOSFRQ", "CMSTDAT", "CMENDAT", "CMONGO"]
    records: list[Record] = []
    for i, subject in enumerate(cohort.subjects):
        last, _ = leaving(cohort, i)
        taken = 0
        for name, indication, dose, unit, frequency, share, before in MEDICATION:
            rng = generator(cohort.seed, subject.subject, "cm", name)
            if rng.random() >= share:
                continue
            taken += 1
            days = (
                -int(rng.integers(90, 2500))
                if before
                else int(rng.integers(1, max((last - subject.first_infusion).days, 2)))
            )
            begin = subject.first_infusion + timedelta(days=days)
            end = begin + timedelta(days=int(rng.integers(2, 30)))
            ongoing = before or end > last
            cells = {
                "CMSPID": str(taken),
                "CMTRT": name,
                "CMINDC": indication,
                "CMDOSE": dose,
                "CMDOSU": unit,
                "CMDOSFRQ": frequency,
            }
            cells |= {"CMSTDAT": written_date(begin, "dmy"), "CMENDAT": "" if ongoing else written_date(end, "dmy")}
            records.append((i, max(begin, subject.first_infusion), cells | {"CMONGO": "Y" if ongoing else "N"}))
    return record_form(cohort, "cm", columns, records)
