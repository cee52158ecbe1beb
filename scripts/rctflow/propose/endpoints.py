"""The section endpoints: one entry per score of an instrument and per measure."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from rctflow.propose.columns import Look
from rctflow.propose.layout import Measure
from rctflow.propose.names import covariate_name, identifier, label_of
from rctflow.propose.outcomes import event_times, events_of
from rctflow.propose.proposal import Proposal
from rctflow.propose.recognised import Recognised
from rctflow.propose.sections import line
from rctflow.propose.tables import measure_column
from rctflow.propose.values import better_when


def endpoint_ids(proposal: Proposal) -> list[str]:
    """Ids of the endpoints: scores of instruments, then measures."""
    ids: list[str] = []
    for hit in proposal.instruments:
        for score in hit.scores:
            ids.append(identifier(f"{hit.instrument.name}_{score}", "endpoint", ids))
    for measure in proposal.measures:
        ids.append(identifier(measure.title, "endpoint", ids))
    return ids


def endpoint_lines(proposal: Proposal) -> Iterator[str]:
    """endpoints: the first is proposed as primary."""
    yield "endpoints:"
    ids = iter(endpoint_ids(proposal))
    primary: dict[str, Any] = {"role": "primary"}
    for hit in proposal.instruments:
        for score in hit.scores:
            yield line(1, next(ids), _score_body(hit, score, primary), f"score of {hit.instrument.name}")
            primary = {}
    for measure in proposal.measures:
        why = f"{measure.why}{'; ' + measure.numeric.why if measure.numeric.why else ''}{_caution(proposal, measure)}"
        yield line(1, next(ids), _measure_body(proposal, measure, primary), why)
        primary = {}


def _caution(proposal: Proposal, measure: Measure) -> str:
    """What a difference of means is for an outcome of 0 or 1."""
    if not measure.numeric.binary:
        return ""
    table = proposal.table(measure.table)
    cut_off = bool(event_times(table)) and measure.headers[0] in events_of(table)
    censored = "; censoring is ignored: who left early without the event counts as 0" if cut_off else ""
    return f"; the difference in means is a risk difference by least squares until a binary model is chosen{censored}"


def _score_body(hit: Recognised, score: str, role: dict[str, Any]) -> dict[str, Any]:
    meant = hit.instrument.scores[score]
    unit = {"unit": meant.unit} if meant.unit else {}
    named = {"label": meant.label, **role, "instrument": hit.instrument.name, "score": score, **unit}
    return {**named, "direction": meant.direction, "windowing": "nominal", "analyses": ["ancova", "descriptive"]}


def _measure_body(proposal: Proposal, measure: Measure, role: dict[str, Any]) -> dict[str, Any]:
    table, names = proposal.table(measure.table), proposal.names[measure.table]
    column = measure_column(proposal, measure) if measure.at else names.get(measure.header, measure.header)
    direction, _ = better_when(measure.title, measure.numeric)
    looks = [table.looks[header] for header in measure.headers if header in table.looks]
    where = {"where": f"{names[table.parameter]} == '{measure.where}'"} if measure.where else {}
    body: dict[str, Any] = {
        "label": measure.where or label_of(measure.label or measure.name),
        **role,
        "table": table.id,
        "column": column,
        **where,
    }
    body |= {"direction": direction, "digits": _digits(looks, measure)}
    body["windowing"] = "by_day" if measure.by_day else "nominal"
    visits = [when.id for when, _ in measure.at if when.phase == "after"]
    some = {"visits": visits} if visits and len(visits) < len(proposal.plan.visits) - 1 else {}
    return body | _special_values(looks, direction) | some | _analyses(names, measure)


def _analyses(names: dict[str, str], measure: Measure) -> dict[str, Any]:
    """Change from baseline where there is one; else the value, adjusted for a baseline value that stands beside it."""
    if measure.has_baseline:
        return {"analyses": ["ancova", "descriptive"]}
    adjusted = {"covariates": [covariate_name(names[measure.covariate])]} if measure.covariate else {}
    used = {"ancova_value": {"use": "ancova_value", **adjusted}, "descriptive": {"use": "descriptive"}}
    return {"baseline": False, "analyses": used if adjusted else list(used)}


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
        extremes = [look.numbers.max() if direction == "lower" else look.numbers.min() for look in looks]
        worst = max(extremes) if direction == "lower" else min(extremes)
        rules["unable"] = {"rule": "worst", "value": float(worst)}
    return rules
