"""The small-sample ladder: all comparisons of one endpoint at one visit, in the order in which they are told.

The main analysis stands first, then the others in the order of the config; under each its further methods (exact tests,
other intervals, the randomization test, the bootstrap). Nothing is ever sorted by a p-value. Tables, figures and the
report show the same rungs.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from rctflow.results import (
    HAZARD,
    NO_ESTIMAND,
    ODDS,
    POINTS,
    RATE,
    RISK,
    WIN,
    Found,
    Result,
    is_ratio,
    rows_of,
    scale_of,
)

METHODS = {
    "bootstrap": "bootstrap, BCa",
    "cmh": "CMH test",
    "fisher": "Fisher's exact test",
    "hodges_lehmann": "Hodges-Lehmann shift",
    "logrank": "log-rank test",
    "mantel_haenszel": "Mantel-Haenszel",
    "mee": "Mee",
    "miettinen_nurminen": "Miettinen-Nurminen",
    "newcombe": "Newcombe",
    "randomization": "randomization test",
}
"""Further methods of an analysis whose name is not that of their statistics with spaces."""
NEUTRAL = {"": 0.0, POINTS: 0.0, WIN: 0.5}
"""Where the arms do not differ, by scale; of every other scale, a ratio, at 1."""
ENDS = ("estimate", "p_value", "ci_low")
NORMAL = "normal interval"
"""As the method of a bootstrap says that its interval is not BCa."""
OF_THE_SAME_ESTIMATE = ("bootstrap", "randomization")
"""Methods that say how uncertain the analysis's own estimate is."""
SCALE_HEADS = {
    "": "Difference",
    POINTS: POINTS.capitalize(),
    WIN: "Win probability",
    **{name: name.capitalize() for name in ("ratio", ODDS, RISK, RATE, HAZARD)},
}
"""Scale of a comparison -> its words."""
TEST_ALONE = "no interval: the method is a test alone"


@dataclass(frozen=True)
class Rung:
    """One comparison by one method.

    method: "" for the analysis itself. main: of the main analysis in the main population. estimate, low, high, test:
    the rows that exist. about: the analysis's own estimate when the method has none of its own and describes that one.
    found: the rows of the analysis in the population.
    """

    analysis: str
    population: str
    role: str
    contrast: str
    method: str
    main: bool
    found: Found
    estimate: Result | None
    low: Result | None
    high: Result | None
    test: Result | None
    about: Result | None

    @property
    def method_words(self) -> str:
        """The words for a further method."""
        words = METHODS.get(self.method, self.method.replace("_", " "))
        if self.method == "bootstrap" and self.low is not None and NORMAL in self.low.method:
            words = "bootstrap, normal"
        return f"{words} (unreliable)" if self.unreliable else words

    @property
    def unreliable(self) -> bool:
        """Whether the interval says of itself that it is."""
        return self.low is not None and "unreliable" in self.low.note

    @property
    def interval(self) -> tuple[float, float] | None:
        """Both limits, when there are both."""
        if self.low is None or self.high is None or self.low.value is None or self.high.value is None:
            return None
        return self.low.value, self.high.value

    @property
    def has_estimand(self) -> bool:
        """Whether its patients are not selected by what happened after randomization."""
        return all(row.estimand != NO_ESTIMAND for row in self.found.values())

    @property
    def estimates(self) -> bool:
        """Whether the method estimates something, or tells of an estimate; else it is a test alone."""
        return not (self.estimate is self.low is self.about is None)

    @property
    def why_no_interval(self) -> str:
        """Why there is none, as far as the rows tell."""
        for row in (self.low, self.estimate):
            if row is not None and row.value is None:
                return row.note
        if self.high is not None and self.high.value is None:
            return self.high.note
        if self.test is not None and self.test.value is None and self.test.note:
            return self.test.note
        _, begins, told = (self.test.note if self.test else "").partition("no interval: ")
        return begins + told or TEST_ALONE

    @property
    def scale(self) -> str:
        """What is estimated: ``percentage points``, ``rate ratio``, ...; "" for a difference in the endpoint's unit."""
        row = next((row for row in (self.estimate, self.about, self.low) if row is not None), None)
        unit = row.unit if row else ""
        if scale_of(self.contrast) == "win" and unit in ("", WIN):
            return WIN
        if is_ratio(self.contrast):
            return unit if unit in SCALE_HEADS else "ratio"
        return unit if unit == POINTS else ""

    @property
    def neutral(self) -> float:
        """Where the arms do not differ, on the scale of what is estimated."""
        return neutral_of(self.scale)


def neutral_of(scale: str) -> float:
    """Where the arms do not differ, on a scale of ``Rung.scale``."""
    return NEUTRAL.get(scale, 1.0)


def rungs_of(rows: Sequence[Result], main: tuple[str, str], order: Sequence[str], visit: str) -> list[Rung]:
    """Every comparison at ``visit``. main: (analysis, population); order: of the analyses, as the config lists them."""
    pairs = dict.fromkeys((row.analysis, row.population) for row in rows if row.contrast)

    def place(pair: tuple[str, str]) -> tuple[bool, int]:
        return pair != main, order.index(pair[0]) if pair[0] in order else len(order)

    made = []
    for pair in sorted(pairs, key=place):
        found = rows_of(rows, *pair)
        role = next(row.role for row in found.values())
        for contrast, method in _comparisons(found, visit):
            prefix = f"{method}_" if method else ""
            names = [f"{prefix}{end}" for end in ("estimate", "ci_low", "ci_high", "p_value")]
            estimate, low, high, test = (found.get((visit, contrast, name)) for name in names)
            whole = found.get((visit, contrast, "estimate")) if method in OF_THE_SAME_ESTIMATE else None
            about = whole if estimate is None else None
            made.append(
                Rung(*pair, role, contrast, method, pair == main, found, estimate, low, high, test, about)
            )  # fmt: skip
    return made


def has_steps(rungs: Sequence[Rung]) -> bool:
    """Whether there is more to tell than the main analysis."""
    return len({(rung.analysis, rung.population, rung.method) for rung in rungs}) > 1


def _comparisons(found: Found, visit: str) -> list[tuple[str, str]]:
    """(contrast, method) of an analysis, the analysis itself first.

    A statistic with a colon, such as those without one patient, is of a part of the patients and no method; what
    describes those (``loo_``) is told in a note.
    """
    made: dict[tuple[str, str], None] = {}
    for (at, contrast, statistic), row in found.items():
        end = next((e for e in ENDS if statistic.endswith(e)), "")
        if at == visit and end and row.contrast and ":" not in statistic:
            made[contrast, statistic.removesuffix(end).removesuffix("_")] = None
    return sorted(made, key=lambda key: key[1] != "")


def scale_words(scale: str, unit: str) -> str:
    """A scale as the head of a column or an axis says it. unit: of the endpoint."""
    words = SCALE_HEADS[scale]
    return f"{words}, {unit}" if not scale and unit else words
