"""Numbers of binary files as text: the shortest decimal that reads back as the same number (3, 0.1, 1e+20)."""

from __future__ import annotations

from typing import Any


def number_text(values: Any, codes: Any = None, decimal: str = ".") -> Any:
    """pyarrow strings of float ``values`` (n,), with the decimal mark of the form; NaN is "", or the code of that cell.

    values: in the precision in which they were stored, so that 0.1 of four bytes is 0.1. codes: numpy strings (n,), ""
    where a cell has no code of a special missing value.
    """
    import numpy as np
    import pyarrow as pa
    import pyarrow.compute as pc

    values = np.asarray(values)
    values = values if values.dtype == np.float32 else values.astype(np.float64)
    absent = np.isnan(values)
    # 0 + x: there is no negative zero in a form
    text = pc.cast(pa.array(values + values.dtype.type(0)), pa.string())
    text = text if decimal == "." else pc.replace_substring(text, ".", decimal)
    other = pa.scalar("") if codes is None else pa.array(codes.astype(str), pa.string())
    return pc.if_else(pa.array(absent), other, text)
