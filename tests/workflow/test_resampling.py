"""Resampling in a run: which jobs it starts, and that the figure of leaving one patient out comes about."""

import re

import pytest

pytestmark = pytest.mark.workflow


def test_leaving_one_out_refits_nothing_and_is_drawn(checkout):
    config = checkout.config()
    asked = {"use": "ancova", "resampling": {"leave_one_out": True}}
    config["endpoints"]["hb"]["analyses"] = {"ancova": asked, "descriptive": {"use": "descriptive"}}
    checkout.configure(config)
    started = checkout.plan()
    assert started == {"resample:hb", "leave_one_out:hb", "displays:hb", "report", "resolved_config"}
    checkout.snakemake()
    results = checkout.folder / "results/tiny"
    figure = (results / "endpoints/hb/leave_one_out.svg").read_text()
    assert {f"S{number:02d}" for number in range(1, 13)} == set(re.findall(r">(S\d\d)</text>", figure))
    report = (results / "report.html").read_text()
    assert "Haemoglobin: the comparison of the arms without each patient in turn" in report
    assert not (results / "endpoints/walk/leave_one_out.svg").exists()

    config["endpoints"]["hb"]["label"] = "Hb"
    checkout.configure(config)
    assert checkout.plan() == {"leave_one_out:hb", "displays:hb", "overview", "report", "resolved_config"}
