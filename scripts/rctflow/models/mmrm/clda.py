"""Constrained longitudinal data analysis: baseline is an outcome, and the arms are equal there by randomization.

The model is ``outcome ~ visit * arm`` with the baseline visit among the visits and every patient's arm set to the
reference arm at that visit, so that no column of the arm is left there. Patients with a baseline only, or without
one, stay in. Source: Liang & Zeger 2000, Sankhya B 62:134; Lu 2010, Biometrics 66:891.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd

from rctflow.models.mmrm.errors import OptionError
from rctflow.models.mmrm.formula import Formula
from rctflow.models.mmrm.levels import codes_and_levels, order_of_visits


def constrained_baseline(
    data: pd.DataFrame,
    formula: Formula,
    visit: str,
    arm: str,
    baseline: Any,
    levels: Mapping[str, Sequence[Any]] | None = None,
) -> pd.DataFrame:
    """A copy of ``data`` in which ``arm`` is its reference level at the visit ``baseline``.

    Raises OptionError when the arm is not in the formula or the baseline visit has no row.
    """
    for name in (arm, visit):
        if name not in formula.variables:
            raise OptionError(f"clda: {name!r} must be in the formula: 'outcome ~ {visit} * {arm}'.")
    at_baseline = (data[visit] == baseline).to_numpy()
    if not at_baseline.any():
        raise OptionError(
            f"clda: no row has {visit} = {baseline!r}; stack the baselines with baseline_as_outcome first."
        )
    _, order = codes_and_levels(data[arm], (levels or {}).get(arm))
    values = data[arm].astype(object).mask(at_baseline & data[arm].notna().to_numpy(), order[0])
    return data.assign(**{arm: pd.Categorical(values, order)})


def baseline_as_outcome(
    data: pd.DataFrame, subject: str, visit: str, outcome: str, baseline: str, baseline_visit: Any = "Baseline"
) -> pd.DataFrame:
    """``data`` with one more row per patient, the baseline column as the outcome at ``baseline_visit``, which comes
    first.

    The visit becomes an ordered Categorical in time order. Raises VisitOrderError when that cannot be known from the
    visits, and OptionError when there are rows at ``baseline_visit`` already.
    """
    if (data[visit] == baseline_visit).any():
        raise OptionError(f"the data have rows at {visit} = {baseline_visit!r} already.")
    _, order = order_of_visits(data[visit], None, order_counts=True)
    first = data.drop_duplicates(subject).copy()
    first[outcome] = first[baseline]
    visits = [baseline_visit] * len(first) + list(data[visit])
    stacked = pd.concat([first, data], ignore_index=True)
    stacked[visit] = pd.Categorical(visits, [baseline_visit, *order], ordered=True)
    return stacked
