"""Families of hypotheses in a run: which jobs they start, and that table, graph and report come about."""

import pytest

pytestmark = pytest.mark.workflow

FAMILIES = {
    "main": {
        "procedure": "graphical",
        "label": "Walk, then CRP",
        "hypotheses": [{"endpoint": "walk"}, {"endpoint": "crp"}],
        "weights": {"walk": 1},
        "transitions": {"walk": {"crp": 1}},
    },
    "early": {"procedure": "benjamini_hochberg", "hypotheses": [{"endpoint": "walk", "visit": "week4"}]},
}


def test_a_family_declared_is_tested_and_reported(checkout):
    config = checkout.config()
    config["multiplicity"] = {"families": FAMILIES}
    checkout.configure(config)
    marked = {f"displays:{endpoint}" for endpoint in ("walk", "crp", "hb")}  # which p-values are nominal
    marked |= {"fit:crp", "second"}  # of crp one is a test of the trial now; that of walk was one
    assert checkout.plan() == {"multiplicity", "overview", "report", "resolved_config"} | marked
    checkout.snakemake()
    results = checkout.folder / "results/tiny"
    assert (
        "crp.ancova.itt.week8.drug-placebo.p_adjusted:main"
        in (results / "summaries/multiplicity/results.csv").read_text()
    )
    assert (results / "figures/multiplicity_main.svg").exists()
    report = (results / "report.html").read_text()
    assert 'id="table-family-main"' in report
    assert "in the family Walk, then CRP" in report
    assert checkout.plan() == set()

    config["multiplicity"]["families"]["main"]["alpha"] = 0.1
    checkout.configure(config)
    assert checkout.plan() == {"multiplicity", "report", "resolved_config"}


def test_a_family_that_tests_a_randomization_test_waits_for_it(checkout):
    config = checkout.config()
    config["randomization"] = {"method": "simple"}
    config["analyses"]["ancova"]["resampling"] = {"randomization_test": 50, "enumerate_up_to": 0}
    tested = [{"endpoint": "walk", "statistic": "randomization_p_value"}, {"endpoint": "crp"}]
    config["multiplicity"] = {"families": {"main": FAMILIES["main"] | {"hypotheses": tested}}}
    checkout.configure(config)
    assert {"resample:walk", "multiplicity"} <= checkout.plan()
    checkout.snakemake()
    results = checkout.folder / "results/tiny"
    drawn = (results / "endpoints/walk/resampling.csv").read_text().splitlines()
    (p,) = [line for line in drawn if line.startswith("walk.ancova.itt.week8.drug-placebo.randomization_p_value,")]
    adjusted = (results / "summaries/multiplicity/results.csv").read_text().splitlines()
    (used,) = [line for line in adjusted if line.startswith("walk.ancova.itt.week8.drug-placebo.p_value:main,")]
    assert used.split(",")[12] == p.split(",")[12]
    assert "randomization test" in (results / "tables/multiplicity.html").read_text()

    config["analyses"]["ancova"]["resampling"]["seed"] = 2
    checkout.configure(config)
    assert {"resample:walk", "multiplicity", "report"} <= checkout.plan()
    assert "fit:walk" not in checkout.plan()


def test_exploratory_families_alone_need_no_graph_and_mark_nothing(checkout):
    config = checkout.config()
    config["multiplicity"] = {"families": {"early": FAMILIES["early"]}}
    checkout.configure(config)
    assert checkout.plan() == {"multiplicity", "report", "resolved_config"}
    checkout.snakemake()
    report = (checkout.folder / "results/tiny/report.html").read_text()
    assert "Every p-value outside these families is nominal" in report
