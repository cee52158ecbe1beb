"""An expression: parsed from a text, evaluated on a table."""

from __future__ import annotations

import ast
import difflib
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from rctflow.expressions.evaluation import Evaluation
from rctflow.expressions.grammar import ALLOWED, Check, ExpressionError, refusal

if TYPE_CHECKING:
    import pandas as pd

LONGEST = 4000


@dataclass(frozen=True)
class Expression:
    """A parsed ``where``. ``columns``: the names of the columns that it reads."""

    text: str
    columns: frozenset[str]
    _tree: ast.expr = field(repr=False, compare=False)

    def evaluate(self, frame: pd.DataFrame) -> pd.Series:
        """(n,) bool, on the index of ``frame``: True where the expression is true; False where it is false or unknown.

        Raises ExpressionError for a column that ``frame`` lacks, and for a comparison of unlike types.
        """
        import pandas as pd

        unknown = sorted(self.columns.difference(map(str, frame.columns)))
        if unknown:
            raise ExpressionError(self._unknown(unknown, [str(name) for name in frame.columns]))
        true, _ = Evaluation(self.text, frame).truth(self._tree)
        return pd.Series(true, index=frame.index, dtype=bool)

    def _unknown(self, unknown: list[str], known: list[str]) -> str:
        hints = []
        for name in unknown:
            folded = {column.lower(): column for column in known}
            near = difflib.get_close_matches(name.lower(), folded, n=1)
            hints.append(f"{name!r}" + (f" (did you mean {folded[near[0]]!r}?)" if near else ""))
        return f"{self.text!r}: no column {', '.join(hints)}. The table has: {', '.join(known)}."


def literals(text: str) -> dict[str, list[str]]:
    """Column -> the texts and numbers that an expression compares it with by == or in, as text; nothing when empty.

    Raises ExpressionError as ``parse`` does.
    """
    return _compared(text, (ast.Eq, ast.In))


def excluded(text: str) -> dict[str, list[str]]:
    """Column -> the texts and numbers that an expression compares it with by != or not in; else as ``literals``."""
    return _compared(text, (ast.NotEq, ast.NotIn))


def _compared(text: str, by: tuple[type[ast.cmpop], ...]) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    if not text:
        return found
    for node in ast.walk(parse(text)._tree):
        if isinstance(node, ast.Compare) and isinstance(node.left, ast.Name) and isinstance(node.ops[0], by):
            for value in ast.walk(node.comparators[0]):
                if isinstance(value, ast.Constant):
                    found.setdefault(node.left.id, []).append(str(value.value))
    return found


def parse(text: str) -> Expression:
    """The expression that ``text`` says.

    Raises ExpressionError naming the text, the place (character, from 1), what is not allowed there, and what is.
    """
    if not isinstance(text, str) or not text.strip():
        raise ExpressionError(f"{text!r}: an expression is a text such as \"sex == 'F' and age >= 65\". {ALLOWED}")
    if len(text) > LONGEST:
        raise ExpressionError(f"{text[:60]!r}...: an expression of {len(text)} characters; the most is {LONGEST}.")
    flat = " ".join(text.splitlines()).strip()
    try:
        tree = ast.parse(flat, mode="eval").body
        columns = frozenset(Check(flat).condition(tree))
    except SyntaxError as error:
        hint = " (write == to compare)" if "=" in flat and "==" not in flat else ""
        raise refusal(flat, error.offset or 1, f"cannot be read: {error.msg}{hint}") from None
    except (RecursionError, MemoryError, ValueError):
        raise ExpressionError(f"{flat[:60]!r}: cannot be read: too deep, or not text. {ALLOWED}") from None
    return Expression(flat, columns, tree)
