"""A raw form as read, before typing: every cell is text, every row has its number in the file."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from difflib import get_close_matches
from pathlib import Path
from typing import Any

from rctflow.errors import RctflowError
from rctflow.ingest.settings import Ingest


class IngestError(RctflowError):
    """A raw form that cannot be read as the study declares it."""


@dataclass(frozen=True)
class ValueLevel:
    """A code list that holds only in some rows.

    where: (column, comparator EQ, NE, IN, NOTIN, ..., values), all of which must hold. codes: code -> label.
    """

    where: tuple[tuple[str, str, tuple[str, ...]], ...]
    codes: dict[str, str]


@dataclass(frozen=True)
class Variable:
    """What a file, or its dictionary, says of one column.

    label: its words. format: how it is stored or shown there (``DATE9.``, ``%td``). codes: code -> label. listed: the
    codes are all that may stand there (a code list), so that another is a finding; else they name some of the values.
    missing: values that the file declares missing. within: lists that hold in some rows, in place of ``codes``.
    """

    label: str = ""
    format: str = ""
    codes: dict[str, str] = field(default_factory=dict)
    listed: bool = False
    missing: tuple[str, ...] = ()
    within: tuple[ValueLevel, ...] = ()


@dataclass(frozen=True)
class RawForm:
    """The text of one form.

    header: all column names of the file, in its order. columns: header -> pyarrow string array (no nulls, "" for an
    empty cell), for the declared columns. rows: number of each data row in the file, from 1 under the header; blank
    rows are counted and left out. label: of the file. variables: header -> what the file says of the column. encoding:
    in which its text is written, where the file does not say so itself and it had to be found.
    """

    path: Path
    header: list[str]
    columns: dict[str, Any]
    rows: list[int]
    label: str = ""
    variables: dict[str, Variable] = field(default_factory=dict)
    encoding: str = ""


def declared_headers(settings: Ingest) -> dict[str, str]:
    """Header in the file -> the place under ``tables.<table>`` that declares it."""
    wide = settings.wide.visits if settings.wide else {}
    spread = {name for headers in wide.values() for name in headers}
    headers = {
        column.column or name: f"columns.{name}" for name, column in settings.columns.items() if name not in spread
    }
    for visit, names in wide.items():
        headers |= {header: f"wide.visits.{visit}.{name}" for name, header in names.items()}
    return headers


def named_texts(settings: Ingest) -> dict[str, set[str]]:
    """Header in the file -> the texts whose meaning the study declares under ``values`` or ``codes``."""
    texts: dict[str, set[str]] = {}
    for header, place in declared_headers(settings).items():
        column = settings.columns[place.rpartition(".")[2]]
        texts[header] = {str(text).strip() for text in (*column.values, *column.codes)}
    return texts


def check_header(header: list[str], path: Path, settings: Ingest, *, where: str) -> None:
    """Raise IngestError when a declared column is absent (with the nearest name), or stands twice."""
    declared = declared_headers(settings)
    absent = {name: place for name, place in declared.items() if name not in header}
    if absent:
        lines = [f"  {place}: no column '{name}'.{_nearest(name, header)}" for name, place in absent.items()]
        raise IngestError(
            f"{where}: {path.name} lacks {_count(len(absent), 'declared column')}:\n" + "\n".join(lines) + "\n"
            f"  The file has: {listed(header, 30)}.{_one_column_hint(header)}\n"
            "  Say how the file calls it with `column: <header>` under the place named above, or remove the "
            "declaration."
        )
    twice = sorted(name for name in declared if header.count(name) > 1)
    if twice:
        raise IngestError(
            f"{where}: {path.name} has more than one column named {listed(twice)}, so that it is not known which is "
            "meant. "
            f"Give each column its own name in the file's header."
        )


def listed(names: Iterable[object], most: int = 10) -> str:
    """``a, b, c and 4 more``: at most ``most`` of the names."""
    every = [str(name) for name in names]
    shown = ", ".join(every[:most])
    return shown if len(every) <= most else f"{shown} and {len(every) - most} more"


def _nearest(name: str, header: list[str]) -> str:
    lower = {candidate.lower(): candidate for candidate in header}
    near = get_close_matches(name.lower(), lower, n=1)
    return f" Did you mean '{lower[near[0]]}'?" if near else ""


def _one_column_hint(header: list[str]) -> str:
    if len(header) == 1 and any(mark in header[0] for mark in ",;\t|"):
        return " It was read as one column: is `delimiter` right?"
    return ""


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"
