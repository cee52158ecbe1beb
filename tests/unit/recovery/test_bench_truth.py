"""The command prints its tables, and a trial's numbers are those of its models."""

import math
from dataclasses import replace

import pytest
from rctflow.commands import bench, bench_truth
from rctflow.errors import RctflowError
from rctflow.models.endpoint import fit_endpoint
from rctflow.recovery.catalogue import NULL, Row, declared_row
from rctflow.recovery.experiment import Laboratory, estimated, fitted
from rctflow.recovery.type_one import Randomized, rejections
from rctflow.recovery.variants import without_effect
from rctflow.recovery.virtual import virtual_settings, virtual_trial
from rctflow.study.rooms import fit_settings, records_settings

PCS = (declared_row("sf36_pcs", "MMRM (main analysis)"), declared_row("sf36_pcs", "Wilcoxon: Hodges-Lehmann shift"))


def test_the_main_estimate_of_a_trial_is_that_of_the_workflow(study):
    """The whole endpoint, fitted as a run does, has the numbers that the benchmark tallies."""
    trial = virtual_trial(virtual_settings(study.source.settings), 9, 0)
    settings = fit_settings(study, "sf36_pcs")
    settings = replace(settings, analyses={"mmrm": replace(settings.analyses["mmrm"], subgroups=())})
    rows, _ = fit_endpoint(trial.records("sf36_pcs", records_settings(study, "sf36_pcs")), trial.adsl, settings)
    own = {r.statistic: r.value for r in rows if r.visit == "month6" and r.contrast}
    laboratory = Laboratory(study, PCS)
    records = trial.records("sf36_pcs", laboratory.records["sf36_pcs"])
    output = fitted(records, trial.adsl, laboratory.analyses[PCS[0]], laboratory.fits["sf36_pcs"])
    values, _ = estimated(PCS[0], output, "month6")
    for name in ("estimate", "se", "ci_low", "ci_high", "p_value"):
        assert values[name] == pytest.approx(own[name], rel=1e-9), name


def test_what_cannot_be_estimated_has_no_estimate():
    values, fallback = estimated(PCS[0], None, "month6")
    assert values.get("estimate") is None
    assert not fallback


def test_ratios_are_tallied_as_logarithms(study):
    row = declared_row("il17", "censored likelihood, t")
    trial = virtual_trial(virtual_settings(study.source.settings), 9, 1)
    laboratory = Laboratory(study, [row])
    records = trial.records("il17", laboratory.records["il17"])
    output = fitted(records, trial.adsl, laboratory.analyses[row], laboratory.fits["il17"])
    written = {r.statistic: r.value for r in output.rows if r.contrast and r.visit == "month6"}
    values, _ = estimated(row, output, "month6")
    assert values["estimate"] == pytest.approx(math.log(written["estimate"]))
    assert values["ci_low"] < values["estimate"] < values["ci_high"]
    assert values["se"] == written["se_log"]


def test_every_trial_is_tested_once_by_every_test(study):
    laboratory = Laboratory(study, NULL[2:3])
    tests = (Randomized(NULL[2], 19),)
    settings = without_effect(study.source.settings)
    found = rejections(laboratory, tests, study.randomization, settings, 1, 3)
    assert set(found) == {NULL[2], tests[0]}
    assert all(counts.tested == 3 for counts in found.values())


def test_the_command_prints_a_row_per_analysis(capsys, root, monkeypatch):
    monkeypatch.chdir(root)
    assert bench.main(["truth", "limited", "--trials", "8", "--patients", "1000"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == "### A higher limit of quantification, 300 patients, 2 trials"
    cells = [line.split(" | ") for line in lines if line.startswith("| tnf_alpha")]
    assert len(cells) == 5
    verdicts = [row[-1] for row in cells]
    assert all(verdict in ("recovers |", "does not recover |") for verdict in verdicts[:2])
    assert all(verdict.endswith("(a number in the place of values below the limit) |") for verdict in verdicts[2:])


def test_an_unknown_table_is_refused():
    with pytest.raises(RctflowError, match="'nul' is not known; one of: declared"):
        bench_truth.main(["nul"])


def test_rows_are_told_apart_by_what_they_are_not_by_their_words():
    """Two endpoints may have a row of one label."""
    one, other = (Row("same", "pcs", "health", "mmrm", "mean") for _ in range(2))
    assert len({one, other}) == 2
