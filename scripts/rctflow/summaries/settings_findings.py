"""What the summaries of laboratory and vital signs may be told."""

from dataclasses import dataclass, field

from rctflow.summaries.settings import Reads


@dataclass(frozen=True)
class Liver:
    """The tests of the liver, and from which multiple of the upper limit a peak counts (Hy's law).

    alt, ast, bilirubin, phosphatase: tests of the data set; phosphatase is only listed.
    """

    alt: str = "ALT"
    ast: str = "AST"
    bilirubin: str = "BILI"
    phosphatase: str = ""
    transaminase_times: float = 3
    bilirubin_times: float = 2


@dataclass(frozen=True)
class FindingsSummary:
    """Which findings are summarized.

    dataset: of the section ``findings``. population: whose (that whose arms are those received, when empty). tests: in
    the order of print (all of the data set when empty). visits: in order, all of the plan when empty. last_until: each
    patient's last value at a visit after baseline, up to and including this one, is described as well (end of
    treatment). liver: with Hy's law. units, baseline_visit: the study's own.
    """

    dataset: str
    population: str = ""
    tests: tuple[str, ...] = ()
    visits: tuple[str, ...] = ()
    last_until: str = ""
    liver: Liver | None = None
    units: dict[str, str] = field(default_factory=dict)
    baseline_visit: str = ""

    @property
    def reads(self) -> Reads:
        """The data set."""
        return Reads(datasets=(self.dataset,))
