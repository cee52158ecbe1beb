"""What the ``where`` language lets through: a walk over the tree of a text that refuses everything else."""

from __future__ import annotations

import ast
from collections.abc import Iterable
from typing import Any

from rctflow.errors import RctflowError

ALLOWED = (
    "Allowed: column names, numbers, 'text', true, false, missing; == != < <= > >= (also chained); "
    "in [...], not in [...]; and, or, not, parentheses."
)
DEEPEST = 50
WORDS: dict[str, Any] = {"true": True, "True": True, "false": False, "False": False}
COMPARE: dict[type[ast.cmpop], str] = {
    ast.Eq: "eq",
    ast.NotEq: "ne",
    ast.Lt: "lt",
    ast.LtE: "le",
    ast.Gt: "gt",
    ast.GtE: "ge",
}
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


def refusal(text: str, place: int, problem: str) -> ExpressionError:
    """The error that names the place (character, from 1), what is not allowed there, and what is."""
    return ExpressionError(f"{text!r}, character {place}: {problem}. {ALLOWED}")


class Check:
    """Walks a tree, yields the columns that it reads, and refuses whatever is not in the language."""

    def __init__(self, text: str) -> None:
        self.text = text

    def _refuse(self, node: ast.AST, problem: str = "") -> ExpressionError:
        offset = len(self.text.encode()[: getattr(node, "col_offset", 0)].decode(errors="ignore")) + 1
        named = (words for kind, words in _REFUSED if isinstance(node, kind))
        return refusal(self.text, offset, problem or next(named, f"{type(node).__name__} is not allowed"))

    def condition(self, node: ast.expr, depth: int = 0) -> Iterable[str]:
        """The columns that a condition reads; raises ExpressionError for what no condition may have."""
        if depth > DEEPEST:
            raise self._refuse(node, f"nested too deep (the most is {DEEPEST})")
        if isinstance(node, ast.BoolOp):
            for value in node.values:
                yield from self.condition(value, depth + 1)
        elif isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Not):
            yield from self.condition(node.operand, depth + 1)
        elif isinstance(node, ast.Compare):
            yield from self._comparison(node)
        elif isinstance(node, ast.Name) and node.id not in WORDS:
            raise self._refuse(node, f"{node.id!r} alone is not a condition; compare it, such as {node.id} == 'Y'")
        elif not _is_bool(node):
            raise self._refuse(node, "a value alone is not a condition" if isinstance(node, ast.Constant) else "")

    def _comparison(self, node: ast.Compare) -> Iterable[str]:
        operands = [node.left, *node.comparators]
        for left, operator, right in zip(operands[:-1], node.ops, operands[1:], strict=True):
            if isinstance(operator, (ast.In, ast.NotIn)):
                yield from self._membership(left, right)
                continue
            if type(operator) not in COMPARE:
                raise self._refuse(left, "'is' is not allowed (write == or !=)")
            names = [*self._operand(left), *self._operand(right)]
            if not names:
                raise self._refuse(left, "one side of a comparison must be a column")
            if any(map(is_missing, (left, right))) and not isinstance(operator, (ast.Eq, ast.NotEq)):
                raise self._refuse(left, "missing can only be compared with == and !=")
            yield from names

    def _membership(self, left: ast.expr, right: ast.expr) -> Iterable[str]:
        if not isinstance(left, ast.Name) or not [*self._operand(left)]:
            raise self._refuse(left, "left of 'in' stands a column")
        if not isinstance(right, (ast.List, ast.Tuple)):
            raise self._refuse(right, "right of 'in' stands a list such as [1, 2]")
        for element in right.elts:
            if is_missing(element):
                raise self._refuse(element, f"missing cannot stand in a list (write {left.id} == missing or ...)")
            if not _is_literal(element):
                raise self._refuse(element, "a list holds only numbers, 'text', true and false")
        yield left.id

    def _operand(self, node: ast.expr) -> Iterable[str]:
        if _is_literal(node) or is_missing(node):
            return
        if not isinstance(node, ast.Name):
            raise self._refuse(node)
        yield node.id


def is_missing(node: ast.AST) -> bool:
    """Whether a node is the word ``missing``."""
    return isinstance(node, ast.Name) and node.id == "missing"


def _is_bool(node: ast.AST) -> bool:
    if isinstance(node, ast.Name):
        return node.id in WORDS
    return isinstance(node, ast.Constant) and isinstance(node.value, bool)


def _is_literal(node: ast.AST) -> bool:
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, (ast.USub, ast.UAdd)):
        return isinstance(node.operand, ast.Constant) and type(node.operand.value) in (int, float)
    return _is_bool(node) or (isinstance(node, ast.Constant) and type(node.value) in (int, float, str))


def literal(node: ast.AST) -> Any:
    """The number, text or truth value of a checked node."""
    if isinstance(node, ast.Name):
        return WORDS[node.id]
    if isinstance(node, ast.UnaryOp):
        value = literal(node.operand)
        return -value if isinstance(node.op, ast.USub) else value
    assert isinstance(node, ast.Constant)
    return node.value
