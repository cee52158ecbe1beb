"""The synthetic twin of restricted data: raw forms of the declared shape, drawn from the declared config alone.

No row of the true data is read. Each number is lo + (hi - lo) u of its declared range, u from a normal of which each
patient keeps a part over the visits (0.6^2 of the variance); texts and codes are drawn evenly. Nothing joins two
columns, no arm differs from another: the twin shows that the workflow runs, and nothing about patients or treatment.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from statistics import NormalDist
from typing import Literal

import numpy as np

Role = Literal["value", "subject", "visit", "arm", "date", "start", "day", "test", "unit"]

EPOCH = date(2000, 1, 3)
RECRUITED = 300  # days
LEAVES = 0.1  # share of patients who leave before the last visit
JITTER = 3  # days
KEPT = 0.6
MIDDLE, SPREAD = 0.4, 0.12


@dataclass(frozen=True)
class TwinColumn:
    """One column of a raw form.

    header: as in the file. role: what stands in it; of the role value: a draw. choices: the texts that may stand
    there, as written; low, high: ends of a number. mean, sd: when declared as margins. shares: of the choices, when
    declared. constant: one value per patient. day: the study day of the visit that a wide column belongs to.
    """

    header: str
    role: Role = "value"
    type: str = "text"
    choices: tuple[str, ...] = ()
    low: float | None = None
    high: float | None = None
    mean: float | None = None
    sd: float | None = None
    shares: tuple[float, ...] = ()
    constant: bool = False
    day: int | None = None


@dataclass(frozen=True)
class TwinVisit:
    """A planned visit: its label as the raw data write it, target day and window in days."""

    label: str
    day: int
    low: int
    high: int


@dataclass(frozen=True)
class TwinForm:
    """A raw form. visits: those with a row each; none for one row per patient. tests: test -> column that its values
    are drawn as, in a form with one row per test."""

    table: str
    columns: tuple[TwinColumn, ...]
    visits: tuple[TwinVisit, ...] = ()
    tests: dict[str, TwinColumn] = field(default_factory=dict)


@dataclass(frozen=True)
class TwinPatient:
    """Who is drawn. number, arm: from 0, arms in the order of the study. start: of day 0. last_day: of visits."""

    number: int
    arm: int
    start: date
    last_day: float


def twin_patients(patients: int, arms: int, last_day: int, seed: int) -> list[TwinPatient]:
    """As many patients, arms in permuted blocks of two per arm; a tenth of them leave before ``last_day``."""
    chance = np.random.default_rng(np.random.SeedSequence(seed, spawn_key=(0,)))
    blocks = [chance.permutation(np.repeat(np.arange(arms), 2)) for _ in range(-(-patients // (2 * arms)))]
    allocation = np.concatenate(blocks)[:patients]
    found = []
    for number, arm in enumerate(allocation):
        leaves = chance.random() < LEAVES
        last = chance.uniform(1, max(last_day, 2)) if leaves else float("inf")
        found.append(TwinPatient(number, int(arm), EPOCH + timedelta(int(chance.integers(RECRUITED))), last))
    return found


def twin_form(form: TwinForm, patients: Sequence[TwinPatient], seed: int, key: int) -> str:
    """The raw form as CSV text. key: of the form, so that forms are drawn independently and in any order."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(column.header for column in form.columns)
    for patient in patients:
        chance = np.random.default_rng(np.random.SeedSequence(seed, spawn_key=(1, key, patient.number)))
        writer.writerows(_rows(form, patient, chance))
    return text.getvalue()


def _rows(form: TwinForm, patient: TwinPatient, chance: np.random.Generator) -> Iterator[list[str]]:
    lasting = {column.header: float(chance.standard_normal()) for column in form.columns}
    fixed = {column.header: float(chance.standard_normal()) for column in form.columns}
    tests = {test: float(chance.standard_normal()) for test in form.tests}
    once = TwinVisit("", 0, 0, 0)
    for visit in form.visits or (once,):
        if visit.day > patient.last_day:
            continue
        day = _day(visit, chance)
        for test in form.tests or ("",):
            made = (
                _cell(column, form.tests.get(test), test, patient, visit, day, chance, fixed, lasting | tests)
                for column in form.columns
            )
            yield list(made)


def _day(visit: TwinVisit, chance: np.random.Generator) -> int:
    """Near the target, inside the window; before treatment never after it."""
    low, high = max(visit.low, visit.day - JITTER), min(visit.high, visit.day + JITTER)
    return visit.day if visit.day <= 0 else int(chance.integers(low, high + 1))


def _cell(
    column: TwinColumn,
    measured: TwinColumn | None,
    test: str,
    patient: TwinPatient,
    visit: TwinVisit,
    day: int,
    chance: np.random.Generator,
    fixed: dict[str, float],
    lasting: dict[str, float],
) -> str:
    at = day if column.day is None else column.day
    new = float(chance.standard_normal())
    part = KEPT * lasting[test or column.header] + (1 - KEPT**2) ** 0.5 * new
    found = {
        "subject": lambda: f"TWIN{patient.number + 1:04d}" if column.type == "text" else str(patient.number + 1),
        "visit": lambda: visit.label,
        "arm": lambda: column.choices[patient.arm],
        "date": lambda: _dated(column, patient, at),
        "start": lambda: _dated(column, patient, 0),
        "day": lambda: str(day),
        "test": lambda: test,
        "unit": lambda: column.choices[0] if column.choices else "",
        "value": lambda: _value(measured or column, fixed[column.header] if column.constant else part),
    }
    if column.day is not None and column.day > patient.last_day:
        return ""
    return found[column.role]()


def _dated(column: TwinColumn, patient: TwinPatient, day: int) -> str:
    text = (patient.start + timedelta(day)).isoformat()
    return f"{text}T10:00:00" if column.type == "datetime" else text


def _value(column: TwinColumn, normal: float) -> str:
    """What a standard normal number becomes in this column."""
    share = NormalDist().cdf(normal)
    if column.choices:
        ends = np.cumsum(column.shares) if column.shares else np.linspace(0, 1, len(column.choices) + 1)[1:]
        return column.choices[min(int(np.searchsorted(ends, share * ends[-1])), len(column.choices) - 1)]
    if column.type == "time":
        return f"{8 + int(8 * share):02d}:00:00"
    if column.mean is not None:
        value = column.mean + (column.sd or 0.0) * normal
    elif column.low is not None and column.high is not None:
        value = column.low + (column.high - column.low) * min(max(MIDDLE + SPREAD * normal, 0.02), 0.98)
    else:
        value = _one_sided(column, normal)
    value = max(value, column.low) if column.low is not None else value
    value = min(value, column.high) if column.high is not None else value
    return f"{value:.0f}" if column.type == "integer" else f"{value:.2f}"


def _one_sided(column: TwinColumn, normal: float) -> float:
    """A number of which at most one end is declared: 50 with SD 10, or as far from the end."""
    if column.low is not None:
        return column.low + 50 + 10 * normal
    return (column.high - 50 if column.high is not None else 50) + 10 * normal
