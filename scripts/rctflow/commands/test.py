"""``./run test [pytest arguments]``: the tests, on all cores."""

from __future__ import annotations

import subprocess
import sys


def main(arguments: list[str]) -> int:
    """Run pytest; returns its exit status."""
    return subprocess.call([sys.executable, "-m", "pytest", *(arguments or ["-n", "auto", "--dist", "loadfile"])])
