"""Decides how large an expression may become when defines and constants are put in place: no later stage meets a larger one.

A line alone is held in bounds when it is read; only by naming each other can lines grow beyond them. Knows no names.
"""

from __future__ import annotations

from qpsmtpd.dsl.check.flow import children
from qpsmtpd.dsl.check.typed import Expr

PARTS = 2000
"""Names, values and operators in one expression."""
DEPTH = 80
"""Operators inside operators."""
NESTED = 50
"""How deep an expression may stand inside of others when a define or a constant is met in it."""


def too_large(expression: Expr) -> bool:
    """True when the expression has too many parts, or too deep ones. Looks at no more than it allows."""
    pending = [(expression, 1)]
    seen = 0
    while pending:
        part, depth = pending.pop()
        seen += 1
        if seen > PARTS or depth > DEPTH + NESTED:
            return True
        pending += [(child, depth + 1) for child in children(part)]
    return False
