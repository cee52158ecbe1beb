"""What the derive room needs to know: subjects (ADSL) and the records (BDS) of one endpoint."""

from dataclasses import dataclass, field
from typing import Literal

TieRule = Literal["earlier", "later", "mean"]


@dataclass(frozen=True)
class Pool:
    """Levels with fewer than ``fewer_than`` patients in any arm are one level, ``label``.

    seed: draws which of several equally small levels joins a pool that is still too small.
    """

    fewer_than: int
    label: str = "pooled"
    seed: int | None = None


@dataclass(frozen=True)
class LongItems:
    """A form with one row per item: the columns that name the item and hold its answer (SDTM: QSTESTCD, QSSTRESN).

    by: columns that tell two assessments of one patient and day apart (VISITNUM).
    """

    test: str
    value: str
    by: tuple[str, ...] = ()


@dataclass(frozen=True)
class Source:
    """One column of a clean table, reduced to one value per subject.

    where: rows that count (all when empty). pick: which of several non-missing values: the first or last by date or
    day, then row; the smallest or largest; the sum (none when a row has no value); ``only`` when there must be no more
    than one. digits: decimals of a number that ADSL keeps, half away from zero. map: value -> value that ADSL shows;
    when given, it names every value that occurs. pool: of strata and covariates: small levels become one. label: the
    words printed for the ADSL column (those of the form's column when omitted).
    """

    table: str
    column: str
    where: str = ""
    pick: Literal["first", "last", "min", "max", "sum", "only"] = "only"
    digits: int | None = None
    label: str = ""
    map: dict[str, str] = field(default_factory=dict)
    pool: Pool | None = None


@dataclass(frozen=True)
class Flag:
    """Y when the subject has at least one row of ``table`` that meets ``where``, else N."""

    table: str
    where: str = ""


@dataclass(frozen=True)
class Category:
    """A class of subjects: its name, and who belongs to it (over ADSL columns)."""

    label: str
    where: str


@dataclass(frozen=True)
class Derived:
    """A column of ADSL that is computed from others, in one of four ways.

    bmi: the columns of weight (kg) and height (cm); kg/m2. duration: the columns of two dates, from and to, in
    ``unit`` (a month is 365.25 / 12 days); both_days: the first day counts too. of, ranges: classes of a number, each
    written as it is printed (``<65``, ``65-80``, ``25-<30``, ``>80 years``); every value must lie in exactly one.
    cases: classes by expressions, the first that is true. digits: decimals that are kept. label: words for print.
    """

    bmi: tuple[str, ...] = ()
    duration: tuple[str, ...] = ()
    unit: Literal["days", "weeks", "months", "years"] = "days"
    both_days: bool = False
    of: str = ""
    ranges: tuple[str, ...] = ()
    cases: tuple[Category, ...] = ()
    digits: int | None = None
    label: str = ""

    @property
    def needs(self) -> tuple[str, ...]:
        """The columns that it is computed from."""
        from rctflow.expressions import parse

        columns = {*self.bmi, *self.duration, *((self.of,) if self.of else ())}
        return tuple(sorted(columns | {column for case in self.cases for column in parse(case.where).columns}))

    @property
    def levels(self) -> tuple[str, ...]:
        """Its classes, in their order; none of a number."""
        return self.ranges or tuple(dict.fromkeys(case.label for case in self.cases))


@dataclass(frozen=True)
class PopulationRule:
    """Members meet ``where`` over ADSL columns, flags of other populations included (everybody when empty).

    ``flag`` is the ADSL variable (ITTFL, SAFFL, ...).
    """

    flag: str
    where: str = ""


Strategy = Literal["treatment_policy", "hypothetical", "composite", "while_on_treatment"]


@dataclass(frozen=True)
class Event:
    """An intercurrent event (ICH E9(R1)): the rows of ``table`` that meet ``where``, on the date or day of the table.

    terminal: no value can exist afterwards (death).
    """

    table: str
    where: str = ""
    label: str = ""
    terminal: bool = False


