"""What the summary of adverse events may be told."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from rctflow.summaries.settings import Reads

Order = Literal["frequency", "alphabet"]
Subset = Literal["emergent", "related", "serious", "severe", "withdrawal", "fatal", "reaction"]


@dataclass(frozen=True)
class AdverseEventSummary:
    """Which adverse events are counted, how and in which order (docs/summaries.md).

    population: whose events; the first whose arms are those really received when empty. by_term: the subsets that are
    counted by system organ class and preferred term. severe_from: the grade (or the place of the word of severity) from
    which an event is severe. systems, terms: their order, by the number of patients (in the arm sort_arm; in all arms
    when empty) or by alphabet. confidence: of all intervals. fisher: exact p-values against the reference arm. rates:
    exposure-adjusted rates per so many patient-years. shown_from: the report shows terms that at least so many percent
    of an arm have had (all when 0; files always hold all). meddra, ctcae: versions, for the footnotes.
    """

    population: str = ""
    by_term: tuple[Subset, ...] = ("emergent", "serious")
    severe_from: int = 3
    systems: Order = "frequency"
    terms: Order = "frequency"
    sort_arm: str = ""
    confidence: float = 0.95
    fisher: bool = False
    rates: float = 100
    shown_from: float = 0
    meddra: str = ""
    ctcae: str = ""
    days_after_last_dose: int | None = None
    answered: tuple[str, ...] = ()

    @property
    def reads(self) -> Reads:
        """ADAE."""
        return Reads(datasets=("adae",))
