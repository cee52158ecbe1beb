"""What becomes of the comparison: rows, a failed job, reasons."""

from dataclasses import replace

import pytest
from rctflow.results import SUPPRESSED
from rctflow.second import check, registry
from rctflow.second.agreement import disagreement, disagreements
from rctflow.second.check import compute_again
from rctflow.second.errors import DisagreementError
from rctflow.second.settings import Second

from tests.fit_cases import fitted
from tests.unit.second.second_cases import VISITS, one_level, two, visit_trial

ID = f"pcs.primary.itt.{VISITS[-1]}.msc-placebo"


@pytest.fixture(scope="module")
def trial():
    adsl, bds = visit_trial(1)
    fit, declared = two()
    return adsl, bds, fitted(adsl, bds, fit), declared


def again(adsl, bds, rows, declared):
    return {row.statistic: row for row in compute_again(Second("demo", (declared,)), adsl, {"pcs": bds}, {"pcs": rows})}


def changed(rows, statistic, **changes):
    return [
        replace(row, **changes) if row.result_id == f"{ID}.{statistic}" else row for row in rows
    ]  # fmt: skip


def test_each_statistic_has_its_second_number_and_the_largest_disagreement_is_carried(trial):
    found = again(*trial)
    assert list(found) == [
        *(f"second_{name}" for name in ("estimate", "se", "df", "t", "p_value", "ci_low", "ci_high")),
        "largest_disagreement",
    ]
    assert found["second_estimate"].result_id == f"{ID}.second_estimate"
    assert (found["second_estimate"].unit, found["second_df"].unit) == ("points", "")
    assert found["largest_disagreement"].value == 0.0
    assert found["largest_disagreement"].note == "of estimate, se, df, t, p_value, ci_low, ci_high"


@pytest.mark.parametrize("statistic", ["estimate", "se", "df", "p_value", "ci_low", "ci_high"])
def test_a_wrong_first_number_ends_the_job_and_both_are_named(trial, statistic):
    adsl, bds, rows, declared = trial
    (value,) = [row.value for row in rows if row.result_id == f"{ID}.{statistic}"]
    with pytest.raises(DisagreementError) as error:
        again(adsl, bds, changed(rows, statistic, value=value * 1.01), declared)
    (line,) = str(error.value).splitlines()[1:]
    name, _, numbers = line.strip().partition(": ")
    first, second = (float(part.split()[-1]) for part in numbers.split(", "))
    assert name == f"{ID}.{statistic}"
    assert (first, second) == (pytest.approx(value * 1.01), pytest.approx(value, rel=1e-6))


def test_a_small_disagreement_is_carried_with_the_statistic_that_it_is_of(trial):
    adsl, bds, rows, declared = trial
    (df,) = [row.value for row in rows if row.result_id == f"{ID}.df"]
    found = again(adsl, bds, changed(rows, "df", value=df * (1 + 5e-6)), declared)
    assert found["largest_disagreement"].value == pytest.approx(5e-6, rel=0.1)
    assert found["largest_disagreement"].note.endswith("largest for df")


def step(covariance):
    return {"covariance": covariance, "vcov": "CR2", "df": "satterthwaite"}


def chained(declared, *names):
    return replace(declared, options=declared.options | {"chain": [step(name) for name in names]})


def test_where_only_the_first_left_a_step_both_are_compared_at_the_step_that_it_used(trial):
    adsl, bds, _, declared = trial
    options = {"chain": [step("heterogeneous-ar1")]}
    rows = fitted(adsl, bds, two(options=options)[0])
    fell = [replace(row, status="fallback", note="unstructured left") if row.value is not None else row for row in rows]
    both = chained(declared, "unstructured", "heterogeneous-ar1")
    found = again(adsl, bds, fell, both)
    assert found["largest_disagreement"].value == 0.0
    assert "first computation used heterogeneous-ar1, the second unstructured" in found["largest_disagreement"].note
    assert "unstructured left; compared at the step of the first" in found["largest_disagreement"].note
    with pytest.raises(DisagreementError, match=r"estimate: first 9, second"):
        again(adsl, bds, changed(fell, "estimate", value=9.0), both)


