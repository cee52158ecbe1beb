"""The locked environment: which packages, in which version."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

_PIN = re.compile(r"^(?P<name>[A-Za-z0-9._-]+)==(?P<version>[^\s;\\]+)(?:\s*;\s*(?P<marker>[^\\]+))?", re.MULTILINE)


@dataclass(frozen=True)
class Software:
    """A locked package; marker: on which systems alone it is installed (empty: on all)."""

    name: str
    version: str
    marker: str = ""

    @property
    def pin(self) -> str:
        """Name and version, and where it is not installed everywhere."""
        return f"{self.name} {self.version}" + (f" (where {self.marker})" if self.marker else "")

    @property
    def page(self) -> str:
        """Where the package index shows exactly this version."""
        return f"https://pypi.org/project/{self.name}/{self.version}/"


def locked_software(lock: str) -> tuple[Software, ...]:
    """The pins of a requirements file with hashes, in its order."""
    found = _PIN.finditer(lock)
    return tuple(Software(pin["name"], pin["version"], (pin["marker"] or "").strip()) for pin in found)


def read_lock(folder: Path) -> tuple[Software, ...]:
    """What requirements.lock pins."""
    return locked_software((folder / "requirements.lock").read_text(encoding="utf-8"))


def version_of(software: tuple[Software, ...], name: str) -> str:
    """The locked version of one package, empty when it is not locked."""
    return next((one.version for one in software if one.name == name), "")
