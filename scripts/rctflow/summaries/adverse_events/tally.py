"""Events and patients at risk become levels with counts."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rctflow.summaries.adverse_events.counting import TOTAL, count
from rctflow.summaries.adverse_events.levels import EMERGENT, GRADE, RARE, Counts, Level, subsets_of
from rctflow.summaries.adverse_events.settings import AdverseEventSummary, Order

if TYPE_CHECKING:
    from pandas import DataFrame

UNGRADED = "not graded"


def tallied(events: DataFrame, arms: tuple[str, ...], settings: AdverseEventSummary) -> list[Level]:
    """The overview, worst grades, then each subset of ``by_term`` by class and term, in the order of print.

    events: as ``counting.prepared`` makes them; arms: with "" for the total where it is wanted.
    """
    subsets = subsets_of(events, settings)
    nobody = dict.fromkeys(arms, (0, 0, 0.0))
    found = []
    for name, rows in subsets.items():
        found += _levels(events[rows], name, [], arms) or [Level(name, counts=nobody)]
    found += _worst_grades(events[subsets[EMERGENT]], arms)
    for subset in settings.by_term:
        if subset in subsets:
            found += _by_term(events[subsets[subset]], subset, arms, settings)
    return found


def _levels(events: DataFrame, subset: str, keys: list[str], arms: tuple[str, ...]) -> list[Level]:
    """A level for each combination of ``keys`` that occurs."""
    counts: dict[tuple[str, ...], dict[str, Counts]] = {}
    for (*place, arm), patients, lost, n in count(events, keys).itertuples(name=None):
        counts.setdefault(tuple(place), dict.fromkeys(arms, (0, 0, 0.0)))[arm] = (int(patients), int(n), float(lost))
    return [Level(subset, *_system_and_term(place), counts=by_arm) for place, by_arm in counts.items()]


def _system_and_term(place: tuple[str, ...]) -> tuple[str, str]:
    system, term = (*place, "", "")[:2]
    return system, term


def _worst_grades(events: DataFrame, arms: tuple[str, ...]) -> list[Level]:
    """Patients by the worst grade of their events, mildest first, and their events of that grade; who has events
    without a grade alone is ``not graded``.
    """
    if events["ASEVN"].isna().all():
        return []
    grade = events["ASEVN"].fillna(0)
    worst = events[grade.eq(grade.groupby([events["USUBJID"], events["ARM"]]).transform("max"))]
    label = worst["AETOXGR" if "AETOXGR" in worst else "AESEV"].astype("str")
    worst = worst.assign(LABEL=label.where(worst["ASEVN"].notna(), UNGRADED))
    order = worst.sort_values("ASEVN", na_position="last")["LABEL"].drop_duplicates().tolist()
    return sorted(_levels(worst, GRADE, ["LABEL"], arms), key=lambda level: order.index(level.system))


def _by_term(events: DataFrame, subset: str, arms: tuple[str, ...], settings: AdverseEventSummary) -> list[Level]:
    """Each class, followed by its terms."""
    systems = _ordered(_levels(events, subset, ["AEBODSYS"], arms), settings.systems, settings)
    terms = _ordered(_levels(events, subset, ["AEBODSYS", "AEDECOD"], arms), settings.terms, settings)
    within: dict[str, list[Level]] = {}
    for level in terms:
        within.setdefault(level.system, []).append(level)
    if [level.system for level in systems] == [""]:
        return terms
    return [level for system in systems for level in (system, *within[system.system])]


def _ordered(levels: list[Level], order: Order, settings: AdverseEventSummary) -> list[Level]:
    """By patients (most first), then by alphabet; what was joined because it is rare stands last."""
    arm = settings.sort_arm or TOTAL

    def key(level: Level) -> tuple[bool, int, str, str]:
        name = level.term or level.system
        return name == RARE, -level.patients(arm) if order == "frequency" else 0, name.casefold(), name

    return sorted(levels, key=key)
