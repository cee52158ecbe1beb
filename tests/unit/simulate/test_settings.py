"""Settings: plain dataclasses, built from nested mappings, that say which key is wrong."""

import subprocess
import sys
from dataclasses import asdict, replace
from pathlib import Path

import pytest
from pydantic import BaseModel, ConfigDict, ValidationError
from rctflow.settings import settings_from
from rctflow.simulate.sections import ByArm, Endpoint, IntercurrentEvents, Schedule, Stratum
from rctflow.simulate.settings import SimulationSettings
from rctflow.study.load import load_study
from rctflow.study.messages import ConfigError

from tests.tiny import tiny_config, write_config


def test_settings_survive_the_way_through_plain_mappings():
    changed = SimulationSettings(strata=(Stratum("07", "F", 4),), stable_share=0.4)
    assert settings_from(SimulationSettings, asdict(changed)) == changed


def test_what_is_not_named_keeps_its_default():
    built = settings_from(SimulationSettings, {"measurement": {"refused": 0.2}})
    assert built.measurement.refused == 0.2
    assert built.measurement.trial_cv == SimulationSettings().measurement.trial_cv


def test_importing_the_settings_loads_no_heavy_library():
    code = (
        "import sys, rctflow.simulate.settings; print([m for m in ('numpy', 'pandas', 'pydantic') if m in sys.modules])"
    )
    root = Path(__file__).resolve().parents[3]
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=root / "scripts", check=True)
    assert run.stdout.strip() == "[]"


@pytest.mark.parametrize(
    ("mapping", "message"),
    [
        ({"block_sizes": [3]}, "even and positive"),
        ({"study_id": "FRAILTY"}, "must begin with SYNTHETIC"),
        ({"endpoints": {"tug": {"mean": 15, "sd": 1.3, "rho": 0.8}}}, "sf36_pcs is missing"),
        ({"visits": {"baseline": {"label": "V1", "lab_label": "V1", "day": -14}}}, "visits: week1 is missing"),
        ({"schedule": {"baseline_before_randomization": [2, 40]}}, "more than 28 days"),
        ({"measurement": {"refused": 1.5}}, "not a probability"),
        ({"correlations": [{"between": ["tug", "gripp"], "r": 0.1}]}, "Did you mean 'grip'"),
    ],
)
def test_a_setting_that_cannot_be_is_refused_with_the_reason(mapping, message):
    with pytest.raises(ValueError, match=message):
        settings_from(SimulationSettings, mapping)


@pytest.mark.parametrize(
    ("mapping", "place", "message"),
    [
        ({"blok_sizes": [4]}, "source.settings.blok_sizes", "Did you mean 'block_sizes'"),
        ({"dirt": {"grip_in_pound": 1}}, "source.settings.dirt.grip_in_pound", "Did you mean 'grip_in_pounds'"),
        ({"strata": [{"site": "01", "sex": "X", "size": 3}]}, "source.settings.strata.0.sex", "'X' is not allowed"),
        ({"truth_patients": "many"}, "source.settings.truth_patients", "valid integer"),
        ({"study_id": "FRAILTY"}, "source.settings", "must begin with SYNTHETIC"),
    ],
)
def test_a_wrong_setting_of_a_config_is_refused_with_its_place(tmp_path, mapping, place, message):
    config = tiny_config() | {"source": {"kind": "simulate", "seed": 1, "settings": mapping}}
    with pytest.raises(ConfigError) as caught:
        load_study(write_config(config, tmp_path / "study.yaml"))
    assert any(path == place and message in words for path, words in caught.value.problems), caught.value.problems


def test_an_endpoint_refuses_what_its_scale_cannot_hold():
    with pytest.raises(ValueError, match="must exceed 1"):
        Endpoint(mean=15, sd=0.3, rho=0.5, scale="log")
    with pytest.raises(ValueError, match="ratios"):
        Endpoint(mean=15, sd=1.3, rho=0.5, scale="log", effect={"week1": -0.1})


def test_a_risk_above_one_is_refused():
    with pytest.raises(ValueError, match=r"intercurrent_events.rescue: 1.2"):
        IntercurrentEvents(rescue=ByArm(1.2, 0.1))


def test_a_range_that_falls_is_refused():
    with pytest.raises(ValueError, match="not increasing"):
        Schedule(entry_delay=(5, 0))


def test_the_order_of_keys_does_not_count():
    base = SimulationSettings()
    turned = replace(base, endpoints=dict(reversed(base.endpoints.items())), visits=dict(reversed(base.visits.items())))
    assert list(turned.endpoints) == list(base.endpoints)
    assert list(turned.visits) == list(base.visits)


def test_correlations_that_cannot_hold_together_are_refused():
    from rctflow.simulate.latent import latent_factors
    from rctflow.simulate.sections import Correlation

    triple = (("tug", "walk4m"), 0.9), (("tug", "grip"), 0.9), (("walk4m", "grip"), -0.9)
    impossible = tuple(Correlation(pair, r) for pair, r in triple)
    with pytest.raises(ValueError, match="cannot hold together"):
        latent_factors(replace(SimulationSettings(), correlations=impossible))


def test_a_typed_config_can_embed_the_settings_and_refuses_unknown_keys():
    class Study(BaseModel):
        model_config = ConfigDict(extra="forbid")
        source: SimulationSettings

    assert Study.model_validate({"source": {"stable_share": 0.4}}).source == SimulationSettings(stable_share=0.4)
    with pytest.raises(ValidationError, match=r"source\.dirt\.mud"):
        Study.model_validate({"source": {"dirt": {"mud": 1}}})
