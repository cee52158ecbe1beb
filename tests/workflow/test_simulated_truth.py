"""What the workflow estimates on a large simulated trial is the truth that was simulated.

The truth is scored by the simulator's own scorer, and estimated here through ingest, clean, derive and fit: two paths
that share no module must agree on the scoring of every endpoint.
"""

from __future__ import annotations

import math
from dataclasses import replace

import pytest
from rctflow.models.endpoint import fit_endpoint
from rctflow.propose.rehearsal import rehearse
from rctflow.simulate.dirt_sections import no_dirt
from rctflow.simulate.sections import ByArm
from rctflow.simulate.trial import simulate_trial
from rctflow.study.load import load_study
from rctflow.study.rooms import fit_settings

TIMES_AS_MANY = 40
LAST = "month6"
RATIOS = ("tnf_alpha", "il6", "il17", "il10", "hscrp")


def scale_of(endpoint):
    return f"{endpoint}_log" if endpoint in RATIOS else endpoint


@pytest.fixture(scope="module")
def large(root):
    """The default study with 1,200 patients, nobody lost, nothing soiled: (study, truth, rehearsal)."""
    study = load_study(root / "config/config.yaml")
    settings = study.source.settings
    none = ByArm(0.0, 0.0)
    settings = replace(
        settings,
        strata=tuple(replace(stratum, size=stratum.size * TIMES_AS_MANY) for stratum in settings.strata),
        intercurrent_events=replace(settings.intercurrent_events, death=none, dropout=none),
        measurement=replace(settings.measurement, refused=0.0),
        dirt=no_dirt(),
    )
    study = study.model_copy(update={"source": study.source.model_copy(update={"settings": settings})})
    return study, simulate_trial(settings, study.source.seed).truth, rehearse(study, "config/config.yaml")


def estimate(large, endpoint):
    study, _, rehearsal = large
    settings = fit_settings(study, endpoint)
    rows, _ = fit_endpoint(rehearsal.records[endpoint], rehearsal.adsl, settings)
    found = {row.statistic: row.value for row in rows if row.contrast and row.visit == LAST and row.analysis == "mmrm"}
    if endpoint in RATIOS:
        return math.log(found["estimate"]), found["se_log"]
    return found["estimate"], found["se"]


def test_the_whole_trial_arrives(large):
    _, _, rehearsal = large
    assert not rehearsal.problems
    assert len(rehearsal.adsl) == 30 * TIMES_AS_MANY
    assert all((records["ANL01FL"] == "Y").sum() == 30 * TIMES_AS_MANY * 6 for records in rehearsal.records.values())


@pytest.mark.parametrize(
    "endpoint",
    [
        *(
            "sf36_pcs",
            "sf36_mcs",
            "sf36_pf",
            "sf36_rp",
            "sf36_bp",
            "sf36_gh",
            "sf36_vt",
            "sf36_sf",
            "sf36_re",
            "sf36_mh",
        ),
        *("eq_vas", "eq5d_index", "tug", "walk4m_time", "walk4m_speed", "grip", "sppb", "fried"),
        *RATIOS,
    ],
)
def test_the_truth_is_recovered(large, endpoint):
    _, truth, _ = large
    expected = truth["endpoints"][scale_of(endpoint)][LAST]["treatment_policy"]
    found, se = estimate(large, endpoint)
    assert abs(found - expected["difference"]) < 4 * (se**2 + expected["mc_se"] ** 2) ** 0.5


def test_every_endpoint_of_the_config_has_a_truth(large):
    study, truth, _ = large
    assert set(study.endpoints) <= set(truth["endpoints"])
