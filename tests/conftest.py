"""Fixtures that more than one test folder uses."""

from pathlib import Path

import pytest

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
