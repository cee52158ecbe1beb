"""Names of at most 8 characters, as SAS transport files demand."""

from __future__ import annotations

from collections.abc import Iterable

LONGEST = 8


def short_names(names: Iterable[str], taken: Iterable[str] = ()) -> dict[str, str]:
    """Each name in capitals, without underscores when it is too long for ``LONGEST`` characters, then cut.

    A name that would stand twice, or is ``taken``, ends in a number instead. In the order of ``names``, so that a name
    added at the end renames no other.
    """
    used, found = set(taken), {}
    for name in names:
        plain = name.upper()
        short = (plain if len(plain) <= LONGEST else plain.replace("_", ""))[:LONGEST]
        number = 2
        while short in used:
            short = f"{short[: LONGEST - len(str(number))]}{number}"
            number += 1
        used.add(short)
        found[name] = short
    return found
