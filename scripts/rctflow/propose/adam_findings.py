"""Laboratory and vital signs of ADaM: which BDS data sets hold them, and what."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from rctflow.propose.findings import FEWEST, Measured, Names, add_tests, limit_columns

if TYPE_CHECKING:
    from pandas import DataFrame

    from rctflow.propose.adam import Adam

LIMITS = (("ANRLO", "ANRHI"), ("A1LO", "A1HI"))
INDICATORS = ("ANRIND", "LBNRIND")
PLAIN = re.compile(r"[A-Z][A-Z0-9]*")  # _ALB and the like are made of others


def adam_findings(found: Adam) -> Iterator[Measured]:
    """The data sets ``adlb``, of all laboratory's data sets together, and ``advs``."""
    for dataset, tables in (("adlb", found.laboratories), ("advs", found.vital_signs)):
        if tables:
            one = _measured(found, dataset, tables)
            if one.tests:
                yield one


def _measured(found: Adam, dataset: str, tables: list[str]) -> Measured:
    rows = {name: _numbers(found.filled(name)) for name in tables}
    limits = limit_columns(rows[tables[0]], LIMITS if dataset == "adlb" else LIMITS[:1], INDICATORS)
    columns: dict[str, dict[str, Any]] = {"PARAMCD": {"required": True}, "AVAL": {"type": "number"}}
    columns |= {name: {} if key == "indicator" else {"type": "number"} for key, name in limits.items()}
    body = {"table": tables[0], **({"more_tables": tables[1:]} if tables[1:] else {})}
    body |= {"test": "PARAMCD", "value": "AVAL", **limits, "windowing": "nominal", "baseline": "visit"}
    one = Measured(dataset, body | {"where": "VISIT != ''"}, columns)
    names = Names("PARAMCD", "PARAM", "AVAL", "", "AVISIT", (("ATPT",),), "ATPTN")
    visits, fewest = [visit.written for visit in found.visits], FEWEST * sum(found.arms.values())
    for cells in rows.values():
        add_tests(one, cells, names, visits, fewest)
    if all(_is_needed(cells) for cells in rows.values()):
        one.columns["ANL01FL"] = {}
        one.body["where"] = "VISIT != '' and ANL01FL == 'Y'"
    return one


def _numbers(cells: DataFrame) -> DataFrame:
    import pandas as pd

    plain = cells["PARAMCD"].str.fullmatch(PLAIN.pattern)
    return cells[plain & cells["AVISIT"].ne("") & pd.to_numeric(cells["AVAL"], errors="coerce").notna()]


def _is_needed(rows: DataFrame) -> bool:
    """Whether ANL01FL says which one of several records of a visit counts."""
    if "ANL01FL" not in rows:
        return False
    key = [name for name in ("USUBJID", "PARAMCD", "AVISIT", "ATPT") if name in rows]
    return bool(rows.duplicated(key).any()) and not rows[rows["ANL01FL"].eq("Y")].duplicated(key).any()
