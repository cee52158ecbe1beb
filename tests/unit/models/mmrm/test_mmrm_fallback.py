"""The fall-back chain: left only when a step cannot be estimated, and it says so."""

import numpy as np
import pytest
from rctflow.commands import mmrm_coverage
from rctflow.models.mmrm import DEFAULT_CHAIN, Step, errors, fit_mmrm, fit_with_fallback
from test_mmrm_hard_cases import trial

FORMULA = "CHG ~ ARM * VISIT"


def chain_fit(data, **options):
    return fit_with_fallback(data, FORMULA, "ID", "VISIT", **options)


def test_declared_chain():
    assert [(s.covariance, s.vcov, s.df) for s in DEFAULT_CHAIN] == [
        ("unstructured", "model", "kenward-roger"),
        ("heterogeneous-toeplitz", "CR2", "satterthwaite"),
        ("heterogeneous-ar1", "CR2", "satterthwaite"),
        ("heterogeneous-compound-symmetry", "CR2", "satterthwaite"),
        ("compound-symmetry", "CR2", "satterthwaite"),
    ]


def test_first_step_when_it_can_be_estimated():
    found = chain_fit(trial())
    assert (found.step, found.left, found.fell_back) == (DEFAULT_CHAIN[0], (), False)
    direct = fit_mmrm(trial(), FORMULA, "ID", "VISIT")
    assert found.fit.log_likelihood == direct.log_likelihood


def test_a_later_step_says_why_the_earlier_ones_were_left():
    found = chain_fit(trial(n=7))
    assert found.fell_back
    assert found.left[0][0].covariance == "unstructured"
    assert f"used {found.step}" in found.note
    assert "unstructured left:" in found.note
    assert found.fit.model.options.vcov == "CR2"
    assert np.isfinite(found.fit.contrasts("ARM", by="VISIT")["p_value"]).all()


def test_a_better_criterion_is_no_reason_to_leave():
    """Compound symmetry has the lower BIC on these data; the unstructured step stays."""
    found = chain_fit(trial())
    simple = chain_fit(trial(), chain=(Step("compound-symmetry"),))
    assert found.step.covariance == "unstructured"
    assert simple.fit.criteria["bic"] < found.fit.criteria["bic"]


def test_errors_in_the_data_are_raised_at_once():
    with pytest.raises(errors.ConstantOutcomeError):
        chain_fit(trial().assign(CHG=1.0))


def test_coordinates_go_to_spatial_steps_only():
    data = trial(n=7).assign(DAY=lambda d: d.VISIT.str.extract(r"(\d+)")[0].astype(float))
    chain = (Step("unstructured", "model", "kenward-roger"), Step("sp(exp)"))
    found = chain_fit(data, chain=chain, coordinates=["DAY"])
    assert found.step.covariance == "sp(exp)"
    assert list(found.fit.theta.index) == ["variance", "range"]


def test_exhausted_chain_lists_every_reason():
    with pytest.raises(errors.ChainExhaustedError, match=r"unstructured: .*toeplitz: "):
        chain_fit(trial(n=3), chain=(Step("unstructured"), Step("heterogeneous-toeplitz")))


def test_small_coverage_simulation():
    """120 of the 2,000 data sets of the command: no failure, the truth is not AR(1), and only the sandwich notices."""
    tallies = mmrm_coverage.run(datasets=120, seed=20240401)
    assert all(not tally.failures for tally in tallies.values())
    assert tallies["unstructured, Kenward-Roger"].coverage > 90
    assert tallies["AR(1), Kenward-Roger"].coverage < 91
    assert tallies["AR(1), CR2 + Satterthwaite"].coverage > tallies["AR(1), Kenward-Roger"].coverage + 3


def test_simulated_data_set_does_not_depend_on_how_many_are_drawn():
    one, again = mmrm_coverage.simulate(1, 7), mmrm_coverage.simulate(1, 7)
    assert one.equals(again)
    assert not one.equals(mmrm_coverage.simulate(1, 8))
