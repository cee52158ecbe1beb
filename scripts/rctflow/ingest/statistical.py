"""SAS (sas7bdat), SPSS (sav, zsav, por) and Stata (dta) files, read by the library pyreadstat, as text."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from rctflow.ingest.damage import DAMAGE
from rctflow.ingest.moments import Program, moment_of, moment_text
from rctflow.ingest.numerals import number_text
from rctflow.ingest.raw import IngestError, RawForm, Variable, check_header, declared_headers, named_texts
from rctflow.ingest.settings import DEFAULT_ENCODING, Ingest

READERS = {"sas7bdat": "read_sas7bdat", "sav": "read_sav", "por": "read_por", "dta": "read_dta"}
PROGRAMS: dict[str, Program] = {"sas7bdat": "sas", "sav": "spss", "por": "spss", "dta": "stata"}
ONE_BYTE = "WINDOWS-1252"


def read_statistical(path: Path, settings: Ingest, *, where: str) -> RawForm:
    """The text of the declared columns: formatted dates and times as ISO 8601, extended missing values as codes.

    SAS's are ``.A`` to ``.Z`` and ``._``, Stata's ``.a`` to ``.z``. A value that an SPSS file declares missing is
    empty, unless the study says under ``values`` or ``codes`` what it means. Raises IngestError for a file that is
    cut, damaged or of another format, and for text in another encoding.
    """
    encoding = "" if settings.encoding == DEFAULT_ENCODING else settings.encoding
    _, about, _ = _read(path, settings, encoding, where=where, metadataonly=True)
    header = [name or "" for name in about.column_names]
    check_header(header, path, settings, where=where)
    wanted = list(declared_headers(settings))
    if not wanted:
        return RawForm(path, header, {}, list(range(1, (about.number_rows or 0) + 1)), about.file_label or "")
    cells, read, found = _read(path, settings, encoding, where=where, usecols=wanted, output_format="dict")
    variables = {name: _variable(name, about, read) for name in header}
    kept = named_texts(settings)
    columns = {name: _text(cells[name], name, read, settings, kept[name]) for name in wanted}
    rows = len(cells[wanted[0]])
    label = about.file_label or ""
    return RawForm(path, header, columns, list(range(1, rows + 1)), label, variables, found)


def _read(path: Path, settings: Ingest, encoding: str, *, where: str, **options: Any) -> tuple[Any, Any, str]:
    """(cells, what the file says, encoding when it had to be found)."""
    import pyreadstat

    reader = getattr(pyreadstat, READERS[settings.format])
    # pyreadstat takes neither for portable files
    has_choice = settings.format != "por"
    for tried in (encoding,) if encoding or not has_choice else ("", ONE_BYTE):
        choice = {"encoding": tried or None, "user_missing": True} if has_choice else {}
        try:
            cells, about = reader(path, disable_datetime_conversion=True, **choice, **options)
        except UnicodeDecodeError:
            continue
        except (pyreadstat.ReadstatError, pyreadstat.PyreadstatError, *DAMAGE) as error:
            # ReadStat's words for text that is not in the encoding
            if "requested encoding" in str(error):
                continue
            raise IngestError(
                f"{where}: {path.name} cannot be read as {settings.format} ({error}): it was cut, damaged, or is of "
                "another format. Export it again, or declare the right `format` under "
                f"tables.{settings.table}."
            ) from None
        return cells, about, "" if encoding else tried
    raise IngestError(
        f"{where}: {path.name} has text that is not in the encoding that "
        f"{'is declared' if encoding else 'the file tells'}. Declare its encoding under "
        f"tables.{settings.table}.encoding."
    )


def _variable(name: str, about: Any, read: Any) -> Variable:
    labels = read.variable_value_labels.get(name) or {}
    ranges = read.missing_ranges.get(name) or []
    missing = tuple(_range_text(one) for one in ranges)
    label, shown = about.column_names_to_labels.get(name), about.original_variable_types.get(name)
    return Variable(label or "", shown or "", code_texts(labels), missing=missing)


def code_texts(labels: Mapping[Any, Any]) -> dict[str, str]:
    """Value labels by the text of the value, as cells have it."""
    return dict(zip(_keys(list(labels)), map(str, labels.values()), strict=True))


def _keys(keys: list[Any]) -> list[str]:
    return [str(key) if isinstance(key, str) else number_text([float(key)])[0].as_py() for key in keys]


def _range_text(one: dict[str, Any]) -> str:
    low, high = _keys([one["lo"], one["hi"]])
    return low if low == high else f"{low} to {high}"


def _text(values: list[Any], name: str, about: Any, settings: Ingest, kept: set[str]) -> Any:
    import numpy as np
    import pyarrow as pa
    import pyarrow.compute as pc

    kind = about.readstat_variable_types.get(name)
    if kind == "string":
        text = pc.utf8_rtrim(pc.fill_null(pa.array(values, pa.string()), ""), characters=" ")
        return _emptied(text, [one["lo"] for one in about.missing_ranges.get(name) or []], kept)
    codes = None
    if any(isinstance(value, str) for value in values):
        codes = np.array([f".{value}" if isinstance(value, str) else "" for value in values])
        values = [None if isinstance(value, str) else value for value in values]
    numbers = np.array(values, dtype=np.float64)
    program = PROGRAMS[settings.format]
    moment = moment_of(about.original_variable_types.get(name) or "", program)
    if moment:
        return moment_text(numbers, moment, program, codes)
    text = number_text(numbers.astype(np.float32) if kind == "float" else numbers, codes, settings.decimal)
    for one in about.missing_ranges.get(name) or []:
        beyond = pa.array((numbers >= one["lo"]) & (numbers <= one["hi"]))
        known = pc.is_in(text, value_set=pa.array(sorted(kept), pa.string()))
        text = pc.if_else(pc.and_not(beyond, known), "", text)
    return text


def _emptied(text: Any, missing: list[str], kept: set[str]) -> Any:
    import pyarrow as pa
    import pyarrow.compute as pc

    absent = [one.rstrip() for one in missing if one.rstrip() not in kept]
    return pc.if_else(pc.is_in(text, value_set=pa.array(absent, pa.string())), "", text)
