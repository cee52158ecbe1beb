"""The dummy allocation of a blinded dry run: drawn as the trial drew its own, from another seed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rctflow.outputs import written_whole
from rctflow.plan.settings import DummyAllocation
from rctflow.randomization import draw_allocation

if TYPE_CHECKING:
    import pandas as pd

SPAWN_KEY = (0x626C696E64,)  # "blind": apart from every other stream of the same seed


def dummy_allocation(enrolment: pd.DataFrame, settings: DummyAllocation) -> pd.DataFrame:
    """``enrolment`` (USUBJID, STRATUM, ORDER; the true arm never comes here) with ARM, sorted by USUBJID.

    The same patients give the same allocation, in whatever order they are listed. Raises SchemeError.
    """
    import numpy as np

    patients = enrolment.sort_values("USUBJID", kind="stable", ignore_index=True)
    rng = np.random.default_rng(np.random.SeedSequence(settings.seed, spawn_key=SPAWN_KEY))
    strata, order = patients["STRATUM"].tolist(), patients["ORDER"].tolist()
    return patients.assign(ARM=draw_allocation(settings.scheme, settings.arms, strata, order, rng))


def write_allocation(allocation: pd.DataFrame, path: str) -> None:
    """Write the allocation as CSV."""
    with written_whole(path) as temporary:
        allocation.to_csv(temporary, index=False, lineterminator="\n", encoding="utf-8")
