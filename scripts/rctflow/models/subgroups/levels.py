"""The subgroup that each subject belongs to."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING

from rctflow.models.contract import FitDataError
from rctflow.models.settings import Subgroup

if TYPE_CHECKING:
    from pandas import Series

SUBGROUP = "SUBGROUP"


def subgroup_of(values: Series, factor: str, subgroup: Subgroup) -> tuple[Series, tuple[str, ...]]:
    """The level of each subject (missing where the factor is), and the levels in their order.

    With cut points: ``<70``, ``70 to <80``, ``>=80``; a value equal to a cut point belongs to the upper level. Without:
    the values themselves, sorted. Raises FitDataError for a text with cut points, and for a number without.
    """
    numeric = values.dtype.kind in "iuf"
    if numeric != bool(subgroup.cuts):
        words = "is a number and needs `cuts`" if numeric else "is no number and cannot have `cuts`"
        raise FitDataError(f"subgroups.{factor}: {factor} {words}")
    if not numeric:
        text = values.astype("string")
        text = text.mask(text.eq(""))
        return text, tuple(sorted(text.dropna().unique()))
    cuts = subgroup.cuts
    inner = (f"{low:g} to <{high:g}" for low, high in pairwise(cuts))
    labels = (f"<{cuts[0]:g}", *inner, f">={cuts[-1]:g}")
    place = sum(values.ge(cut).astype(int) for cut in cuts)
    level = place.map(dict(enumerate(labels))).astype("string").mask(values.isna())  # type: ignore[union-attr]
    return level, labels
