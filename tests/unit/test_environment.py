"""The three ways to get the environment name the same versions, and none names a package host."""

import re

import pytest
import yaml

LOCKS = ("requirements.lock", "requirements-test.lock", "requirements-build.lock")


def pins(text: str) -> dict[str, set[str]]:
    found: dict[str, set[str]] = {}
    for name, version in re.findall(r"^([A-Za-z0-9_.-]+)==([^\s;\\]+)", text, re.MULTILINE):
        found.setdefault(name.lower(), set()).add(version)
    return found


def test_conda_pins_equal_the_lock(root):
    locked = pins((root / "requirements.lock").read_text())
    conda = yaml.safe_load((root / "environment.yml").read_text())["dependencies"]
    direct = {
        line.strip()
        for line in (root / "requirements.in").read_text().splitlines()
        if line and not line.startswith("#")
    }
    conda.remove("pip")
    by_pip = next(entry["pip"] for entry in conda if isinstance(entry, dict))
    pinned = dict(entry.split("=", 1) for entry in conda if isinstance(entry, str))
    pinned |= dict(entry.split("==") for entry in by_pip)
    assert pinned.pop("python") == "3.11"
    assert set(pinned) == direct
    for name, version in pinned.items():
        assert version in locked[name], name


def test_the_test_lock_holds_the_run_lock(root):
    tested = pins((root / "requirements-test.lock").read_text())
    for name, versions in pins((root / "requirements.lock").read_text()).items():
        assert versions <= tested[name], name


@pytest.mark.parametrize("lock", LOCKS)
def test_every_package_has_a_hash_and_none_a_host(root, lock):
    text = (root / lock).read_text()
    assert "://" not in text
    packages = re.split(r"^(?=[A-Za-z0-9])", text, flags=re.MULTILINE)[1:]
    assert packages
    assert all("--hash=sha256:" in package for package in packages)


def test_one_version_everywhere(root):
    from rctflow.version import VERSION

    told = {
        re.search(r'^version: "?([0-9.]+)', (root / "CITATION.cff").read_text(), re.MULTILINE)[1],
        re.search(r'^version = "([0-9.]+)"', (root / "pyproject.toml").read_text(), re.MULTILINE)[1],
    }
    assert told == {VERSION}
