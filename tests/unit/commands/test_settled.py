"""A run is taken for done only while no file that it read or wrote has changed."""

import os

import pytest
from rctflow.commands.settled import Settled

CONFIG = "config/trial.yaml"


@pytest.fixture
def folder(tmp_path, monkeypatch):
    outside = tmp_path / "elsewhere" / "raw.csv"
    place = tmp_path / "project"
    for file in ("Snakefile", CONFIG, "scripts/fit.py", "workflow/rules/fit.smk", "results/trial/report.html"):
        (place / file).parent.mkdir(parents=True, exist_ok=True)
        (place / file).write_text("first")
    outside.parent.mkdir()
    outside.write_text("1,2")
    os.utime(outside, (1, 1))
    job = type("Job", (), {"inputs": ("scripts/fit.py", "../elsewhere/raw.csv", "results/trial/x")})
    monkeypatch.setattr("rctflow.package.jobs.read_jobs", lambda folder, results: [job])
    return place


def settled(folder):
    return Settled(folder, CONFIG, folder.relative_to(folder) / "results" / "trial")


def test_nothing_is_known_before_a_run(folder):
    assert not settled(folder).is_settled()


def test_a_run_is_remembered_while_every_file_stays(folder):
    settled(folder).remember()
    assert settled(folder).is_settled()
    (folder / "results/trial/package").mkdir()
    (folder / "results/trial/package/trial.zip").write_text("an archive is no result")
    (folder / "scripts/__pycache__").mkdir()
    assert settled(folder).is_settled()


@pytest.mark.parametrize(
    "file",
    [
        "Snakefile",
        CONFIG,
        "scripts/fit.py",
        "workflow/rules/fit.smk",
        "results/trial/report.html",
        "../elsewhere/raw.csv",
    ],
)
@pytest.mark.parametrize("how", ["edited", "edited with its size and time kept", "touched", "deleted"])
def test_any_changed_file_is_left_to_snakemake(folder, file, how):
    settled(folder).remember()
    path = folder / file
    before = path.stat()
    if how == "deleted":
        path.unlink()
    elif how == "touched":
        path.touch()
    else:
        path.write_text("other" if path.suffix != ".csv" else "1,3")
        if how.endswith("kept"):
            os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))
            assert path.stat().st_size == before.st_size
    assert not settled(folder).is_settled()


@pytest.mark.parametrize("file", ["scripts/new.py", "workflow/rules/new.smk", "results/trial/endpoints/new.csv"])
def test_a_new_file_is_left_to_snakemake(folder, file):
    settled(folder).remember()
    (folder / file).parent.mkdir(exist_ok=True)
    (folder / file).write_text("new")
    assert not settled(folder).is_settled()


@pytest.mark.parametrize("file", [CONFIG, "scripts/fit.py", "../elsewhere/raw.csv"])
def test_an_edit_during_the_run_is_never_taken_for_what_it_saw(folder, file):
    run = settled(folder)
    (folder / file).write_text("while it ran")
    run.remember()
    assert not settled(folder).is_settled()


def test_studies_are_remembered_apart(folder):
    settled(folder).remember()
    other = Settled(folder, "config/other.yaml", folder.relative_to(folder) / "results" / "other")
    assert not other.is_settled()
