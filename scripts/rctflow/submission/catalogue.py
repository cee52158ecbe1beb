"""The variables that every study's ADSL, BDS and ADAE have (variables.yaml)."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any

import yaml

from rctflow.submission.settings import Variable


def standard_labels() -> dict[str, str]:
    """Names that the guide knows, and that a config may use for its own variables -> the guide's label."""
    return dict(_told()["LABELS"])


@cache
def catalogue() -> dict[str, tuple[Variable, ...]]:
    """Kind of dataset -> its variables, in the order in which they stand."""
    told = {kind: _described(kind) for kind in ("ADSL", "BDS", "FINDINGS", "ADAE")}
    return told | {"FINDINGS": (*told["BDS"], *told["FINDINGS"])}


def _described(kind: str) -> tuple[Variable, ...]:
    return tuple(Variable(**{"source": name, "name": name} | told) for name, told in _told()[kind].items())


@cache
def _told() -> dict[str, dict[str, Any]]:
    text = Path(__file__).with_name("variables.yaml").read_text(encoding="utf-8")
    told: dict[str, dict[str, Any]] = yaml.safe_load(text)
    return told