def test_where_the_second_path_has_no_number_at_the_first_ones_step_the_row_says_why():
    adsl, bds = visit_trial(1, n=8, missing=0.05)
    declared = chained(two()[1], "unstructured", "compound-symmetry")
    rows = fitted(adsl, bds, two(options={"chain": [step("compound-symmetry")]})[0])
    ours = [replace(row, method=row.method.replace("compound-symmetry", "unstructured")) for row in rows]
    row = again(adsl, bds, ours, declared)["largest_disagreement"]
    assert (row.value, row.status) == (None, "not_estimable")
    assert row.note.startswith("the first computation used unstructured, the second compound-symmetry (unstructured: ")
    assert "at the step of the first the second computation has no number: no step of the chain" in row.note


def test_where_both_fell_back_to_the_same_step_another_number_ends_the_job():
    adsl, bds = visit_trial(1, n=8, missing=0.05)
    fit, declared = two()
    rows = fitted(adsl, bds, fit)
    assert again(adsl, bds, rows, declared)["largest_disagreement"].value < 1e-5
    with pytest.raises(DisagreementError, match="first 9, second"):
        again(adsl, bds, changed(rows, "estimate", value=9.0), declared)


def test_a_dropped_factor_is_a_fallback_of_the_first_and_agreed_upon():
    adsl, bds = visit_trial(3)
    fit, declared = two("ancova")
    adsl = one_level(adsl, "SEX")
    rows = fitted(adsl, bds, fit)
    assert "fallback" in {row.status for row in rows if row.contrast}
    assert again(adsl, bds, rows, declared)["largest_disagreement"].value == 0.0
    with pytest.raises(DisagreementError, match=r"estimate: first 9, second"):
        again(adsl, bds, changed(rows, "estimate", value=9.0), declared)


def test_suppressed_numbers_are_not_given_away(trial):
    adsl, bds, rows, declared = trial
    hidden = [replace(row, value=None, status="not_estimable", note=SUPPRESSED) for row in rows]
    (row,) = again(adsl, bds, hidden, declared).values()
    assert (row.statistic, row.value, row.note) == ("largest_disagreement", None, SUPPRESSED)


def test_a_model_without_a_second_path_is_one_row_that_says_so(trial):
    adsl, bds, rows, declared = trial
    (row,) = again(adsl, bds, rows, replace(declared, model="nothing")).values()
    assert (row.value, row.note) == (None, "nothing has no second path")


def test_a_number_of_the_second_path_alone_is_told_with_the_first_ones_reason(trial):
    adsl, bds, rows, declared = trial
    none = [replace(row, value=None, status="failed", note="it failed") for row in rows]
    found = again(adsl, bds, none, declared)
    assert {row.status for row in found.values()} == {"not_estimable"}
    assert found["second_se"].note.endswith("by the second computation alone; the first: it failed")
    assert float(found["second_se"].note.split()[0]) > 0
    assert found["largest_disagreement"].note == "the first computation has no number to compare with: it failed"
    one = changed(rows, "df", value=None, status="not_estimable", note="no df")
    found = again(adsl, bds, one, declared)
    assert found["second_df"].note.endswith("; the first: no df")
    assert found["largest_disagreement"].note.endswith("; by the second computation alone: df")


def test_a_number_of_the_first_path_alone_ends_the_job(trial, monkeypatch):
    adsl, bds, rows, declared = trial
    monkeypatch.setitem(registry.PATHS, "mmrm", "tests.unit.second.holding_nothing")
    with pytest.raises(DisagreementError, match=r"estimate: first .* the second computation holds that it cannot be"):
        again(adsl, bds, rows, declared)
    monkeypatch.setitem(registry.PATHS, "mmrm", "tests.unit.second.holding_all_but_df")
    with pytest.raises(DisagreementError) as error:
        again(adsl, bds, rows, declared)
    assert [line.partition(":")[0].strip() for line in str(error.value).splitlines()[1:]] == [f"{ID}.df"]


