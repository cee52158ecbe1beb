"""Data that determine little or nothing: both paths agree on each number, and on whether there is one."""

import math

import pytest
from rctflow.results import write_results
from rctflow.second.check import compute_again
from rctflow.second.settings import Second

from tests.bad_cases import CASES, TYPED, VARIANTS, applies, spoilt
from tests.fit_cases import fitted
from tests.unit.second.second_cases import declared_of


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize(
    ("name", "model", "changes"),
    [
        (name, *variant)
        for variant in VARIANTS
        for name in CASES
        if applies(name, variant[0]) and (name, variant[0]) not in TYPED
    ],
)
def test_both_paths_agree_on_whether_there_is_a_number(name, model, changes, tmp_path):
    case = spoilt(name, model, **changes)
    declared = declared_of(case.fit)
    first = fitted(case.adsl, case.bds, case.fit)
    rows = compute_again(Second("demo", (declared,)), case.adsl, {"pcs": case.bds}, {"pcs": first})
    write_results(rows, tmp_path / "results.csv")
    assert all(row.value is None or math.isfinite(row.value) for row in rows)
    largest = [row for row in rows if row.statistic == "largest_disagreement"]
    assert largest
    for row in largest:
        assert "by the second computation alone" not in row.note
        assert row.value is not None or row.note.startswith("neither computation has a number: ")
    once = {name for row in largest for name in row.note.partition("; not computed again: ")[2].split(", ") if name}
    assert not once or model == "descriptive"
