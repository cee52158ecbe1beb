"""The ``where`` language: which rows of a table count.

    expression  := comparison | not expression | expression and expression | expression or expression | (expression)
                 | true | false
    comparison  := operand (== | != | < | <= | > | >=) operand ...       chained as in 0 < x <= 5
                 | column (in | not in) [literal, ...]
    operand     := column | number | 'text' | true | false | missing

Text is parsed with ``ast`` and only the nodes above are let through: nothing is ever executed. Missing values follow
the three-valued logic of SQL's WHERE: a comparison with a missing value is unknown, ``not`` of unknown is unknown,
``and`` and ``or`` follow Kleene, and a row whose expression stays unknown is not selected. So neither ``age > 65`` nor
``not age > 65`` selects a patient of unknown age; ``age == missing`` does.
"""

from __future__ import annotations

import ast
import difflib
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from rctflow.errors import RctflowError

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd

    Truth = tuple["np.ndarray", "np.ndarray"]

ALLOWED = (
    "Allowed: column names, numbers, 'text', true, false, missing; == != < <= > >= (also chained); "
    "in [...], not in [...]; and, or, not, parentheses."
)
LONGEST = 4000
DEEPEST = 50
_WORDS: dict[str, Any] = {"true": True, "True": True, "false": False, "False": False}
_COMPARE: dict[type[ast.cmpop], str] = {
    ast.Eq: "eq",
    ast.NotEq: "ne",
    ast.Lt: "lt",
    ast.LtE: "le",
    ast.Gt: "gt",
    ast.GtE: "ge",
}
_SWAPPED = {"eq": "eq", "ne": "ne", "lt": "gt", "le": "ge", "gt": "lt", "ge": "le"}
_REFUSED: tuple[tuple[type[ast.AST], str], ...] = (
    (ast.Call, "a function call is not allowed"),
    (ast.Attribute, "an attribute (a dot) is not allowed"),
    (ast.Subscript, "a subscript ([...] after a name) is not allowed"),
    (ast.Lambda, "a lambda is not allowed"),
    (ast.JoinedStr, "an f-string is not allowed"),
    (ast.NamedExpr, "an assignment (:=) is not allowed"),
    (ast.IfExp, "if ... else is not allowed"),
    (ast.ListComp, "a comprehension is not allowed"),
    (ast.SetComp, "a comprehension is not allowed"),
    (ast.DictComp, "a comprehension is not allowed"),
    (ast.GeneratorExp, "a comprehension is not allowed"),
    (ast.BinOp, "arithmetic, & and | are not allowed (write and, or)"),
    (ast.UnaryOp, "this sign is not allowed here (write not)"),
)


class ExpressionError(RctflowError):
    """An expression that cannot be read, or that does not fit the table."""


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
        true, _ = _Evaluation(self.text, frame).truth(self._tree)
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
        columns = frozenset(_Check(flat).condition(tree))
    except SyntaxError as error:
        hint = " (write == to compare)" if "=" in flat and "==" not in flat else ""
        raise _refusal(flat, error.offset or 1, f"cannot be read: {error.msg}{hint}") from None
    except (RecursionError, MemoryError, ValueError):
        raise ExpressionError(f"{flat[:60]!r}: cannot be read: too deep, or not text. {ALLOWED}") from None
    return Expression(flat, columns, tree)


def _refusal(text: str, place: int, problem: str) -> ExpressionError:
    return ExpressionError(f"{text!r}, character {place}: {problem}. {ALLOWED}")


class _Check:
    """Walks a tree, yields the columns that it reads, and refuses whatever is not in the language."""

    def __init__(self, text: str) -> None:
        self.text = text

    def refuse(self, node: ast.AST, problem: str = "") -> ExpressionError:
        offset = len(self.text.encode()[: getattr(node, "col_offset", 0)].decode(errors="ignore")) + 1
        named = (words for kind, words in _REFUSED if isinstance(node, kind))
        return _refusal(self.text, offset, problem or next(named, f"{type(node).__name__} is not allowed"))

    def condition(self, node: ast.expr, depth: int = 0) -> Iterable[str]:
        if depth > DEEPEST:
            raise self.refuse(node, f"nested too deep (the most is {DEEPEST})")
        if isinstance(node, ast.BoolOp):
            for value in node.values:
                yield from self.condition(value, depth + 1)
        elif isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Not):
            yield from self.condition(node.operand, depth + 1)
        elif isinstance(node, ast.Compare):
            yield from self.comparison(node)
        elif isinstance(node, ast.Name) and node.id not in _WORDS:
            raise self.refuse(node, f"{node.id!r} alone is not a condition; compare it, such as {node.id} == 'Y'")
        elif not _is_bool(node):
            raise self.refuse(node, "a value alone is not a condition" if isinstance(node, ast.Constant) else "")

    def comparison(self, node: ast.Compare) -> Iterable[str]:
        operands = [node.left, *node.comparators]
        for left, operator, right in zip(operands[:-1], node.ops, operands[1:], strict=True):
            if isinstance(operator, (ast.In, ast.NotIn)):
                yield from self.membership(left, right)
                continue
            if type(operator) not in _COMPARE:
                raise self.refuse(left, "'is' is not allowed (write == or !=)")
            names = [*self.operand(left), *self.operand(right)]
            if not names:
                raise self.refuse(left, "one side of a comparison must be a column")
            if any(map(_is_missing, (left, right))) and not isinstance(operator, (ast.Eq, ast.NotEq)):
                raise self.refuse(left, "missing can only be compared with == and !=")
            yield from names

    def membership(self, left: ast.expr, right: ast.expr) -> Iterable[str]:
        if not isinstance(left, ast.Name) or not [*self.operand(left)]:
            raise self.refuse(left, "left of 'in' stands a column")
        if not isinstance(right, (ast.List, ast.Tuple)):
            raise self.refuse(right, "right of 'in' stands a list such as [1, 2]")
        for element in right.elts:
            if _is_missing(element):
                raise self.refuse(element, f"missing cannot stand in a list (write {left.id} == missing or ...)")
            if not _is_literal(element):
                raise self.refuse(element, "a list holds only numbers, 'text', true and false")
        yield left.id

    def operand(self, node: ast.expr) -> Iterable[str]:
        if _is_literal(node) or _is_missing(node):
            return
        if not isinstance(node, ast.Name):
            raise self.refuse(node)
        yield node.id


