"""Conformance: what the ADaM Implementation Guide 1.3 and SAS transport files ask of datasets, and does not hold.

The rules of the CDISC rules engine come from the CDISC Library over the network, so that none works offline: these are
our own, each named by what it asks.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence

from rctflow.submission.frames import Dataset

NAME = re.compile(r"[A-Z_][A-Z0-9_]{0,7}")
LABEL = 40
EXPECTED = ("SITEID", "AGE", "AGEU", "SEX", "RACE", "ARM", "SAFFL", "ITTFL", "TRTSDT", "TRTEDT")
"""What the guide requires or expects of ADSL beside its identifiers and treatments, when it was collected."""


def check_datasets(datasets: Sequence[Dataset]) -> list[str]:
    """Every finding, in words that begin with the dataset."""
    return [f"{d.contents.name}: {text}" for d in datasets for check in CHECKS for text in check(d)]


def _names(dataset: Dataset) -> Iterator[str]:
    for name in (dataset.contents.name, *(variable.name for variable in dataset.variables)):
        if not NAME.fullmatch(name):
            yield f"{name} is no name of at most 8 capital letters, digits and underscores"


def _labels(dataset: Dataset) -> Iterator[str]:
    for variable in dataset.variables:
        if not 0 < len(variable.label) <= LABEL:
            yield f"the label of {variable.name} has {len(variable.label)} characters; 1 to {LABEL} are allowed"


def _identified(dataset: Dataset) -> Iterator[str]:
    blank = int(dataset.table["USUBJID"].eq("").sum())
    if blank:
        yield f"{blank} records have no USUBJID"
    keys = [key for key in dataset.contents.keys if key in dataset.table]
    twice = int(dataset.table.duplicated(keys).sum())
    if twice:
        yield f"{twice} records repeat the keys of another ({', '.join(keys)})"


def _flags(dataset: Dataset) -> Iterator[str]:
    for variable in dataset.variables:
        if variable.name.endswith("FL"):
            odd = sorted(set(dataset.table[variable.name].unique()) - {"Y", "N", ""})
            if odd:
                yield f"{variable.name} has values other than Y, N and empty: {', '.join(odd)}"


def _paired(dataset: Dataset) -> Iterator[str]:
    """A name and its number say the same."""
    present = {variable.name for variable in dataset.variables}
    for name in sorted(present):
        if f"{name}N" in present and dataset.table[name].dtype != "float64":
            pairs = dataset.table[[name, f"{name}N"]].drop_duplicates()
            if pairs[name].duplicated().any() or pairs[f"{name}N"].dropna().duplicated().any():
                yield f"{name} and {name}N are not one to one"


def _change(dataset: Dataset) -> Iterator[str]:
    if dataset.contents.parameters:
        table = dataset.table.dropna(subset=["AVAL", "BASE", "CHG"])
        wrong = int(((table["AVAL"] - table["BASE"] - table["CHG"]).abs() > 1e-9 * (1 + table["AVAL"].abs())).sum())
        if wrong:
            yield f"CHG is not AVAL - BASE on {wrong} records"
        twice = dataset.table[dataset.table["ABLFL"].eq("Y")].duplicated(["USUBJID", "PARAMCD"]).sum()
        if twice:
            yield f"{twice} subjects have more than one record with ABLFL Y of a parameter"


def _expected(dataset: Dataset) -> Iterator[str]:
    if dataset.contents.kind == "ADSL":
        absent = [name for name in EXPECTED if name not in dataset.table]
        if absent:
            yield f"the guide expects {', '.join(absent)}, which the config does not derive"


CHECKS: tuple[Callable[[Dataset], Iterator[str]], ...] = (
    *(_names, _labels, _identified, _flags, _paired, _change, _expected),
)
