"""What can go wrong while a run is packaged."""

from rctflow.errors import RctflowError


class PackageError(RctflowError):
    """The run cannot be packaged; the message says what to do first."""
