"""BDS: every assessment of one endpoint, with its analysis visit, baseline and change."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TextIO

import pandas as pd

from rctflow.derive.averages import average_visits
from rctflow.derive.change import derive_change
from rctflow.derive.errors import DeriveError, located
from rctflow.derive.estimands import apply_strategies
from rctflow.derive.locf import carry_forward
from rctflow.derive.notes import describe_records, write_notes
from rctflow.derive.plan import AVERAGED, carried_flag
from rctflow.derive.ready import take_records
from rctflow.derive.selection import flag_analysis, flag_baseline
from rctflow.derive.settings import Records
from rctflow.derive.sources import select_rows
from rctflow.derive.unable import apply_unable, rank_within_visit
from rctflow.derive.values import apply_limits, derive_values
from rctflow.derive.windows import assign_visits, derive_study_day

TEXT, NUMBER, DATE = "str", "float64", "datetime64[us]"
LAYOUT = {
    "STUDYID": TEXT,
    "USUBJID": TEXT,
    "PARAMCD": TEXT,
    "PARAM": TEXT,
    "AVISIT": TEXT,
    "AVISITN": NUMBER,
    "ADT": DATE,
    "ADY": NUMBER,
    "AVAL": NUMBER,
    "AVALC": TEXT,
    "BASE": NUMBER,
    "CHG": NUMBER,
    "PCHG": NUMBER,
    "ABLFL": TEXT,
    "ANL01FL": TEXT,
    "DTYPE": TEXT,
    "AWTARGET": NUMBER,
    "AWLO": NUMBER,
    "AWHI": NUMBER,
    "AWTDIFF": NUMBER,
    "SRCDOM": TEXT,
    "SRCVAR": TEXT,
    "SRCSEQ": NUMBER,
}


def derive_records(
    table: pd.DataFrame, adsl: pd.DataFrame, settings: Records, where: str = "", log: TextIO | None = None
) -> pd.DataFrame:
    """The BDS table of one endpoint: columns and types of ``LAYOUT``, ANL01FL_<ESTIMAND> per estimand, and ANL02FL
    with the rows that are carried forward where an analysis asks.

    Sorted by USUBJID, AVISITN, ADY, SRCSEQ (missing last). Every row of the clean ``table`` that meets the endpoint's
    ``where`` and is of a subject in ``adsl`` is a record; averages of ties are further ones.
    where: place in the config, for messages. log: gets the notes, such as who is not in ADSL.
    Raises DeriveError for no record at all, unknown columns, overlapping windows, study days that cannot be computed,
    'unable' or censored values without a declared rule, and an instrument that does not fit the table.
    """
    with located(where):
        if settings.ready:
            taken = take_records(_rows(table, adsl, settings), settings)
            flags = [carried_flag(flag) for flag in settings.carried]
            bds = _sorted(apply_strategies(_laid_out(taken, settings, flags), adsl, settings))
        else:
            bds = _derived(table, adsl, settings)
    write_notes(describe_records(table, adsl, bds, settings), log)
    return bds


def _derived(table: pd.DataFrame, adsl: pd.DataFrame, settings: Records) -> pd.DataFrame:
    records = apply_limits(derive_values(_rows(table, adsl, settings), adsl, settings), settings)
    records = derive_study_day(apply_unable(records, settings), adsl)
    _refuse_no_days(records, settings)
    records = assign_visits(records, settings.visits, settings.windowing)
    if settings.baseline:
        records = flag_baseline(records, settings.visits, settings.tie)
    else:
        records = records.assign(ABLFL=pd.array([""] * len(records), dtype="str"))
    records = flag_analysis(records, settings.visits, settings.tie, settings.baseline)
    if settings.average:
        records = average_visits(records, settings)
    if settings.unable is not None and settings.unable.rule == "rank":
        records = rank_within_visit(records, settings.visits)
    more = [AVERAGED] if settings.average else []
    bds = apply_strategies(_laid_out(derive_change(records, settings.visits), settings, more), adsl, settings)
    return _sorted(carry_forward(bds, settings))


def _rows(table: pd.DataFrame, adsl: pd.DataFrame, settings: Records) -> pd.DataFrame:
    place = f"endpoints.{settings.endpoint}"
    rows = select_rows(table, settings.table, settings.where, place)
    if rows.empty:
        why = f"no row meets {settings.where!r}" if settings.where and not table.empty else "it has no rows"
        raise DeriveError(
            f"{place}: nothing to derive from table {settings.table!r}: {why}. Check the form and `where`."
        )
    rows = rows[rows["USUBJID"].isin(adsl["USUBJID"])]
    if rows.empty:
        raise DeriveError(
            f"{place}: no subject of table {settings.table!r} is randomized. Check that its subject column holds the "
            "same "
            f"identifiers as the subjects table (here {table['USUBJID'].iloc[0]!r}, there {adsl['USUBJID'].iloc[0]!r})."
        )
    return rows.reset_index(drop=True)


def _refuse_no_days(records: pd.DataFrame, settings: Records) -> None:
    if settings.windowing == "by_day" and records["ADY"].isna().all():
        raise DeriveError(
            f"endpoints.{settings.endpoint}: no record of table {settings.table!r} has a study day, so that no visit "
            "window "
            "can hold one. Declare the table's date or day column, and subjects.randomized or subjects.first_dose; or "
            "`windowing: nominal` to believe the visit that the site wrote."
        )


def _laid_out(records: pd.DataFrame, settings: Records, more: Sequence[str] = ()) -> pd.DataFrame:
    constant = {
        "STUDYID": settings.study,
        "PARAMCD": settings.endpoint.upper(),
        "PARAM": f"{settings.param} ({settings.unit})" if settings.unit else settings.param,
        "SRCDOM": settings.table,
    }
    records = records.assign(**{name: pd.array([text] * len(records), dtype="str") for name, text in constant.items()})
    records = records.sort_values("VISIT", kind="stable")  # the last of the keys; BDS does not keep the site's label
    return records[[*LAYOUT, *more]].astype(LAYOUT).reset_index(drop=True)


def _sorted(bds: pd.DataFrame) -> pd.DataFrame:
    return bds.sort_values(["USUBJID", "AVISITN", "ADY", "SRCSEQ"], kind="stable", ignore_index=True)