def _is_missing(node: ast.AST) -> bool:
    return isinstance(node, ast.Name) and node.id == "missing"


def _is_bool(node: ast.AST) -> bool:
    if isinstance(node, ast.Name):
        return node.id in _WORDS
    return isinstance(node, ast.Constant) and isinstance(node.value, bool)


def _is_literal(node: ast.AST) -> bool:
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, (ast.USub, ast.UAdd)):
        return isinstance(node.operand, ast.Constant) and type(node.operand.value) in (int, float)
    return _is_bool(node) or (isinstance(node, ast.Constant) and type(node.value) in (int, float, str))


def _literal(node: ast.AST) -> Any:
    if isinstance(node, ast.Name):
        return _WORDS[node.id]
    if isinstance(node, ast.UnaryOp):
        value = _literal(node.operand)
        return -value if isinstance(node.op, ast.USub) else value
    assert isinstance(node, ast.Constant)
    return node.value


class _Evaluation:
    """Truth of a checked tree on one table, as a pair of arrays: certainly true, certainly false."""

    def __init__(self, text: str, frame: pd.DataFrame) -> None:
        self.text = text
        self.frame = frame

    def truth(self, node: ast.expr) -> Truth:
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
            return self.comparison(node)
        true = np.full(len(self.frame), bool(_literal(node)))
        return true, ~true

    def comparison(self, node: ast.Compare) -> Truth:
        import numpy as np

        operands = [node.left, *node.comparators]
        true, false = np.ones(len(self.frame), dtype=bool), np.zeros(len(self.frame), dtype=bool)
        for left, operator, right in zip(operands[:-1], node.ops, operands[1:], strict=True):
            t, f = (
                self.membership(left, operator, right)
                if isinstance(operator, (ast.In, ast.NotIn))
                else self.pair(left, _COMPARE[type(operator)], right)
            )
            true, false = true & t, false | f
        return true, false

    def membership(self, left: ast.expr, operator: ast.cmpop, right: ast.expr) -> Truth:
        import numpy as np

        assert isinstance(left, ast.Name) and isinstance(right, (ast.List, ast.Tuple))
        column = self.frame[left.id]
        known = column.notna().to_numpy(dtype=bool)
        found = np.zeros(len(column), dtype=bool)
        for element in right.elts:
            found |= self.compare(column, "eq", _literal(element))
        return (found & known, ~found & known) if isinstance(operator, ast.In) else (~found & known, found & known)

    def pair(self, left: ast.expr, operator: str, right: ast.expr) -> Truth:
        if _is_missing(left) or not isinstance(left, ast.Name) or left.id in _WORDS:
            left, operator, right = right, _SWAPPED[operator], left
        assert isinstance(left, ast.Name)
        column = self.frame[left.id]
        known = column.notna().to_numpy(dtype=bool)
        if _is_missing(right):
            return (~known, known) if operator == "eq" else (known, ~known)
        if isinstance(right, ast.Name) and right.id not in _WORDS:
            other: Any = self.frame[right.id]
            known = known & other.notna().to_numpy(dtype=bool)
        else:
            other = _literal(right)
        holds = self.compare(column, operator, other)
        return holds & known, ~holds & known

    def compare(self, column: pd.Series, operator: str, other: Any) -> np.ndarray:
        import pandas as pd

        mine = _kind(column)
        theirs = _kind(other)
        if "date" in (mine, theirs) and "text" in (mine, theirs):
            column, other = self.dated(column), self.dated(other)
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

    def dated(self, value: Any) -> Any:
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
