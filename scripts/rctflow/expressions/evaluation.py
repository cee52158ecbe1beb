"""The truth of a checked tree on a table, in the three-valued logic of Kleene."""

from __future__ import annotations

import ast
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from rctflow.expressions.grammar import COMPARE, WORDS, ExpressionError, is_missing, literal

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd

    Truth = tuple["np.ndarray", "np.ndarray"]

_SWAPPED = {"eq": "eq", "ne": "ne", "lt": "gt", "le": "ge", "gt": "lt", "ge": "le"}


class Evaluation:
    """Truth of a checked tree on one table, as a pair of arrays: certainly true, certainly false."""

    def __init__(self, text: str, frame: pd.DataFrame) -> None:
        self.text = text
        self.frame = frame

    def truth(self, node: ast.expr) -> Truth:
        """(n,) and (n,) bool: where a condition is certainly true, and where it is certainly false."""
        import numpy as np

        if isinstance(node, ast.BoolOp):
            parts = [self.truth(value) for value in node.values]
            combine: tuple[Callable[..., Any], Callable[..., Any]] = (np.logical_and, np.logical_or)
            if isinstance(node.op, ast.Or):
                combine = combine[::-1]
            return combine[0].reduce([t for t, _ in parts]), combine[1].reduce([f for _, f in parts])  # type: ignore[attr-defined]
        if isinstance(node, ast.UnaryOp):
            true, false = self.truth(node.operand)
            return false, true
        if isinstance(node, ast.Compare):
            return self._comparison(node)
        true = np.full(len(self.frame), bool(literal(node)))
        return true, ~true

    def _comparison(self, node: ast.Compare) -> Truth:
        import numpy as np

        operands = [node.left, *node.comparators]
        true, false = np.ones(len(self.frame), dtype=bool), np.zeros(len(self.frame), dtype=bool)
        for left, operator, right in zip(operands[:-1], node.ops, operands[1:], strict=True):
            t, f = (
                self._membership(left, operator, right)
                if isinstance(operator, (ast.In, ast.NotIn))
                else self._pair(left, COMPARE[type(operator)], right)
            )
            true, false = true & t, false | f
        return true, false

    def _membership(self, left: ast.expr, operator: ast.cmpop, right: ast.expr) -> Truth:
        import numpy as np

        assert isinstance(left, ast.Name) and isinstance(right, (ast.List, ast.Tuple))
        column = self.frame[left.id]
        known = column.notna().to_numpy(dtype=bool)
        found = np.zeros(len(column), dtype=bool)
        for element in right.elts:
            found |= self._compare(column, "eq", literal(element))
        return (found & known, ~found & known) if isinstance(operator, ast.In) else (~found & known, found & known)

    def _pair(self, left: ast.expr, operator: str, right: ast.expr) -> Truth:
        if is_missing(left) or not isinstance(left, ast.Name) or left.id in WORDS:
            left, operator, right = right, _SWAPPED[operator], left
        assert isinstance(left, ast.Name)
        column = self.frame[left.id]
        known = column.notna().to_numpy(dtype=bool)
        if is_missing(right):
            return (~known, known) if operator == "eq" else (known, ~known)
        if isinstance(right, ast.Name) and right.id not in WORDS:
            other: Any = self.frame[right.id]
            known = known & other.notna().to_numpy(dtype=bool)
        else:
            other = literal(right)
        holds = self._compare(column, operator, other)
        return holds & known, ~holds & known

    def _compare(self, column: pd.Series, operator: str, other: Any) -> np.ndarray:
        import pandas as pd

        mine = _kind(column)
        theirs = _kind(other)
        if "date" in (mine, theirs) and "text" in (mine, theirs):
            column, other = self._dated(column), self._dated(other)
        elif mine != theirs and "nothing" not in (mine, theirs):
            shown = (
                f"the column {other.name!r} ({theirs})" if isinstance(other, pd.Series) else f"the {theirs} {other!r}"
            )
            raise ExpressionError(
                f"{self.text!r}: the column {str(column.name)!r} ({mine}) cannot be compared with {shown}."
            )
        if "nothing" in (mine, theirs):
            return column.isna().to_numpy(dtype=bool) & False
        if isinstance(column.dtype, pd.CategoricalDtype):
            column = column.astype(object)
        known = column.notna() & (other.notna() if isinstance(other, pd.Series) else True)
        result = known.astype(bool).to_numpy(copy=True)
        right = other[known] if isinstance(other, pd.Series) else other
        result[result] = getattr(column[known], operator)(right).to_numpy(dtype=bool)
        return result

    def _dated(self, value: Any) -> Any:
        import pandas as pd

        try:
            return pd.to_datetime(value)
        except (ValueError, TypeError):
            shown = f"the column {value.name!r}" if isinstance(value, pd.Series) else repr(value)
            raise ExpressionError(f"{self.text!r}: {shown} is not a date such as '2024-03-31'.") from None


def _kind(value: Any) -> str:
    """Number, text, date, truth value, or nothing (a column without any value)."""
    import pandas as pd

    if not isinstance(value, pd.Series):
        return {bool: "truth value", str: "text"}.get(type(value), "number")
    if not value.notna().any():
        return "nothing"
    if value.dtype.kind in "iuf":
        return "number"
    inferred = pd.api.types.infer_dtype(value.dropna().astype(object), skipna=True)
    named = {"string": "text", "boolean": "truth value", "mixed": "mixed values", "mixed-integer": "mixed values"}
    if inferred in ("integer", "floating", "mixed-integer-float", "decimal"):
        return "number"
    return "date" if inferred.startswith("date") else named.get(inferred, inferred)
