"""Who is enrolled, how they are randomized, when they come, and what is measured on them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np
from numpy.typing import NDArray

from rctflow.simulate.course import NEVER, Course, day_between, patient_course, severity
from rctflow.simulate.latent import endpoint_states, standard_effects, standard_latents
from rctflow.simulate.measure import Body, body_size, measure
from rctflow.simulate.sections import Stratum
from rctflow.simulate.seeds import Draws, Floats, generator
from rctflow.simulate.settings import SimulationSettings


@dataclass(frozen=True)
class Subject:
    """One patient: stratum, allocation, dates of randomization, first infusion and each planned visit."""

    subject: str
    stratum: Stratum
    number: int
    block: int
    block_size: int
    planned: str
    actual: str
    randomized: date
    first_infusion: date
    visit_dates: tuple[date, ...]


@dataclass(frozen=True)
class Cohort:
    """All patients, in the order of ``subjects``, with their course and measurements."""

    settings: SimulationSettings
    seed: int
    subjects: tuple[Subject, ...]
    draws: Draws
    female: NDArray[np.bool_]
    body: Body
    course: Course
    values: dict[str, Floats]

    def last_visit(self, i: int) -> int:
        """Number of the last visit that patient ``i`` attended."""
        return int(min(self.course.death[i], self.course.dropout[i], len(self.settings.visits))) - 1

    def date_before(self, i: int, visit: int, stream: str) -> date:
        """A day after the visit before ``visit`` and before ``visit`` itself."""
        low, high = self.subjects[i].visit_dates[visit - 1], self.subjects[i].visit_dates[visit]
        return low + timedelta(days=int(day_between(0, (high - low).days, self.draws.uniform(stream)[i])))


def allocate(settings: SimulationSettings, stratum: Stratum, seed: int) -> list[tuple[str, int, int]]:
    """Arm, block number and block size of each patient of one stratum, in order: permuted blocks, 1:1.

    Block sizes follow each other as declared; the list is cut at the size of the stratum, so that one more patient
    changes nobody's arm.
    """
    rng = generator(seed, "randomization", stratum.site, stratum.sex)
    allocation: list[tuple[str, int, int]] = []
    block = 0
    while len(allocation) < stratum.size:
        size = settings.block_sizes[block % len(settings.block_sizes)]
        block += 1
        arms = rng.permutation(["placebo", "msc"] * (size // 2))
        allocation += [(str(arm), block, size) for arm in arms]
    return allocation[: stratum.size]


def misallocated(settings: SimulationSettings, seed: int, subjects: list[str]) -> set[str]:
    """Patients who get the other arm's infusions: the declared number, those with the lowest draw."""
    luck = {subject: generator(seed, subject, "misallocation").random() for subject in subjects}
    return set(sorted(subjects, key=lambda subject: luck[subject])[: settings.dirt.misallocated_patients])


def enrol(settings: SimulationSettings, seed: int) -> tuple[Subject, ...]:
    """All patients by stratum, in the order of their numbers."""
    names = {
        (stratum.site, stratum.sex, k): f"{stratum.site}-{1 if stratum.sex == 'F' else 2}{k:02d}"
        for stratum in settings.strata
        for k in range(1, stratum.size + 1)
    }
    wrong = misallocated(settings, seed, sorted(names.values()))
    subjects = []
    for stratum in settings.strata:
        day = date.fromisoformat(settings.schedule.start)
        for k, (arm, block, size) in enumerate(allocate(settings, stratum, seed), start=1):
            name = names[stratum.site, stratum.sex, k]
            rng = generator(seed, name, "dates")
            day += timedelta(days=1 + int(rng.exponential(settings.schedule.days_between_patients)))
            actual = ("msc" if arm == "placebo" else "placebo") if name in wrong else arm
            dates = _dates(settings, rng, day)
            subjects.append(Subject(name, stratum, k, block, size, arm, actual, *dates))
    return tuple(sorted(subjects, key=lambda subject: subject.subject))


def _dates(settings: SimulationSettings, rng: np.random.Generator, day: date) -> tuple[date, date, tuple[date, ...]]:
    schedule = settings.schedule
    weekend = max(day.weekday() - 4, 0)
    randomized = day + timedelta(days=3 - weekend if weekend else 0)
    low, high = schedule.first_infusion_after_randomization
    first = randomized + timedelta(days=int(rng.integers(low, high + 1)))
    low, high = schedule.baseline_before_randomization
    visits = [randomized - timedelta(days=int(rng.integers(low, high + 1)))]
    for visit in list(settings.visits.values())[1:]:
        off = int(np.clip(np.rint(rng.normal(0, visit.tolerance / 2)), -visit.tolerance, visit.tolerance))
        visits.append(first + timedelta(days=visit.day + off))
    return randomized, first, tuple(visits)


def follow(
    settings: SimulationSettings, seed: int, subjects: tuple[Subject, ...], draws: Draws | None = None
) -> Cohort:
    """Everything that happens to the patients and is measured on them, from ``draws`` or each from its own seeds."""
    draws = draws or Draws(seed, [subject.subject for subject in subjects])
    female = np.array([subject.stratum.sex == "F" for subject in subjects])
    treated = np.array([subject.actual == "msc" for subject in subjects])
    z = standard_latents(settings, draws)
    course = patient_course(settings, draws, severity(settings, z, treated, standard_effects(settings)), treated)
    states = endpoint_states(settings, z, female, treated, course)
    values = measure(settings, draws, states, female)
    return Cohort(settings, seed, subjects, draws, female, body_size(draws, female), _recorded(course), values)


def _recorded(course: Course) -> Course:
    """The course as the trial sees it: nothing is known of a patient who has left."""
    gone = np.minimum(course.dropout, course.death)
    return Course(
        np.where(course.stopped <= gone, course.stopped, NEVER),
        np.where(course.missed <= gone, course.missed, NEVER),
        np.where(course.rescue < gone, course.rescue, NEVER),
        np.where(course.death <= course.dropout, course.death, NEVER),
        np.where(course.dropout < course.death, course.dropout, NEVER),
        course.effect_kept,
        course.shift,
        course.rescue_shift,
    )
