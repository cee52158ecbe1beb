"""From the derived tables to the datasets of a submission: names, order, types and lengths of every variable."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from rctflow.errors import RctflowError
from rctflow.submission.catalogue import catalogue
from rctflow.submission.settings import Contents, Standard, Variable

ARMS = ("TRT01P", "TRT01A", "TRTA")
EPOCH = pd.Timestamp("1960-01-01")  # SAS counts days from here


class SubmissionError(RctflowError):
    """Derived data that cannot be written as a standard says."""


@dataclass(frozen=True)
class Dataset:
    """One dataset: its contents, and a table with the variables under their short names.

    Text "" for missing; integer and float float64; date datetime64.
    """

    contents: Contents
    variables: tuple[Variable, ...]
    table: pd.DataFrame

    def length(self, variable: Variable) -> int:
        """Bytes of the longest text, at least 1; 8 for numbers and dates."""
        if variable.type != "text":
            return 8
        return max([1, *(len(text.encode()) for text in self.table[variable.name].unique())])


def build_dataset(contents: Contents, tables: Mapping[str, pd.DataFrame], standard: Standard) -> Dataset:
    """One dataset of a submission.

    tables: stem of adam/*.parquet -> table, ``adsl`` among them. Sorted by the keys, missing first, as SAS sorts.
    Raises SubmissionError when a table has a variable that neither the catalogue nor the config tells of.
    """
    frames = [_prepared(stem, tables, contents, standard) for stem in contents.files]
    fixed = catalogue()[contents.kind]
    known = {variable.source for variable in (*fixed, *contents.further)}
    if unknown := sorted({str(name) for frame in frames for name in frame} - known):
        raise SubmissionError(
            f"submission: {contents.name} has variables that nobody described: {', '.join(unknown)}. Describe them in "
            "scripts/rctflow/submission/variables.yaml."
        )
    whole = pd.concat(frames, ignore_index=True)
    variables = tuple(variable for variable in _ordered(fixed, contents) if variable.source in whole)
    columns = {variable.name: _column(whole[variable.source], variable, standard) for variable in variables}
    keys = [key for key in contents.keys if key in columns]
    table = pd.DataFrame(columns).sort_values(keys, kind="stable", na_position="first", ignore_index=True)
    return Dataset(contents, variables, table)


def _prepared(stem: str, tables: Mapping[str, pd.DataFrame], contents: Contents, standard: Standard) -> pd.DataFrame:
    table = tables[stem]
    if contents.kind not in ("BDS", "FINDINGS"):
        return table
    arms = tables["adsl"].set_index("USUBJID")[["TRT01P", "TRT01A"]]
    table = table.assign(AVISIT=table["AVISIT"].map(dict(standard.visits)).fillna(""))
    if contents.kind == "BDS":
        parameter = next(parameter for parameter in contents.parameters if parameter.endpoint == stem)
        table = table.assign(PARAMCD=parameter.code, PARAM=parameter.label)
    return table.join(arms, on="USUBJID")


def _ordered(fixed: tuple[Variable, ...], contents: Contents) -> tuple[Variable, ...]:
    """The fixed variables, the study's own before the trace (or at the end)."""
    trace = [variable for variable in fixed if variable.name.startswith("SRC")]
    return (*(variable for variable in fixed if variable not in trace), *contents.further, *trace)


def _column(values: pd.Series, variable: Variable, standard: Standard) -> pd.Series:
    if variable.source in ARMS and variable.type == "integer":
        return numbered_arm(values, standard)
    if variable.source in ARMS:
        return values.map(dict(standard.arms)).fillna("")
    if variable.type == "date":
        return pd.to_datetime(values).dt.normalize()
    if variable.type == "text":
        return _as_text(values)
    return values.astype("float64")


def numbered_arm(arms: pd.Series, standard: Standard) -> pd.Series:
    """(n,) float64 place of an arm id in the order of print, the reference 1; missing where there is no arm."""
    return arms.map({arm: float(place) for place, (arm, _) in enumerate(standard.arms, start=1)}).astype("float64")


def _as_text(values: pd.Series) -> pd.Series:
    """(n,) str; whole numbers without a point, "" for missing."""
    if pd.api.types.is_numeric_dtype(values):
        return values.map(lambda value: "" if np.isnan(value) else f"{value:.10g}").astype("str")
    return values.fillna("").astype("str")
