"""Three-valued truth: what compiled rules do with the values of calls that failed.

Unknown spreads through every operator but for `and` with false and `or` with true (Kleene's logic); a cause whose
policy is `defer` wins over one whose policy is not. Compiled code calls these only where a call may fail.
"""

from __future__ import annotations

from qpsmtpd.dsl.model.values import DEFER, UNKNOWN, Unknown


def spread(*values: object) -> Unknown | None:
    """The unknown that an operator over these values gives; None when all of them are known."""
    found: Unknown | None = None
    for value in values:
        if value is DEFER:
            return DEFER
        if value is UNKNOWN:
            found = UNKNOWN
    return found


def both(left: object, right: object) -> object:
    """`left and right`, where left is true or unknown."""
    return right if spread(left) is None else _joined(left, right, decisive=False)


def either(left: object, right: object) -> object:
    """`left or right`, where left is false or unknown."""
    return right if spread(left) is None else _joined(left, right, decisive=True)


def _joined(left: object, right: object, *, decisive: bool) -> object:
    """An unknown left joined with right, where `decisive` is the answer that settles it alone."""
    if spread(right) is not None:
        return spread(left, right)
    return decisive if bool(right) is decisive else left
