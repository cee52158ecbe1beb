"""A copy of the checkout with a finished run of the tiny study, and a way to ask what Snakemake would do there."""

from __future__ import annotations

import fcntl
import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.pilot import Values, values_of
from tests.tiny import tiny_config, write_config, write_data

PARTS = ("Snakefile", "workflow", "scripts", "profiles", "config", "environment.yml")
WHOLE = ("run", "CITATION.cff", "LICENSE", "README.md", "CHANGELOG.md", "pyproject.toml", "docs")
STUDY = "config/tiny.yaml"


@dataclass(frozen=True)
class Checkout:
    """A folder to run in, and the study config that runs use."""

    folder: Path
    study: str = STUDY

    def snakemake(self, *arguments: str, check: bool = True) -> subprocess.CompletedProcess[str]:
        """Plain Snakemake, as a user who has it calls it."""
        command = [sys.executable, "-m", "snakemake", "--cores", "2", *arguments, "--config", f"study={self.study}"]
        done = subprocess.run(command, cwd=self.folder, capture_output=True, text=True, check=False)
        assert done.returncode == 0 or not check, done.stdout + done.stderr
        return done

    def run(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """``./run`` without the making of .venv."""
        environment = os.environ | {"PYTHONPATH": str(self.folder / "scripts")}
        command = [sys.executable, "-m", "rctflow.commands", *arguments, "--config", f"study={self.study}"]
        return subprocess.run(command, cwd=self.folder, env=environment, capture_output=True, text=True, check=False)

    def plan(self, *targets: str) -> set[str]:
        """The jobs that a run would start, as ``rule`` or ``rule:wildcard``."""
        told = self.snakemake(*targets, "-n")
        jobs: list[str] = []
        for line in (told.stdout + told.stderr).splitlines():
            rule = re.match(r"(?:local)?(?:rule|checkpoint) (\w+):", line)
            wildcard = re.match(r"\s+wildcards: \w+=(\w+)", line)
            if rule:
                jobs.append(rule[1])
            elif wildcard:
                jobs[-1] += f":{wildcard[1]}"
        return {job for job in jobs if job != "all" and not job.startswith("endpoint_")}

    def config(self) -> dict[str, Any]:
        """The study config, to be changed and written back with ``configure``."""
        return yaml.safe_load((self.folder / self.study).read_text())

    def configure(self, config: dict[str, Any]) -> None:
        """Write the study config."""
        write_config(config, self.folder / self.study)


def copy_of_checkout(root: Path, folder: Path) -> Path:
    """The parts of the checkout that a run needs, with what Python compiled of them."""
    for part in PARTS:
        source = root / part
        if source.is_dir():
            shutil.copytree(source, folder / part, ignore=shutil.ignore_patterns("*.pyc.*"))
        else:
            folder.mkdir(parents=True, exist_ok=True)
            shutil.copy2(source, folder / part)
    return folder


def whole(root: Path, folder: Path) -> None:
    """Add what a run does without and a package does not."""
    for part in (*WHOLE, *(file.name for file in root.glob("requirements*"))):
        if (root / part).is_dir():
            shutil.copytree(root / part, folder / part)
        else:
            shutil.copy2(root / part, folder / part)


def tiny_checkout(root: Path, folder: Path) -> Checkout:
    """A checkout in which nothing was run, with the tiny study's config and data."""
    copy_of_checkout(root, folder)
    write_data(folder / "data")
    write_config(tiny_config(), folder / STUDY)
    return Checkout(folder)


@contextmanager
def alone(lock: Path) -> Iterator[None]:
    """Only one of the processes that share the tests is in the block at a time."""
    with lock.open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def made_once(factory: pytest.TempPathFactory, name: str, make: Callable[[Path], object]) -> Path:
    """The folder that ``make`` filled, one for all processes of the tests: who comes first makes it, others wait."""
    base = factory.getbasetemp()
    place = (base.parent if "PYTEST_XDIST_WORKER" in os.environ else base) / name
    place.mkdir(exist_ok=True)
    folder, done = place / "checkout", place / "done"
    with alone(place / "lock"):
        if not done.exists():
            shutil.rmtree(folder, ignore_errors=True)
            make(folder)
            done.touch()
    return folder


@pytest.fixture(scope="session")
def finished(root: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The tiny study, run end to end once. Tests read it and never change it."""
    return made_once(tmp_path_factory, "finished", lambda folder: tiny_checkout(root, folder).snakemake())


@pytest.fixture(scope="session")
def run_again(root: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The tiny study in another folder, by ``./run``."""

    def make(folder: Path) -> None:
        told = tiny_checkout(root, folder).run()
        assert told.returncode == 0, told.stderr

    return made_once(tmp_path_factory, "again", make)


@pytest.fixture(scope="session")
def archived(root: Path, finished: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The finished run of the tiny study with the whole project around it, packaged."""

    def make(folder: Path) -> None:
        shutil.copytree(finished, folder, symlinks=True)
        whole(root, folder)
        told = Checkout(folder).run("package")
        assert told.returncode == 0, told.stdout + told.stderr

    return made_once(tmp_path_factory, "archived", make)


@pytest.fixture(scope="session")
def pilot_checkout(root: Path, shared: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A checkout with the CDISC pilot's data beside it, as its configs name them; one for all processes."""

    def make(folder: Path) -> None:
        (folder.parent / "shared").unlink(missing_ok=True)
        (folder.parent / "shared").symlink_to(shared.resolve())
        copy_of_checkout(root, folder)

    return made_once(tmp_path_factory, "pilot", make)


def pilot_results(checkout: Path, study: str) -> Path:
    """The results of a config of the pilot: who comes first runs it, for others nothing is to be done."""
    with alone(checkout.parent / "lock"):
        if not (done := checkout.parent / f"{study}.done").exists():
            Checkout(checkout, f"config/{study}.yaml").snakemake()
            done.touch()
    return checkout / "results" / study


@pytest.fixture(scope="session")
def pilot(pilot_checkout: Path) -> Path:
    """Results of the CDISC pilot from its SDTM data, for all modules that read them."""
    return pilot_results(pilot_checkout, "cdiscpilot")


@pytest.fixture(scope="session")
def from_adam(pilot_checkout: Path) -> Path:
    """The same study from its ready-made ADaM data."""
    return pilot_results(pilot_checkout, "cdiscpilot_adam")


@pytest.fixture(scope="session")
def published(shared: Path) -> dict[str, Any]:
    """Tables of the CDISC pilot as they were published."""
    return json.loads((shared / "reference/cdiscpilot/published.json").read_text())


@pytest.fixture(scope="session")
def value(pilot: Path) -> Values:
    """The value of a result row of the CDISC pilot by the parts of its id."""
    return values_of(pilot)


@pytest.fixture
def checkout(finished: Path, tmp_path: Path) -> Checkout:
    """A copy of the finished run that the test may change."""
    folder = tmp_path / "checkout"
    shutil.copytree(finished, folder, symlinks=True)
    return Checkout(folder)


@pytest.fixture
def fresh(root: Path, tmp_path: Path) -> Checkout:
    """A checkout in which nothing was run, with the tiny study's config and data."""
    return tiny_checkout(root, tmp_path / "checkout")
