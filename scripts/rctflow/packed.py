"""The folder of an unzipped package: package.json says where raw forms stand that lay elsewhere when it was made."""

from __future__ import annotations

import hashlib
import json
from functools import cache
from pathlib import Path

PACKAGE_FILE = "package.json"


def packed_raw(original: str) -> str | None:
    """Where the package in the working folder has the raw form that the config names ``original``; None outside a
    package and for a form that was withheld.
    """
    form = _raw_forms(Path.cwd()).get(original)
    return form["path"] if form else None


def is_packed(path: Path) -> bool:
    """Whether ``path`` is, byte for byte, a raw form of the package in the working folder."""
    known = {form["sha256"] for form in _raw_forms(Path.cwd()).values() if form["path"]}
    return bool(known) and hashlib.sha256(path.read_bytes()).hexdigest() in known


@cache
def _raw_forms(folder: Path) -> dict[str, dict[str, str]]:
    file = folder / PACKAGE_FILE
    return dict(json.loads(file.read_text(encoding="utf-8"))["raw"]) if file.is_file() else {}
