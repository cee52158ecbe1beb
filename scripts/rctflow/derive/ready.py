"""Records of a ready-made ADaM data set (BDS), taken as they stand: visits, baselines and changes are not derived.

Rows that the data set carries forward (DTYPE LOCF) count for analyses that ask for it and for no other: they have
ANL02FL Y where the data set has ANL01FL Y, as those that locf.py makes.
Source: CDISC ADaM Implementation Guide 1.3, BDS.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from rctflow.derive.errors import DeriveError
from rctflow.derive.locf import DTYPE
from rctflow.derive.plan import carried_flag, study_day
from rctflow.derive.settings import Records
from rctflow.derive.sources import require_columns
from rctflow.derive.windows import days_since

OBSERVED = "ANL01FL"


def take_records(rows: pd.DataFrame, settings: Records) -> pd.DataFrame:
    """``rows`` of a clean table of BDS records with the columns that analyses read: AVISIT (visit id), ADY, AVAL, BASE,
    CHG, PCHG, ABLFL, ANL01FL, ANL02FL where an analysis asks for it, DTYPE and the plan of the visit.

    The visit is the clean table's. Raises DeriveError for a column that the table lacks, and
    for values carried forward under an estimand's strategies.
    """
    place = f"endpoints.{settings.endpoint}"
    needed = [settings.column, "ANL01FL", *(("BASE", "CHG", "ABLFL") if settings.baseline else ())]
    require_columns(rows, settings.table, needed, place)
    if set(settings.carried) - {OBSERVED}:
        raise DeriveError(
            f"{place}: the values that {settings.table!r} carries forward know no estimand; leave it out."
        )
    text = {name: _text(rows, name) for name in ("ABLFL", "ANL01FL", "DTYPE")}
    carried = text["DTYPE"].eq(DTYPE)
    records = rows.assign(
        AVISIT=rows["VISIT"].where(rows["VISIT"].isin(list(settings.visits)), "").astype("str"),
        AVAL=rows[settings.column].astype("float64"),
        ADY=_number(rows, "ADY"),
        BASE=_number(rows, "BASE"),
        CHG=_number(rows, "CHG"),
        PCHG=_number(rows, "PCHG"),
        AVALC=pd.array(np.where(rows[settings.column].isna(), "missing", ""), dtype="str"),
        ABLFL=text["ABLFL"],
        ANL01FL=text["ANL01FL"].mask(carried, ""),
        DTYPE=text["DTYPE"],
        SRCVAR=pd.array([settings.column] * len(rows), dtype="str"),
        SRCSEQ=rows["SRCROW"].astype("float64"),
    )
    for flag in settings.carried:
        records[carried_flag(flag)] = text[flag]
    return _with_plan(records, settings)


def _with_plan(records: pd.DataFrame, settings: Records) -> pd.DataFrame:
    """AVISITN and the planned days of each record's visit, those of the plan."""
    plan = pd.DataFrame(
        {
            visit: [float(w.number), *(float(study_day(day)) for day in (w.day, w.low, w.high))]
            for visit, w in settings.visits.items()
        },
        index=["AVISITN", "AWTARGET", "AWLO", "AWHI"],
    ).T
    found = plan.reindex(records["AVISIT"])
    records = records.assign(**{str(name): found[name].to_numpy() for name in found})
    return records.assign(AWTDIFF=(days_since(records["ADY"]) - days_since(records["AWTARGET"])).abs())


def _text(rows: pd.DataFrame, name: str) -> pd.Series:
    if name not in rows:
        return pd.Series("", rows.index, dtype="str")
    return rows[name].fillna("").astype("str")


def _number(rows: pd.DataFrame, name: str) -> pd.Series:
    return rows[name].astype("float64") if name in rows else pd.Series(np.nan, rows.index)
