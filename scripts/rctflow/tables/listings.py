"""Listings: one line per record of a patient, to be read by those who may see patients."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from rctflow.display import stamps_of
from rctflow.rounding import MISSING
from rctflow.spreadsheets import guarded_term
from rctflow.tables.table import Cell, Table

if TYPE_CHECKING:
    from pandas import DataFrame, Series

ADVERSE_EVENTS = {
    "USUBJID": "Patient",
    "TRTA": "Arm received",
    "AESEQ": "Event",
    "AETERM": "As written",
    "AEDECOD": "Preferred term",
    "AEBODSYS": "System organ class",
    "ASTDT": "Start",
    "ASTDTF": "Start imputed",
    "ASTTM": "Time",
    "ASTDY": "Start day",
    "AENDT": "End",
    "AENDTF": "End imputed",
    "ADURN": "Duration, days",
    "TRTEMFL": "Treatment-emergent",
    "AETOXGR": "Grade",
    "AESEV": "Severity",
    "AREL": "Related",
    "AESER": "Serious",
    "AEWDFL": "Withdrawn from treatment",
    "AESDTH": "Fatal",
    "AREACTFL": "Infusion reaction",
    "AEACN": "Action",
    "AEOUT": "Outcome",
}
"""Variable of ADAE -> the head of its column; a variable that ADAE lacks has none."""
ON_THE_PAGE = (
    *("USUBJID", "TRTA", "AEDECOD", "AETERM", "ASTDT", "ASTDY", "AENDT", "AETOXGR", "AESEV", "TRTEMFL", "AREL"),
    *("AEACN", "AEOUT"),
)
"""What the report shows of a serious event; the file has everything."""


@dataclass(frozen=True)
class Listing:
    """How records are listed. arms: id -> label. synthetic, blinded: as in Display."""

    arms: dict[str, str] = field(default_factory=dict)
    synthetic: bool = False
    blinded: str = ""


def adverse_event_listing(adae: DataFrame, settings: Listing) -> str:
    """Every event of ADAE as CSV text, in its order; text of the forms is harmless to spreadsheets."""
    shown = _texts(adae, settings)
    stamps = ", ".join(["SYNTHETIC" if settings.synthetic else "real", *stamps_of(False, settings.blinded)])
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(["data", *(ADVERSE_EVENTS[name] for name in shown)])
    columns = [
        [guarded_term(cell) for cell in cells] if _is_text(adae[name]) else cells for name, cells in shown.items()
    ]
    writer.writerows([stamps, *line] for line in zip(*columns, strict=True))
    return text.getvalue()


def serious_event_table(adae: DataFrame, settings: Listing) -> Table:
    """The serious events, for the report of a study whose data are open."""
    shown = {name: cells for name, cells in _texts(adae, settings).items() if name in ON_THE_PAGE}
    order = [name for name in ON_THE_PAGE if name in shown]
    lines = [
        [Cell(cell or MISSING, head=name == "USUBJID") for name, cell in zip(order, line, strict=True)]
        for line in zip(*(shown[name] for name in order), strict=True)
    ]
    heads = tuple(ADVERSE_EVENTS[name] for name in order)
    notes = ["All adverse events, with all their variables: listings/adverse_events.csv."]
    notes = ["No serious adverse event was recorded.", *notes] if not lines else notes
    name, caption = "serious-adverse-events", "Serious adverse events"
    return Table(name, caption, heads, lines, {}, notes, settings.synthetic, settings.blinded)


def serious(adae: DataFrame) -> DataFrame:
    """The serious events of ADAE."""
    return adae[adae["AESER"].eq("Y")]


def _texts(adae: DataFrame, settings: Listing) -> Mapping[str, list[str]]:
    """Variable -> its cells as printed."""
    return {name: _printed(adae[name], name, settings) for name in ADVERSE_EVENTS if name in adae}


def _printed(values: Series, name: str, settings: Listing) -> list[str]:
    if name == "TRTA":
        return [settings.arms.get(str(value), str(value)) for value in values]
    if values.dtype.kind == "M":
        return [
            "" if missing else day for day, missing in zip(values.dt.strftime("%Y-%m-%d"), values.isna(), strict=True)
        ]
    if values.dtype.kind in "iuf":
        return ["" if value != value else f"{value:.10g}" for value in values.tolist()]
    return values.astype("str").where(values.notna(), "").tolist()


def _is_text(values: Series) -> bool:
    return values.dtype.kind not in "iufM"
