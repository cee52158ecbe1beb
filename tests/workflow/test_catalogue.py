"""Every model of the registry as the main analysis of an endpoint, from raw forms to the report."""

import re

import pytest
from rctflow.models.registry import MODELS
from rctflow.results import read_results

from tests.catalogue import CONFIG, catalogue_config, write_catalogue
from tests.tiny import write_config
from tests.workflow.conftest import Checkout, copy_of_checkout

pytestmark = pytest.mark.workflow

COMPARE_NOTHING = {"descriptive", "paired_change"}
NO_ESTIMATE = ("steps_levels",)  # cmh tests all arms at once
UNITS = {
    "relapse": "hazard ratio",
    "falls": "rate ratio",
    "falls_poisson": "rate ratio",
    "able": "odds ratio",
    "able_at_visits": "percentage points",
    "walk_response": "percentage points",
    "steps": "win probability",
    "steps_odds": "odds ratio",
    "crp": "ratio",
}


@pytest.fixture(scope="module")
def results(root, tmp_path_factory):
    folder = copy_of_checkout(root, tmp_path_factory.mktemp("catalogue") / "checkout")
    write_catalogue(folder / "data")
    write_config(catalogue_config(), folder / "config/catalogue.yaml")
    Checkout(folder, "config/catalogue.yaml").snakemake()
    return folder / "results/catalogue"


def estimates(results, endpoint):
    rows = read_results(results / f"endpoints/{endpoint}/results.csv")
    return [row for row in rows if row.statistic == "estimate" and row.visit == "week8" and row.model != "descriptive"]


def test_every_model_that_compares_arms_is_a_main_analysis():
    used = {CONFIG["analyses"][endpoint["analyses"][0]]["model"] for endpoint in CONFIG["endpoints"].values()}
    assert used | COMPARE_NOTHING >= set(MODELS)


def test_every_result_is_computed_again(results):
    rows = read_results(results / "summaries/second/results.csv")
    largest = [row for row in rows if row.statistic == "largest_disagreement"]
    assert {row.endpoint for row in largest} == set(CONFIG["endpoints"])
    assert all(row.value is not None and "not computed again" not in row.note for row in largest)


@pytest.mark.parametrize("endpoint", [name for name in CONFIG["endpoints"] if name not in NO_ESTIMATE])
def test_each_endpoint_has_an_estimate_on_its_own_scale_in_favour_of_the_drug(results, endpoint):
    (row,) = estimates(results, endpoint)
    assert row.status in ("ok", "fallback")
    assert row.unit == UNITS.get(endpoint, "s")
    neutral = {"s": 0, "percentage points": 0, "win probability": 0.5}.get(row.unit, 1)
    direction = CONFIG["endpoints"][endpoint]["direction"]
    better = direction == "higher" or endpoint == "walk_response" or row.unit == "win probability"
    better = better != (row.unit == "hazard ratio")
    assert (row.value > neutral) == better


def test_the_report_names_each_ratio_and_shows_the_curves(results):
    page = (results / "report.html").read_text()
    for words in (
        "the hazard ratio of Time to relapse, Drug divided by Placebo, was",
        "the rate ratio of Falls, Drug divided by Placebo, was",
        "the odds ratio of patients with Ability to walk alone, Drug divided by Placebo, was",
        "Time to relapse over time: Kaplan-Meier curves with intervals and numbers at risk of Placebo and Drug",
        "follow-up to event or censoring",
        "Median time, days (95% CI)",
        "Events per unit of exposure",
    ):
        assert words in page
    assert "nan" not in re.sub(r"<[^>]*>", " ", page).lower().split()


def test_the_forest_gives_each_scale_a_panel(results):
    forest = (results / "figures/forest.svg").read_text()
    for panel in ("Hazard ratios, lower is better", "Ratios, lower is better", "Odds ratios, higher is better"):
        assert f">{panel}</text>" in forest


def test_the_curve_ends_and_begins_as_the_forms_say(results):
    rows = read_results(results / "endpoints/relapse/results.csv")
    at_risk = {(row.group, row.statistic): row.value for row in rows if row.statistic.startswith("at_risk:")}
    assert at_risk["placebo", "at_risk:0"] == at_risk["drug", "at_risk:0"] == 20
    assert {name for _, name in at_risk} == {f"at_risk:{t}" for t in range(0, 51, 10)}
