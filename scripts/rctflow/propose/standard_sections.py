"""The sections that configs proposed from SDTM and from ADaM have alike: questions, study, source, arms, analyses."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from rctflow.propose.names import identifier
from rctflow.propose.sections import comment, flow, line


def opening_lines(standard: str, name: str, folder: str, questions: Sequence[str]) -> Iterator[str]:
    """What was read and is not known, as comments; then the study and where its data are."""
    yield f"# Proposed by `./run new {name}` from {standard} data in {folder}: guesses; comments say what was seen."
    yield f"# What it means: ./run check --config study=config/{name}.yaml; the sections: docs/your_study.md."
    yield "#\n# QUESTIONS that the data could not answer (answer them in the section named, then remove them here):"
    for question in questions:
        yield from comment(question, "#  ", "#     ")
    yield ""
    yield "study:"
    yield line(1, "id", name)
    yield line(1, "title", name.replace("_", " "), "the trial's; write registration: its number")
    yield line(1, "data", "real")
    yield ""
    yield f"source: {flow({'kind': 'files', 'folder': folder})}"


def arms_lines(arms: Mapping[str, int], reference: str) -> Iterator[str]:
    """The arms as the data write them. arms: subjects by arm."""
    ids: dict[str, str] = {}
    for arm in arms:
        ids[arm] = identifier(arm, "arm", ids.values())
    yield "arms:"
    yield line(1, "reference", ids[reference])
    yield "  levels:"
    for arm, count in arms.items():
        yield line(2, ids[arm], {"label": arm, "values": [arm]}, f"{count} subjects")


def analyses_lines(have_baseline: Sequence[bool]) -> Iterator[str]:
    """The named analyses. have_baseline: of each outcome, whether it has a value before treatment."""
    yield "analyses:"
    yield line(1, "descriptive", {"model": "descriptive", "populations": ["itt"]})
    body: dict[str, Any] = {"model": "ancova", "populations": ["itt"], "outcome": "change"}
    if any(have_baseline):
        yield line(1, "ancova", body, "change, adjusted for baseline and strata")
    if not all(have_baseline):
        body = {"model": "ancova", "populations": ["itt"], "outcome": "value", "baseline": False}
        yield line(1, "ancova_value", body, "for outcomes without a value before treatment")
