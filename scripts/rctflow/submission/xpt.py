"""SAS transport files, version 5.

The format: SAS Institute, "The record layout of a data set in SAS transport (XPORT) format" (TS-140). Written by
pyreadstat, which puts the time of writing into the headers: here it becomes the declared day.
"""

from __future__ import annotations

import re
import unicodedata
from datetime import date
from pathlib import Path

import pandas as pd

from rctflow.outputs import written_whole
from rctflow.submission.frames import EPOCH, Dataset

LONGEST_TEXT = 200
HEADER = 8 * 80  # the records that name and date the library and its member
STAMP = re.compile(rb"\d{2}[A-Z]{3}\d{2}:\d{2}:\d{2}:\d{2}")
LONGEST_LABEL = 40
DATE_FORMAT = "DATE9."
# what clinical texts have outside ASCII, and is no letter with a mark
INSTEAD = {"‘": "'", "’": "'", "“": '"', "”": '"', "–": "-", "—": "-", "−": "-", "≤": "<=", "≥": ">=", "±": "+/-"}
INSTEAD |= {"×": "x", "°": "deg", "µ": "u", "μ": "u", "ß": "ss", "æ": "ae", "Æ": "AE", "ø": "o", "Ø": "O", "œ": "oe"}
SIMILAR = str.maketrans(INSTEAD)


def write_xpt(dataset: Dataset, path: Path, day: date) -> list[str]:
    """Write a dataset; returns what the format cannot hold: texts that were cut, and letters that it has not.

    Texts are ASCII of at most 200 bytes, dates numbers with DATE9.
    """
    import pyreadstat

    notes: list[str] = []
    table = pd.DataFrame({v.name: _held(dataset.table[v.name], v.name, notes) for v in dataset.variables})
    with written_whole(path) as temporary:
        pyreadstat.write_xport(
            table,
            temporary,
            file_label=_ascii(dataset.contents.label)[:LONGEST_LABEL],
            column_labels={v.name: _ascii(v.label)[:LONGEST_LABEL] for v in dataset.variables},
            table_name=dataset.contents.name,
            file_format_version=5,
            variable_format={v.name: DATE_FORMAT for v in dataset.variables if v.type == "date"},
        )
        content = temporary.read_bytes()
        stamp = f"{day:%d%b%y}:00:00:00".upper().encode()
        temporary.write_bytes(STAMP.sub(stamp, content[:HEADER]) + content[HEADER:])
    return notes


def _held(values: pd.Series, name: str, notes: list[str]) -> pd.Series:
    """What version 5 can hold of one variable."""
    if pd.api.types.is_datetime64_any_dtype(values):
        return (values - EPOCH).dt.days.astype("float64")
    if pd.api.types.is_numeric_dtype(values):
        return values
    plain = values.map(_ascii)
    foreign, long = int(plain.ne(values).sum()), int(plain.str.len().gt(LONGEST_TEXT).sum())
    if foreign:
        notes.append(f"{name}: {foreign} texts have letters outside ASCII, written by similar ones or as ?")
    if long:
        notes.append(f"{name}: {long} texts are longer than {LONGEST_TEXT} bytes and cut")
    return plain.str.slice(0, LONGEST_TEXT).astype("object")


def _ascii(text: str) -> str:
    apart = unicodedata.normalize("NFKD", text.translate(SIMILAR))
    return "".join(c for c in apart if not unicodedata.combining(c)).encode("ascii", "replace").decode()
