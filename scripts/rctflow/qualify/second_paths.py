"""The first computation of comparisons against the second one (docs/second.md), on simulated trials."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from rctflow.qualify.numbers import Number, Sources
from rctflow.qualify.trials import fit_of, statistics, trial
from rctflow.second.agreement import TOLERANCE, apart

VISITS = ("week1", "month1", "month3", "month6")
ARMS = ("placebo", "drug")
TRIALS = 5


def repeated(_: Sources) -> Iterator[Number]:
    """MMRM, baseline as a covariate and as an outcome, of 30 patients with values missing."""
    yield from _compared("mmrm", {})
    yield from _compared("mmrm", {"options": {"baseline": "outcome"}})


def structured(_: Sources) -> Iterator[Number]:
    """MMRM, later steps of a chain: structures with CR2, Kenward-Roger and between-within degrees of freedom."""
    for covariance, vcov, df in (
        ("heterogeneous-toeplitz", "CR2", "satterthwaite"),
        ("heterogeneous-ar1", "model", "kenward-roger"),
        ("compound-symmetry", "model", "between-within"),
    ):
        yield from _compared("mmrm", {"options": {"chain": [{"covariance": covariance, "vcov": vcov, "df": df}]}})


def marginal(_: Sources) -> Iterator[Number]:
    """GEE with exchangeable working correlation and Mancl-DeRouen standard errors."""
    yield from _compared("gee", {})


def by_visit(_: Sources) -> Iterator[Number]:
    """ANCOVA at the last visit, of 30 patients with values missing."""
    yield from _compared("ancova", {})


def _compared(model: str, analysis: dict[str, Any]) -> Iterator[Number]:
    from rctflow.models.registry import options_class
    from rctflow.second.registry import second_path
    from rctflow.second.settings import Declared
    from rctflow.settings import as_params, settings_from

    options = as_params(settings_from(options_class(model), analysis.get("options", {})))
    told: dict[str, Any] = {"endpoint": "outcome", "analysis": "main", "population": "everybody", "role": "primary"}
    told |= {"estimand": "treatment_policy", "unit": "", "flag": "ITTFL", "arm_variable": "TRT01P"}
    told |= {"counts": "ANL01FL", "arms": ARMS, "visits": VISITS, "visit": VISITS[-1], "baseline_visit": "baseline"}
    told |= {"outcome": "change", "baseline": True, "log": False, "confidence": 0.95, "factors": ("SITE",)}
    declared = Declared(model=model, options=options, **told)
    fit = fit_of(ARMS, VISITS, model, strata=("SITE",), **analysis)
    contrast = declared.contrast(ARMS[1])
    for number in range(1, TRIALS + 1):
        adsl, bds = simulated(number)
        first = statistics(adsl, bds, fit, contrast, VISITS[-1])
        for name, found in second_path(model)(bds, adsl, declared)[contrast].items():
            steps = analysis.get("options", {}).get("chain", ({},))
            words = f"trial {number} {options.get('baseline', '')} {' '.join(steps[0].values())} {name}"
            words = " ".join(words.split())
            share = apart(name, first[name], found, first["se"])
            scale = abs(first[name] - found) / share if share else 0.0
            yield Number(words, first[name], found, absolute=TOLERANCE * scale)


def simulated(number: int, n: int = 30) -> Any:
    """ADSL and BDS of a trial with correlated visits and values missing at random."""
    rng = np.random.default_rng([2026, number])
    correlation = 0.4 + 0.6 * 0.6 ** np.abs(np.subtract.outer(range(len(VISITS)), range(len(VISITS))))
    base = rng.normal(40, 8, n)
    error = rng.normal(size=(n, len(VISITS))) @ np.linalg.cholesky(correlation).T * 5
    values = (0.7 * base + 12)[:, None] + error
    values[rng.random(values.shape) < 0.1] = np.nan
    adsl, bds = trial([ARMS[i % 2] for i in range(n)], base, **dict(zip(VISITS, values.T, strict=True)))
    return adsl.assign(SITE=rng.choice(["01", "02"], n)), bds
