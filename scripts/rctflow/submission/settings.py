"""What the submission room needs to know of the study."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

Format = Literal["xpt", "dataset_json"]
Type = Literal["text", "integer", "float", "date"]
Origin = Literal["Assigned", "Collected", "Derived", "Predecessor"]


@dataclass(frozen=True)
class Variable:
    """One variable of a dataset.

    source: its name in adam/*.parquet. name: at most 8 characters, as SAS transport files demand; label: at most 40.
    rule: how it is made, in words. code: ``module:function`` below rctflow, "" for what a form says. place: the key of
    the config, or the form and column, that it comes from.
    """

    source: str
    name: str
    label: str
    type: Type = "text"
    rule: str = ""
    code: str = ""
    place: str = ""
    origin: Origin = "Derived"


@dataclass(frozen=True)
class Parameter:
    """One parameter of a BDS dataset: its endpoint, its code of at most 8 characters, how its AVAL is made."""

    endpoint: str
    code: str
    label: str
    rule: str
    place: str


@dataclass(frozen=True)
class Contents:
    """One dataset: name (at most 8 characters), label (at most 40), and the adam/*.parquet that it stacks (stems).

    kind: which fixed variables it has (catalogue.py); further: those that the study's config adds. structure: what one
    record is; keys: the variables that identify and sort it.
    """

    name: str
    label: str
    kind: Literal["ADSL", "BDS", "FINDINGS", "ADAE"]
    files: tuple[str, ...]
    structure: str
    keys: tuple[str, ...]
    further: tuple[Variable, ...] = ()
    parameters: tuple[Parameter, ...] = ()


@dataclass(frozen=True)
class Submission:
    """Derived data in standard files, with define.xml.

    date: the day (YYYY-MM-DD) that the files carry as that of their creation; the workflow reads no clock, so that
    equal data make equal files. formats: SAS transport version 5 and CDISC Dataset-JSON 1.1.
    """

    date: str
    formats: tuple[Format, ...] = ("xpt", "dataset_json")


@dataclass(frozen=True)
class Standard:
    """The study as its standard files tell it.

    id: of the study; study: the same with its stamps. arms, visits: (id, label), the reference arm and the first visit
    first.
    """

    id: str
    study: str
    title: str
    date: str
    formats: tuple[Format, ...]
    arms: tuple[tuple[str, str], ...]
    visits: tuple[tuple[str, str], ...]
    datasets: tuple[Contents, ...] = field(default=())
