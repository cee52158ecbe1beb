"""What the derivation of laboratory and vital signs needs to know. No pandas: a config is checked in no time."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

from rctflow.derive.settings import TieRule, Window


@dataclass(frozen=True)
class Measure:
    """One test; its key is PARAMCD.

    label, unit: of PARAM; unit is that of the cleaned values. digits: decimals in print. code: how the form's column of
    tests writes it; or column: the test's own column, in a form with a column per test (the key when omitted). where:
    rows that count beside those of the data set. low, high: reference range where the form has none. marked_below,
    marked_above: a value beyond is markedly abnormal; marked_low_times, marked_high_times: the same as multiples of the
    lower and the upper limit of the reference range.
    """

    label: str
    unit: str = ""
    digits: int = 1
    code: str = ""
    column: str = ""
    where: str = ""
    low: float | None = None
    high: float | None = None
    marked_below: float | None = None
    marked_above: float | None = None
    marked_low_times: float | None = None
    marked_high_times: float | None = None


@dataclass(frozen=True)
class Threshold:
    """Beyond which multiples of the reference range a result lies outside the threshold range.

    low_times: below this multiple of the lower limit; high_times: above this multiple of the upper limit.
    """

    low_times: float | None = None
    high_times: float | None = None


@dataclass(frozen=True)
class PreviousVisit:
    """Which change from the value of the planned visit before is significant.

    range_times: one of more than this share of the width of the reference range. digits: decimals to which the change
    is rounded before it is judged, as a multiple of that share (not rounded when omitted).
    """

    range_times: float = 0.5
    digits: int | None = None


@dataclass(frozen=True)
class MostExtreme:
    """Which planned result under treatment stands for a patient.

    until: the last visit that counts (every one when omitted). rule: ``beyond``, the one that lies farthest beyond its
    range, or nearest to an end of it; ``distance``, the one farthest from the farther end, which is another one only
    where one end is missing or the range changes from visit to visit. Of equals the first.
    """

    until: str = ""
    rule: Literal["beyond", "distance"] = "beyond"


@dataclass(frozen=True)
class Findings:
    """How a data set of findings is made; its key is the ADaM name in small letters (``adlb``, ``advs``).

    table: the clean table; more_tables: further ones with the same columns, rows below rows. tests: what is taken from
    it; other tests of the form are left. test, value: in a form with one row per test, the columns that name the test
    and hold the number; without them each test has its column. low, high: columns of the reference range, in the
    value's unit. indicator: the laboratory's own LOW, NORMAL or HIGH, which is believed (converted limits are rounded,
    so that a value on the limit can lie beyond it). where: rows that count. windowing, tie: as for an endpoint.
    baseline: the last value on or before first dose, or that of the baseline visit alone. below, above: the value that
    stands for ``<0.5`` or ``>100``. days_after_last_dose: records until then are under treatment
    (no end when omitted, or where no last dose is known). threshold, previous, extreme: what lies far beyond the
    reference range, what changed much since the visit before, and which result stands for a patient.
    """

    table: str
    tests: dict[str, Measure]
    test: str = ""
    value: str = ""
    low: str = ""
    high: str = ""
    indicator: str = ""
    where: str = ""
    windowing: Literal["by_day", "nominal"] = "by_day"
    tie: TieRule = "earlier"
    baseline: Literal["last", "visit"] = "last"
    below: Literal["", "half", "sqrt2", "limit", "missing"] = ""
    above: Literal["", "limit", "missing"] = ""
    days_after_last_dose: int | None = None
    threshold: Threshold | None = None
    previous: PreviousVisit | None = None
    extreme: MostExtreme = MostExtreme()
    more_tables: tuple[str, ...] = ()
    study: str = ""
    dataset: str = ""
    visits: dict[str, Window] = field(default_factory=dict)

    @property
    def columns(self) -> tuple[str, ...]:
        """The columns of the form that are read, where tests have none of their own."""
        return tuple(name for name in (self.test, self.value, self.low, self.high, self.indicator) if name)
