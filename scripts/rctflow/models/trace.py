"""The records that an analysis of one visit rests on: its record set."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rctflow.models.contract import AnalysisData
from rctflow.models.settings import Analysis

if TYPE_CHECKING:
    from pandas import DataFrame


def source_records(data: AnalysisData, records: DataFrame, analysis: Analysis) -> DataFrame:
    """``records`` of the visit (those made for missing values among them), and the baseline records of their subjects
    where these enter as change or covariate.
    """
    from pandas import concat

    if not analysis.baseline and analysis.outcome == "value":
        return records
    used = data.baseline["USUBJID"].isin(records["USUBJID"])
    return concat([records, data.baseline[used]])
