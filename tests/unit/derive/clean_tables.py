"""Small clean tables and settings for the tests of the derive room, written as a clinician would write them."""

import pandas as pd
from rctflow.derive.settings import Records, Window

TEXT = ("USUBJID", "VISIT", "AVISIT", "ARM", "SEX", "TEST", "TERM", "AVALC", "DTYPE", "ABLFL", "ANL01FL", "TRT01P")
DATES = ("ADT", "TRTSDT", "RANDDT", "DATE")

VISITS = {
    "baseline": Window(0, 0, -28, 0, baseline=True),
    "week1": Window(1, 7, 3, 14),
    "month1": Window(2, 30, 20, 40),
}


def frame(text: str) -> pd.DataFrame:
    """A table from text: a header line, then rows; ``.`` is missing (in a text column of the contract: empty)."""
    header, *lines = [line.split() for line in text.strip().splitlines()]
    columns = {}
    for name, cells in zip(header, zip(*lines, strict=True), strict=True):
        values = pd.Series([None if cell == "." else cell for cell in cells], dtype="str")
        if name in DATES:
            columns[name] = pd.to_datetime(values.str.replace("T", " "), format="mixed").astype("datetime64[us]")
        elif name in TEXT or name.endswith("_CODE"):
            columns[name] = values.fillna("") if name not in ("ARM", "SEX", "TRT01P") else values
        else:
            columns[name] = values.astype("float64")
    return pd.DataFrame(columns)


def clean(text: str) -> pd.DataFrame:
    """A clean table: ``frame`` with the columns of the contract that the text leaves out."""
    table = frame(text)
    rest = {"VISIT": "", "ADT": pd.NaT, "DAY": float("nan"), "SRCROW": [float(row + 1) for row in range(len(table))]}
    for name, value in rest.items():
        if name not in table:
            table[name] = value
    return table.astype({"VISIT": "str", "ADT": "datetime64[us]", "DAY": "float64"})


def adsl(text: str) -> pd.DataFrame:
    """An ADSL with the dates that the text leaves out missing."""
    table = frame(text)
    for name in ("TRTSDT", "RANDDT"):
        if name not in table:
            table[name] = pd.Series(pd.NaT, index=table.index, dtype="datetime64[us]")
    return table


def records_of(**changes: object) -> Records:
    """Settings of an endpoint ``tug``: the column SEC of table perf, seconds, lower is better, assigned by day."""
    plain: dict = {
        "study": "trial",
        "endpoint": "tug",
        "param": "Timed up and go",
        "unit": "s",
        "table": "perf",
        "visits": VISITS,
        "column": "SEC",
        "direction": "lower",
    }
    return Records(**(plain | changes))
