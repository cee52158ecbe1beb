"""What the summaries room needs to know: of the study, for every summary, and what each summary may be told."""

from dataclasses import dataclass, field
from typing import Literal


@dataclass(frozen=True)
class SummaryPopulation:
    """ADSL flag of a population, and whether its members are counted as randomized (TRT01P) or as treated (TRT01A)."""

    flag: str
    arm: Literal["planned", "actual"] = "planned"


@dataclass(frozen=True)
class SummaryStudy:
    """What every summary knows of the study.

    arms: ids, reference first. populations: in the order of the config. small_cells: rows of fewer patients are
    suppressed (disclosure.py); 0 for open data.
    """

    study: str
    arms: tuple[str, ...]
    populations: dict[str, SummaryPopulation]
    order: tuple[str, ...] = ()
    small_cells: int = 0


@dataclass(frozen=True)
class Reads:
    """What a summary is made from beside ADSL: ids of clean tables, of tables whose ledgers it needs, of endpoints
    whose records it needs, and names of ADaM data sets (``adae``).
    """

    tables: tuple[str, ...] = ()
    ledgers: tuple[str, ...] = ()
    endpoints: tuple[str, ...] = ()
    datasets: tuple[str, ...] = ()


@dataclass(frozen=True)
class Flow:
    """How participants are counted from randomization to analysis.

    treated: ADSL flag (Y/N) of those who received any treatment; "" counts who has a first dose (TRTSDT). status,
    reason: ADSL columns of the end of the study and of the reason for leaving it, left out when ADSL has no such
    column. completed: the values of ``status`` that mean that the study was completed. endpoints: those whose values
    are counted at each visit (the primary ones when empty). events: ADSL column of the study day of an intercurrent
    event -> its name in print (all declared ones when empty).
    """

    treated: str = ""
    status: str = "EOSSTT"
    reason: str = "DCSREAS"
    completed: tuple[str, ...] = ("COMPLETED",)
    endpoints: tuple[str, ...] = ()
    events: dict[str, str] = field(default_factory=dict)

    @property
    def reads(self) -> Reads:
        """Records of the endpoints."""
        return Reads(endpoints=self.endpoints)


@dataclass(frozen=True)
class Populations:
    """The analysis sets, counted."""

    @property
    def reads(self) -> Reads:
        """ADSL alone."""
        return Reads()


@dataclass(frozen=True)
class Baseline:
    """Whose characteristics are shown, which, and how arms are compared.

    population: the first of the study when empty. variables: ADSL columns in the order of print, numbers described and
    texts counted per level (strata, covariates and derived columns when empty). levels: the order of a text's levels
    (that of derived columns as declared, else alphabetical); a level outside the list follows. units: of numbers
    (those of their form when not named). standardized: standardized differences from the reference arm. test_numbers,
    test_categories: the test of all arms at once, "" for none (randomized arms differ by chance alone).
    """

    population: str = ""
    variables: tuple[str, ...] = ()
    levels: dict[str, tuple[str, ...]] = field(default_factory=dict)
    units: dict[str, str] = field(default_factory=dict)
    standardized: bool = True
    test_numbers: Literal["", "anova", "kruskal_wallis"] = ""
    test_categories: Literal["", "chi_square", "fisher"] = ""

    @property
    def reads(self) -> Reads:
        """ADSL alone."""
        return Reads()


@dataclass(frozen=True)
class DataQuality:
    """The forms whose ledgers are counted (all when empty)."""

    tables: tuple[str, ...] = ()

    @property
    def reads(self) -> Reads:
        """The forms, cleaned, and their ledgers."""
        return Reads(tables=self.tables, ledgers=self.tables)
