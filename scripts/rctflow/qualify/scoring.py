"""The instruments against scores made by others, or worked by hand from the published score sheet."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from rctflow.qualify.numbers import Number, Sources

if TYPE_CHECKING:
    from pandas import DataFrame


def scored_cases(sources: Sources) -> Iterator[Number]:
    """Every score of every case; a score that cannot be made is missing on both sides."""
    from rctflow.derive.instruments import load_instrument, score

    for case in sources.numbers("scoring/cases.json"):
        expected = table_of(case["expected"])
        ours = score(
            load_instrument(case["instrument"]), table_of(case["items"]), case["options"], case["expected"]["columns"]
        )
        for name in case["expected"]["columns"]:
            for row, (found, theirs) in enumerate(zip(ours[name], expected[name], strict=True), 1):
                what, limit = f"{case['name']} {name} [{row}]", case["tolerance"]
                yield Number(what, float(found), float(theirs), limit, program=case["source"])


def table_of(part: dict[str, Any]) -> DataFrame:
    """A table of a case; numbers but for sex and codes."""
    import pandas as pd

    frame = pd.DataFrame(part["rows"], columns=part["columns"])
    texts = [name for name in part["columns"] if name == "sex" or name.endswith("_CODE")]
    return frame.astype(dict.fromkeys(frame.columns.drop(texts), float))
