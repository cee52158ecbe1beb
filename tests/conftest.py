"""Fixtures that more than one test folder uses, and in which order the tests run."""

import os
from pathlib import Path

# As in a run's jobs, and before numpy is imported: the same bits, and no process in another's way.
os.environ.update(OMP_NUM_THREADS="1", OPENBLAS_NUM_THREADS="1", MKL_NUM_THREADS="1")

import pytest
from hypothesis import HealthCheck, settings

# No example has a time limit: how fast a machine is says nothing of the code.
settings.register_profile("untimed", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("untimed")

ROOT = Path(__file__).resolve().parents[1]
SHARED = ROOT.parent / "shared"


@pytest.fixture(scope="session")
def root() -> Path:
    """The checkout that is being tested."""
    return ROOT


@pytest.fixture(scope="session")
def shared() -> Path:
    """Data and numbers of others, beside the checkout; the test is skipped where they are absent."""
    if not (SHARED / "README.md").exists():
        pytest.skip("../shared (data of others) is not beside this checkout")
    return SHARED


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Tests that run Snakemake come first: a file of minutes that begins last would leave the other cores idle."""
    items.sort(key=lambda item: item.get_closest_marker("workflow") is None)
