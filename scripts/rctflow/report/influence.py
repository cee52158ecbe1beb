"""What one patient can do: the main comparison of each endpoint with everybody, and without each patient."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from rctflow.display import digits_of
from rctflow.report.grids import Grid
from rctflow.report.settings import ReportEndpoint, ReportSettings
from rctflow.results import Result, compared_arms, rows_of, scale_of
from rctflow.rounding import MISSING, interval, p_value, rounded

INFLUENCE, MOST, WITHOUT = "loo_influence", "most influential: ", "without:"
HEADS = (
    "Endpoint",
    "Comparison",
    "Estimate",
    "Without one patient",
    "p, unadjusted",
    "p without one",
    "Most influential",
    "Moves it by, SE",
)


def influence_grid(rows_by_endpoint: Mapping[str, Sequence[Result]], settings: ReportSettings) -> Grid | None:
    """A line per endpoint and comparison of which leaving one patient out was asked for; None when of none."""
    grid = Grid("Each patient left out in turn", HEADS)
    for endpoint in settings.endpoints:
        found = rows_of(rows_by_endpoint[endpoint.id], endpoint.main_analysis, endpoint.main_population)
        for (visit, contrast, statistic), row in found.items():
            if statistic == INFLUENCE and visit == endpoint.primary_visit:
                values = {name: one for (at, who, name), one in found.items() if (at, who) == (visit, contrast)}
                grid.lines.append((endpoint.label, _cells(values, row, endpoint, settings), False))
    if not grid.lines:
        return None
    grid.notes.append(
        "Main analyses at their primary visits: the estimate with everybody and its range over all patients left out "
        "(not estimable: patients without whom there is no comparison), "
        "the same of p, and the patient whose absence moves the estimate most, in its standard errors. Nothing is "
        "adjusted for having looked at all of them: every p is nominal but that with everybody of a hypothesis that a "
        "confirmatory family tests."
    )
    return grid


def _cells(
    values: Mapping[str, Result], influence: Result, endpoint: ReportEndpoint, settings: ReportSettings
) -> list[str]:
    labels = {arm.id: arm.label for arm in settings.arms}
    joint = {"difference": " − ", "ratio": " / ", "win": " vs "}[scale_of(influence.contrast)]
    compared = joint.join(labels.get(arm, arm) for arm in compared_arms(influence.contrast))
    if influence.value is None:
        return [compared, *[MISSING] * 4, influence.note, MISSING]
    whole, low, high = (values[name] for name in ("estimate", "loo_estimate_min", "loo_estimate_max"))
    digits = digits_of(whole, endpoint.digits)
    lost = sum(
        name.startswith(WITHOUT) and name.endswith(":estimate") and r.value is None for name, r in values.items()
    )
    tests = [values[name].value for name in ("p_value", "loo_p_value_min", "loo_p_value_max")]
    p, p_low, p_high = (p_value(value) if value is not None else MISSING for value in tests)
    return [
        compared,
        f"{rounded(whole.value, digits)} {whole.unit if whole.unit != 'ratio' else ''}".rstrip(),
        interval(low.value, high.value, digits) + (f"; {lost} not estimable" if lost else ""),
        p,
        f"{p_low} to {p_high}",
        influence.note.partition(MOST)[2].partition(";")[0],
        rounded(influence.value, 2),
    ]
