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
    whose records, or whose result rows, it needs, and names of ADaM data sets (``adae``).
    """

    tables: tuple[str, ...] = ()
    ledgers: tuple[str, ...] = ()
    endpoints: tuple[str, ...] = ()
    results: tuple[str, ...] = ()
    datasets: tuple[str, ...] = ()


@dataclass(frozen=True)
class Reason:
    """A reason in words, and whom it holds for (over ADSL columns)."""

    label: str
    where: str


@dataclass(frozen=True)
class FormRows:
    """The rows of a clean table that count (all when ``where`` is empty)."""

    table: str
    where: str = ""


@dataclass(frozen=True)
class Screening:
    """Where those assessed for eligibility stand: one row or more each. reason: the column that says why somebody was
    not randomized.
    """

    table: str
    where: str = ""
    reason: str = ""


@dataclass(frozen=True)
class Flow:
    """How participants are counted from screening to analysis (CONSORT 2025, items 22a and 22b).

    screened: those assessed for eligibility (nobody knows how many when omitted, and the flow says so). treated: ADSL
    flag (Y/N) of those who received any treatment; "" counts who has a first dose (TRTSDT). status, reason: ADSL
    columns of the end of the study and of the reason for leaving it, left out when ADSL has no such column. completed:
    the values of ``status`` that mean that the study was completed. endpoints: those whose values are counted at each
    visit (the primary ones when empty). events: ADSL column of the study day of an intercurrent event -> its name in
    print (all declared ones when empty). analysed: populations of the diagram (all when empty). exclusions: population
    -> why somebody randomized does not belong to it; the first reason that holds counts. forms: randomized, treated,
    completed, discontinued -> the rows of a form; who has one must be who ADSL counts, or the run stops.
    """

    screened: Screening | None = None
    treated: str = ""
    status: str = "EOSSTT"
    reason: str = "DCSREAS"
    completed: tuple[str, ...] = ("COMPLETED",)
    endpoints: tuple[str, ...] = ()
    events: dict[str, str] = field(default_factory=dict)
    analysed: tuple[str, ...] = ()
    exclusions: dict[str, tuple[Reason, ...]] = field(default_factory=dict)
    forms: dict[Literal["randomized", "treated", "completed", "discontinued"], FormRows] = field(default_factory=dict)

    @property
    def reads(self) -> Reads:
        """Records and result rows of the endpoints, and the forms that are reconciled."""
        tables = {rows.table for rows in self.forms.values()}
        tables |= {self.screened.table} if self.screened else set()
        return Reads(tables=tuple(sorted(tables)), endpoints=self.endpoints, results=self.endpoints)


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
    """What is counted of the ledgers.

    tables: the forms (all when empty). site: the ADSL column of the site, by which findings are counted and queries
    are listed; "" for one list.
    """

    tables: tuple[str, ...] = ()
    site: str = ""

    @property
    def reads(self) -> Reads:
        """The forms, cleaned, and their ledgers."""
        return Reads(tables=self.tables, ledgers=self.tables)
