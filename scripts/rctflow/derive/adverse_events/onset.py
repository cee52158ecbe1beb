"""Onset and end of adverse events: imputed dates, study days, treatment-emergent events, infusion reactions.

An onset that is known in part can have been at any moment of the month or year that is known. It is imputed with the
first of these moments, or with the first dose when that lies among them; an event counts as treatment-emergent, and as
an infusion reaction, when it can have been one (conservative).
"""

from __future__ import annotations

import pandas as pd

from rctflow.derive.adverse_events.moments import DAY, FAR_AHEAD, LONG_AGO, Span, clean_span
from rctflow.derive.adverse_events.settings import AdverseEvents, Doses
from rctflow.derive.sources import require_columns, select_rows, table_of

PLACE = "adverse_events"


def onset_span(events: pd.DataFrame, settings: AdverseEvents) -> Span:
    """When each event can have begun: within its partial date, and not after it ended."""
    began = clean_span(events, settings.start, settings.start_time)
    if not settings.end:
        return began
    ended = clean_span(events, settings.end)
    return Span(began.low, began.high.where(~(ended.high.between(began.low, began.high)), ended.high), began.exact)


def derive_dates(events: pd.DataFrame, began: Span, adsl: pd.DataFrame, settings: AdverseEvents) -> pd.DataFrame:
    """ASTDT, ASTDTF, ASTTM, AENDT, AENDTF, ASTDY, AENDY, ADURN (days, both ends included).

    A partial or unknown onset that can lie on or after the first dose is imputed with the first dose, else with its
    first possible day; ASTDTF says what was imputed: D the day, M month and day, Y the whole date. An imputed end is
    never after death. No duration of imputed dates, nor where the end is before the onset.
    """
    subjects = adsl.set_index("USUBJID")
    first_dose = of_patients(subjects["TRTSDT"], events["USUBJID"])
    flags = _flags(events, settings.start)
    unknown = flags.ne("")
    around = unknown & began.low.lt(first_dose) & began.high.ge(first_dose)
    start = began.low.dt.normalize().mask(began.low.eq(LONG_AGO)).mask(around, first_dose)
    end, end_flags = _end(events, subjects, settings)
    out = pd.DataFrame({"ASTDT": start, "ASTDTF": flags.mask(start.isna(), ""), "AENDT": end, "AENDTF": end_flags})
    times = events[settings.start_time].fillna("") if settings.start_time else pd.Series("", events.index, dtype="str")
    out["ASTTM"] = times.astype("str")
    out["ASTDY"] = _study_day(start, first_dose)
    out["AENDY"] = _study_day(end, first_dose)
    days = (end - start).dt.days.astype("float64") + 1
    out["ADURN"] = days.mask((days < 1) | out["ASTDTF"].ne("") | end_flags.ne(""))
    return out


def _end(events: pd.DataFrame, subjects: pd.DataFrame, settings: AdverseEvents) -> tuple[pd.Series, pd.Series]:
    if not settings.end:
        nothing = pd.Series(pd.NaT, events.index, dtype="datetime64[us]")
        return nothing, pd.Series("", events.index, dtype="str")
    end, flags = events[settings.end].dt.normalize(), _flags(events, settings.end).where(lambda f: f.ne("Y"), "")
    if "DTHDT" in subjects:
        death = of_patients(subjects["DTHDT"], events["USUBJID"])
        end = end.mask(flags.ne("") & death.lt(end), death)
    return end, flags


def _flags(events: pd.DataFrame, column: str) -> pd.Series:
    """The imputed part of a date column: "", D, M, or Y when there is no date at all."""
    flags = events[f"{column}_DTF"].fillna("") if f"{column}_DTF" in events else pd.Series("", events.index)
    return flags.mask(events[column].isna(), "Y").astype("str")


def _study_day(dates: pd.Series, reference: pd.Series) -> pd.Series:
    since = (dates - reference.dt.normalize()).dt.days.astype("float64")
    return since.where(~(since >= 0), since + 1)


def read_doses(tables: dict[str, pd.DataFrame], doses: Doses | None) -> pd.DataFrame:
    """USUBJID, LOW, HIGH (first possible moment of the start, last possible of the end), EXACT; sorted by LOW."""
    if doses is None:
        empty = pd.DataFrame({"USUBJID": [], "LOW": [], "HIGH": [], "EXACT": []})
        return empty.astype({"USUBJID": "str", "LOW": "datetime64[us]", "HIGH": "datetime64[us]", "EXACT": bool})
    place = f"{PLACE}.doses"
    table = table_of(tables, doses.table, place)
    named = (doses.start, doses.start_time, doses.end, doses.end_time)
    require_columns(table, doses.table, [name for name in named if name], place)
    rows = select_rows(table, doses.table, doses.where, place)
    rows = rows[rows[doses.start].notna()]
    began = clean_span(rows, doses.start, doses.start_time)
    ended = clean_span(rows, doses.end or doses.start, doses.end_time or ("" if doses.end else doses.start_time))
    known = ended.high.lt(FAR_AHEAD)
    made = {"LOW": began.low, "HIGH": ended.high.where(known, began.high), "EXACT": began.exact & ended.exact & known}
    return rows[["USUBJID"]].assign(**made).sort_values("LOW", kind="stable", ignore_index=True)


