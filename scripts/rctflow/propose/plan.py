"""The plan of visits: moments found in labels and column names, put in order, with days, windows and one baseline."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from itertools import pairwise

from rctflow.propose.times import BASELINE_VISIT, When

COLUMNS = "columns of "
LAST = re.compile(r"(end|eot|eos|final|last|post)(_|\d|$)")


@dataclass(frozen=True)
class Moment:
    """A moment as one source (a table's visit column, or the columns of one measure) has it; label: as the data write
    it.
    """

    when: When
    label: str
    source: str


@dataclass(frozen=True)
class Visit:
    """One planned visit of the config. values: how the data write it; why: what it was made from."""

    id: str
    label: str
    day: int
    window: tuple[int, int]
    values: tuple[str, ...]
    baseline: bool
    why: str


@dataclass
class Plan:
    """visits in order; unplanned: labels that are no planned visit; questions: what the data do not say."""

    visits: list[Visit]
    unplanned: tuple[str, ...] = ()
    questions: list[tuple[str, str]] = field(default_factory=list)
    of_label: dict[tuple[str, str], str] = field(default_factory=dict)


def plan_visits(moments: Iterable[Moment]) -> Plan:
    """The plan that the moments make, in the order of their days, else of their appearance; exactly one baseline."""
    known, questions = list(moments), list[tuple[str, str]]()
    if not any(moment.when.phase == "after" for moment in known):
        known.append(Moment(When("end", "End of study", "after"), "", "outcomes without a time in their names"))
    known = _with_baseline(known, questions)
    dropped = tuple(dict.fromkeys(m.label for m in known if m.when.phase in ("before", "unplanned") and m.label))
    planned = [m for m in known if m.when.phase in ("baseline", "after")]
    order = _ordered(planned)
    days = _days(order, questions)
    visits = [_visit(when, at, days, [m for m in planned if m.when.id == when.id]) for at, when in enumerate(order)]
    of_label = {(m.source, m.label): m.when.id for m in planned}
    return Plan(visits, dropped, questions, of_label)


def _with_baseline(known: list[Moment], questions: list[tuple[str, str]]) -> list[Moment]:
    """The moments with one that is the baseline; a formal one, without data, when none looks like it."""
    if any(m.when.phase == "baseline" for m in known):
        return known
    before = [m.when for m in known if m.when.phase == "before"]
    after = [m.when for m in known if m.when.phase == "after"]
    chosen = max(before, key=lambda when: when.days or 0) if before else None
    labelled = [m.when for m in known if m.label and m.when.phase == "after" and m.when.days is not None]
    first = min(labelled, key=lambda when: when.days or 0, default=None)
    if (
        chosen is None
        and first is not None
        and len({when.id for when in labelled}) > 1
        and first.id in ("day1", "visit1")
    ):
        chosen = first
    if chosen is not None:
        question = f"Is {chosen.label!r} the baseline (before treatment)? No visit is called so; this is the first."
        questions.append(("visits", question))
        return [
            replace(m, when=replace(m.when, phase="baseline", days=0.0)) if m.when.id == chosen.id else m for m in known
        ]
    if any(when.counted or when.days is None for when in after if when.id != "end"):
        shown = ", ".join(dict.fromkeys(when.label for when in after))
        question = (
            f"Is one of the visits ({shown}) the baseline? None looks like it, so all count as after treatment; the "
            "baseline visit in this file has no data. If one is, give its `values` to baseline and remove it."
        )
        questions.append(("visits", question))
    return [Moment(BASELINE_VISIT, "", "(no data)"), *known]


def _ordered(planned: Sequence[Moment]) -> list[When]:
    """Baseline first; then by days; a moment of unknown day stands after the one that precedes it in its source."""
    keys: dict[str, float] = {}
    whens: dict[str, When] = {}
    last: dict[str, float] = {}
    counted = any(m.when.counted for m in planned) and any(m.when.days and not m.when.counted for m in planned)
    for position, moment in enumerate(planned):
        when = moment.when
        if when.phase == "baseline":
            key = 0.0
        elif when.days is not None and not (counted and when.counted):
            key = when.days
        else:
            key = last.get(moment.source, 0.0) + 1e-6 * (position + 1) + (1e6 if LAST.match(when.id) else 0.0)
        last[moment.source] = key
        keys[when.id] = max(key, keys.get(when.id, key))
        whens.setdefault(when.id, when)
    after = sorted((w for w in whens.values() if w.phase != "baseline"), key=lambda when: keys[when.id])
    return [next(w for w in whens.values() if w.phase == "baseline"), *after]


def _days(order: Sequence[When], questions: list[tuple[str, str]]) -> list[int]:
    """Whole days, strictly increasing; 0, 1, 2, ... when the data give no such days."""
    days = [0, *(round(when.days or 0) for when in order[1:])]
    told = all(when.days is not None and not when.counted for when in order[1:])
    if told and all(later > earlier for earlier, later in pairwise(days)):
        return days
    if all(when.days is not None and when.counted for when in order[1:]):
        days = [0, *(int(when.days or 0) for when in order[1:])]
        if not all(later > earlier for earlier, later in pairwise(days)):
            days = list(range(len(order)))
    else:
        days = list(range(len(order)))
    shown = ", ".join(f"{when.label} = day {day}" for when, day in zip(order, days, strict=True))
    why = "visits less than a day apart cannot be told by days" if told else "the data do not say"
    questions.append(
        ("visits", f"On which days were the visits planned? Days here only put them in order ({why}): {shown}.")
    )
    return days


def _visit(when: When, at: int, days: list[int], moments: list[Moment]) -> Visit:
    day = days[at]
    low = day if at == 0 else (1 if at == 1 else (days[at - 1] + day) // 2 + 1)
    after = days[at + 1] if at + 1 < len(days) else None
    high = (0 if at == 0 else (day + after) // 2) if after is not None else day + max(1, day - low)
    lead = -28 if at == 0 else low
    labels = tuple(dict.fromkeys(m.label for m in moments if m.label))
    columns = dict.fromkeys(m.source.removeprefix(COLUMNS) for m in moments if m.source.startswith(COLUMNS))
    others = dict.fromkeys(m.source for m in moments if not m.source.startswith(COLUMNS))
    sources = ", ".join([*others, *([COLUMNS + ", ".join(columns)] if columns else [])])
    return Visit(when.id, when.label, day, (lead, high), labels, when.phase == "baseline", sources)
