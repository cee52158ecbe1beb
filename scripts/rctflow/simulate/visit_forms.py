"""Forms with one record per patient and visit: questionnaires, performance tests, cytokines, as sites write them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from rctflow.simulate.cohort import Cohort
from rctflow.simulate.measure import CYTOKINES
from rctflow.simulate.scoring import ITEMS
from rctflow.simulate.seeds import Floats, generator

DATE_FORMATS = {"iso": "%Y-%m-%d", "dmy": "%d/%m/%Y"}
Frame = pd.DataFrame


def written_date(day: date, style: str) -> str:
    """A date in the style of its form: ``iso`` 2021-03-05 or ``dmy`` 05/03/2021."""
    return day.strftime(DATE_FORMATS[style])


def number(value: float, decimals: int) -> str:
    """A number as typed: fixed decimals."""
    return f"{value:.{decimals}f}"


def entry_dates(cohort: Cohort, form: str, keys: Iterable[tuple[int, str]], days: Iterable[date]) -> list[str]:
    """When each record was entered (ISO); a key is the patient's row and what names the record within the form."""
    low, high = cohort.settings.schedule.entry_delay
    entered = []
    for (i, record), day in zip(keys, days, strict=True):
        delay = generator(cohort.seed, cohort.subjects[i].subject, "entry", form, record).integers(low, high + 1)
        entered.append(written_date(day + timedelta(days=int(delay)), "iso"))
    return entered


def identity(cohort: Cohort, rows: Iterable[int]) -> dict[str, list[str]]:
    """The columns with which every form begins."""
    subjects = [cohort.subjects[i] for i in rows]
    return {
        "STUDYID": [cohort.settings.study_id] * len(subjects),
        "SITEID": [subject.stratum.site for subject in subjects],
        "SUBJID": [subject.subject for subject in subjects],
    }


@dataclass(frozen=True)
class Attended:
    """The attended visits: patient row and visit number of each record."""

    cohort: Cohort
    i: NDArray[np.intp]
    v: NDArray[np.intp]

    def form(
        self, form: str, date_column: str, style: str, columns: dict[str, list[str]], laboratory: bool = False
    ) -> Frame:
        """A form with identity, visit label, date, its own columns and the date of entry."""
        visits = list(self.cohort.settings.visits.values())
        days = [self.cohort.subjects[i].visit_dates[v] for i, v in zip(self.i, self.v, strict=True)]
        keys = [(int(i), str(v)) for i, v in zip(self.i, self.v, strict=True)]
        labels = [visits[v].lab_label if laboratory else visits[v].label for v in self.v]
        head = {**identity(self.cohort, self.i), "VISIT": labels, date_column: [written_date(d, style) for d in days]}
        return Frame({**head, **columns, "ENTRYDT": entry_dates(self.cohort, form, keys, days)}, dtype=str)

    def column(self, values: Floats, decimals: int) -> list[str]:
        """One measurement, (n, visits), as typed."""
        return [number(value, decimals) for value in values[self.i, self.v]]

    def test(self, name: str, values: Floats, decimals: int, unable: str | None = None) -> list[str]:
        """One performance measurement: seconds or kg, or the site's word where unable (NaN) or refused.

        ``unable``: what stands where the patient could not; by default one of the declared spellings.
        """
        m, shape = self.cohort.settings.measurement, values.shape[1]
        draws = self.cohort.draws
        refused = draws.uniform(f"refused {name}", shape)[self.i, self.v] < m.refused
        luck = draws.uniform(f"spelling {name}", shape)[self.i, self.v]
        cells = []
        for value, declined, u in zip(values[self.i, self.v], refused, luck, strict=True):
            if declined:
                cells.append(m.refused_written[int(u * len(m.refused_written))])
            elif np.isnan(value):
                cells.append(unable or m.unable_written[int(u * len(m.unable_written))])
            else:
                cells.append(number(value, decimals))
        return cells


def attended(cohort: Cohort) -> Attended:
    """All attended visits, by patient, then visit."""
    pairs = [(i, v) for i in range(len(cohort.subjects)) for v in range(cohort.last_visit(i) + 1)]
    i, v = np.array(pairs, dtype=np.intp).reshape(-1, 2).T
    return Attended(cohort, i, v)


def visit_forms(cohort: Cohort) -> dict[str, Frame]:
    """All forms of efficacy."""
    at = attended(cohort)
    return {
        "sf36": sf36_form(at),
        "eq5d": eq5d_form(at),
        "tug": tug_form(at),
        "walk": walk_form(at),
        "grip": grip_form(at),
        "sppb": sppb_form(at),
        "fried": fried_form(at),
        "cytokines": cytokine_form(at),
    }


