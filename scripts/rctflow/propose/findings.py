"""Laboratory and vital signs of data in CDISC names: the tests that are measured again, and how they are told apart."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from rctflow.propose.names import label_and_unit, quoted

if TYPE_CHECKING:
    import pandas as pd

SUMMARIES = {"adlb": "laboratory", "advs": "vital_signs"}
FEWEST = 0.2  # share of the randomized subjects from which a test is one of the trial
LIVER = ("ALT", "AST", "BILI")
STATED = ("LOW", "NORMAL", "HIGH")
MOST_DIGITS = 3


@dataclass(frozen=True)
class Names:
    """The columns of a form with one row per test: its code, name, number, unit ("" when the name has it) and visit;
    kinds: which columns tell measurements of one code apart, the first of each that does; order: sorts them."""

    code: str
    name: str
    value: str
    unit: str
    visit: str
    kinds: tuple[tuple[str, ...], ...]
    order: str


@dataclass
class Measured:
    """A data set of findings. dataset: ``adlb`` or ``advs``; body: of the section ``findings``, without tests; tests:
    PARAMCD -> how it is declared; columns: of its tables; usual: visits at which tests are measured, as written; asked:
    what stays open."""

    dataset: str
    body: dict[str, Any]
    columns: dict[str, dict[str, Any]]
    tests: dict[str, dict[str, Any]] = field(default_factory=dict)
    usual: set[str] = field(default_factory=set)
    asked: list[str] = field(default_factory=list)

    def summary(self, visits: Sequence[str]) -> dict[str, Any]:
        """The entry of the section ``summaries``. visits: ids of those at which tests are usual."""
        body: dict[str, Any] = {"dataset": self.dataset, "visits": list(visits)}
        has_range = "high" in self.body
        body |= {"categories": ["extreme"]} if has_range else {}
        if has_range and set(LIVER) <= set(self.tests):
            body["liver"] = {"phosphatase": "ALP"} if "ALP" in self.tests else {}
        return body


def add_tests(found: Measured, rows: pd.DataFrame, names: Names, visits: Sequence[str], fewest: float) -> None:
    """The tests of ``rows`` (with a number each) that ``fewest`` subjects have at one of ``visits`` after the first.

    visits: of the plan, as the data write them, baseline first.
    """
    for code, of_code in rows.groupby(names.code, sort=True):
        kept = [(kind, part) for kind, part in _kinds(of_code, names) if _usual(part, names, visits[1:], fewest)]
        for number, (kind, part) in enumerate(kept, 1):
            key = str(code) if len(kept) == 1 else f"{code}_{number}"
            if key not in found.tests:
                found.tests[key] = _declared(found, str(code), key, kind, part, names)
                found.usual |= _usual(part, names, visits, fewest)
            for column in kind:
                found.columns.setdefault(column, {})


def limit_columns(form: pd.DataFrame, pairs: Sequence[tuple[str, str]], indicators: Sequence[str]) -> dict[str, str]:
    """low, high and indicator of the section ``findings``: the first ``pairs`` that hold numbers, and what says LOW."""
    body: dict[str, str] = {}
    for low, high in pairs:
        if {low, high} <= set(form) and (form[[low, high]] != "").any().all():
            body |= {"low": low, "high": high}
            break
    said = [name for name in indicators if name in form and form[name].str.upper().isin(STATED).any()]
    return body | ({"indicator": said[0]} if said and body else {})


def _kinds(rows: pd.DataFrame, names: Names) -> Iterator[tuple[dict[str, str], pd.DataFrame]]:
    """Column -> value, and the rows, of each kind of measurement of one code (specimen, time point, position)."""
    splitting = [
        next((column for column in columns if column in rows and rows[column][rows[column] != ""].nunique() > 1), "")
        for columns in names.kinds
    ]
    by = [column for column in splitting if column]
    if not by:
        yield {}, rows
        return
    filled = rows[(rows[by] != "").all(axis=1)]
    parts = [(dict(zip(by, map(str, key), strict=True)), part) for key, part in filled.groupby(by, sort=True)]
    yield from sorted(parts, key=lambda one: _place(one[1], names.order))


def _place(rows: pd.DataFrame, order: str) -> float:
    import pandas as pd

    return float(pd.to_numeric(rows[order], errors="coerce").min()) if order in rows else 0.0


def _usual(rows: pd.DataFrame, names: Names, visits: Sequence[str], fewest: float) -> set[str]:
    people = rows.groupby(names.visit)["USUBJID"].nunique()
    return {visit for visit in visits if people.get(visit, 0) >= fewest}


def _declared(
    found: Measured, code: str, key: str, kind: dict[str, str], rows: pd.DataFrame, names: Names
) -> dict[str, Any]:
    name, unit = str(rows[names.name].iloc[0]) if names.name in rows else code, ""
    if not names.unit:
        name, unit = label_and_unit(name)
    conditions = [f"{column} == {quoted(value)}" for column, value in kind.items()]
    if names.unit in rows:
        units = rows[names.unit][rows[names.unit] != ""].value_counts()
        unit = str(units.index[0]) if len(units) else ""
        if len(units) > 1:
            conditions.append(f"{names.unit} == {quoted(unit)}")
            found.columns[names.unit] = {}
            others = ", ".join(str(other) for other in units.index[1:])
            found.asked.append(f"findings.{found.dataset}: {key} is also in {others}. Taken: {unit} alone.")
    body: dict[str, Any] = {"label": ", ".join([name, *(_words(value) for value in kind.values())])}
    body |= {"unit": unit} if unit else {}
    digits = _digits(rows[names.value])
    body |= {"digits": digits} if digits != 1 else {}
    body |= {"code": code} if key != code else {}
    return body | ({"where": " and ".join(conditions)} if conditions else {})


def _words(value: str) -> str:
    """As in a sentence, when it is written in capitals."""
    return value.lower() if value.isupper() and re.search(r"\w{4}", value) else value


def _digits(values: pd.Series) -> int:
    """The usual number of decimals of numbers as text."""
    decimals = values.str.partition(".")[2].str.len()
    return int(min(decimals.median(), MOST_DIGITS))