def test_where_neither_path_has_a_number_both_reasons_are_told(trial, monkeypatch):
    adsl, bds, rows, declared = trial
    monkeypatch.setitem(registry.PATHS, "mmrm", "tests.unit.second.test_second_check")
    none = [replace(row, value=None, status="failed", note="it failed") for row in rows]
    (row,) = again(adsl, bds, none, declared).values()
    assert row.note == "neither computation has a number: it failed; the second computation failed: singular"


def test_a_second_computation_that_fails_is_a_reason_and_no_agreement(trial, monkeypatch):
    adsl, bds, rows, declared = trial
    monkeypatch.setitem(registry.PATHS, "mmrm", "tests.unit.second.test_second_check")
    (row,) = again(adsl, bds, rows, declared).values()
    assert row.note == "the second computation failed: singular"


def compute(bds, adsl, declared):
    from numpy.linalg import LinAlgError

    raise LinAlgError("singular")


def test_how_disagreement_is_measured():
    first = {"estimate": 0.0, "se": 2.0, "p_value": 1e-9, "df": 20.0, "t": 0.0}
    second = {"estimate": 0.02, "se": 2.2, "p_value": 2e-9, "df": 25.0, "t": 0.1, "aic": 3.0}
    found = disagreements(first, second, ratio=False)
    expected = {"estimate": 0.01, "se": 0.2 / 2.2, "p_value": 1e-6, "df": 0.2, "t": 0.1}
    assert found == pytest.approx(expected)
    ratios = disagreements({"estimate": 1.0, "se_log": 0.5}, {"estimate": 1.05, "se_log": 0.5}, ratio=True)
    assert ratios["estimate"] == pytest.approx(0.09758, abs=1e-5)
    assert disagreement(float("nan"), 1.0) == float("inf")
    assert check.TOLERANCE == 1e-5


@pytest.mark.parametrize(
    ("model", "more"), [("ancova", {}), ("mmrm", {}), ("wilcoxon", {}), ("binary", {"outcome": "value"})]
)
def test_a_comparison_between_other_arms_is_computed_again_and_a_wrong_one_found(model, more):
    arms, pair = ("placebo", "low", "high"), (("high", "low"),)
    adsl, bds = visit_trial(4, n=48, arms=arms)
    if model == "binary":
        bds = bds.assign(AVAL=(bds["AVAL"] > bds["AVAL"].median()).astype(float).where(bds["AVAL"].notna()))
    fit, declared = two(model=model, arms=arms, strata=(), **more)
    fit, declared = replace(fit, contrasts=pair), replace(declared, contrasts=pair)
    rows = fitted(adsl, bds, fit)
    settings = Second("demo", (declared,))
    mine = [
        r
        for r in compute_again(settings, adsl, {"pcs": bds}, {"pcs": rows})
        if "high" in r.contrast and "low" in r.contrast
    ]
    assert [r.value < 1e-6 for r in mine if r.statistic == "largest_disagreement"] == [True] * len(
        {r.contrast for r in mine}
    )
    (estimate,) = [r for r in mine if r.statistic == "second_estimate"]
    wrong = [
        replace(r, value=r.value * 1.1 + 0.1)
        if (r.contrast, r.statistic, r.visit) == (estimate.contrast, "estimate", declared.visit)
        else r
        for r in rows
    ]
    with pytest.raises(DisagreementError, match=r"high.*low.*estimate: first"):
        compute_again(settings, adsl, {"pcs": bds}, {"pcs": wrong})


@pytest.mark.parametrize("more", [{"model": "mmrm"}, {"model": "ancova"}, {"model": "ancova", "baseline": False}])
def test_values_that_are_all_equal_end_no_run(trial, more):
    adsl, bds, *_ = trial
    equal = bds.assign(AVAL=bds["AVAL"].where(bds["AVAL"].isna(), 7.0), BASE=7.0, CHG=0.0)
    fit, declared = two(**more, strata=())
    found = again(adsl, equal, fitted(adsl, equal, fit), declared)
    assert found["largest_disagreement"].status == "not_estimable"
    assert found["largest_disagreement"].note
