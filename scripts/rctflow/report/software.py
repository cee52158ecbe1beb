"""Which versions of which software made the numbers."""

from __future__ import annotations

import platform
from importlib.metadata import PackageNotFoundError, version

NAMED = ("snakemake", "numpy", "scipy", "pandas", "statsmodels", "matplotlib", "pyarrow")


def software_versions() -> dict[str, str]:
    """name -> version of Python and of the packages that compute or draw, as installed now."""
    found = {"Python": platform.python_version()}
    for name in NAMED:
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            continue
    return found
