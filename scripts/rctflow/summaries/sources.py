"""The tables that a summary is made from."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rctflow.ledger import read_ledger
from rctflow.results import Result, read_results

if TYPE_CHECKING:
    from pandas import DataFrame

Tables = Mapping[str, "DataFrame"]


@dataclass(frozen=True)
class Sources:
    """ADSL, and by their names: clean tables, ledgers, records of endpoints (BDS), ADaM data sets (``adae``), result
    rows of endpoints.
    """

    adsl: DataFrame
    tables: Tables = field(default_factory=dict)
    ledgers: Tables = field(default_factory=dict)
    records: Tables = field(default_factory=dict)
    datasets: Tables = field(default_factory=dict)
    results: Mapping[str, list[Result]] = field(default_factory=dict)


def read_sources(inputs: Any) -> Sources:
    """The sources in the files of a rule's named inputs: adsl, tables, ledgers, records, datasets, results."""
    import pandas as pd

    def named(files: Sequence[str]) -> Tables:
        return {Path(file).stem: pd.read_parquet(file) for file in files}

    ledgers = {Path(file).name.split(".")[0]: read_ledger(file) for file in inputs.ledgers}
    results = {Path(file).parent.name: read_results(Path(file)) for file in inputs.get("results", ())}
    tables, records, datasets = named(inputs.tables), named(inputs.records), named(inputs.datasets)
    return Sources(pd.read_parquet(inputs.adsl), tables, ledgers, records, datasets, results)
