"""What an analysis of a binary endpoint or of responders needs of its endpoint."""

from __future__ import annotations

from collections.abc import Iterator

from rctflow.models.settings import Analysis
from rctflow.study.model import Endpoint

PROPORTIONS = ("binary", "responder")
OF_VALUES = {
    "counts": "counts have",
    "gee_logit": "the odds of 0 and 1 have",
    "time_to_event": "a time to an event has",
}
"""Models of values that have no change, and how a sentence about them begins."""


def response_problems(path: str, analysis: Analysis, endpoint: Endpoint) -> Iterator[tuple[str, str]]:
    """(path, message) for what keeps the analysis from knowing who has the event."""
    if analysis.model in OF_VALUES:
        yield from _of_values(path, analysis, endpoint)
    if analysis.model not in PROPORTIONS:
        return
    if analysis.log:
        yield f"{path}.log", f"the model {analysis.model} counts events and takes no logarithm; leave it out"
    if analysis.model == "binary" and analysis.outcome == "change":
        yield path, "a binary endpoint has no change from baseline; write `outcome: value`"
    if not endpoint.baseline and analysis.baseline:
        yield (
            f"{path}.baseline",
            "the endpoint says `baseline: false`, so that it is no covariate; write `baseline: false` here too",
        )
    if analysis.model == "responder" and analysis.options.get("at_least") is None:
        if analysis.outcome == "value":
            yield f"{path}.options.at_least", "a value to reach is needed; the mcid is a change, not a value"
        elif endpoint.mcid is None:
            yield f"{path}.options.at_least", "the endpoint declares no `mcid`; write one, or the change to reach"


def _of_values(path: str, analysis: Analysis, endpoint: Endpoint) -> Iterator[tuple[str, str]]:
    begins = OF_VALUES[analysis.model]
    if analysis.outcome == "change":
        yield f"{path}.outcome", f"{begins} no change from baseline; write `outcome: value`"
    if analysis.log:
        yield f"{path}.log", f"{begins} no logarithm here: what is compared is a ratio; leave it out"
    if analysis.baseline and analysis.model == "time_to_event":
        yield f"{path}.baseline", f"{begins} no baseline; write `baseline: false`"
    elif analysis.baseline and not endpoint.baseline:
        yield (
            f"{path}.baseline",
            "the endpoint says `baseline: false`, so that it is no covariate; write `baseline: false` here too",
        )
