"""Adverse events as the Snakefile sees them: ADAE and its listings, their tables, and the params of their rules."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from rctflow.settings import as_params
from rctflow.study.model import Study
from rctflow.study.presentation import listing_settings
from rctflow.study.rooms import adverse_event_settings, adverse_event_tables


@dataclass(frozen=True)
class AdverseEventJobs:
    """ADAE of a study, in the folder ``results``; nothing in a study that declares no adverse events."""

    study: Study
    results: str

    def files(self) -> list[str]:
        """ADAE and its ledger, in a study that declares adverse events. What cannot be true in it ends the run before
        anything is modelled.
        """
        ends = ("parquet", "ledger.csv") if self.study.adverse_events else ()
        return [f"{self.results}/adam/adae.{end}" for end in ends]

    def listings(self) -> list[str]:
        """Patient-level listings."""
        names = ("adverse_events.csv", "serious_adverse_events.csv", "adverse_events.html")
        return [f"{self.results}/listings/{name}" for name in names if self.study.adverse_events]

    def shown_listings(self) -> list[str]:
        """The listings that the report shows, listings/<summary>.html: none of restricted data."""
        restricted = self.study.package.suppressed_below
        return [] if restricted else [file for file in self.listings() if file.endswith(".html")]

    def listing(self) -> Any:
        """Params of the listings."""
        return as_params(listing_settings(self.study))

    def tables(self) -> list[str]:
        """The clean tables that ADAE is made from."""
        return [f"{self.results}/clean/{table}.parquet" for table in adverse_event_tables(self.study)]

    def settings(self) -> Any:
        """Params of ADAE."""
        return as_params(adverse_event_settings(self.study))
