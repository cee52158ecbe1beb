"""What a second computation cannot do, and what it must not let pass."""

from rctflow.errors import RctflowError


class NoSecondPathError(Exception):
    """The second computation does not cover this; ``str(error)`` is the reason that the result row shows."""


class DisagreementError(RctflowError):
    """The two computations give different numbers; the message names both."""
