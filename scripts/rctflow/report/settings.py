"""What the report room needs to know of the study: the words of its design, and the order of its endpoints."""

from dataclasses import dataclass, field
from typing import Literal

from rctflow.hypotheses import Family, Hypothesis


@dataclass(frozen=True)
class ReportArm:
    """An arm: label, and what its patients get, in words."""

    id: str
    label: str
    description: str = ""


@dataclass(frozen=True)
class ReportVisit:
    """A planned visit: target study day and window in days, both ends included."""

    id: str
    label: str
    day: int
    low: int
    high: int


@dataclass(frozen=True)
class ReportPopulation:
    """A population: label, who belongs to it, in words or as the config's ``where``, and how its arms are counted."""

    id: str
    label: str
    definition: str = ""
    arm: Literal["planned", "actual"] = "planned"


@dataclass(frozen=True)
class ReportEndpoint:
    """One endpoint's place in the report.

    direction: which end of the scale is better for the patient. not_measured: what stands for values that were not
    measured; tested: the hypotheses of confirmatory families; both as in Display.
    """

    id: str
    label: str
    unit: str
    direction: str
    digits: int
    role: str
    main_analysis: str
    main_population: str
    primary_visit: str
    outcome: str = "change"
    confidence: float = 0.95
    not_measured: dict[str, str] = field(default_factory=dict)
    tested: tuple[Hypothesis, ...] | None = None


@dataclass(frozen=True)
class ReportEstimand:
    """One estimand: attribute of ICH E9(R1) or estimator -> what is declared, in words, in the order of print."""

    id: str
    label: str
    attributes: tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class ReportAdverseEvents:
    """How adverse events are printed.

    labels: subset of events (``emergent``, ``serious``, ..., ``grade``) -> words. shown_from: percent of an arm's
    patients from which a term is printed. notes: what counts, and which dictionaries were used, in words.
    """

    labels: dict[str, str] = field(default_factory=dict)
    shown_from: float = 0
    confidence: float = 0.95
    notes: tuple[str, ...] = ()


@dataclass(frozen=True)
class ReportTest:
    """A test of the laboratory or of vital signs: label with unit, decimals in print."""

    label: str
    digits: int


@dataclass(frozen=True)
class ReportSettings:
    """The study as the report tells it.

    arms: reference first. endpoints: in the order of print; the first with role primary gives the headline sentence.
    design: one or two sentences. registration: identifiers such as NCT04314011. reference: where the trial was
    published. labels: words for ADSL variables of the baseline table. told: those without, whose words a form's file
    may have: variable -> table and column of the file. command: what a reader types to make the report again.
    small_cells: 0, or the data are restricted and nothing of fewer patients is shown. blinded: how the arms are
    blinded, in words, or "". unblinding: who ended the blinding, when and under which lock, or that nobody recorded it.
    without_estimand: sets in which arms are compared and that select patients after randomization, in words.
    families: tested together; family_order: their ids as declared. adverse_events: in a study that summarizes them.
    tests: summary (laboratory, vital_signs) -> test.
    """

    study: str
    title: str
    arms: tuple[ReportArm, ...]
    visits: tuple[ReportVisit, ...]
    populations: tuple[ReportPopulation, ...]
    endpoints: tuple[ReportEndpoint, ...]
    design: str = ""
    registration: str = ""
    reference: str = ""
    labels: dict[str, str] = field(default_factory=dict)
    told: dict[str, tuple[str, str]] = field(default_factory=dict)
    command: str = "./run"
    small_cells: int = 0
    synthetic: bool = False
    blinded: str = ""
    unblinding: str = ""
    estimands: tuple[ReportEstimand, ...] = ()
    without_estimand: tuple[str, ...] = ()
    families: dict[str, Family] = field(default_factory=dict)
    family_order: tuple[str, ...] = ()
    adverse_events: ReportAdverseEvents | None = None
    tests: dict[str, dict[str, ReportTest]] = field(default_factory=dict)
