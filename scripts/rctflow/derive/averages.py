"""An outcome that is the mean over several visits: one record per subject, made of each visit's analysed record."""

from __future__ import annotations

import numpy as np
import pandas as pd

from rctflow.derive.plan import AVERAGED
from rctflow.derive.settings import Records
from rctflow.derive.windows import planned_days

DTYPE = "AVERAGE"


def average_visits(records: pd.DataFrame, settings: Records) -> pd.DataFrame:
    """``records`` (with ANL01FL) with ANL03FL, Y on the records that are averaged, and one record per subject below.

    The mean stands at the last of ``settings.average``, without a day, with DTYPE AVERAGE and ANL01FL Y; the visits
    that it is made of lose ANL01FL. A visit without a value is left out of the mean; a subject without any has none.
    """
    over = list(settings.average)
    used = records["AVISIT"].isin(over) & records["ANL01FL"].eq("Y") & records["AVAL"].notna()
    last, window = over[-1], settings.visits[over[-1]]
    groups = records[used].groupby("USUBJID", sort=True)
    means = groups.head(1).sort_values("USUBJID", kind="stable")
    means = means.assign(
        AVAL=groups["AVAL"].mean().to_numpy(),
        AVALC="",
        AVISIT=last,
        AVISITN=float(window.number),
        ADT=pd.Series(pd.NaT, means.index, dtype="datetime64[us]"),
        ADY=np.nan,
        AWTDIFF=np.nan,
        SRCSEQ=np.nan,
        DTYPE=DTYPE,
        ANL01FL="Y",
        **{AVERAGED: ""},
        **planned_days(window),
    )
    kept = records.assign(
        ANL01FL=records["ANL01FL"].mask(records["AVISIT"].isin(over), ""),
        **{AVERAGED: pd.array(np.where(used, "Y", ""), dtype="str")},
    )
    made = means[kept.columns].astype(kept.dtypes.to_dict())
    return pd.concat([kept, made], ignore_index=True) if len(made) else kept
