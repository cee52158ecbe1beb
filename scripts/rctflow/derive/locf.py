"""Last observation carried forward: rows (DTYPE LOCF) for planned visits without a value, where an analysis asks.

Only what was observed after baseline is carried, from the analysed record of an earlier visit; a baseline never is.
LOCF assumes that a patient who is no longer seen stays as last seen; it is off unless an analysis says ``locf: true``.
"""

from __future__ import annotations

import pandas as pd

from rctflow.derive.plan import carried_flag
from rctflow.derive.settings import Records, Window
from rctflow.derive.windows import days_since, planned_days

DTYPE = "LOCF"


def carry_forward(bds: pd.DataFrame, settings: Records) -> pd.DataFrame:
    """``bds`` with ANL02FL for each flag ANL01FL of ``settings.carried`` (Y or ""), and the rows that are carried.

    ANL02FL is Y where the flag is and on the rows carried, which have the value, day and source of the record that they
    repeat, and the visit that they stand for (AWTDIFF from its target). A flagged record without a value gives way.
    """
    made = [bds]
    for flag in settings.carried:
        rows = _carried(bds, flag, settings.visits)
        replaced = _places(bds).isin(_places(rows)) & bds[flag].eq("Y")
        made[0] = made[0].assign(**{carried_flag(flag): bds[flag].mask(replaced, "")})
        made.append(rows.assign(**{carried_flag(flag): "Y"}))
    out = pd.concat([part for part in made if len(part)], ignore_index=True)
    return out.assign(**{carried_flag(f): out[carried_flag(f)].fillna("").astype("str") for f in settings.carried})


def _carried(bds: pd.DataFrame, flag: str, visits: dict[str, Window]) -> pd.DataFrame:
    after = [visit for visit, window in visits.items() if not window.baseline]
    held = bds[bds[flag].eq("Y") & bds["AVAL"].notna() & bds["AVISIT"].isin(after)]
    parts = [bds.iloc[:0]]
    for visit in after:
        window = visits[visit]
        seen = held.loc[held["AVISIT"] == visit, "USUBJID"]
        before = held[(held["AVISITN"] < window.number) & ~held["USUBJID"].isin(seen)]
        last = before.sort_values("AVISITN", kind="stable").drop_duplicates("USUBJID", keep="last")
        parts.append(last.assign(AVISIT=visit, AVISITN=float(window.number), **planned_days(window)))
    rows = pd.concat([part for part in parts if len(part)] or [bds.iloc[:0]], ignore_index=True)
    flags = {name: "" for name in bds.columns if name == "ABLFL" or name.startswith("ANL01FL")}
    distance = (days_since(rows["ADY"]) - days_since(rows["AWTARGET"])).abs()
    return rows.assign(DTYPE=DTYPE, AWTDIFF=distance, **flags).astype(bds.dtypes.to_dict())


def _places(records: pd.DataFrame) -> pd.MultiIndex:
    return pd.MultiIndex.from_frame(records[["USUBJID", "AVISIT"]])
