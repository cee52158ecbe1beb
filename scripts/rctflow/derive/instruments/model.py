"""What an instrument is: items, covariates, options, steps and scores, as its YAML file declares them."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from rctflow.errors import RctflowError


class InstrumentError(RctflowError):
    """An instrument file that cannot be used, or items that do not fit the instrument."""


@dataclass(frozen=True)
class Item:
    """One answer or measurement. ``codes``: the valid numbers; or ``low`` to ``high``: the valid range, ends included.

    optional: the column may be absent (a third trial). number: place in the printed form, such as 3a. columns: a
    regular expression for further usual column names.
    """

    id: str
    codes: tuple[float, ...] = ()
    low: float = float("-inf")
    high: float = float("inf")
    unit: str = ""
    optional: bool = False
    number: str = ""
    columns: str = ""

    @property
    def valid(self) -> str:
        """The valid values in words, for messages."""
        if self.codes:
            return ", ".join(f"{code:g}" for code in self.codes)
        return f"{self.low:g} to {self.high:g}"


@dataclass(frozen=True)
class Covariate:
    """A column of the patient that the scoring rule needs. ``values``: the texts it may hold; a number when empty."""

    id: str
    label: str = ""
    values: tuple[str, ...] = ()


@dataclass(frozen=True)
class Score:
    """What scoring gives. direction: which way is better. labels: the classes of a class score, by number."""

    id: str
    label: str
    type: str
    direction: str
    unit: str = ""
    range: tuple[float, float] | None = None
    labels: Mapping[float, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Option:
    """A choice that the user may (``default``) or must (no default) make. choices: name -> what it means."""

    id: str
    label: str
    choices: Mapping[str, str]
    default: str | None = None


@dataclass(frozen=True)
class Step:
    """One step of the scoring rule; ``body`` still holds the ``{option: ...}`` switches. ``place``: key path in the
    file."""

    operation: str
    body: Mapping[str, Any]
    place: str


@dataclass(frozen=True)
class Instrument:
    """A questionnaire, scale or measurement, ready to score."""

    name: str
    path: Path
    label: str
    licence: str
    sources: tuple[str, ...]
    items: Mapping[str, Item]
    covariates: Mapping[str, Covariate]
    options: Mapping[str, Option]
    steps: tuple[Step, ...]
    scores: Mapping[str, Score]

    def chosen(self, options: Mapping[str, str] | None) -> dict[str, str | None]:
        """Every option with its choice: the given one, else the default, else None (not named).

        Raises InstrumentError for an option or a choice that the instrument does not have.
        """
        given = dict(options or {})
        for name in given:
            if name not in self.options:
                raise InstrumentError(f"{self.name}: no option {name!r}.{suggest(name, self.options)}")
        for name, choice in given.items():
            if choice not in self.options[name].choices:
                raise InstrumentError(
                    f"{self.name}: {name}: no choice {choice!r}.{suggest(str(choice), self.options[name].choices)}"
                )
        return {name: given.get(name, option.default) for name, option in self.options.items()}


def suggest(word: str, known: Iterable[str]) -> str:
    """`` Did you mean 'x'? One of: ...`` for a name that is not among ``known``."""
    names = [str(name) for name in known]
    if not names:
        return " There is none to choose from."
    folded = {name.lower(): name for name in names}
    starts = [name for name in names if name.lower().startswith(word.lower())] if word else []
    near = starts[:3] or [folded[hit] for hit in difflib.get_close_matches(word.lower(), folded, n=2)]
    meant = f" Did you mean {' or '.join(repr(name) for name in near)}?" if near else ""
    return f"{meant} One of: {', '.join(names)}."
