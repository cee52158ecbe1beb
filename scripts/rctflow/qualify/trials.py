"""Small trials as ADSL and BDS, so that a comparison goes through the same door as a study."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from pandas import DataFrame

    from rctflow.models.settings import Fit

Values = Sequence[float] | np.ndarray


def trial(arms: Sequence[str], base: Values | None, **visits: Values) -> tuple[DataFrame, DataFrame]:
    """ADSL and BDS of one subject per entry of ``arms``; a missing number is a visit without a value."""
    import pandas as pd

    names = [f"S{number:04d}" for number in range(1, len(arms) + 1)]
    adsl = pd.DataFrame({"USUBJID": names, "TRT01P": list(arms), "TRT01A": list(arms), "RANDFL": "Y", "ITTFL": "Y"})
    starts = np.full(len(names), np.nan) if base is None else np.asarray(base, float)
    parts = [] if base is None else [pd.DataFrame({"AVISIT": "baseline", "AVAL": starts, "ABLFL": "Y", "ANL01FL": ""})]
    for visit, values in visits.items():
        found = np.asarray(values, float)
        flags = np.where(np.isnan(found), "", "Y")
        parts.append(pd.DataFrame({"AVISIT": visit, "AVAL": found, "ABLFL": "", "ANL01FL": flags}))
    parts = [part.assign(USUBJID=names, BASE=starts) for part in parts]
    bds = pd.concat(parts, ignore_index=True).assign(AVALC="", DTYPE="", SRCDOM="form", SRCVAR="X")
    changes = (bds["AVAL"] - bds["BASE"]).where(bds["ABLFL"] == "")
    return adsl, bds.assign(CHG=changes, SRCSEQ=np.arange(1.0, len(bds) + 1))


def fit_of(arms: Sequence[str], visits: Sequence[str], model: str, strata: Sequence[str] = (), **analysis: Any) -> Fit:
    """Settings of one primary analysis, ``main``, of everybody randomized; the first arm is the reference."""
    from rctflow.models.settings import Analysis, Fit, PopulationFlag

    flag = analysis.pop("flag", "ITTFL")
    return Fit(
        study="qualification",
        endpoint="outcome",
        unit="",
        direction="higher",
        arms=tuple(arms),
        reference=arms[0],
        visits=tuple(visits),
        baseline_visit="baseline",
        strata=tuple(strata),
        populations={"everybody": PopulationFlag(flag)},
        analyses={"main": Analysis(model, ("everybody",), "primary", **analysis)},
    )


def statistics(adsl: DataFrame, bds: DataFrame, fit: Fit, who: str, visit: str) -> dict[str, float]:
    """Statistic -> value of one arm or contrast at a visit, as a run would write them."""
    from rctflow.models.endpoint import fit_endpoint

    rows = fit_endpoint(bds, adsl, fit)[0]
    return {
        row.statistic: float(row.value)
        for row in rows
        if row.value is not None and who in (row.group, row.contrast) and row.visit == visit
    }
