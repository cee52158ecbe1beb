"""``./run verify PACKAGE.zip``: verify a package with this checkout's copy of verify.py, not with the package's own."""

from __future__ import annotations

from rctflow.package import verify


def main(arguments: list[str]) -> int:
    """Verify; returns 0 reproduced, 1 not reproduced, 2 corrupt, 3 no environment, 4 could not be verified."""
    return verify.main(arguments)
