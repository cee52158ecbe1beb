"""The table of one endpoint: by visit and arm, what was observed and what the main analysis estimates."""

from __future__ import annotations

from collections.abc import Sequence

from rctflow.display import Display
from rctflow.results import Result, contrasts_of, rows_of
from rctflow.tables.events import event_table
from rctflow.tables.means import mean_table
from rctflow.tables.proportions import proportion_table
from rctflow.tables.ranks import rank_table
from rctflow.tables.table import Table

EVENT_MODELS = ("counts", "time_to_event")


def endpoint_table(rows: Sequence[Result], settings: Display, plan: str = "") -> Table:
    """The table of the kind that the main analysis asks for: events, proportions, ranks or means.

    Statistics without a value show their reason in a footnote. plan: the status of the analysis plan, for the foot.
    """
    main = rows_of(rows, settings.main_analysis, settings.main_population)
    written = {statistic for _, _, statistic in main}
    if any(row.model in EVENT_MODELS for row in main.values()):
        return event_table(main, settings, plan)
    if "proportion" in written:
        return proportion_table(rows, main, settings, plan)
    if "lsmean" not in written and contrasts_of(main.values()):
        return rank_table(rows, main, settings, plan)
    return mean_table(rows, main, settings, plan)
