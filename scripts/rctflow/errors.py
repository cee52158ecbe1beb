"""The one family of errors that a user sees: each message says the place and the remedy."""


class RctflowError(Exception):
    """A problem that the user can mend. ``str(error)`` is the whole message, without a traceback."""


class NotEstimable(Exception):  # noqa: N818 - the standard word of the field, not a fault of the program
    """These data do not determine this quantity. ``str(error)`` is the reason that the result row shows."""
