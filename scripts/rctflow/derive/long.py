"""A form with one row per item (as SDTM QS is), turned into one row per assessment with a column per item."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd

from rctflow.derive.errors import DeriveError, did_you_mean
from rctflow.derive.settings import LongItems
from rctflow.derive.sources import require_columns

ASSESSMENT = ["USUBJID", "VISIT", "ADT", "DAY"]


def items_as_columns(
    rows: pd.DataFrame, layout: LongItems, tests: Sequence[str], table: str, place: str
) -> pd.DataFrame:
    """One row per assessment (USUBJID, VISIT, ADT, DAY and ``by`` together) with a column per test, and its codes where
    the form has some; SRCROW is the first row of the assessment.

    Rows of other tests are left out. An item that an assessment lacks is missing. Raises DeriveError for an unknown
    column, a test that the form never names, and two rows of one test in one assessment.
    """
    require_columns(rows, table, [layout.test, layout.value, *layout.by], f"{place}.long")
    named = rows[layout.test].astype("str")
    if unknown := [test for test in tests if not named.eq(test).any()]:
        known = sorted(named.dropna().unique())
        raise DeriveError(
            f"{place}.items: no row of table {table!r} has {layout.test} {unknown[0]!r}."
            f"{did_you_mean(unknown[0], known)} It has: {', '.join(known[:40])}."
        )
    rows = rows[named.isin(list(tests))]
    _refuse_repeated(rows, layout, table, place)
    number = rows.groupby([*ASSESSMENT, *layout.by], dropna=False, sort=False).ngroup().to_numpy()
    first = rows.assign(_assessment=number).sort_values("SRCROW", kind="stable").drop_duplicates("_assessment")
    wide = first.set_index("_assessment")[[*ASSESSMENT, "SRCROW"]]
    code = f"{layout.value}_CODE"
    for source, suffix in ((layout.value, ""), *(((code, "_CODE"),) if code in rows else ())):
        for test in tests:
            mine = rows[layout.test].eq(test)
            values = pd.Series(rows.loc[mine, source].array, index=number[mine.to_numpy()])
            wide[f"{test}{suffix}"] = values.reindex(wide.index)
    return wide.sort_values("SRCROW").reset_index(drop=True)


def _refuse_repeated(rows: pd.DataFrame, layout: LongItems, table: str, place: str) -> None:
    again = rows[rows.duplicated([*ASSESSMENT, *layout.by, layout.test], keep=False)]
    if len(again):
        one = again.sort_values(["USUBJID", layout.test, "SRCROW"])
        numbers = ", ".join(f"{row:g}" for row in one["SRCROW"].head(2))
        raise DeriveError(
            f"{place}: subject {one['USUBJID'].iloc[0]} has two rows of {layout.test} {one[layout.test].iloc[0]!r} in "
            f"one assessment (rows {numbers} of table {table!r}). Correct the form, narrow the rows with "
            "`where`, or name what tells two assessments of a day apart under `long.by`."
        )
