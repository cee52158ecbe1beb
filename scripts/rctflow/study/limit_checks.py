"""Whatever hides the values below a quantification limit from a model that is about them."""

from __future__ import annotations

from collections.abc import Iterator

from rctflow.models.settings import Analysis
from rctflow.study.model import Endpoint

CENSORED, TIMES = "censored", "time_to_event"


def limit_problems(endpoint: Endpoint, analysis: Analysis, path: str) -> Iterator[tuple[str, str]]:
    """(path, message) for every rule of the endpoint that the models of limited values cannot be used with."""
    if analysis.model == TIMES and endpoint.above == "missing":
        yield path, "takes `>x` as no event by x, but `above: missing` removes it; write `above: limit`"
    if analysis.model != CENSORED:
        return
    if endpoint.below == "missing":
        yield path, "takes values below the limit as below it, but `below: missing` removes them; write `below: half`"
    if endpoint.tie == "mean":
        yield path, "cannot average a value below the limit with another; write `tie: earlier` or `tie: later`"
    if endpoint.unable and endpoint.unable.rule == "rank":
        yield path, "needs the values themselves, but `unable: {rule: rank}` makes ranks of them; write another rule"
