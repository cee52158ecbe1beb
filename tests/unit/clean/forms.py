"""Small source tables, as the ingest room hands them over, and what cleaning made of them."""

from typing import Any

import pandas as pd
from rctflow.clean.settings import Clean
from rctflow.clean.table import clean_table

WHERE = "config/config.yaml: tables.tug"
NUMBERS = ("TUG1", "HEIGHT", "LBORRES", "LBORNRLO", "LBORNRHI", "DAY0")


def source(**columns: list[Any]) -> pd.DataFrame:
    """A source table: numbers are float64, everything else is text; SRCROW counts from 1 unless given."""
    rows = len(next(iter(columns.values())))
    typed = {
        name: pd.Series(values, dtype="float64" if name in NUMBERS else "str")
        for name, values in columns.items()
        if name != "SRCROW"
    }
    return pd.DataFrame(typed | {"SRCROW": columns.get("SRCROW", list(range(1, rows + 1)))})


def tug(**rules: Any) -> Clean:
    """Rules of a table of the subjects SUBJID."""
    return Clean(**{"table": "tug", "subject": "SUBJID"} | rules)


def cleaned(table: pd.DataFrame, rules: Clean) -> tuple[pd.DataFrame, list[tuple[Any, ...]]]:
    """The clean table, and its ledger as tuples (SRCROW, column, old, new, rule, severity)."""
    clean, ledger = clean_table(table, rules, where=WHERE)
    told = ledger[["SRCROW", "column", "old", "new", "rule", "severity"]]
    return clean, [tuple(row) for row in told.itertuples(index=False)]
