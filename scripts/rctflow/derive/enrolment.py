"""Who was randomized, in which stratum and in which order: all but the arm."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

import pandas as pd

from rctflow.derive.errors import DeriveError, located
from rctflow.derive.settings import Enrolment
from rctflow.derive.sources import as_text, mapped, table_of, value_per_subject


def derive_enrolment(tables: Mapping[str, pd.DataFrame], settings: Enrolment, where: str = "") -> pd.DataFrame:
    """USUBJID, STRATUM (levels of the strata, in the order of their names, joined by ``/``) and ORDER, by USUBJID.

    ORDER: the rank of the value of ``settings.order``, from 1. tables: clean tables. where: place in the
    config, for messages. Raises DeriveError when nobody has a place in the order, when a randomized patient has no
    stratum, and as ``value_per_subject``.
    """
    with located(where):
        known = set(table_of(tables, settings.table, "subjects.table")["USUBJID"])
        order = value_per_subject(tables, settings.order, "randomization.order")
        order = order[order.index.isin(known)]
        if order.empty:
            raise DeriveError(
                f"randomization.order: column {settings.order.column!r} of {settings.order.table!r} has no value: it "
                "is not known who was randomized. Name the column with the randomization number or date."
            )
        levels = pd.DataFrame(index=order.index)
        for name, source in sorted(settings.strata.items()):
            place = f"subjects.strata.{name}"
            levels[name] = as_text(mapped(value_per_subject(tables, source, place), source.map, place)).reindex(
                order.index
            )
            absent = levels.index[levels[name].isna()]
            if len(absent):
                raise DeriveError(
                    f"{place}: subject {absent[0]} was randomized, but has no value of {source.column!r} in table "
                    f"{source.table!r}. Complete the form: no allocation can be drawn without the stratum."
                )
        stratum = ["/".join(row) for row in levels.itertuples(index=False)]
    return pd.DataFrame({"USUBJID": order.index.astype("str"), "STRATUM": stratum, "ORDER": _ranks(order.tolist())})


def _ranks(values: list[Any]) -> list[int]:
    """1, 2, ... by value, equal ones alike; numbers within a text count as numbers (R2 before R10)."""
    keys = [re.split(r"(\d+)", value) if isinstance(value, str) else [value] for value in values]
    keys = [[int(part) if i % 2 else part for i, part in enumerate(key)] for key in keys]
    ranks = {tuple(key): rank for rank, key in enumerate(sorted(map(list, {tuple(key) for key in keys})), start=1)}
    return [ranks[tuple(key)] for key in keys]
