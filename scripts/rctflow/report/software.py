"""Which versions of which software made the numbers."""

from __future__ import annotations

import platform
from importlib.metadata import PackageNotFoundError, version

NAMED = ("snakemake", "numpy", "scipy", "pandas", "statsmodels", "matplotlib", "pyarrow")


def software_versions() -> dict[str, str]:
    """name -> version of Python and of the packages that compute or draw, as installed now.

    Of Python the release that the lock is for (3.11): its patch release differs between machines, and belongs to the
    record of the run, so that the same study gives the same report everywhere.
    """
    found = {"Python": ".".join(platform.python_version_tuple()[:2])}
    for name in NAMED:
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            continue
    return found
