"""A small trial for each model of the registry: what the tests of symmetries and of bad input start from.

Every trial has 40 patients in the arms placebo and msc, the stratum SITE, the covariates AGE and TIME, and the visits
month3 and month6 (month6 alone for times to an event).
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd
from rctflow.models.settings import Fit

from tests.fit_cases import records, settings, subjects

ARMS = ("placebo", "msc")
N = 40


@dataclass(frozen=True)
class Case:
    """ADSL, BDS and the settings of one analysis, ``primary``."""

    adsl: pd.DataFrame
    bds: pd.DataFrame
    fit: Fit

    def with_values(self, change: Callable[[pd.Series], Any], visits: tuple[str, ...] = ()) -> Case:
        """The same with other values (of the named visits, else of all), BASE and CHG after them."""
        at = self.bds["AVISIT"].isin(visits) if visits else pd.Series(True, self.bds.index)
        value = self.bds["AVAL"].where(~at, change(self.bds["AVAL"]))
        return replace(self, bds=_followed(self.bds.assign(AVAL=value)))


def _followed(bds: pd.DataFrame) -> pd.DataFrame:
    base = bds["USUBJID"].map(bds[bds["ABLFL"].eq("Y")].set_index("USUBJID")["AVAL"])
    flag = bds["ANL01FL"].where(bds["AVAL"].notna(), "")
    return bds.assign(BASE=base.astype(float), CHG=(bds["AVAL"] - base).where(bds["ABLFL"].ne("Y")), ANL01FL=flag)


def _subjects(rng: np.random.Generator) -> pd.DataFrame:
    """Arms in turn; two sites with both arms in each."""
    site = np.repeat(["A", "B"], N // 2)
    return subjects(list(ARMS) * (N // 2), SITE=site, AGE=rng.normal(75, 6, N).round(), TIME=rng.uniform(0.5, 2, N))


def _continuous(rng: np.random.Generator, adsl: pd.DataFrame) -> pd.DataFrame:
    base = rng.normal(40, 8, N)
    own, shift = rng.normal(0, 3, N), 3.0 * adsl["TRT01P"].eq("msc").to_numpy()
    later = {visit: 0.7 * base + 12 + own + shift + rng.normal(0, 3, N) for visit in ("month3", "month6")}
    later["month3"][[3, 12]] = np.nan
    return records(adsl, base, **later)


def _zero_one(rng: np.random.Generator, adsl: pd.DataFrame) -> pd.DataFrame:
    rate = np.where(adsl["TRT01P"].eq("msc"), 0.65, 0.4)
    drawn = [(rng.random(N) < share).astype(float) for share in (0.5, rate, rate)]
    return records(adsl, drawn[0], month3=drawn[1], month6=drawn[2])


def _levels(rng: np.random.Generator, adsl: pd.DataFrame) -> pd.DataFrame:
    shift = adsl["TRT01P"].eq("msc").to_numpy().astype(float)
    base, *later = (np.clip(np.round(2 + k * 0.5 * shift + rng.normal(0, 1.2, N)), 0, 4) + 0.0 for k in range(3))
    return records(adsl, base, month3=later[0], month6=later[1])


def _limited(rng: np.random.Generator, adsl: pd.DataFrame) -> pd.DataFrame:
    bds = _continuous(rng, adsl)
    return below(bds.assign(AVAL=np.exp((bds["AVAL"] - 40) / 10)), 0.7)


def below(bds: pd.DataFrame, limit: float) -> pd.DataFrame:
    """The records with values below a limit as half of it, written ``<limit``."""
    small = bds["AVAL"] < limit
    written = bds["AVALC"].mask(small, f"<{limit:.15g}")
    return _followed(bds.assign(AVAL=bds["AVAL"].mask(small, limit / 2), AVALC=written))


def _counts(rng: np.random.Generator, adsl: pd.DataFrame) -> pd.DataFrame:
    mean = 4 * adsl["TIME"].to_numpy() * np.where(adsl["TRT01P"].eq("msc"), 0.6, 1.0)
    drawn = [rng.poisson(mean * rng.gamma(1.6, 1 / 1.6, N)).astype(float) for _ in range(2)]
    return records(adsl, None, month3=drawn[0], month6=drawn[1])


def _times(rng: np.random.Generator, adsl: pd.DataFrame) -> pd.DataFrame:
    time = np.ceil(10 * rng.exponential(np.where(adsl["TRT01P"].eq("msc"), 1.6, 1.0)))
    event = rng.random(N) < 0.75
    bds = records(adsl, None, month6=time)
    return bds.assign(AVALC=np.where(event, "", [f">{t:g}" for t in time]))


PLANS: dict[str, tuple[Callable[..., pd.DataFrame], dict[str, Any]]] = {
    "ancova": (_continuous, {"covariates": ("AGE",)}),
    "mmrm": (_continuous, {}),
    "binary": (_zero_one, {"outcome": "value"}),
    "responder": (_continuous, {"options": {"at_least": 2.0}}),
    "censored": (_limited, {"outcome": "value", "log": True}),
    "wilcoxon": (_continuous, {"outcome": "value", "baseline": False}),
    "cmh": (_levels, {"outcome": "value", "baseline": False}),
    "proportional_odds": (_levels, {"outcome": "value"}),
    "gee": (_continuous, {}),
    "gee_logit": (_zero_one, {"outcome": "value", "baseline": False}),
    "counts": (_counts, {"outcome": "value", "baseline": False, "options": {"exposure": "TIME"}}),
    "time_to_event": (_times, {"outcome": "value", "baseline": False}),
    "paired_change": (_continuous, {"baseline": False}),
    "descriptive": (_continuous, {}),
}
"""Model -> the data that it is about, and its analysis."""


def case_of(model: str, seed: int = 1) -> Case:
    """A trial that the model can be fitted to."""
    rng = np.random.default_rng(seed)
    draw, plan = PLANS[model]
    adsl = _subjects(rng)
    visits = ("month6",) if model == "time_to_event" else ("month3", "month6")
    bds = draw(rng, adsl)
    return Case(adsl, bds, settings(ARMS, visits, strata=("SITE",), model=model, **plan))


def rescaled_limits(bds: pd.DataFrame, factor: float) -> pd.Series:
    """AVALC with limits and censored times in another unit."""
    return bds["AVALC"].map(lambda text: re.sub(r"[0-9.e+-]+$", lambda n: f"{float(n.group()) * factor:.15g}", text))
