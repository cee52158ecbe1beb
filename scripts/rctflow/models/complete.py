"""Which records have everything that a model needs, and a sentence on those that do not."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pandas import DataFrame

LACKING = "LACKING"


def complete_records(records: DataFrame, columns: Sequence[str]) -> tuple[DataFrame, DataFrame]:
    """The records with a value in all of ``columns``, and the others with what they lack first in LACKING."""
    from pandas import concat

    lost = [records.iloc[:0].assign(**{LACKING: ""})]
    for column in columns:
        present = records[column].notna() & records[column].ne("")
        if present.all():
            continue
        lost.append(records[~present].assign(**{LACKING: "baseline value" if column in ("BASE", "CHG") else column}))
        records = records[present]
    return records, concat(lost)


def excluded_words(lost: DataFrame, visit: str = "", arm: str = "") -> str:
    """How many subjects with a value were left out for want of what, at one visit, in one arm, or in all."""
    if lost.empty:
        return ""
    if visit:
        lost = lost[lost["AVISIT"].eq(visit)]
    if arm:
        lost = lost[lost["ARM"].eq(arm)]
    counts = lost.groupby(LACKING, sort=False)["USUBJID"].nunique()
    return "; ".join(f"{n} with a value but without {what} not analysed" for what, n in counts.items())
