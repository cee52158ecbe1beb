"""How adverse events are printed: the words of each subset, what counts, and which dictionaries were used."""

from __future__ import annotations

from collections.abc import Iterator

from rctflow.derive.adverse_events.settings import AdverseEvents
from rctflow.report.settings import ReportAdverseEvents
from rctflow.study.model import Study
from rctflow.summaries.adverse_events.settings import AdverseEventSummary

LABELS = {
    "any": "Any adverse event",
    "emergent": "Treatment-emergent",
    "related": "Related to treatment",
    "not_related": "None related to treatment",
    "serious": "Serious",
    "related_serious": "Serious and related",
    "withdrawal": "Led to withdrawal of treatment",
    "fatal": "Fatal",
}


def printed_adverse_events(study: Study) -> ReportAdverseEvents | None:
    """How the report prints adverse events; None in a study that does not summarize them."""
    declared, summary = study.adverse_events, study.summaries.adverse_events
    if declared is None or summary is None:
        return None
    words = declared.grade.order if declared.grade else ()
    severe = words[min(summary.severe_from, len(words)) - 1] if words else f"grade {summary.severe_from}"
    labels = LABELS | {"severe": f"{severe.capitalize()} or worse", "grade": "severity" if words else "grade"}
    if declared.reaction_hours is not None:
        labels["reaction"] = f"Infusion reaction (within {declared.reaction_hours:g} h)"
    notes = (*_definitions(declared), *_dictionaries(declared, summary))
    return ReportAdverseEvents(labels, summary.shown_from, summary.confidence, notes)


def _definitions(declared: AdverseEvents) -> Iterator[str]:
    emergent, days = "onset on or after the first dose", declared.emergent.days_after_last_dose
    if days is not None:
        emergent += f", up to {days} days after the last"
    if declared.emergent.flag:
        emergent = f"as the data flag it ({declared.emergent.flag})"
    yield (
        f"Treatment-emergent: {emergent}; an onset of which a part is unknown counts when it can lie in that time. All "
        "lines but the first count treatment-emergent events alone."
    )
    if declared.reaction_hours is not None:
        timed = declared.start_time and declared.doses and declared.doses.start_time
        how = "by the times of dose and onset" if timed else "the time of onset is not collected, so that days decide"
        yield (
            f"Infusion reaction: any event with onset from the start of a dose until {declared.reaction_hours:g} h "
            f"after its end, whatever its cause; {how}. Of a day without a time every moment is taken as possible."
        )


def _dictionaries(declared: AdverseEvents, summary: AdverseEventSummary) -> Iterator[str]:
    if declared.preferred:
        yield (
            f"Coded with MedDRA version {summary.meddra}." if summary.meddra else "The MedDRA version is not declared."
        )
    else:
        yield "Terms are not coded: they are counted as the sites wrote them."
    if declared.grade and not declared.grade.order:
        yield f"Graded by CTCAE version {summary.ctcae}." if summary.ctcae else "The CTCAE version is not declared."
