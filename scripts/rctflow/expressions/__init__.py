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

from rctflow.expressions.expression import Expression, excluded, literals, parse
from rctflow.expressions.grammar import ExpressionError

__all__ = ["Expression", "ExpressionError", "excluded", "literals", "parse"]
