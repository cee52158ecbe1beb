"""Settings of the summaries of the course of the study: disposition, sites, deviations, exposure, medication."""

from dataclasses import dataclass, field
from typing import Literal

from rctflow.summaries.settings import Reads, Reason

Measure = Literal["doses", "duration", "cumulative_dose", "average_daily_dose"]
"""What exposure describes per patient."""


@dataclass(frozen=True)
class Phase:
    """A part of the study that ends before the study does, such as the weeks of treatment.

    id: of its rows. label: what is completed, in words. completed: who completed it, over ADSL columns; everybody else
    left before. reason: the ADSL column that says why (that of the whole study when empty).
    """

    id: str
    label: str
    completed: str
    reason: str = ""


@dataclass(frozen=True)
class Disposition:
    """How the study ended for whom.

    population: the first of the study when empty. status, reason, completed: as the flow has them when empty.
    milestones: further facts of the course, each in words and by whom it is met (``COMP24FL == 'Y'``). phases: parts of
    the study that are told like the whole. test: of the share that completed, between all arms. tested_reasons: reasons
    for leaving whose shares are tested, too.
    """

    population: str = ""
    status: str = ""
    reason: str = ""
    completed: tuple[str, ...] = ()
    milestones: tuple[Reason, ...] = ()
    test: Literal["", "chi_square", "fisher"] = ""
    phases: tuple[Phase, ...] = ()
    tested_reasons: tuple[str, ...] = ()

    @property
    def reads(self) -> Reads:
        """ADSL alone."""
        return Reads()


@dataclass(frozen=True)
class Sites:
    """Participants by site.

    site: the ADSL column of the site. pooled: that of the group to which small sites were pooled ("" for none).
    populations: those that are counted (all when empty).
    """

    site: str
    pooled: str = ""
    populations: tuple[str, ...] = ()

    @property
    def reads(self) -> Reads:
        """ADSL alone."""
        return Reads()


@dataclass(frozen=True)
class Deviations:
    """Protocol deviations by class and term.

    table, term, classification: the form with one row per deviation, and its columns (those of the section
    ``protocol_deviations`` when empty). classes: their order (alphabetical when empty). population: the first of the
    study when empty.
    """

    table: str = ""
    term: str = ""
    classification: str = ""
    classes: tuple[str, ...] = ()
    population: str = ""

    @property
    def reads(self) -> Reads:
        """The form of deviations."""
        return Reads(tables=(self.table,))


@dataclass(frozen=True)
class Exposure:
    """What was given, from the form of doses, or as ADSL has it per patient.

    table, where: rows of the form that are doses really given. start: the date of a dose, or of the first day of an
    interval of dosing; end: the last day of the interval ("" when each row is one dose); missing_end: the ADSL date
    that stands for an end that nobody wrote. per_day: doses a day within an interval. dose: the amount of one dose, in
    ``unit`` ("" when amounts are not in the data). average_digits: decimals to which each patient's average daily dose
    is rounded, for an ADSL that has it so (None: not rounded). planned_doses: how many each patient was to have, by
    which compliance is judged. population: whose exposure; the first whose arms are those really received when empty.
    further_populations: others, each in a table of its own. adsl: what is described -> the ADSL column that has it, in
    place of a form (ready-made ADaM data); the average daily dose is cumulative dose / duration where it is not named.
    """

    table: str = ""
    start: str = ""
    where: str = ""
    end: str = ""
    missing_end: str = ""
    per_day: float = 1
    dose: str = ""
    unit: str = ""
    average_digits: int | None = None
    planned_doses: float | None = None
    population: str = ""
    further_populations: tuple[str, ...] = ()
    adsl: dict[Measure, str] = field(default_factory=dict)

    @property
    def reads(self) -> Reads:
        """The form of doses, where there is one."""
        return Reads(tables=(self.table,) if self.table else ())


@dataclass(frozen=True)
class Medication:
    """Medication before and during treatment.

    table: the form with one row per medication; term: the column of its (coded) name; category: of its class, such as
    ATC ("" when uncoded). start, end: columns of dates; ongoing: which rows had no end yet. where: rows that are
    medication really taken. periods: what is counted; ``recorded`` is every row, whenever taken. population: as of
    exposure.
    """

    table: str
    term: str
    start: str
    end: str
    category: str = ""
    ongoing: str = ""
    where: str = ""
    periods: tuple[Literal["prior", "concomitant", "recorded"], ...] = ("prior", "concomitant")
    population: str = ""

    @property
    def reads(self) -> Reads:
        """The form of medication."""
        return Reads(tables=(self.table,))
