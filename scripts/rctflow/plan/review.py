"""The data review that a lock freezes: who is in which population and why not, protocol deviations, outlier decisions.

Nothing here tells an arm: membership is named by the conditions that a subject does not meet, never by values.
"""

from __future__ import annotations

import ast
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from rctflow.errors import RctflowError
from rctflow.expressions import parse
from rctflow.nested import sha256_of
from rctflow.plan.settings import PopulationSet, ProtocolDeviations

if TYPE_CHECKING:
    from pandas import DataFrame

DECIDED = ("change", "removed")
DECISION = ("SRCROW", "subject", "column", "old", "new", "rule", "severity")


def population_review(adsl: DataFrame, populations: Mapping[str, PopulationSet]) -> dict[str, Any]:
    """Per population: members (USUBJID, sorted), and excluded: USUBJID -> the conditions that it does not meet.

    Raises RctflowError for a flag that ADSL lacks.
    """
    review = {}
    for name, population in sorted(populations.items()):
        if population.flag not in adsl:
            raise RctflowError(f"ADSL has no flag {population.flag} of population {name}; ./run brings it up to date")
        inside = adsl[population.flag].eq("Y")
        members = sorted(adsl.loc[inside, "USUBJID"].astype(str))
        review[name] = {"members": members, "excluded": _reasons(adsl[~inside], population.where)}
    return review


def _reasons(excluded: DataFrame, where: str) -> dict[str, str]:
    unmet: dict[str, list[str]] = {str(subject): [] for subject in sorted(excluded["USUBJID"])}
    for condition in _conditions(where):
        met = parse(condition).evaluate(excluded)
        for subject in excluded.loc[~met, "USUBJID"]:
            unmet[str(subject)].append(condition)
    return {name: f"not met: {'; '.join(parts)}" if parts else "meets every condition" for name, parts in unmet.items()}


def _conditions(where: str) -> list[str]:
    """The parts of a ``where`` that must all hold."""
    if not where:
        return []
    tree = ast.parse(" ".join(where.splitlines()).strip(), mode="eval").body
    parts = tree.values if isinstance(tree, ast.BoolOp) and isinstance(tree.op, ast.And) else [tree]
    return [ast.unparse(part) for part in parts]


def deviation_review(table: DataFrame, settings: ProtocolDeviations) -> list[dict[str, str]]:
    """Every protocol deviation of a clean table: subject, class and term, sorted."""
    columns = {"subject": "USUBJID", "class": settings.classification, "term": settings.term}
    texts = {key: table[column].astype("str").fillna("") for key, column in columns.items()}
    rows = [dict(zip(texts, values, strict=True)) for values in zip(*texts.values(), strict=True)]
    return sorted(rows, key=lambda row: (row["subject"], row["term"], row["class"]))


def outlier_review(ledgers: Mapping[str, DataFrame]) -> dict[str, list[dict[str, str]]]:
    """Per table with any: the ledger rows by which a rule changed a value or removed a row, in the ledger's order."""
    review = {}
    for table, ledger in sorted(ledgers.items()):
        decided = ledger[ledger["severity"].isin(DECIDED)][list(DECISION)].astype("str")
        if len(decided):
            review[table] = [dict(zip(DECISION, row, strict=True)) for row in decided.itertuples(index=False)]
    return review


def summarized(review: Mapping[str, Any]) -> dict[str, Any]:
    """A review with each list as its length and sha256: no identifier, no value."""
    return {
        "populations": {name: summarized_list(entry["members"]) for name, entry in review["populations"].items()},
        "deviations": summarized_list(review["deviations"]),
        "outliers": {table: summarized_list(without_rows(rows)) for table, rows in review["outliers"].items()},
    }


def summarized_list(entries: list[Any]) -> dict[str, Any]:
    """The length and the sha256 of a list."""
    return {"n": len(entries), "sha256": sha256_of(entries)}


def without_rows(decisions: list[dict[str, str]]) -> list[dict[str, str]]:
    """Decisions without their row numbers, sorted: rows inserted above a value do not change what was decided."""
    named = [{key: row[key] for key in DECISION[1:]} for row in decisions]
    return sorted(named, key=lambda row: tuple(row.values()))
