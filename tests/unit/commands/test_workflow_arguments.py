"""Targets may stand before or after the choice of a study."""

import pytest
from rctflow.commands.workflow import targets_first

CHOSEN = ["--config", "study=config/x.yaml"]


@pytest.mark.parametrize(
    ("given", "passed"),
    [
        ([*CHOSEN, "endpoint_tug"], ["endpoint_tug", *CHOSEN]),
        (["endpoint_tug", *CHOSEN], ["endpoint_tug", *CHOSEN]),
        ([*CHOSEN, "endpoint_tug", "endpoint_sf36", "-n"], ["endpoint_tug", "endpoint_sf36", *CHOSEN, "-n"]),
        (["-n", *CHOSEN, "endpoint_tug", "--cores", "1"], ["endpoint_tug", "-n", *CHOSEN, "--cores", "1"]),
        (["-C", "study=config/x.yaml", "endpoint_tug"], ["endpoint_tug", "-C", "study=config/x.yaml"]),
        (["--config=study=config/x.yaml", "endpoint_tug"], ["--config=study=config/x.yaml", "endpoint_tug"]),
        (["--cores", "1", "-n"], ["--cores", "1", "-n"]),
        ([], []),
    ],
)
def test_targets_come_first(given, passed):
    assert targets_first(given) == passed
