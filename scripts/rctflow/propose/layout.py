"""Measures of a form with one row per subject: columns of one measure at several visits (``bdi.pre``, ``bdi.2m``) are
one measure.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from rctflow.propose.columns import Look
from rctflow.propose.names import spelled, words
from rctflow.propose.roles import Table
from rctflow.propose.times import BASELINE_VISIT, When, when_in_name
from rctflow.propose.values import Numeric, as_numbers
from rctflow.propose.vocabulary import AFTER, BASELINE, SETTINGS

ITEM_STEMS = {"q", "i", "item", "question", "x", "var", "v", "col", "column"}
MOST_NUMBERED = 12


@dataclass
class Measure:
    """One measure of one table. at: (moment, header) in the order of the file; a long form has ``header`` and no
    ``at``.
    """

    table: str
    name: str
    numeric: Numeric
    at: list[tuple[When, str]] = field(default_factory=list)
    header: str = ""
    where: str = ""
    why: str = ""
    has_baseline: bool = False
    covariate: str = ""
    question: str = ""
    weak: bool = False
    untimed: bool = False
    by_day: bool = False
    label: str = ""

    @property
    def title(self) -> str:
        """What is measured, as the data call it."""
        return self.where or self.name

    @property
    def headers(self) -> list[str]:
        """The columns of the file that hold the measure."""
        return [header for _, header in self.at] or [self.header]


def wide_measures(table: Table, skip: Iterable[str]) -> list[Measure]:
    """The measures whose columns say when they were taken, at least once after baseline."""
    looks = {
        h: look for h, look in table.looks.items() if h not in set(skip) and look.kind in ("integer", "number", "text")
    }
    groups = _timed_groups(looks) | _glued_groups(looks)
    used = {header for group in groups.values() for _, header in group}
    numbered = _numbered_groups({h: look for h, look in looks.items() if h not in used})
    questions = dict.fromkeys(numbered, "their numbers are taken for visits")
    groups = numbered | groups
    used |= {header for group in groups.values() for _, header in group}
    rest = [h for h in looks if h not in used]
    for header in rest:
        _join(header, groups, list(table.looks))
    sole = next(iter(groups)) if len(groups) == 1 else None
    plain = [h for h in rest if words(h) and set(words(h)) <= {"baseline", "base", "bl", "pre"}]
    if sole is not None and plain and not _has_baseline(groups[sole]):
        groups[sole].insert(0, (BASELINE_VISIT, plain[0]))
        questions[sole] = f"{plain[0]} is taken for its value at baseline, on the same scale"
    return [m for stem, group in groups.items() if (m := _measure(table, stem, group, looks, questions.get(stem, "")))]


def _timed_groups(looks: Mapping[str, Look]) -> dict[tuple[str, ...], list[tuple[When, str]]]:
    groups: dict[tuple[str, ...], list[tuple[When, str]]] = {}
    for header in looks:
        found = when_in_name(header)
        if found is not None:
            stem, when = found
            group = groups.setdefault(stem, [])
            if when.id not in {other.id for other, _ in group}:
                group.append((when, header))
    return {stem: group for stem, group in groups.items() if any(when.phase == "after" for when, _ in group)}


def _glued_groups(looks: Mapping[str, Look]) -> dict[tuple[str, ...], list[tuple[When, str]]]:
    """``Prewt`` and ``Postwt``, ``wtpre`` and ``wtpost``: pairs without a mark between the words."""
    lower = {header.lower(): header for header in looks}
    groups: dict[tuple[str, ...], list[tuple[When, str]]] = {}
    for name, header in lower.items():
        for pre, post in (("pre", "post"), ("before", "after")):
            for pattern, other in ((rf"{pre}(.+)", "{p}{s}"), (rf"(.+?){pre}", "{s}{p}")):
                match = re.fullmatch(pattern, name)
                partner = lower.get(other.format(p=post, s=match.group(1))) if match else None
                if match and partner and when_in_name(header) is None:
                    groups[(match.group(1).strip("._ "),)] = [
                        (BASELINE_VISIT, header),
                        (When(post, post.capitalize(), "after"), partner),
                    ]
    return groups


def _numbered_groups(looks: Mapping[str, Look]) -> dict[tuple[str, ...], list[tuple[When, str]]]:
    """``y1`` to ``y4``: one stem, numbers without a gap from 0 or 1, all of them numbers."""
    found: dict[str, dict[int, str]] = {}
    for header in looks:
        match = re.fullmatch(r"(.*[A-Za-z])[._ ]?(\d{1,2})", header)
        if match and looks[header].numeric:
            found.setdefault(match.group(1), {})[int(match.group(2))] = header
    groups = {}
    for stem, columns in found.items():
        numbers = sorted(columns)
        whole = numbers == list(range(numbers[0], numbers[0] + len(numbers))) and numbers[0] in (0, 1)
        if whole and 2 <= len(numbers) <= MOST_NUMBERED and stem.lower().strip("._ ") not in ITEM_STEMS:
            moments = [
                When(f"time{n}", f"Time {n}", "after", float(n), counted=True) if n else BASELINE_VISIT for n in numbers
            ]
            groups[tuple(words(stem))] = list(zip(moments, (columns[n] for n in numbers), strict=True))
    return groups


def _join(header: str, groups: dict[tuple[str, ...], list[tuple[When, str]]], order: Sequence[str]) -> None:
    """Add a column without a time to the measure of the same words: bare it is its baseline, with ``extubation`` a
    moment of its own.
    """
    parts = words(header)
    bare = tuple(parts)
    if bare in groups and not _has_baseline(groups[bare]):
        groups[bare].insert(0, (BASELINE_VISIT, header))
        return
    said = [word for word in parts if word in (*SETTINGS, *AFTER) and word not in BASELINE]
    stem = tuple(word for word in parts if word not in said)
    if said and stem in groups:
        label = " ".join(said)
        groups[stem].append((When("_".join(said), label.capitalize(), "after"), header))
        groups[stem].sort(key=lambda pair: order.index(pair[1]))


def _has_baseline(group: Sequence[tuple[When, str]]) -> bool:
    return any(when.phase == "baseline" for when, _ in group)


def _measure(
    table: Table, stem: tuple[str, ...], group: list[tuple[When, str]], looks: Mapping[str, Look], question: str
) -> Measure | None:
    numeric = as_numbers([looks[header] for _, header in group])
    if numeric is None:
        return None
    kept = [(when, header) for when, header in group if when.phase in ("baseline", "after")]
    shown = ", ".join(header for _, header in kept)
    return Measure(
        table.id,
        "_".join(stem) or table.id,
        numeric,
        kept,
        why=f"columns {shown}",
        has_baseline=_has_baseline(kept),
        question=question,
        label=spelled(kept[-1][1], stem),
    )