def sf36_form(at: Attended) -> Frame:
    """SF-36 v2: 36 answers in printed codes."""
    answers = at.cohort.values["sf36"]
    return at.form("sf36", "QSDAT", "dmy", {item: at.column(answers[:, :, j], 0) for j, item in enumerate(ITEMS)})


def eq5d_form(at: Attended) -> Frame:
    """EQ-5D-5L: five levels and the visual analogue scale."""
    levels = at.cohort.values["eq5d"]
    columns = {name: at.column(levels[:, :, d], 0) for d, name in enumerate(("EQMO", "EQSC", "EQUA", "EQPD", "EQAD"))}
    return at.form("eq5d", "QSDAT", "iso", {**columns, "EQVAS": at.column(at.cohort.values["eq_vas"], 0)})


def tug_form(at: Attended) -> Frame:
    """Timed up and go: two trials, seconds."""
    trials = at.cohort.values["tug"]
    columns = {f"TUG{k + 1}": at.test("tug", trials[:, :, k], 2) for k in range(2)}
    aids = np.select(
        [at.cohort.draws.uniform("aid") < 0.12, at.cohort.draws.uniform("aid") < 0.35],
        ["Walker", "Walking stick"],
        "None",
    )
    return at.form("tug", "PERFDAT", "dmy", {**columns, "TUGAID": [str(aids[i]) for i in at.i]})


def walk_form(at: Attended) -> Frame:
    """4-m walk: two trials, seconds."""
    trials = at.cohort.values["walk"]
    columns = {f"WALK{k + 1}": at.test("walk", trials[:, :, k], 2) for k in range(2)}
    return at.form("walk", "PERFDAT", "dmy", {"WALKDIST": ["4"] * len(at.i), **columns})


def grip_form(at: Attended) -> Frame:
    """Grip strength: three trials of each hand, kg."""
    trials = at.cohort.values["grip"]
    names = ["GRIPR1", "GRIPR2", "GRIPR3", "GRIPL1", "GRIPL2", "GRIPL3"]
    columns = {name: at.test("grip", trials[:, :, k], 1) for k, name in enumerate(names)}
    left = at.cohort.draws.uniform("handedness") < 0.06
    hands = ["L" if left[i] else "R" for i in at.i]
    return at.form("grip", "PERFDAT", "dmy", {"GRIPDOM": hands, **columns, "GRIPU": ["kg"] * len(at.i)})


def sppb_form(at: Attended) -> Frame:
    """Short physical performance battery: stances, the walks of the walk form, five chair rises; seconds."""
    values, m = at.cohort.values, at.cohort.settings.measurement
    columns = {"SBS": at.test("stance", values["side"], 2)}
    for column, stance, before in (("SEMI", "semi", "side"), ("TAND", "tandem", "semi")):
        tried = at.test("stance", values[stance], 2)
        skipped = at.test("stance", values[stance], 2, unable=m.not_attempted_written)
        failed = ~(values[before] >= 10)[at.i, at.v]
        columns[column] = [s if f else t for t, s, f in zip(tried, skipped, failed, strict=True)]
    for k in range(2):
        columns[f"GAIT{k + 1}"] = at.test("walk", values["walk"][:, :, k], 2)
    return at.form("sppb", "PERFDAT", "dmy", {**columns, "CHAIR5": at.test("chair", values["chair"], 2)})


def fried_form(at: Attended) -> Frame:
    """Raw measurements of the frailty phenotype."""
    values = at.cohort.values
    columns = {"WTLOSSKG": at.column(values["weight_loss_kg"], 1), "WTLOSSPC": at.column(values["weight_loss_pct"], 1)}
    columns |= {"CESD7": at.column(values["cesd7"], 0), "CESD20": at.column(values["cesd20"], 0)}
    columns |= {"KCALWK": at.column(values["kcal"], 0), "WALK15FT": at.test("walk", values["walk15ft"], 2)}
    columns |= {"GRIPKG": at.test("grip", values["grip"].max(axis=2), 1), "HEIGHT": at.column(values["height"], 0)}
    columns |= {"WEIGHT": at.column(values["weight"], 1), "BMI": at.column(values["bmi"], 1)}
    return at.form("fried", "FRDAT", "iso", columns)


def cytokine_form(at: Attended) -> Frame:
    """Plasma cytokines of the central laboratory; below quantification as ``<limit``."""
    names = dict(zip(CYTOKINES, ("TNFA", "IL6", "IL17", "IL10", "HSCRP"), strict=True))
    columns = {}
    for name, column in names.items():
        limit = float(at.cohort.settings.endpoints[name].lloq or 0)
        measured = at.cohort.values[name][at.i, at.v]
        columns[column] = [f"<{limit}" if value < limit else number(value, 2) for value in measured]
    return at.form("cytokines", "LBDAT", "iso", columns, laboratory=True)
