"""Every table of one endpoint, in the order in which the report shows them."""

from __future__ import annotations

from collections.abc import Sequence

from rctflow.display import Display
from rctflow.results import Result
from rctflow.tables.categories import category_tables
from rctflow.tables.endpoint import endpoint_table
from rctflow.tables.ladder import ladder_table
from rctflow.tables.over_time import over_time_tables
from rctflow.tables.table import csv_of


def tables_of(rows: Sequence[Result], settings: Display, plan: str = "") -> tuple[str, str]:
    """HTML and CSV of an endpoint's tables; the CSV leaves out the ladder, whose numbers stand in the others' rows.

    plan: the status of the analysis plan, for the foot.
    """
    tables = [endpoint_table(rows, settings, plan), *category_tables(rows, settings, plan)]
    tables += over_time_tables(rows, settings, plan)
    shown = [*tables, ladder_table(rows, settings, plan)]
    return "\n".join(table.to_html() for table in shown if table), csv_of(tables)
