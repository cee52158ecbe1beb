"""Small trials for the tests of the fit room."""

from dataclasses import replace

import numpy as np
import pandas as pd
from rctflow.models.endpoint import fit_endpoint
from rctflow.models.settings import Analysis, Fit, PopulationFlag

ITT = {"itt": PopulationFlag("ITTFL")}
BASE_ARMS = ["placebo"] * 4 + ["msc"] * 4


def subjects(arms, **columns):
    """ADSL of one subject per entry of ``arms``."""
    names = [f"S{number:03d}" for number in range(1, len(arms) + 1)]
    fixed = {"STUDYID": "demo", "USUBJID": names, "TRT01P": arms, "TRT01A": arms, "RANDFL": "Y", "ITTFL": "Y"}
    return pd.DataFrame(fixed | columns)


def records(adsl, base, **visits):
    """BDS with a baseline record and one record per visit; a missing number is a visit without value."""
    rows = []
    for position, subject in enumerate(adsl["USUBJID"]):
        start = None if base is None else base[position]
        rows.append((subject, "baseline", 0, start, start, np.nan, "Y" if start == start else "", ""))
        for number, (visit, values) in enumerate(visits.items(), 1):
            value = values[position]
            change = value - start if start is not None else np.nan
            rows.append((subject, visit, number, value, start, change, "", "Y" if value == value else ""))
    names = ["USUBJID", "AVISIT", "AVISITN", "AVAL", "BASE", "CHG", "ABLFL", "ANL01FL"]
    bds = pd.DataFrame(rows, columns=names).astype({"AVAL": float, "BASE": float, "CHG": float})
    bds = bds if base is not None else bds[bds["AVISIT"].ne("baseline")]
    return bds.assign(AVALC="", DTYPE="", SRCDOM="form", SRCVAR="X", SRCSEQ=np.arange(1.0, len(bds) + 1))


def settings(arms=("placebo", "msc"), visits=("month6",), populations=ITT, strata=(), analysed_visits=(), **analysis):
    """Fit settings with one analysis, ``primary``: ANCOVA of the change unless told otherwise."""
    declared = {"model": "ancova", "populations": tuple(populations), "role": "primary", "visits": analysed_visits}
    declared |= analysis
    return Fit(
        study="demo",
        endpoint="pcs",
        unit="points",
        direction="higher",
        arms=tuple(arms),
        reference=arms[0],
        visits=tuple(visits),
        baseline_visit="baseline",
        strata=tuple(strata),
        populations=dict(populations) if isinstance(populations, dict) else ITT,
        analyses={"primary": Analysis(**declared)},
    )


def with_analysis(fit, **changes):
    """The same settings with a changed analysis."""
    return replace(fit, analyses={"primary": replace(fit.analyses["primary"], **changes)})


def values(rows, who, visit="month6"):
    """statistic -> value of one group or contrast at a visit."""
    return {row.statistic: row.value for row in rows if who in (row.group, row.contrast) and row.visit == visit}


def row(rows, who, statistic, visit="month6"):
    """The one row of this name."""
    (found,) = [r for r in rows if who in (r.group, r.contrast) and r.statistic == statistic and r.visit == visit]
    return found


def random_trial(seed=1, n=40, arms=("placebo", "low", "high")):
    """A trial with a baseline effect, a two-level and a three-level factor, unbalanced, and AGE."""
    rng = np.random.default_rng(seed)
    adsl = subjects(
        [arms[i % len(arms)] for i in range(n)],
        SITE=rng.choice(["A", "B", "C"], n, p=[0.5, 0.3, 0.2]),
        SEX=rng.choice(["F", "M"], n, p=[0.7, 0.3]),
        AGE=rng.normal(75, 6, n).round(),
    )
    base = rng.normal(40, 8, n)
    shift = adsl["TRT01P"].map({arm: 2.0 * i for i, arm in enumerate(arms)}).to_numpy()
    value = base + shift - 0.3 * (base - 40) + adsl["SEX"].eq("M") * 1.5 + rng.normal(0, 4, n)
    value[rng.choice(n, 4, replace=False)] = np.nan
    return adsl, records(adsl, base, month6=value.to_numpy())


def fitted(adsl, bds, fit):
    """Result rows only."""
    return fit_endpoint(bds, adsl, fit)[0]
