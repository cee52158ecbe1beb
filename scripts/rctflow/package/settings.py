"""What a study says about its reproducibility package."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal


@dataclass(frozen=True)
class Person:
    """Somebody who answers for the study; orcid: the digits and dashes alone."""

    name: str
    affiliation: str = ""
    orcid: str = ""


@dataclass(frozen=True)
class Twin:
    """A synthetic twin: as many patients, drawn with this seed from the declared forms alone, never from their rows.

    margins: table -> column -> what a number is drawn with (mean, sd), or the share of each text as it is written;
    published numbers can stand here.
    """

    patients: int = 60
    seed: int = 1
    margins: dict[str, dict[str, dict[str, float]]] = field(default_factory=dict)


@dataclass(frozen=True)
class Deidentify:
    """How raw forms lose what identifies a person before they enter an open package.

    drop: table -> columns with direct identifiers; dates: dates become study days; top_code: table -> column -> the
    highest value shown (ages); free_text: table -> columns whose words are removed; subjects: patients get new
    identifiers.
    """

    drop: dict[str, tuple[str, ...]] | None = None
    dates: bool = True
    top_code: dict[str, dict[str, float]] | None = None
    free_text: dict[str, tuple[str, ...]] | None = None
    subjects: bool = True


@dataclass(frozen=True)
class Package:
    """The archive of a study.

    version: of the archive (empty: the workflow's). data: open, or restricted when patient data may not leave.
    licence: SPDX id of the data and results. access: where and under which conditions restricted data can be had.
    small_cells: in a restricted package no aggregate of fewer patients is shown.
    """

    version: str = ""
    data: Literal["open", "restricted"] = "open"
    licence: str = "CC-BY-4.0"
    authors: tuple[Person, ...] = ()
    publisher: str = ""
    access: str = ""
    small_cells: int = 5
    twin: Twin = Twin()
    deidentify: Deidentify | None = None

    @property
    def suppressed_below(self) -> int:
        """The number of patients below which results are suppressed; 0 for open data."""
        return self.small_cells if self.data == "restricted" else 0
