"""The used rows of a data set as arrays, and where each one stands (reading.py makes them)."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import pandas as pd

Array = np.ndarray


@dataclass(frozen=True)
class Variable:
    """A column of the data on the N used rows: level codes of a factor, or numbers."""

    name: str
    values: Array
    levels: tuple[Any, ...] | None = None

    @property
    def categorical(self) -> bool:
        """True for a factor."""
        return self.levels is not None


@dataclass(frozen=True)
class Records:
    """The used rows of a data set: N rows, n patients, T visits.

    row: (N,) positions in the data; subject, visit: (N,) codes; first: (n,) a used row of each patient;
    margin: rows with all covariates present, whether the outcome is or not, for observed margins.
    """

    subjects: pd.Index
    visits: tuple[Any, ...]
    row: Array
    subject: Array
    visit: Array
    first: Array
    response: Array
    variables: Mapping[str, Variable]
    margin: Mapping[str, Array]
    margin_weights: Array | None
    weights: Array | None = None
    group: Array | None = None
    groups: tuple[Any, ...] = ("all",)
    coordinates: Array | None = None
    excluded: tuple[Any, ...] = ()
    notes: tuple[str, ...] = field(default=())

    @property
    def n_records(self) -> int:
        """N, the number of used rows."""
        return len(self.row)

    @property
    def n_subjects(self) -> int:
        """n, the number of patients with a used row."""
        return len(self.subjects)

    def redrawn(self, chosen: Array) -> "Records":
        """Records of the patients at positions ``chosen`` (m,) of ``subjects``, each choice a patient of its own."""
        order = np.argsort(self.subject, kind="stable")
        own = np.split(order, np.cumsum(np.bincount(self.subject, minlength=self.n_subjects))[:-1])
        place = np.concatenate([own[patient] for patient in chosen])
        lengths = np.array([len(own[patient]) for patient in chosen])
        return replace(
            self,
            subjects=pd.RangeIndex(len(chosen), name=self.subjects.name),
            row=self.row[place],
            subject=np.repeat(np.arange(len(chosen)), lengths),
            visit=self.visit[place],
            first=np.cumsum(lengths) - lengths,
            response=self.response[place],
            variables={name: replace(one, values=one.values[place]) for name, one in self.variables.items()},
            margin={},
            margin_weights=None,
            weights=None if self.weights is None else self.weights[place],
            group=None if self.group is None else self.group[chosen],
            coordinates=None if self.coordinates is None else self.coordinates[place],
        )

    def wide(self, values: Array, empty: float = 0.0) -> Array:
        """(n, T): one value per used row, put at its patient and visit."""
        table = np.full((self.n_subjects, len(self.visits)), empty)
        table[self.subject, self.visit] = values
        return table
