"""What the config must say for a binary endpoint or a response, and that an mcid refits only what uses it."""

import pytest
from rctflow.models.settings import Analysis
from rctflow.study.load import load_study
from rctflow.study.model import Endpoint
from rctflow.study.response_checks import response_problems
from rctflow.study.rooms import fit_settings

CASES = {
    "a change of a binary endpoint": ({"model": "binary"}, {}, "", "write `outcome: value`"),
    "a logarithm": ({"model": "responder", "log": True, "options": {"at_least": 1}}, {}, ".log", "no logarithm"),
    "no threshold": ({"model": "responder"}, {}, ".options.at_least", "declares no `mcid`"),
    "an mcid as a value": (
        {"model": "responder", "outcome": "value"},
        {"mcid": 3},
        ".options.at_least",
        "a change, not a value",
    ),
    "a baseline that is not measured": (
        {"model": "binary", "outcome": "value"},
        {"baseline": False},
        ".baseline",
        "write `baseline: false`",
    ),
    "a change of counts": ({"model": "counts"}, {}, ".outcome", "counts have no change"),
    "a logarithm of counts": ({"model": "counts", "outcome": "value", "log": True}, {}, ".log", "compared is a ratio"),
    "odds of a change": ({"model": "gee_logit"}, {}, ".outcome", "write `outcome: value`"),
    "the baseline of a time": (
        {"model": "time_to_event", "outcome": "value"},
        {},
        ".baseline",
        "a time to an event has no baseline",
    ),
    "a baseline of counts that is not measured": (
        {"model": "counts", "outcome": "value"},
        {"baseline": False},
        ".baseline",
        "write `baseline: false`",
    ),
}


def problems(analysis, endpoint):
    plan = {"label": "PCS", "direction": "higher", "analyses": {"main": {}}} | endpoint
    return list(response_problems("here", Analysis(populations=("itt",), **analysis), Endpoint(**plan)))


@pytest.mark.parametrize(("analysis", "endpoint", "place", "words"), CASES.values(), ids=CASES)
def test_a_problem_is_told_with_its_place_and_its_remedy(analysis, endpoint, place, words):
    ((path, message),) = problems(analysis, endpoint)
    assert path == f"here{place}"
    assert words in message


def test_what_is_complete_has_no_problem():
    assert not problems({"model": "responder"}, {"mcid": 3})
    assert not problems({"model": "responder", "outcome": "value", "options": {"at_least": 40}}, {})
    assert not problems({"model": "binary", "outcome": "value"}, {})
    assert not problems({"model": "time_to_event", "outcome": "value", "baseline": False}, {"baseline": False})
    assert not problems({"model": "ancova", "log": True}, {"baseline": True})


def test_only_an_analysis_of_responders_refits_for_an_mcid(root):
    study = load_study(root / "config/config.yaml")
    assert fit_settings(study, "sf36_pcs").mcid == study.endpoints["sf36_pcs"].mcid == 3
    assert study.endpoints["grip"].mcid == 5 and fit_settings(study, "grip").mcid is None
