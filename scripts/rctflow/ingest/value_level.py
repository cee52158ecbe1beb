"""Code lists that hold only in some rows (value-level metadata): which cells of a column each of its lists concerns."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from rctflow.ingest.raw import RawForm, ValueLevel, Variable


def lists_of(form: RawForm, header: str) -> Iterator[tuple[Any, dict[str, str]]]:
    """(mask of rows, code -> label) of every list of the column: those of some rows first, then its own for the rest.

    A list whose condition looks at a column that was not read, or compares by size, concerns no row.
    """
    import pyarrow as pa
    import pyarrow.compute as pc

    variable = form.variables.get(header, Variable())
    rest = pa.array([True] * len(form.rows))
    for level in variable.within:
        mask = _rows(form, level)
        if mask is not None:
            yield pc.and_(rest, mask), level.codes
            rest = pc.and_not(rest, mask)
    if variable.codes:
        yield rest, variable.codes


def _rows(form: RawForm, level: ValueLevel) -> Any | None:
    import pyarrow as pa
    import pyarrow.compute as pc

    held = pa.array([True] * len(form.rows))
    for column, comparator, values in level.where:
        if column not in form.columns or comparator not in ("EQ", "IN", "NE", "NOTIN"):
            return None
        codes = form.variables.get(column, Variable()).codes
        # a column whose labels are read shows the label of the code that the condition names
        named = pa.array([*values, *(codes[one] for one in values if one in codes)], pa.string())
        within = pc.is_in(pc.utf8_trim_whitespace(form.columns[column]), value_set=named)
        held = pc.and_(held, within if comparator in ("EQ", "IN") else pc.invert(within))
    return held
