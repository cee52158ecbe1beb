"""What goes wrong while deriving: always with the place in the config or the data, and the remedy."""

from __future__ import annotations

import difflib
from collections.abc import Iterable

from rctflow.errors import RctflowError


class DeriveError(RctflowError):
    """Clean tables and config do not fit together."""


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """`` Did you mean 'placebo'?`` when a known word is near, else nothing."""
    folded = {name.lower(): name for name in known}
    near = difflib.get_close_matches(word.lower(), folded, n=1)
    return f" Did you mean {folded[near[0]]!r}?" if near else ""
