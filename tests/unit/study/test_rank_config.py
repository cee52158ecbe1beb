"""What the config must not ask of the models of ranks and levels."""

import pytest
from rctflow.models.settings import Analysis
from rctflow.study.model import Endpoint
from rctflow.study.rank_checks import rank_problems

CASES = {
    "a logarithm of ranks": ({"model": "wilcoxon", "log": True}, {}, ".log", "leave the logarithm out"),
    "a logarithm of levels": ({"model": "proportional_odds", "log": True}, {}, ".log", "leave the logarithm out"),
    "covariates of ranks": ({"model": "wilcoxon", "covariates": ("AGE",)}, {}, ".covariates", "use proportional_odds"),
    "a baseline of counts": ({"model": "cmh", "outcome": "value"}, {}, "", "write `baseline: false`"),
    "a baseline that is not measured": (
        {"model": "proportional_odds", "outcome": "value"},
        {"baseline": False},
        ".baseline",
        "write `baseline: false`",
    ),
}


def problems(analysis, endpoint):
    plan = {"label": "SPPB", "direction": "higher", "analyses": {"main": {}}} | endpoint
    return list(rank_problems("here", Analysis(populations=("itt",), **analysis), Endpoint(**plan)))


@pytest.mark.parametrize(("analysis", "endpoint", "place", "words"), CASES.values(), ids=CASES)
def test_a_problem_is_told_with_its_place_and_its_remedy(analysis, endpoint, place, words):
    ((path, message),) = problems(analysis, endpoint)
    assert path == f"here{place}"
    assert words in message


def test_what_is_complete_has_no_problem():
    assert not problems({"model": "wilcoxon"}, {})
    assert not problems({"model": "wilcoxon", "outcome": "value"}, {"baseline": False})
    assert not problems({"model": "proportional_odds", "covariates": ("AGE",)}, {})
    assert not problems({"model": "cmh", "outcome": "value", "baseline": False}, {})
    assert not problems({"model": "ancova", "log": True, "covariates": ("AGE",)}, {"baseline": False})
