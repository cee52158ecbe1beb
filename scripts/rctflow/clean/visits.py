"""Visit labels as sites and laboratories write them to the visit ids of the plan."""

from __future__ import annotations

from difflib import get_close_matches
from typing import TYPE_CHECKING

from rctflow.clean.errors import CleanError
from rctflow.clean.settings import Clean
from rctflow.identity import label_text
from rctflow.ledger import Entries, entries, listed_rows

if TYPE_CHECKING:
    import pandas as pd


def map_visits(table: pd.DataFrame, settings: Clean, *, where: str) -> tuple[pd.DataFrame, Entries]:
    """The table with VISIT: the id of the planned visit, "" for an unplanned visit or a row without a label.

    Labels are compared without regard to case and spacing; a visit's id is a label of itself. A missing label is
    queried, unless "" is declared as unplanned. Raises CleanError for labels that are declared neither as planned nor
    as unplanned.
    """
    import pandas as pd

    if not settings.visit:
        return table.assign(VISIT=pd.Series("", table.index, dtype="str")), []
    labels = label_text(table[settings.visit])
    plan = {_key(label): visit for label, visit in settings.visits.items()}
    plan |= {_key(visit): visit for visit in settings.visits.values()} | {
        _key(label): "" for label in settings.unplanned
    }
    known = {label: plan.get(_key(label)) for label in labels.dropna().unique() if label != ""}
    unknown = [label for label, visit in known.items() if visit is None]
    if unknown:
        raise CleanError(_unknown(unknown, labels, table["SRCROW"], settings, where=where))
    visits = labels.map(known).astype("object").fillna("").astype("str")
    mapped = table.assign(VISIT=visits)
    unplanned = (visits == "") & labels.notna() & (labels != "")
    note = "The visit is not in the plan; it is kept without a visit id."
    query = "The visit has no label; it is kept without a visit id."
    absent = labels.isna() & ("" not in settings.unplanned)
    return mapped, [
        *entries(mapped, unplanned, settings.table, "unplanned_visit", "note", note, settings.visit, labels[unplanned]),
        *entries(mapped, absent, settings.table, "visit_missing", "query", query, settings.visit),
    ]


def _key(label: str) -> str:
    return " ".join(label.split()).casefold()


def _unknown(unknown: list[str], labels: pd.Series, rows: pd.Series, settings: Clean, *, where: str) -> str:
    lines = []
    for label in unknown[:10]:
        near = get_close_matches(label, [*settings.visits, *settings.unplanned], n=1)
        hint = f" Did you mean '{near[0]}'?" if near else ""
        lines.append(f"  '{label}' in {listed_rows(rows[labels == label].tolist())}.{hint}")
    more = f"\n  and {len(unknown) - 10} more labels" if len(unknown) > 10 else ""
    return (
        f"{where}: {settings.visit} has labels of no known visit:\n" + "\n".join(lines) + more + "\n"
        "  Declare a label under visits.<visit>.values when the visit is planned, under "
        f"tables.{settings.table}.unplanned when "
        f"sites may write it although it is not."
    )
