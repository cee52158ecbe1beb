"""The formula: ``FEV1 ~ RACE + SEX + ARMCD * AVISIT`` becomes an ordered list of terms.

Grammar (a small part of Wilkinson & Rogers 1973, Appl Stat 22:392):

    formula = name "~" sum
    sum     = ["+" | "-"] product { ("+" | "-") product }
    product = cell { "*" cell }                   a * b = a + b + a:b
    cell    = atom { ":" atom }
    atom    = name | `any name` | C(name) | 0 | 1 | "(" sum ")"

Terms are ordered by degree, and inside a term by first appearance in the formula, as R orders them, so that
coefficients carry the same names and the same order.
"""

import re
from dataclasses import dataclass, field
from functools import reduce

from rctflow.models.mmrm.errors import FormulaError

Term = tuple[str, ...]

TOKEN = re.compile(r"\s*(?:(?P<quoted>`[^`]+`)|(?P<name>[^\W\d][\w.]*)|(?P<number>\d+)|(?P<symbol>[-+*:~()]))")


@dataclass(frozen=True)
class Formula:
    """A parsed formula.

    terms: each a tuple of variable names; the intercept is not among them.
    categorical: variables written ``C(name)``.
    """

    response: str
    terms: tuple[Term, ...]
    intercept: bool = True
    categorical: frozenset[str] = field(default_factory=frozenset)

    @property
    def variables(self) -> tuple[str, ...]:
        """Names on the right-hand side in order of first appearance."""
        return tuple(dict.fromkeys(name for term in self.terms for name in term))


def parse_formula(text: str) -> Formula:
    """The terms of ``text``; raises FormulaError, which shows the place, when it cannot be read."""
    return _Parser(text).formula()


class _Parser:
    def __init__(self, text: str) -> None:
        self.text = text
        self.tokens = self._tokenize()
        self.at = 0
        self.categorical: set[str] = set()
        self.seen: dict[str, int] = {}

    def _tokenize(self) -> list[tuple[str, str]]:
        tokens, position = [], 0
        while position < len(self.text.rstrip()):
            match = TOKEN.match(self.text, position)
            if match is None:
                raise FormulaError(
                    f"formula {self.text!r}: cannot read {self.text[position:].strip()!r}. Use names, + - * : ( ), "
                    "C(name), 0, 1; compute transformed columns beforehand, and write unusual names between backticks."
                )
            kind = str(match.lastgroup)
            tokens.append((kind, match.group(kind).strip("`")))
            position = match.end()
        return tokens

    def _peek(self) -> tuple[str, str]:
        return self.tokens[self.at] if self.at < len(self.tokens) else ("end", "the end")

    def _take(self, *symbols: str) -> str | None:
        kind, value = self._peek()
        if kind == "symbol" and value in symbols:
            self.at += 1
            return value
        return None

    def _need(self, symbol: str) -> None:
        if self._take(symbol) is None:
            raise FormulaError(f"formula {self.text!r}: expected {symbol!r} before {self._peek()[1]!r}.")

    def formula(self) -> Formula:
        kind, response = self._peek()
        if kind not in ("name", "quoted"):
            raise FormulaError(f"formula {self.text!r} must begin with the outcome: 'outcome ~ arm * visit'.")
        self.at += 1
        self._need("~")
        keep, drop = self._sum()
        if self._peek()[0] != "end":
            raise FormulaError(f"formula {self.text!r}: {self._peek()[1]!r} is not expected here.")
        terms = [t for t in keep if t not in drop]
        intercept = frozenset() not in drop
        if any(response in t for t in terms):
            raise FormulaError(f"formula {self.text!r}: the outcome {response!r} stands on both sides.")
        names = list(self.seen)
        ordered = sorted((t for t in terms if t), key=len)
        return Formula(
            response,
            tuple(tuple(sorted(t, key=names.index)) for t in ordered),
            intercept,
            frozenset(self.categorical),
        )

    def _sum(self) -> tuple[list[frozenset[str]], list[frozenset[str]]]:
        """Terms to keep and terms taken away; the empty set is the intercept."""
        keep: list[frozenset[str]] = []
        drop: list[frozenset[str]] = []
        sign = self._take("+", "-") or "+"
        while True:
            terms = self._product()
            if terms == [None]:
                target = keep if sign == "-" else drop
                target.append(frozenset())
            else:
                (drop if sign == "-" else keep).extend(t for t in terms if t is not None)
            found = self._take("+", "-")
            if found is None:
                return list(dict.fromkeys(keep)), drop
            sign = found

    def _product(self) -> list[frozenset[str] | None]:
        factors = [self._cell()]
        while self._take("*"):
            factors.append(self._cell())
        return reduce(lambda a, b: [*a, *b, *_cross(a, b)], factors)

    def _cell(self) -> list[frozenset[str] | None]:
        factors = [self._atom()]
        while self._take(":"):
            factors.append(self._atom())
        return reduce(_cross, factors)

    def _atom(self) -> list[frozenset[str] | None]:
        if self._take("("):
            keep, drop = self._sum()
            self._need(")")
            return [t for t in keep if t not in drop]
        kind, value = self._peek()
        self.at += 1
        if kind == "number" and value in "01":
            return [frozenset()] if value == "1" else [None]
        if kind == "name" and value == "C" and self._take("("):
            _, value = self._peek()
            self.at += 1
            self._need(")")
            self.categorical.add(value)
        elif kind not in ("name", "quoted"):
            raise FormulaError(f"formula {self.text!r}: expected a column name before {value!r}.")
        self.seen.setdefault(value, len(self.seen))
        return [frozenset([value])]


def _cross(a: list[frozenset[str] | None], b: list[frozenset[str] | None]) -> list[frozenset[str] | None]:
    if None in a or None in b:
        raise FormulaError("formula: 0 (no intercept) cannot stand inside a product; write '0 + ...' or '... - 1'.")
    return [x | y for x in a for y in b if x is not None and y is not None]
