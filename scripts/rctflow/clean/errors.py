"""What goes wrong while cleaning."""

from rctflow.errors import RctflowError


class CleanError(RctflowError):
    """A source table that the declared rules cannot clean."""
