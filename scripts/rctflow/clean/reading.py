"""What reading found in a form, as rows of its ledger."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from rctflow.ledger import Entries

if TYPE_CHECKING:
    import pandas as pd


def reading_entries(table: pd.DataFrame, findings: Sequence[Mapping[str, Any]], name: str) -> Entries:
    """Ledger entries of ``findings`` (SRCROW, column, old, rule, severity, message); the value stays as it is.

    table: the source table called ``name``, with USUBJID.
    """
    if not findings:
        return []
    subjects = dict(zip(table["SRCROW"].tolist(), table["USUBJID"].tolist(), strict=True))
    part = {key: [one[key] for one in findings] for key in ("SRCROW", "column", "old", "rule", "severity", "message")}
    part |= {
        "table": [name] * len(findings),
        "subject": [subjects[row] for row in part["SRCROW"]],
        "new": part["old"],
    }
    return [part]
