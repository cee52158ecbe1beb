"""What the models of ranks and levels cannot take."""

from __future__ import annotations

from collections.abc import Iterator

from rctflow.models.settings import Analysis
from rctflow.study.model import Endpoint

RANKS, LEVELS, TABLES = "wilcoxon", "proportional_odds", "cmh"


def rank_problems(path: str, analysis: Analysis, endpoint: Endpoint) -> Iterator[tuple[str, str]]:
    """(path, message) for a logarithm, which changes no rank, for covariates of ranks and counts, and for a baseline
    that is not measured or that counts cannot use.
    """
    if analysis.model in (RANKS, LEVELS) and analysis.log:
        yield f"{path}.log", f"the model {analysis.model} uses the order of the values alone; leave the logarithm out"
    if analysis.model == RANKS and analysis.covariates:
        yield f"{path}.covariates", f"ranks are not adjusted for covariates; leave them out, or use {LEVELS}"
    if analysis.model == TABLES and (analysis.log or analysis.covariates or analysis.baseline):
        yield path, "cmh compares counts within strata: write `baseline: false`, and neither `log` nor `covariates`"
    if analysis.model == LEVELS and analysis.baseline and not endpoint.baseline:
        yield (
            f"{path}.baseline",
            "the endpoint says `baseline: false`, so that it is no covariate; write `baseline: false` here too",
        )
