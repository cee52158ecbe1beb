"""What each estimand does to the records: the strategies for intercurrent events act on the data, not on the model.

    treatment_policy    records count whatever happened before
    hypothetical        records after the event do not count: what they would have been is missing
    composite           from the event on, every planned visit has the declared failure value (DTYPE COMPOSITE)
    while_on_treatment  from the event on, every planned visit has the last value before it (DTYPE LOV)

Of several events with another strategy than treatment policy the earliest decides, since what follows it happened in
a course that the estimand has left already. A value of the day of the event was measured before it.
Source: ICH E9(R1) 2019, A.3.2.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd

from rctflow.derive.plan import analysis_flag, event_column, study_day
from rctflow.derive.settings import Records, Strategy, Window

RANKED: tuple[Strategy, ...] = ("composite", "while_on_treatment", "hypothetical")  # of two events on one day
DTYPES = {"composite": "COMPOSITE", "while_on_treatment": "LOV"}
MARK = "ANL01FL"


def apply_strategies(bds: pd.DataFrame, adsl: pd.DataFrame, settings: Records) -> pd.DataFrame:
    """``bds`` with ANL01FL_<ESTIMAND> (Y or "") per estimand, and the rows that its strategies make (ANL01FL "").

    bds: as ``derive_records`` lays it out; adsl: with ICEDY_<EVENT>. ANL01FL itself stays what was observed.
    """
    made = [bds]
    for estimand, strategies in sorted(settings.strategies.items()):
        flag = analysis_flag(estimand)
        first = first_events(adsl, strategies)
        after = _is_after(bds, first)
        bds = bds.assign(**{flag: bds[MARK].mask(after, "")})
        rows = [_rows_made(bds, first, strategy, flag, settings) for strategy in DTYPES]
        made = [bds, *made[1:], *(part for part in rows if len(part))]
    out = pd.concat(made, ignore_index=True)
    flags = [analysis_flag(estimand) for estimand in sorted(settings.strategies)]
    return out.assign(**{flag: out[flag].fillna("").astype("str") for flag in flags})


def first_events(adsl: pd.DataFrame, strategies: Mapping[str, Strategy]) -> pd.DataFrame:
    """USUBJID (index), EVENT, DAY and STRATEGY of each subject's first event that leaves treatment policy."""
    parts = [
        pd.DataFrame(
            {"EVENT": event, "DAY": adsl[event_column(event)].to_numpy(), "STRATEGY": strategy},
            index=pd.Index(adsl["USUBJID"], name="USUBJID"),
        )
        for event, strategy in sorted(strategies.items())
        if strategy != "treatment_policy"
    ]
    if not parts:
        return pd.DataFrame({"EVENT": [], "DAY": [], "STRATEGY": []}, index=pd.Index([], name="USUBJID"))
    events = pd.concat(parts).dropna(subset="DAY")
    rank = events["STRATEGY"].map({strategy: place for place, strategy in enumerate(RANKED)})
    ordered = events.assign(RANK=rank).sort_values(["DAY", "RANK", "EVENT"], kind="stable")
    return ordered[~ordered.index.duplicated()].drop(columns="RANK").sort_index()


def _is_after(bds: pd.DataFrame, first: pd.DataFrame) -> pd.Series:
    """(n,) bool: records after baseline that were measured after the subject's first event."""
    day = bds["USUBJID"].map(first["DAY"]).astype("float64")
    return (bds["ABLFL"] != "Y") & (bds["ADY"].fillna(bds["AWTARGET"]) > day)


def _rows_made(bds: pd.DataFrame, first: pd.DataFrame, strategy: str, flag: str, settings: Records) -> pd.DataFrame:
    """The rows that a strategy puts at the planned visits from the event on."""
    struck = first[first["STRATEGY"] == strategy]
    if struck.empty:
        return bds.iloc[:0]
    last = _last_before(bds, struck) if strategy == "while_on_treatment" else None
    known = bds[bds[flag] == "Y"].set_index(["USUBJID", "AVISIT"]).index
    template, measured = _by_subject(bds), _days_measured(bds)
    rows = []
    for subject, event, day in zip(struck.index, struck["EVENT"], struck["DAY"], strict=True):
        for visit, window in settings.visits.items():
            when = measured.get((subject, visit), study_day(window.day))
            if window.baseline or (subject, visit) in known or when <= day:
                continue
            if last is None:
                source = {"AVAL": settings.failure, "SRCVAR": event, "SRCDOM": "", "SRCSEQ": np.nan}
            elif subject in last.index:
                source = last.loc[subject].to_dict()
            else:
                continue
            place = {"USUBJID": subject, "AVISIT": visit, "DTYPE": DTYPES[strategy], flag: "Y", **_planned(window)}
            rows.append(template.get(str(subject), template[""]) | source | place)
    made = pd.DataFrame(rows, columns=bds.columns).astype(bds.dtypes)
    change = made["AVAL"] - made["BASE"]
    return made.assign(CHG=change, PCHG=(100 * change / made["BASE"]).where(made["BASE"] != 0))


def _by_subject(bds: pd.DataFrame) -> dict[str, dict[str, object]]:
    """What a made row of each subject shares with the subject's other rows."""
    missing = {"M": pd.NaT, "f": np.nan}
    blank: dict[str, object] = {str(name): missing.get(bds[name].dtype.kind, "") for name in bds.columns}
    shared = {name: bds[name].iloc[0] for name in ("STUDYID", "PARAMCD", "PARAM")}
    bases = bds.groupby("USUBJID")["BASE"].first()
    return {"": blank | shared} | {str(who): blank | shared | {"BASE": base} for who, base in bases.items()}


def _last_before(bds: pd.DataFrame, struck: pd.DataFrame) -> pd.DataFrame:
    """AVAL and its source of each subject's last analysed record, baseline included, up to the day of the event."""
    day = bds["USUBJID"].map(struck["DAY"]).astype("float64")
    counts = ((bds[MARK] == "Y") | (bds["ABLFL"] == "Y")) & bds["AVAL"].notna()
    before = bds[counts & (bds["ADY"].fillna(bds["AWTARGET"]) <= day)]
    last = before.sort_values(["USUBJID", "ADY", "SRCSEQ"], kind="stable").drop_duplicates("USUBJID", keep="last")
    return last.set_index("USUBJID")[["AVAL", "AVALC", "SRCDOM", "SRCVAR", "SRCSEQ"]]


def _days_measured(bds: pd.DataFrame) -> dict[tuple[object, object], float]:
    """(subject, visit) -> study day of the analysed record, where there is one with a day."""
    held = bds[(bds[MARK] == "Y") & bds["ADY"].notna()]
    return {(who, visit): day for who, visit, day in zip(held["USUBJID"], held["AVISIT"], held["ADY"], strict=True)}


def _planned(window: Window) -> dict[str, float]:
    days = {"AWTARGET": window.day, "AWLO": window.low, "AWHI": window.high}
    return {"AVISITN": float(window.number)} | {name: float(study_day(day)) for name, day in days.items()}
