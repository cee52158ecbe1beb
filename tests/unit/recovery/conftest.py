"""The default study, and a variant of its simulator in which events are frequent and everybody is measured."""

from dataclasses import replace

import pytest
from rctflow.simulate.dirt_sections import no_dirt
from rctflow.simulate.sections import ByArm
from rctflow.study.load import load_study


@pytest.fixture(scope="session")
def study(root):
    return load_study(root / "config/config.yaml")


@pytest.fixture(scope="session")
def eventful(study):
    settings, often = study.source.settings, ByArm(0.3, 0.3)
    events = replace(
        settings.intercurrent_events,
        second_infusion_missed=often,
        treatment_stopped=often,
        rescue=often,
        death=ByArm(0.1, 0.1),
    )
    calm = replace(settings.measurement, refused=0.0)
    return replace(settings, dirt=no_dirt(), intercurrent_events=events, measurement=calm)
