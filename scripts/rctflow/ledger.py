"""The ledger: a row for every value that cleaning changed, every row it removed, every question it leaves open."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from rctflow.outputs import written_whole
from rctflow.spreadsheets import guarded, unguarded

if TYPE_CHECKING:
    import pandas as pd

COLUMNS = ("table", "SRCROW", "subject", "column", "old", "new", "rule", "severity", "message")
WRITTEN = ("subject", "old", "new", "message")  # what forms say
SHOWN = 5  # rows that a message names
Severity = Literal["change", "query", "removed", "note"]
# parts of a ledger, column -> values: a data frame for each would cost more than the cleaning of a small form
Entries = list[dict[str, list[Any]]]


def entries(
    table: pd.DataFrame,
    rows: Any,
    name: str,
    rule: str,
    severity: Severity,
    message: str | Sequence[str],
    column: str = "",
    old: Any = "",
    new: Any = "",
) -> Entries:
    """Ledger entries for the rows of ``table`` under the mask ``rows``, of the source table called ``name``.

    message, old, new: one text for all, or one value per row (numbers as ``%.10g``, missing as ""). The visit ends the
    message, because in a wide form several visits have one SRCROW.
    """
    import numpy as np

    at = np.flatnonzero(rows)
    if not len(at):
        return []
    words = [message] * len(at) if isinstance(message, str) else list(message)
    if "VISIT" in table:
        visits = table["VISIT"].iloc[at]
        words = [f"{word} Visit {visit}." if visit else word for word, visit in zip(words, visits, strict=True)]
    part = {
        "table": name,
        "SRCROW": table["SRCROW"].to_numpy()[at],
        "subject": table["USUBJID"].iloc[at].tolist(),
        "column": column,
        "old": old if isinstance(old, str) else texts(old),
        "new": new if isinstance(new, str) else texts(new),
        "rule": rule,
        "severity": severity,
        "message": words,
    }
    return [{key: [value] * len(at) if isinstance(value, str) else list(value) for key, value in part.items()}]


def gather(parts: Entries) -> pd.DataFrame:
    """The ledger, by source row; the entries of a row stay in the order in which the rules were applied."""
    import pandas as pd

    columns = {name: [value for part in parts for value in part[name]] for name in COLUMNS}
    kinds = {name: "int64" if name == "SRCROW" else "str" for name in COLUMNS}
    ledger = pd.DataFrame({name: pd.Series(values, dtype=kinds[name]) for name, values in columns.items()})
    return ledger.sort_values("SRCROW", kind="stable", ignore_index=True)


def texts(values: Any) -> list[str]:
    """Values as the ledger writes them: ``%.10g`` for numbers, ISO 8601 for dates, "" for missing."""
    import pandas as pd

    column = pd.Series(values)
    if pd.api.types.is_float_dtype(column):
        return ["" if v != v else f"{v:.10g}" for v in column.tolist()]
    if pd.api.types.is_datetime64_any_dtype(column):
        return ["" if pd.isna(v) else v.isoformat().removesuffix("T00:00:00") for v in column]
    return ["" if pd.isna(v) else str(v) for v in column.tolist()]


def write_ledger(ledger: pd.DataFrame, path: str | Path, study: str) -> None:
    """Write a ledger as UTF-8 CSV, whole or not at all; its first column is the study. No cell is a formula."""
    safe = ledger.assign(study=study, **{name: ledger[name].map(guarded) for name in WRITTEN})
    with written_whole(path) as temporary:
        safe[["study", *ledger.columns]].to_csv(temporary, index=False, lineterminator="\n")


def read_ledger(path: str | Path) -> pd.DataFrame:
    """A ledger as text, "" for missing."""
    import pandas as pd

    ledger = pd.read_csv(path, dtype=str, keep_default_na=False)
    return ledger.assign(**{name: ledger[name].map(unguarded) for name in WRITTEN})


def listed_rows(rows: Sequence[int]) -> str:
    """``row 3`` or ``rows 3, 8 and 2 more``."""
    shown = ", ".join(str(row) for row in rows[:SHOWN])
    more = f" and {len(rows) - SHOWN} more" if len(rows) > SHOWN else ""
    return f"{'row' if len(rows) == 1 else 'rows'} {shown}{more}"
