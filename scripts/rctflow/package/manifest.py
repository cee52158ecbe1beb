"""package.json: what was archived, for the DAG of the unzipped copy and for verify.py."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

FORMAT = "rctflow-package/1"
NAME = "package.json"
RECORD = "ro-crate-metadata.json"


@dataclass(frozen=True)
class RawForm:
    """A raw form. path: where it is packed (in the project), None when it may not leave. columns: column -> type, of
    those that the study reads. access: the conditions under which a withheld form can be had.
    """

    path: str | None
    sha256: str
    bytes: int
    rows: int
    columns: dict[str, str]
    access: str = ""


@dataclass(frozen=True)
class Declared:
    """A declared result: the rule that makes it, the endpoint it belongs to ("" when to none), its hash, and how far
    (relative, absolute) a number in it may lie off when another machine makes it again.
    """

    path: str
    rule: str
    endpoint: str
    sha256: str
    tolerance: dict[str, float]


def package_json(study: Mapping[str, Any], raw: Mapping[str, RawForm], results: list[Declared]) -> bytes:
    """study: id, title and the like, as they shall stand; raw: form as the config names it -> what it is."""
    document = {
        **study,
        "format": FORMAT,
        "record": RECORD,
        "raw": {name: asdict(form) for name, form in raw.items()},
        "results": [asdict(result) for result in sorted(results, key=lambda result: result.path)],
    }
    return (json.dumps(document, indent=1, sort_keys=True, ensure_ascii=False) + "\n").encode()