@dataclass(frozen=True)
class Subjects:
    """How ADSL is made.

    table: the clean table that says who exists (one row per subject, or more). arms: raw value -> arm id. arm_order:
    the arm ids, reference arm first. planned, actual: where TRT01P and TRT01A stand (actual is planned when omitted).
    randomized, first_dose: dates, or None for a study that has only study days. number: the randomization number; who
    has one, or a date of randomization, must have an arm. last_dose, end_of_study, death, birth: further dates (TRTEDT,
    EOSDT, DTHDT, BRTHDT), absent from ADSL where they are not declared. order: what sorts patients as they were
    randomized (their date when omitted). strata, covariates, flags: ADSL name -> where it stands. derived: columns
    computed from others. events: intercurrent events; complete: tables whose every row must be one of them.
    """

    study: str
    table: str
    planned: Source
    arms: dict[str, str]
    arm_order: tuple[str, ...]
    actual: Source | None = None
    randomized: Source | None = None
    number: Source | None = None
    first_dose: Source | None = None
    last_dose: Source | None = None
    end_of_study: Source | None = None
    death: Source | None = None
    birth: Source | None = None
    strata: dict[str, Source] = field(default_factory=dict)
    covariates: dict[str, Source] = field(default_factory=dict)
    derived: dict[str, Derived] = field(default_factory=dict)
    flags: dict[str, Flag] = field(default_factory=dict)
    populations: dict[str, PopulationRule] = field(default_factory=dict)
    order: Source | None = None
    events: dict[str, Event] = field(default_factory=dict)
    complete: tuple[str, ...] = ()


@dataclass(frozen=True)
class Enrolment:
    """Who was randomized, in which stratum and when: what an allocation can be drawn for without knowing the true one.

    table: the subjects' table. order: the column that sorts patients as they were randomized; who has none was not.
    """

    table: str
    order: Source
    strata: dict[str, Source] = field(default_factory=dict)


@dataclass(frozen=True)
class Window:
    """An analysis visit: number in the order of the plan, target day, window (both ends included).

    Days are written as protocols write them: days since first dose, 0 = the day of first dose (randomization when
    never dosed), negative before it. ADaM's study day has no day 0, so that day d stands in AWTARGET, AWLO and AWHI,
    as in ADY, as d + 1 when d >= 0 and as d when d < 0: ``day: 7`` is ADY 8, and ``window: [-28, 0]`` is ADY -28 to
    1.
    """

    number: int
    day: int
    low: int
    high: int
    baseline: bool = False


@dataclass(frozen=True)
class Unable:
    """What becomes of a patient who could not perform the test.

    worst: AVAL is ``value``, the declared worst value (DTYPE WORST). rank: within a visit AVAL is the mid-rank over
    all patients, those unable sharing the worst (DTYPE RANK; AVALC keeps the measured value). missing: AVAL stays
    missing, and AVALC says unable.
    """

    rule: Literal["worst", "rank", "missing"]
    value: float | None = None


@dataclass(frozen=True)
class Records:
    """How the BDS table of one endpoint is made.

    instrument: path of the YAML file and its options, or "" when ``column`` of ``table`` is the value itself. items:
    instrument item or covariate -> column of the clean table (the same name when omitted; a covariate that the table
    lacks is taken from ADSL). long: the table has one row per item, and items name tests. where: rows that count.
    windowing: by_day assigns visits by study day and window, nominal believes the visit that the site wrote. tie: which
    of two records equally far from the target day. direction: which way is better. unable: needed once somebody was
    unable. below, above: the value that stands for ``<0.5`` or ``>100``: half the limit, the limit divided by the
    square root of 2, the limit itself, or missing; needed once such a value occurs. baseline: False for an outcome that
    is not measured before treatment. strategies: estimand -> intercurrent event -> strategy; failure: the value of a
    composite strategy. carried: the flags of analysed records for which the last observation is carried forward. ready:
    the table holds BDS records, which are taken as they stand. average: the visits whose mean is the outcome, in order.
    event: of times, which rows' time is that of the event; the others are censored there (``>x``).
    """

    study: str
    endpoint: str
    param: str
    unit: str
    table: str
    visits: dict[str, Window]
    instrument: str = ""
    options: dict[str, str] = field(default_factory=dict)
    score: str = ""
    items: dict[str, str] = field(default_factory=dict)
    column: str = ""
    where: str = ""
    direction: Literal["higher", "lower"] = "higher"
    windowing: Literal["by_day", "nominal"] = "by_day"
    tie: TieRule = "earlier"
    unable: Unable | None = None
    below: Literal["", "half", "sqrt2", "limit", "missing"] = ""
    above: Literal["", "limit", "missing"] = ""
    baseline: bool = True
    strategies: dict[str, dict[str, Strategy]] = field(default_factory=dict)
    failure: float | None = None
    long: LongItems | None = None
    carried: tuple[str, ...] = ()
    ready: bool = False
    average: tuple[str, ...] = ()
    event: str = ""
