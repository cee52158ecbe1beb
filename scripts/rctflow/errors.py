"""The one family of errors that a user sees: each message says the place and the remedy."""


class RctflowError(Exception):
    """A problem that the user can mend. ``str(error)`` is the whole message, without a traceback."""
