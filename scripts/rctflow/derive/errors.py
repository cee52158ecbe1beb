"""What goes wrong while deriving: always with the place in the config or the data, and the remedy."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Iterator
from contextlib import contextmanager

from rctflow.errors import RctflowError


class DeriveError(RctflowError):
    """Clean tables and config do not fit together."""


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """`` Did you mean 'placebo'?`` when a known word is near, else nothing."""
    folded = {name.lower(): name for name in known}
    near = difflib.get_close_matches(word.lower(), folded, n=1)
    return f" Did you mean {folded[near[0]]!r}?" if near else ""


@contextmanager
def located(where: str) -> Iterator[None]:
    """Complete an error's place. where: ``config/config.yaml: endpoints.tug``, or "" to leave messages as they are.

    The messages of this room begin with their own key, so that they only need the file; others get the whole place.
    """
    try:
        yield
    except DeriveError as error:
        file = where.rpartition(": ")[0]
        raise DeriveError(f"{file}: {error}" if file else str(error)) from None
    except RctflowError as error:
        raise DeriveError(f"{where}: {error}" if where else str(error)) from None
