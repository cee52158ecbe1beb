"""Trials with several visits, and the declared analysis of both computations."""

from dataclasses import replace

import numpy as np
from rctflow.models.registry import options_class
from rctflow.second.settings import Declared
from rctflow.settings import as_params, settings_from

from tests.fit_cases import records, settings, subjects

VISITS = ("week1", "month1", "month3", "month6")


def visit_trial(seed, n=30, arms=("placebo", "msc"), visits=VISITS, missing=0.12):
    """A trial with correlated visits, values and strata missing at random, unbalanced factors."""
    rng = np.random.default_rng(seed)
    adsl = subjects(
        [arms[i % len(arms)] for i in range(n)],
        SITE=rng.choice(["01", "02", "03"], n),
        SEX=rng.choice(["F", "M"], n, p=[0.7, 0.3]),
        AGE=rng.normal(75, 6, n).round(),
    )
    base = rng.normal(40, 8, n)
    correlation = 0.4 + 0.6 * 0.6 ** np.abs(np.subtract.outer(range(len(visits)), range(len(visits))))
    spread = rng.uniform(3, 7, len(visits))
    error = rng.normal(size=(n, len(visits))) @ np.linalg.cholesky(correlation).T * spread
    values = (0.7 * base + 12)[:, None] + error + np.arange(len(visits)) * rng.normal()
    values[rng.random(values.shape) < missing] = np.nan
    base[rng.random(n) < missing / 3] = np.nan
    return adsl, records(adsl, base, **{visit: values[:, k] for k, visit in enumerate(visits)})


def two(model="mmrm", visit=VISITS[-1], arms=("placebo", "msc"), visits=VISITS, strata=("SITE", "SEX"), **analysis):
    """Fit settings of the first computation, and the same analysis as the second is told it."""
    fit = settings(arms=arms, visits=visits, strata=strata, model=model, **analysis)
    return fit, replace(declared_of(fit), visit=visit)


def declared_of(fit):
    """The analysis ``primary`` of fit settings, as the second computation is told it; judged at the last visit."""
    primary = fit.analyses["primary"]
    return Declared(
        endpoint=fit.endpoint,
        analysis="primary",
        population="itt",
        model=primary.model,
        role="primary",
        estimand="treatment_policy",
        unit=fit.unit,
        flag="ITTFL",
        arm_variable="TRT01P",
        counts="ANL01FL",
        arms=fit.arms,
        visits=fit.visits,
        visit=fit.visits[-1],
        baseline_visit=fit.baseline_visit,
        outcome=primary.outcome,
        baseline=primary.baseline,
        log=primary.log,
        confidence=primary.confidence,
        factors=fit.strata if primary.strata else (),
        covariates=primary.covariates,
        direction=fit.direction,
        mcid=fit.mcid,
        options=as_params(settings_from(options_class(primary.model), primary.options)),
        contrasts=fit.contrasts,
        arm_order=fit.arms,
        doses=fit.doses,
    )


def one_level(adsl, column):
    """The same subjects, all of one level of a factor."""
    return adsl.assign(**{column: "one"})
