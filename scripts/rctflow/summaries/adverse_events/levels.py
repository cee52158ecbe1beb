"""The levels at which adverse events are counted, and which contains which.

A level's name is the analysis of its rows: ``any``, a subset (``emergent``, ``serious``, ...), a system organ class of
a subset (``emergent:Cardiac disorders``), a preferred term in it (``emergent:Cardiac disorders/Palpitations``), the
worst grade of a patient (``grade:3``).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from rctflow.summaries.adverse_events.settings import AdverseEventSummary

if TYPE_CHECKING:
    from pandas import DataFrame, Series

ANY, EMERGENT, GRADE = "any", "emergent", "grade"
WITHIN_EMERGENT = ("related", "not_related", "serious", "related_serious", "severe", "withdrawal", "fatal", "reaction")
RARE = "Other, each rare"
NO_BREAK = "\N{NO-BREAK SPACE}"

Counts = tuple[int, int, float]
"""Patients with an event, events, days at risk after the first event of each patient."""


@dataclass(frozen=True)
class Level:
    """One level and its counts by arm ("": over all arms)."""

    subset: str
    system: str = ""
    term: str = ""
    counts: dict[str, Counts] = field(default_factory=dict)

    @property
    def name(self) -> str:
        """The analysis of its rows."""
        return (
            f"{self.subset}:{self.system}/{self.term}"
            if self.term
            else self.subset + f":{self.system}" * bool(self.system)
        )

    @property
    def parents(self) -> list[str]:
        """The names of the levels whose patients include those of this one."""
        wider = {ANY: [], EMERGENT: [ANY], "related_serious": ["related", "serious", EMERGENT, ANY]}
        around = wider.get(self.subset, [EMERGENT, ANY])
        if self.subset == GRADE or not self.system:
            return around
        places = [(self.subset, "", ""), *((other, "", "") for other in around)]
        for other in (self.subset, *around):
            places += [(other, self.system, "")] * bool(self.term or other != self.subset)
            places += [(other, self.system, self.term)] * bool(self.term and other != self.subset)
        return [Level(*place).name for place in places]

    def patients(self, arm: str) -> int:
        """How many had an event."""
        return self.counts[arm][0]

    def events(self, arm: str) -> int:
        """How many events there were."""
        return self.counts[arm][1]


def subsets_of(events: DataFrame, settings: AdverseEventSummary) -> dict[str, Series]:
    """Subset -> (n,) bool, for those that ADAE has answers to (``answered``); all but ``any`` are treatment-emergent.

    ``not_related``: patients none of whose events is related, with their events.
    """
    emergent = events["TRTEMFL"].eq("Y")
    met = {
        "related": events["AREL"].eq("Y"),
        "serious": events["AESER"].eq("Y"),
        "severe": events["ASEVN"].ge(settings.severe_from),
        "withdrawal": events["AEWDFL"].eq("Y"),
        "fatal": events["AESDTH"].eq("Y"),
        "reaction": events["AREACTFL"].eq("Y"),
    }
    with_related = events["USUBJID"].isin(events.loc[emergent & met["related"], "USUBJID"])
    met |= {"not_related": ~with_related, "related_serious": met["related"] & met["serious"]}
    needed = {"not_related": {"related"}, "related_serious": {"related", "serious"}}
    told = set(settings.answered)
    within = {name: emergent & met[name] for name in WITHIN_EMERGENT if needed.get(name, {name}) <= told}
    return {ANY: events["TRTEMFL"].ne(""), EMERGENT: emergent} | within


def told_apart(events: DataFrame) -> DataFrame:
    """Names that differ in nothing but spaces, which names of results leave out, differ in no-break spaces then."""
    for column in ("AEBODSYS", "AEDECOD"):
        names: dict[str, str] = {}
        seen: set[str] = set()
        for name in sorted(set(events[column]), key=lambda name: (name.count(" "), name)):
            bare = name.replace(" ", "")
            names[name] = name.replace(" ", NO_BREAK) if bare in seen else name
            seen.add(names[name].replace(" ", ""))
        events = events.assign(**{column: events[column].map(names)})
    return events


def rare_joined(events: DataFrame, fewer_than: int) -> DataFrame:
    """Terms, and classes, of fewer patients are one term, one class: their names can describe a patient."""
    for keys in (["AEBODSYS"], ["AEBODSYS", "AEDECOD"]):
        emergent = events[events["TRTEMFL"].eq("Y")]
        patients = emergent.groupby(keys, as_index=False).agg(PATIENTS=("USUBJID", "nunique"))
        common = events[keys].merge(patients, on=keys, how="left")["PATIENTS"].ge(fewer_than).to_numpy()
        events = events.assign(**{keys[-1]: events[keys[-1]].where(common, RARE)})
    return events
