"""How one endpoint is printed: labels, order and decimals, for figures and tables alike. No number depends on it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from math import isnan, nan
from typing import Literal

from rctflow.hypotheses import Hypothesis
from rctflow.results import PER_DOSE, PERCENT, POINTS, SUPPRESSED, WIN, Result, descriptive_rows, is_ratio
from rctflow.rounding import rounded

RATIO_DIGITS, PERCENT_DIGITS, SLOPE_DIGITS = 2, 1, 2
BELOW = "n_below"
NOT_MEASURED = {
    "n_unable": "Unable to perform the test",
    "n_below": "Below the limit of quantification",
    "n_above": "Above the limit of quantification",
}
"""Statistic of the descriptive model -> what the assessments that it counts have in common."""


@dataclass(frozen=True)
class Label:
    """An id of the study (analysis, population) and the words printed for it."""

    id: str
    label: str


@dataclass(frozen=True)
class ArmLabel:
    """An arm as printed. colour: any matplotlib colour, or "" for the next of the colour-blind-safe palette."""

    id: str
    label: str
    colour: str = ""


@dataclass(frozen=True)
class VisitLabel:
    """A visit as printed, at its target study day."""

    id: str
    label: str
    day: int


def words_of(id: str, labels: Iterable[ArmLabel | VisitLabel | Label]) -> str:
    """The label of an id, or the id with spaces for underscores."""
    return next((label.label for label in labels if label.id == id), id.replace("_", " "))


@dataclass(frozen=True)
class Display:
    """How one endpoint is drawn and tabulated.

    arms: reference arm first. visits: the endpoint's visits in the order of the plan, baseline included.
    baseline_visit: "" when the endpoint has none. primary_visit: the visit of the forest and the overview.
    main_analysis, main_population: the result rows shown. population_flag, arm_column: the ADSL variables behind them.
    outcome: what the main analysis models. confidence: level of its intervals. direction: which end of the scale is
    better for the patient. role: of the endpoint (primary first). digits: decimals in print. mcid: the smallest
    difference that patients notice, when the study declares one. analyses, populations: labels; an id without one is
    printed with spaces for underscores. small_cells: 0, or the data are restricted and no mark stands for fewer
    patients. not_measured: key of NOT_MEASURED -> what stands for such values, in words. blinded: how the arms are
    blinded, in words, or "". analysis_order: the endpoint's analyses as the config lists them. tested: the
    endpoint's hypotheses in confirmatory families; None when the study declares no such family, and the main
    analysis of a primary endpoint is the test.
    """

    endpoint: str
    label: str
    unit: str
    direction: Literal["higher", "lower"]
    digits: int
    role: str
    arms: tuple[ArmLabel, ...]
    visits: tuple[VisitLabel, ...]
    baseline_visit: str
    primary_visit: str
    main_analysis: str
    main_population: str
    population_flag: str
    arm_column: Literal["TRT01P", "TRT01A"] = "TRT01P"
    outcome: Literal["change", "value"] = "change"
    confidence: float = 0.95
    mcid: float | None = None
    analyses: tuple[Label, ...] = ()
    populations: tuple[Label, ...] = ()
    not_measured: dict[str, str] = field(default_factory=dict)
    small_cells: int = 0
    synthetic: bool = False
    blinded: str = ""
    analysis_order: tuple[str, ...] = ()
    tested: tuple[Hypothesis, ...] | None = None

    @property
    def stamps(self) -> list[str]:
        """What everything drawn or tabulated must say of its data."""
        return stamps_of(self.synthetic, self.blinded)


@dataclass(frozen=True)
class StudyDisplay:
    """How the figures of the whole study are drawn.

    arms: reference arm first; visits: by planned day; populations, endpoints: labels. small_cells, synthetic, blinded:
    as in Display.
    """

    arms: tuple[ArmLabel, ...]
    visits: tuple[VisitLabel, ...] = ()
    populations: tuple[Label, ...] = ()
    endpoints: tuple[Label, ...] = ()
    small_cells: int = 0
    synthetic: bool = False
    blinded: str = ""

    @property
    def stamps(self) -> list[str]:
        """What everything drawn must say of its data."""
        return stamps_of(self.synthetic, self.blinded)


def digits_of(row: Result | None, digits: int) -> int:
    """Decimals of a value of an endpoint with ``digits``: ratio and win probability at least two, percent one, a
    slope over doses two more.
    """
    if row is not None and row.unit.endswith(PER_DOSE):
        return digits + SLOPE_DIGITS
    if row is None or row.unit not in (PERCENT, POINTS):
        ratio = row is not None and (row.unit in ("ratio", WIN) or is_ratio(row.contrast))
        return max(RATIO_DIGITS, digits) if ratio else digits
    return PERCENT_DIGITS


def sentence_case(term: str) -> str:
    """A coded term for print: ``LOST TO FOLLOW-UP`` as ``Lost to follow-up``; short names in capitals (AGE) stay."""
    return term.capitalize() if term.isupper() and (" " in term or len(term) > 5) else term


def stamps_of(synthetic: bool, blinded: str) -> list[str]:
    """The stamps of simulated data and of a blinded study (``blinded``: its words, or "")."""
    return ["SYNTHETIC DATA"] * synthetic + [blinded] * bool(blinded)


def below_words(rows: Sequence[Result], display: Display) -> str:
    """``Below the limit of quantification at 6 months: Placebo 2 (17%), MSC 0 (0%).`` of those measured; "" for an
    endpoint without a limit.
    """
    if BELOW not in display.not_measured:
        return ""
    found = descriptive_rows(rows, display.main_population)
    told = []
    for arm in display.arms:
        n, percent = (found.get((display.primary_visit, arm.id, name)) for name in (BELOW, "percent_below"))
        if n is None or n.value is None:
            told.append(f"{arm.label} {'suppressed' if n is not None and n.note == SUPPRESSED else 'not described'}")
            continue
        share = f" ({rounded(percent.value, 0)}%)" if percent is not None and percent.value is not None else ""
        told.append(f"{arm.label} {rounded(n.value, 0)}{share}")
    visit = next((v.label for v in display.visits if v.id == display.primary_visit), display.primary_visit)
    return f"{NOT_MEASURED[BELOW]} at {visit}: {', '.join(told)}."


def not_measured_words(
    rows: Iterable[Result], population: str, arms: Mapping[str, str], rules: Mapping[str, str], visit: str = ""
) -> list[str]:
    """``Unable to perform the test: Placebo 5, MSC 8 assessments; counted as 40 s (declared worst value).``

    One sentence for each kind of value that was not measured in ``population``, at ``visit`` or over all visits; none
    for what did not occur, but for values below a limit that the endpoint declares. arms: id -> label. rules: as
    Display.not_measured.
    """
    counts = {name: dict.fromkeys(arms, 0.0) for name in NOT_MEASURED}
    found = {
        (row.statistic, row.visit, row.group): nan if row.note == SUPPRESSED else row.value or 0.0
        for row in rows
        if row.model == "descriptive" and row.population == population and row.statistic in counts
    }
    for (name, at, arm), n in found.items():
        if arm in arms and visit in ("", at):
            counts[name][arm] += n
    where = " at this visit" if visit else ""
    return [
        f"{NOT_MEASURED[name]}{where}: {_listed(of_arms, arms)}{f'; {rules[name]}' if name in rules else ''}."
        for name, of_arms in counts.items()
        if any(of_arms.values()) or (name == BELOW and BELOW in rules and not visit)
    ]


def _listed(counts: Mapping[str, float], arms: Mapping[str, str]) -> str:
    noun = "assessment" if sum(counts.values()) == 1 else "assessments"
    shown = {arm: "suppressed" if isnan(n) else f"{n:g}" for arm, n in counts.items()}
    return f"{', '.join(f'{label} {shown[arm]}' for arm, label in arms.items())} {noun}"
