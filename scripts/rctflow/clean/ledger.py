"""The ledger: a row for every value that cleaning changed, every row it removed, every question it leaves open."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from rctflow.errors import RctflowError
from rctflow.outputs import written_whole

if TYPE_CHECKING:
    import pandas as pd

COLUMNS = ("table", "SRCROW", "subject", "column", "old", "new", "rule", "severity", "message")
Severity = Literal["change", "query", "removed", "note"]


class CleanError(RctflowError):
    """A source table that the declared rules cannot clean."""


def entries(
    rows: pd.DataFrame,
    table: str,
    rule: str,
    severity: Severity,
    message: str | Sequence[str],
    column: str = "",
    old: Any = "",
    new: Any = "",
) -> pd.DataFrame:
    """Ledger rows, one per row of ``rows`` (which has SRCROW, USUBJID and perhaps VISIT).

    old, new: texts, numbers (``%.10g``) or one text for all; missing becomes "". The visit ends the message, because
    in a wide form several visits have one SRCROW.
    """
    import pandas as pd

    words = [message] * len(rows) if isinstance(message, str) else list(message)
    if "VISIT" in rows:
        words = [f"{word} Visit {visit}." if visit else word for word, visit in zip(words, rows["VISIT"], strict=True)]
    return pd.DataFrame(
        {
            "table": table,
            "SRCROW": rows["SRCROW"].to_numpy(),
            "subject": rows["USUBJID"].to_numpy(),
            "column": column,
            "old": old if isinstance(old, str) else texts(old),
            "new": new if isinstance(new, str) else texts(new),
            "rule": rule,
            "severity": severity,
            "message": words,
        },
        columns=list(COLUMNS),
    )


def no_entries() -> pd.DataFrame:
    """A ledger without rows."""
    return gather([])


def gather(parts: Iterable[pd.DataFrame]) -> pd.DataFrame:
    """One ledger, by source row; the entries of a row stay in the order in which the rules were applied."""
    import pandas as pd

    filled = [part for part in parts if len(part)]
    kinds = {name: "int64" if name == "SRCROW" else "str" for name in COLUMNS}
    if not filled:
        return pd.DataFrame({name: pd.Series([], dtype=kind) for name, kind in kinds.items()})
    return pd.concat(filled).astype(kinds).sort_values("SRCROW", kind="stable", ignore_index=True)


def texts(values: Any) -> list[str]:
    """Values as the ledger writes them: ``%.10g`` for numbers, ISO 8601 for dates, "" for missing."""
    import pandas as pd

    column = pd.Series(values)
    if pd.api.types.is_float_dtype(column):
        return ["" if v != v else f"{v:.10g}" for v in column.tolist()]
    if pd.api.types.is_datetime64_any_dtype(column):
        return ["" if pd.isna(v) else v.isoformat().removesuffix("T00:00:00") for v in column]
    return ["" if pd.isna(v) else str(v) for v in column.tolist()]


def write_ledger(ledger: pd.DataFrame, path: str | Path) -> None:
    """Write a ledger as UTF-8 CSV, whole or not at all."""
    with written_whole(path) as temporary:
        ledger.to_csv(temporary, index=False, lineterminator="\n")


def listed_rows(rows: Sequence[int], most: int = 5) -> str:
    """``row 3`` or ``rows 3, 8 and 2 more``."""
    shown = ", ".join(str(row) for row in rows[:most])
    more = f" and {len(rows) - most} more" if len(rows) > most else ""
    return f"{'row' if len(rows) == 1 else 'rows'} {shown}{more}"
