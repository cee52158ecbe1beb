"""Forms entered twice: identical rows collapse, differing ones follow the declared rule."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rctflow.clean.errors import CleanError
from rctflow.clean.settings import Clean
from rctflow.ledger import Entries, entries, listed_rows, texts

if TYPE_CHECKING:
    import pandas as pd


def collapse_duplicates(table: pd.DataFrame, settings: Clean, *, where: str) -> tuple[pd.DataFrame, Entries]:
    """One row per key. Raises CleanError when duplicates differ and the study does not say which to keep.

    Unplanned visits (VISIT "") are told apart by date and day. Rows with a missing part of the key are nobody's
    duplicates, unless they are identical in everything.
    """
    rule = settings.duplicates
    if not rule.key:
        return table, []
    keys = _keys(table, settings)
    suspects = table[keys.duplicated(keep=False)]
    if suspects.empty:
        return table, []
    order = [rule.order] if rule.order else []
    suspects = suspects.sort_values([*order, "SRCROW"], kind="stable", na_position="first")
    compared = _compared(table, settings)
    identical, identical_to = _surplus(suspects, compared, rule.keep)
    told = [f"Identical to row {row}, which is kept." for row in identical_to["SRCROW"]]
    ledger = entries(identical, identical["SRCROW"] > 0, settings.table, "duplicate_identical", "removed", told)
    rest = keys.loc[suspects.index.difference(identical.index, sort=False)].dropna()
    superseded, kept = _surplus(suspects.loc[rest.index].assign(**rest), list(keys.columns), rule.keep)
    if len(superseded) and rule.keep == "error":
        raise CleanError(_differing(superseded, kept, compared, settings, where=where))
    which = f"the {rule.keep} by {rule.order}" if rule.order else f"the {rule.keep}"
    told = [
        f"Row {row} is kept ({which}); this row differs in {difference}."
        for row, difference in zip(kept["SRCROW"], differences(superseded, kept, compared), strict=True)
    ]
    ledger += entries(superseded, superseded["SRCROW"] > 0, settings.table, "duplicate_superseded", "removed", told)
    return table.drop([*identical.index, *superseded.index]).reset_index(drop=True), ledger


def differences(removed: pd.DataFrame, kept: pd.DataFrame, compared: list[str]) -> list[str]:
    """For each removed row and the kept row beside it: ``TUG1: 12.1 (kept 11.9), TUG2: 13 (kept 12.5)``."""
    found: list[list[str]] = [[] for _ in range(len(removed))]
    for name in compared:
        old, new = texts(removed[name]), texts(kept[name])
        for i, (was, now) in enumerate(zip(old, new, strict=True)):
            if was != now:
                found[i].append(f"{name}: {was or 'empty'} (kept {now or 'empty'})")
    return [", ".join(pieces) for pieces in found]


def _keys(table: pd.DataFrame, settings: Clean) -> pd.DataFrame:
    renamed = (
        {settings.subject: "USUBJID", settings.visit: "VISIT"} if settings.visit else {settings.subject: "USUBJID"}
    )
    names = list(dict.fromkeys(renamed.get(name, name) for name in settings.duplicates.key))
    keys = table[names]
    if "VISIT" not in names:
        return keys
    planned = keys["VISIT"] != ""
    moment = table["ADT"].astype("str").fillna("") + "/" + table["DAY"].astype("str").fillna("")
    unknown = table["ADT"].isna() & table["DAY"].isna()
    return keys.assign(**{"#moment": moment.mask(unknown).mask(planned, "")})


def _compared(table: pd.DataFrame, settings: Clean) -> list[str]:
    """The columns in which duplicates can differ: not the row's number, and no fact twice."""
    copies = {"ADT", "ADTF", "DAY"} - {settings.date, settings.day}
    spelling = {settings.subject, settings.visit} - {"USUBJID", "VISIT"}
    ignored = {"SRCROW", *copies, *spelling}
    return [name for name in table.columns if name not in ignored]


def _surplus(rows: pd.DataFrame, key: list[str], keep: str) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Of the rows that are equal in ``key``: those to remove, and beside each of them the row that is kept."""
    group = rows.groupby(key, dropna=False, sort=False).ngroup()
    surplus = group.duplicated(keep="last" if keep == "last" else "first")
    kept = rows[~surplus].set_axis(group[~surplus])
    return rows[surplus], kept.loc[group[surplus]]


def _differing(removed: pd.DataFrame, kept: pd.DataFrame, compared: list[str], settings: Clean, *, where: str) -> str:
    lines = [
        f"  subject {subject}, {listed_rows([first, second])}: {difference}"
        for subject, first, second, difference in zip(
            removed["USUBJID"][:10],
            kept["SRCROW"],
            removed["SRCROW"],
            differences(removed[:10], kept[:10], compared),
            strict=False,
        )
    ]
    more = f"\n  and {len(removed) - 10} more" if len(removed) > 10 else ""
    return (
        f"{where}: rows with the same {', '.join(settings.duplicates.key)} differ:\n" + "\n".join(lines) + more + "\n"
        f"  Say under tables.{settings.table}.duplicates which to keep (keep: first or last, order: a column such as "
        "the date of "
        f"entry), name a longer key, or correct the raw form."
    )
