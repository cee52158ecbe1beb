"""What the summaries of laboratory and vital signs may be told."""

from dataclasses import dataclass, field
from typing import Literal

from rctflow.summaries.settings import Reads


@dataclass(frozen=True)
class LiverShift:
    """When a planned visit is abnormal, for the shifts from baseline to any visit under treatment.

    transaminase_times, bilirubin_times: above these multiples of the upper limit. until: the last visit that counts
    (every one of the summary when omitted).
    """

    transaminase_times: float = 1.5
    bilirubin_times: float = 1.5
    until: str = ""


@dataclass(frozen=True)
class Liver:
    """The tests of the liver, and from which multiple of the upper limit a peak counts (Hy's law).

    alt, ast, bilirubin, phosphatase: tests of the data set; phosphatase is only listed. shift: shifts from baseline.
    """

    alt: str = "ALT"
    ast: str = "AST"
    bilirubin: str = "BILI"
    phosphatase: str = ""
    transaminase_times: float = 3
    bilirubin_times: float = 2
    shift: LiverShift | None = None


@dataclass(frozen=True)
class Ending:
    """Each patient's last planned record at one of some visits.

    visits: those visits. any_record: the last record counts even when it has no value, so that the patient has none;
    else the last one with a value.
    """

    visits: tuple[str, ...]
    any_record: bool = False


@dataclass(frozen=True)
class FindingsSummary:
    """Which findings are summarized.

    dataset: of the section ``findings``. population: whose (that whose arms are those received, when empty). tests: in
    the order of print (all of the data set when empty). visits: in order, all of the plan when empty. last_until: each
    patient's last value at a visit after baseline, up to and including this one, is described as well (end of
    treatment). ends: other such ends, by name. categories: tables of patients by one result of each: ``extreme``, the
    place in the reference range of the most extreme value; ``previous``, that of the largest change from the visit
    before; ``threshold``, shifts by the threshold range at each visit and to the most extreme value. p_values: of all
    arms, Fisher's exact test of the first two, CMH test of shifts by status at baseline. liver: with Hy's law. units,
    baseline_visit: the study's own.
    """

    dataset: str
    population: str = ""
    tests: tuple[str, ...] = ()
    visits: tuple[str, ...] = ()
    last_until: str = ""
    ends: dict[str, Ending] = field(default_factory=dict)
    categories: tuple[Literal["extreme", "previous", "threshold"], ...] = ()
    p_values: bool = False
    liver: Liver | None = None
    units: dict[str, str] = field(default_factory=dict)
    baseline_visit: str = ""

    @property
    def reads(self) -> Reads:
        """The data set."""
        return Reads(datasets=(self.dataset,))
