"""Who a row belongs to, and facts of which a subject has only one."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rctflow.clean.errors import CleanError
from rctflow.clean.settings import Clean
from rctflow.identity import label_text
from rctflow.ledger import Entries, listed_rows

if TYPE_CHECKING:
    import pandas as pd


def identify_subjects(table: pd.DataFrame, settings: Clean, *, where: str) -> tuple[pd.DataFrame, Entries]:
    """The table with USUBJID, the subject's identifier as text (1 for 1.0).

    Raises CleanError for rows without an identifier: they belong to nobody and cannot be analysed.
    """
    nobody = table["SRCROW"][table[settings.subject].isna()].tolist()
    if nobody:
        raise CleanError(
            f"{where}: {settings.subject}, the subject's identifier, is missing in {listed_rows(nobody)}. "
            f"Fill it in in the raw form, or remove the row there."
        )
    return table.assign(USUBJID=label_text(table[settings.subject])), []


def check_constant(table: pd.DataFrame, settings: Clean, *, where: str) -> tuple[pd.DataFrame, Entries]:
    """The table as it is; raises CleanError when a subject has two values in a column that must be constant.

    Missing values do not count. Two arms of one subject are a second randomization or a crossover.
    """
    lines = []
    for column in settings.constant:
        known = table[["USUBJID", column, "SRCROW"]].dropna(subset=[column])
        values = known.drop_duplicates(["USUBJID", column])
        conflicting = values["USUBJID"][values["USUBJID"].duplicated()].unique()
        for subject, rows in known[known["USUBJID"].isin(conflicting)].groupby("USUBJID"):
            found = [
                f"{value} ({listed_rows(at.tolist())})" for value, at in rows.groupby(column, sort=False)["SRCROW"]
            ]
            lines.append(f"  subject {subject}: {column} is {' and '.join(found)}")
    if lines:
        more = f"\n  and {len(lines) - 10} more" if len(lines) > 10 else ""
        raise CleanError(
            f"{where}: a subject must have one value of {', '.join(settings.constant)}, but\n"
            + "\n".join(lines[:10])
            + more
            + "\n"
            "  One subject is randomized once, to one arm. Correct the raw form; crossover and cluster designs are "
            "not analysed here."
        )
    return table, []
