"""A simulated trial as ADSL and BDS, straight from the generator: what the forms of a faultless trial would derive to.

No forms are written and read, so that nothing is soiled, refused or misallocated, and every visit that a patient
attends has its value; AVALC holds the limit of what lies below it and nothing else. What the trial cannot see stays
unseen: visits after death and dropout, events after dropout, concentrations below the limit of quantification.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from rctflow.derive.estimands import apply_strategies
from rctflow.derive.plan import event_column, study_day
from rctflow.derive.records import LAYOUT
from rctflow.derive.settings import Records
from rctflow.simulate.cohort import Cohort, enrol, follow
from rctflow.simulate.dirt_sections import no_dirt
from rctflow.simulate.measure import CYTOKINES, score
from rctflow.simulate.seeds import Draws, Floats
from rctflow.simulate.settings import SimulationSettings
from rctflow.simulate.subject_forms import events_of

EVENT_OF = {
    "Second infusion missed": "second_infusion_missed",
    "Treatment stopped, visits continued": "treatment_stopped",
    "Rescue treatment": "rescue",
    "Death": "death",
}


def virtual_settings(settings: SimulationSettings, times: int = 1) -> SimulationSettings:
    """The settings without dirt, every stratum ``times`` as large."""
    strata = tuple(replace(stratum, size=stratum.size * times) for stratum in settings.strata)
    return replace(settings, strata=strata, dirt=no_dirt())


@dataclass(frozen=True)
class VirtualTrial:
    """adsl: as the derive room lays it out, as far as models read it. patient, visit: of each attended visit."""

    cohort: Cohort
    adsl: pd.DataFrame
    scores: dict[str, Floats]
    patient: NDArray[np.intp]
    visit: NDArray[np.intp]

    def records(self, endpoint: str, settings: Records) -> pd.DataFrame:
        """The BDS table of an endpoint with the flags and the made rows of its estimands."""
        visits, values = list(self.cohort.settings.visits), self.scores[endpoint]
        value, base, after = values[self.patient, self.visit], values[self.patient, 0], self.visit > 0
        days = [self._day(i, v) for i, v in zip(self.patient, self.visit, strict=True)]
        columns = {
            "STUDYID": settings.study,
            "USUBJID": self.adsl["USUBJID"].to_numpy()[self.patient],
            "PARAMCD": endpoint.upper(),
            "AVISIT": np.array(visits, dtype=object)[self.visit],
            "AVISITN": self.visit,
            "ADY": [study_day(day) for day in days],
            "AVAL": value,
            "AVALC": self._limited(endpoint),
            "BASE": base,
            "CHG": np.where(after, value - base, np.nan),
            "ABLFL": np.where(after, "", "Y"),
            "ANL01FL": "Y",
            "SRCSEQ": np.arange(len(self.patient)) + 1,
        }
        blank = {name: "" if kind == "str" else pd.NaT if "date" in kind else np.nan for name, kind in LAYOUT.items()}
        bds = pd.DataFrame(blank | columns).astype(LAYOUT)
        return apply_strategies(bds, self.adsl, settings)

    def _day(self, i: int, visit: int) -> int:
        subject = self.cohort.subjects[i]
        return (subject.visit_dates[visit] - subject.first_infusion).days

    def _limited(self, endpoint: str) -> NDArray[np.object_]:
        text = np.full(len(self.patient), "", dtype=object)
        if endpoint in CYTOKINES:
            limit = float(self.cohort.settings.endpoints[endpoint].lloq or 0)
            text[self.cohort.values[endpoint][self.patient, self.visit] < limit] = f"<{limit:.15g}"
        return text


def virtual_trial(settings: SimulationSettings, root: int, number: int) -> VirtualTrial:
    """Trial ``number`` under the seed ``root``: the same whatever the other trials are."""
    seed = int(np.random.SeedSequence(root, spawn_key=(number,)).generate_state(1, np.uint64)[0])
    subjects = enrol(settings, seed)
    return trial_of(follow(settings, seed, subjects, Draws(seed, ["virtual trial"], len(subjects))))


def trial_of(cohort: Cohort) -> VirtualTrial:
    """The trial that these patients make."""
    pairs = [(i, v) for i in range(len(cohort.subjects)) for v in range(cohort.last_visit(i) + 1)]
    patient, visit = np.array(pairs, dtype=np.intp).T
    return VirtualTrial(cohort, _adsl(cohort), score(cohort.settings, cohort.values, cohort.female), patient, visit)


def _adsl(cohort: Cohort) -> pd.DataFrame:
    subjects = cohort.subjects
    order = sorted(range(len(subjects)), key=lambda i: (subjects[i].stratum.site, subjects[i].stratum.sex, i))
    place = np.empty(len(subjects))
    place[order] = np.arange(len(subjects)) + 1.0
    columns: Mapping[str, object] = {
        "USUBJID": [subject.subject for subject in subjects],
        "TRT01P": [subject.planned for subject in subjects],
        "TRT01A": [subject.actual for subject in subjects],
        "STRSITE": [subject.stratum.site for subject in subjects],
        "STRSEX": [subject.stratum.sex for subject in subjects],
        "RANDFL": "Y",
        "ITTFL": "Y",
        "RANDSEQ": place,
    }
    days: dict[str, list[float]] = {event: [np.nan] * len(subjects) for event in EVENT_OF.values()}
    for i, subject in enumerate(subjects):
        for term, day, _ in events_of(cohort, i):
            days[EVENT_OF[term]][i] = float(study_day((day - subject.first_infusion).days))
    return pd.DataFrame({**columns, **{event_column(event): column for event, column in days.items()}})