def flag_emergent(
    events: pd.DataFrame, began: Span, doses: pd.DataFrame, adsl: pd.DataFrame, settings: AdverseEvents
) -> pd.DataFrame:
    """TRTEMFL (Y/N), TRTEMIFL (Y where only the unknown part of the onset makes it so), PREFL and FUPFL (Y/"": before
    the first dose, after the time at risk).
    """
    if settings.emergent.flag:
        given = events[settings.emergent.flag].eq("Y")
        return _flagged(events, given, given & False, given & False, given & False)
    subject = events["USUBJID"]
    first = of_patients(adsl.set_index("USUBJID")["TRTSDT"], subject)
    first = first.mask(first.dt.normalize().eq(_first_dose(subject, doses).dt.normalize()), _first_dose(subject, doses))
    last = _time_at_risk_ends(subject, doses, settings)
    before, after = began.high.lt(first) | first.isna(), began.low.gt(last)
    emergent = ~before & ~after
    in_doubt = began.low.dt.normalize().lt(first.dt.normalize()) | began.high.gt(last)
    return _flagged(events, emergent, emergent & in_doubt, before, after & ~before)


def _flagged(
    events: pd.DataFrame, emergent: pd.Series, imputed: pd.Series, before: pd.Series, after: pd.Series
) -> pd.DataFrame:
    columns = {"TRTEMFL": emergent, "TRTEMIFL": imputed, "PREFL": before, "FUPFL": after}
    made = {name: pd.Series("", events.index, dtype="str").mask(rows, "Y") for name, rows in columns.items()}
    made["TRTEMFL"] = made["TRTEMFL"].mask(~emergent, "N")
    return pd.DataFrame(made)


def of_patients(dates: pd.Series, patients: pd.Series) -> pd.Series:
    """(n,) datetime64: the date of each row's patient; dates: by USUBJID."""
    found = dates.reindex(patients.astype("str")).to_numpy()
    return pd.Series(found, patients.index).astype("datetime64[us]")


def _first_dose(subject: pd.Series, doses: pd.DataFrame) -> pd.Series:
    return of_patients(doses.groupby("USUBJID")["LOW"].min(), subject)


def _time_at_risk_ends(subject: pd.Series, doses: pd.DataFrame, settings: AdverseEvents) -> pd.Series:
    days = settings.emergent.days_after_last_dose
    if days is None:
        return pd.Series(FAR_AHEAD, subject.index)
    last = of_patients(doses.groupby("USUBJID")["HIGH"].max(), subject)
    return (last.dt.normalize() + (days + 1) * DAY - pd.Timedelta(microseconds=1)).fillna(FAR_AHEAD)


def flag_reactions(events: pd.DataFrame, began: Span, doses: pd.DataFrame, settings: AdverseEvents) -> pd.DataFrame:
    """AREACTFL (Y/""), AREACTHR (hours from the start of the dose, where both times are known) and AREACTSR: what told,
    ``time`` or ``date``; of events without a time of onset the day decides, and every moment of it is possible.
    """
    blank = pd.Series("", events.index, dtype="str")
    nothing = pd.DataFrame({"AREACTFL": blank, "AREACTHR": float("nan"), "AREACTSR": blank})
    if settings.reaction_hours is None or doses.empty or events.empty:
        return nothing
    left = pd.DataFrame({"USUBJID": events["USUBJID"], "MOMENT": began.high, "ROW": range(len(events))})
    left = left.sort_values("MOMENT", kind="stable").astype({"USUBJID": "str"})
    right = doses.astype({"USUBJID": "str"})
    left["MOMENT"], right["LOW"] = left["MOMENT"].astype("datetime64[us]"), right["LOW"].astype("datetime64[us]")
    found = pd.merge_asof(left, right, left_on="MOMENT", right_on="LOW", by="USUBJID").sort_values("ROW")
    found = found.set_axis(events.index)
    limit = found["HIGH"] + pd.Timedelta(hours=settings.reaction_hours)
    within = found["LOW"].notna() & began.low.le(limit)
    timed = within & began.exact & found["EXACT"].eq(True)
    hours = (began.low - found["LOW"]).dt.total_seconds() / 3600
    basis = blank.mask(within, "date").mask(timed, "time")
    return pd.DataFrame({"AREACTFL": blank.mask(within, "Y"), "AREACTHR": hours.where(timed), "AREACTSR": basis})
