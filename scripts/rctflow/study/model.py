"""The study config as typed code: what a config file may say, section by section.

Sections that one room alone uses embed that room's settings classes, so that a setting is declared once. What several
rooms share (arms, visits, endpoints; tables in ``form_model.py``) is cut to each room's measure in ``form_settings.py``
and ``rooms.py``.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Field, field_validator

from rctflow.derive.adverse_events.settings import AdverseEvents
from rctflow.derive.findings.settings import Findings
from rctflow.derive.settings import Derived, Flag, LongItems, Source, TieRule, Unable
from rctflow.hypotheses import Family
from rctflow.models.settings import Analysis, Resampling, Role, Subgroup
from rctflow.package.settings import Package
from rctflow.plan.blinded import STAMPS, results_folder
from rctflow.plan.settings import Blinding, ProtocolDeviations
from rctflow.randomization import Scheme
from rctflow.study.estimands import Estimand, IntercurrentEvent
from rctflow.study.form_model import Files, Simulate, Table
from rctflow.study.section import Id, Name, Section, Text
from rctflow.study.summaries import Summaries
from rctflow.submission.settings import Submission


class StudyInfo(Section):
    """What the study is. ``id`` names its folder under results/; ``data`` decides the SYNTHETIC stamp."""

    id: Id
    title: Text
    registration: str = ""
    reference: str = ""
    description: str = ""
    design: Literal["parallel"] = "parallel"
    data: Literal["synthetic", "real"]


class Arm(Section):
    """One arm. values: how the raw data write it (the arm's id when omitted). dose: for tests of dose response."""

    label: Text
    description: str = ""
    values: tuple[str, ...] = ()
    colour: str = ""
    dose: float | None = None


class Arms(Section):
    """The arms, and which of them the others are compared with.

    contrasts: further comparisons, each [arm, arm that it is compared with].
    """

    reference: Id
    contrasts: tuple[tuple[Id, Id], ...] = ()
    levels: Annotated[dict[Id, Arm], Field(min_length=2)]


class Visit(Section):
    """A planned visit.

    day: days since first dose (day 0). window: first and last day that still count, both included. values: how the raw
    data write it (the visit's id and label when omitted). baseline: exactly one visit has it.
    """

    label: Text
    day: int
    window: tuple[int, int]
    values: tuple[str, ...] = ()
    baseline: bool = False

    @field_validator("window")
    @classmethod
    def _ordered(cls, window: tuple[int, int]) -> tuple[int, int]:
        if window[0] > window[1]:
            raise ValueError(f"the window ends (day {window[1]}) before it starts (day {window[0]}); swap the two")
        return window


class SubjectsConfig(Section):
    """Where the facts of each subject stand (ADSL).

    table: the form that has a row for each randomized patient. planned, actual: the arm as randomized and as treated
    (planned when omitted). randomized, first_dose, last_dose, end_of_study, death, birth: dates. number: the
    randomization number; who has one, or a date of randomization, must have an arm. strata: stratification factors as
    randomized, terms of every model. covariates: further columns of ADSL; EOSSTT (COMPLETED or else) and DCSREAS tell
    how and why the study ended. flags: Y for who has a row that meets where.
    """

    table: Id
    planned: Source
    actual: Source | None = None
    randomized: Source | None = None
    number: Source | None = None
    first_dose: Source | None = None
    last_dose: Source | None = None
    end_of_study: Source | None = None
    death: Source | None = None
    birth: Source | None = None
    strata: dict[Name, Source] = {}
    covariates: dict[Name, Source] = {}
    derived: dict[Name, Derived] = {}
    flags: dict[Name, Flag] = {}


class Population(Section):
    """An analysis set: who belongs (``where`` over ADSL; description: in words), arms as randomized or as treated.

    justification: why a set that selects by what happened after randomization may still serve an estimand.
    """

    label: Text
    description: str = ""
    where: str = ""
    flag: Name | None = None
    arm: Literal["planned", "actual"] = "planned"
    justification: str = ""


class InstrumentUse(Section):
    """An instrument as this study used it: the file that scores it, the table of its items, the options chosen.

    items: item -> column of the table. long: the table has one row per item; items then map to tests.
    """

    file: str
    table: Id
    long: LongItems | None = None
    options: dict[str, str] = {}
    items: dict[str, str] = {}
    where: str = ""


class Endpoint(Section):
    """An outcome, and its analyses.

    instrument and score, or table and column (with where, for tables with one row per test): what is measured.
    direction: which way is better for the patient. role: primary, secondary, ... unit, digits, mcid (smallest
    difference that patients notice): for print. below, above: the value that stands for ``<0.5`` or ``>100`` once one
    occurs. event: of a column of times, which rows' time is that of the event (``STATUS == 1``); the others are
    censored there, as if written ``>x``. unable: what becomes of a patient who could not do the test. windowing: by_day
    puts records into visits by study day, nominal believes the site's label; tie: which of two records equally near.
    baseline: false for what is not measured before treatment. visits: a subset of the plan; windows: of some of them,
    where they are this endpoint's own; average: the outcome is the mean over these visits, and stands at the last of
    them. primary_visit: where it is judged (the last). analyses: names of templates, or name -> {use: template,
    overrides}; main: which of them it is judged by (the first that compares arms).
    """

    label: Text
    role: Role = "secondary"
    instrument: str = ""
    score: str = ""
    table: str = ""
    column: str = ""
    where: str = ""
    event: str = ""
    below: Literal["", "half", "sqrt2", "limit", "missing"] = ""
    above: Literal["", "limit", "missing"] = ""
    unit: str = ""
    direction: Literal["higher", "lower"]
    digits: Annotated[int, Field(ge=0, le=6)] = 1
    mcid: float | None = None
    windowing: Literal["by_day", "nominal"] = "by_day"
    tie: TieRule = "earlier"
    unable: Unable | None = None
    baseline: bool = True
    failure: float | None = None
    visits: tuple[Id, ...] = ()
    average: tuple[Id, ...] = ()
    windows: dict[Id, tuple[int, int]] = {}
    primary_visit: str = ""
    main: str = ""
    analyses: Annotated[dict[Id, dict[str, Any]], Field(min_length=1)]

    @field_validator("analyses", mode="before")
    @classmethod
    def _named(cls, analyses: Any) -> Any:
        return {name: {"use": name} for name in analyses} if isinstance(analyses, list) else analyses


class MultiplicityConfig(Section):
    """Hypotheses that are tested together, family by family (docs/multiplicity.md)."""

    families: Annotated[dict[Id, Family], Field(min_length=1)]


class Study(Section):
    """A whole study config.

    resampling: what is resampled of an analysis whose role is primary or secondary and that declares none of its own.
    """

    study: StudyInfo
    source: Annotated[Simulate | Files, Field(discriminator="kind")]
    arms: Arms
    visits: Annotated[dict[Id, Visit], Field(min_length=2)]
    tables: Annotated[dict[Id, Table], Field(min_length=1)]
    subjects: SubjectsConfig
    populations: Annotated[dict[Id, Population], Field(min_length=1)]
    adverse_events: AdverseEvents | None = None
    intercurrent_events: dict[Id, IntercurrentEvent] = {}
    estimands: dict[Id, Estimand] = {}
    instruments: dict[Id, InstrumentUse] = {}
    subgroups: dict[Name, Subgroup] = {}
    analyses: Annotated[dict[Id, Analysis], Field(min_length=1)]
    resampling: dict[Literal["primary", "secondary"], Resampling] = {}
    endpoints: Annotated[dict[Id, Endpoint], Field(min_length=1)]
    multiplicity: MultiplicityConfig | None = None
    findings: dict[Id, Findings] = {}
    summaries: Summaries = Summaries()
    randomization: Scheme | None = None
    protocol_deviations: ProtocolDeviations | None = None
    blinding: Blinding = Blinding()
    package: Package = Package()
    submission: Submission | None = None

    def __hash__(self) -> int:
        """By identity, so that what follows from a study is computed once (it never changes after loading)."""
        return id(self)

    @property
    def folder(self) -> str:
        """The folder of the results, results/<study>; those of a blinded study stand in a folder of their own."""
        return results_folder(self.study.id, self.blinding.mode)

    @property
    def stamped(self) -> str:
        """The id as derived data and result rows carry it: synthetic data and blinded results say so."""
        stamps = ["SYNTHETIC DATA"] * (self.study.data == "synthetic") + [STAMPS[self.blinding.mode]]
        words = ", ".join(stamp for stamp in stamps if stamp)
        return f"{self.study.id} ({words})" if words else self.study.id
