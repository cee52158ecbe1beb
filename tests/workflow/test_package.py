"""``./run package``: the archive of a finished run of the tiny study."""

import json
import os
import re
import resource
import shutil
import signal
import subprocess
import sys
import time
import zipfile
from pathlib import Path

import pytest

from tests.workflow.conftest import STUDY, Checkout, whole

pytestmark = pytest.mark.workflow

ZIP = "results/tiny/package/tiny-0.1.0.zip"
RECORD = {"ro-crate-metadata.json", "tagmanifest-sha256.txt"}


@pytest.fixture
def packaged(archived: Path, tmp_path: Path) -> Checkout:
    """A copy that the test may change."""
    shutil.copytree(archived, tmp_path / "copy", symlinks=True)
    return Checkout(tmp_path / "copy")


def members(folder: Path) -> dict[str, bytes]:
    with zipfile.ZipFile(folder / ZIP) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def unzipped(folder: Path, target: Path) -> Checkout:
    with zipfile.ZipFile(folder / ZIP) as archive:
        archive.extractall(target)
    return Checkout(target / "data")


def leftovers(folder: Path) -> list[str]:
    """What stands beside the package, hidden files included."""
    return sorted(file.name for file in (folder / ZIP).parent.iterdir() if file.name != Path(ZIP).name)


def test_everything_declared_is_in_it_and_nothing_else(archived):
    held = {name.removeprefix("data/") for name in members(archived) if name.startswith("data/")}
    told = json.loads(members(archived)["data/package.json"])
    assert {result["path"] for result in told["results"]} <= held
    results = {name for name in held if name.startswith("results/")}
    made = {
        file.relative_to(archived).as_posix()
        for file in (archived / "results/tiny").rglob("*")
        if file.is_file() and not {"benchmarks", "package"} & set(file.relative_to(archived).parts)
    }
    assert results == made
    assert {"data/subjects.csv", "data/walk.csv", "data/blood.csv", STUDY} <= held
    assert not [name for name in held if "config.yaml" in name and name.startswith("config/")]


def test_nothing_to_be_done_in_the_unzipped_copy(archived, tmp_path):
    copy = unzipped(archived, tmp_path / "elsewhere")
    for arguments in (("-n",), ()):
        told = copy.snakemake(*arguments)
        assert "Nothing to be done" in told.stdout + told.stderr


def test_nothing_to_be_done_after_unzip_keeps_the_dates(archived, tmp_path):
    copy = unzipped(archived, tmp_path)
    for file in tmp_path.rglob("*"):
        os.utime(file, (315532800, 315532800))
    assert copy.plan() == set()
    os.utime(copy.folder / "data/walk.csv")
    assert copy.plan() == set()


def test_an_edit_of_the_unzipped_copy_is_noticed(archived, tmp_path):
    copy = unzipped(archived, tmp_path)
    walk = copy.folder / "data/walk.csv"
    walk.write_text(walk.read_text().replace("Baseline", "baseline"))
    assert "form:walk" in copy.plan()


def test_everything_runs_again_in_the_unzipped_copy_with_the_same_bytes(archived, tmp_path):
    copy = unzipped(archived, tmp_path)
    shutil.rmtree(copy.folder / "results")
    copy.snakemake()
    for result in json.loads((copy.folder / "package.json").read_text())["results"]:
        assert (copy.folder / result["path"]).read_bytes() == (archived / result["path"]).read_bytes(), result["path"]


def test_packaged_twice_here_and_there_gives_the_same_bytes(archived, packaged):
    environment = os.environ | {
        "PYTHONPATH": str(packaged.folder / "scripts"),
        "TZ": "Pacific/Auckland",
        "LC_ALL": "C",
        "PYTHONHASHSEED": "7",
    }
    (packaged.folder / ZIP).unlink()
    command = ["sh", "-c", f'umask 077; exec "{sys.executable}" -m rctflow.commands package --config study={STUDY}']
    subprocess.run(command, cwd=packaged.folder, env=environment, check=True, capture_output=True)
    assert (packaged.folder / ZIP).read_bytes() == (archived / ZIP).read_bytes()


def test_two_runs_differ_in_the_run_record_alone(root, archived, run_again, tmp_path):
    again = Checkout(tmp_path / "again")
    shutil.copytree(run_again, again.folder, symlinks=True)
    whole(root, again.folder)
    assert again.run("package").returncode == 0
    one, other = members(archived), members(again.folder)
    assert set(one) == set(other)
    assert {name for name in one if one[name] != other[name]} == RECORD


def test_what_removed_endpoints_left_is_not_packed(packaged):
    config = packaged.config()
    del config["endpoints"]["hb"]
    packaged.configure(config)
    assert packaged.run().returncode == 0
    assert packaged.run("package").returncode == 0
    assert (packaged.folder / "results/tiny/endpoints/hb/results.csv").exists()
    assert [name for name in members(packaged.folder) if re.search(r"/hb[./]", name)] == []


def test_raw_forms_outside_the_folder_are_packed_and_found(packaged, tmp_path):
    outside = tmp_path / "trial"
    shutil.move(packaged.folder / "data", outside)
    config = packaged.config()
    config["source"]["folder"] = str(outside)
    config["endpoints"] = {"walk": config["endpoints"]["walk"]}
    packaged.configure(config)
    assert packaged.run().returncode == 0
    assert packaged.run("package").returncode == 0
    copy = unzipped(packaged.folder, tmp_path / "elsewhere")
    shutil.rmtree(outside)
    assert (copy.folder / "results/tiny/raw/walk.csv").exists()
    assert copy.plan() == set()
    for each in ("tables", "clean", "endpoints", "adam"):
        shutil.rmtree(copy.folder / "results/tiny" / each)
    copy.snakemake()
    assert (copy.folder / "results/tiny/report.html").read_bytes() == (
        packaged.folder / "results/tiny/report.html"
    ).read_bytes()


def test_refused_when_never_run(root, fresh):
    whole(root, fresh.folder)
    told = fresh.run("package")
    assert told.returncode == 1
    assert told.stderr.startswith("ERROR: ") and f"./run --config study={STUDY}" in told.stderr
    assert not (fresh.folder / "results/tiny/package").exists()


def test_refused_when_the_study_changed_since(packaged):
    (packaged.folder / ZIP).unlink()
    config = packaged.config()
    config["endpoints"]["walk"]["label"] = "Stroll"
    packaged.configure(config)
    told = packaged.run("package")
    assert told.returncode == 1
    assert f"./run --config study={STUDY}" in told.stderr
    assert not (packaged.folder / ZIP).exists()


def test_refused_when_a_result_was_edited_since(packaged):
    rows = packaged.folder / "results/tiny/endpoints/walk/table.csv"
    rows.write_text(rows.read_text() + "\n")
    told = packaged.run("package")
    assert told.returncode == 1
    assert "results/tiny/endpoints/walk/table.csv" in told.stderr and "delete it" in told.stderr


def test_refused_when_a_result_was_edited_and_its_date_set_back(packaged):
    rows = packaged.folder / "results/tiny/endpoints/walk/results.csv"
    before = rows.stat()
    rows.write_text(rows.read_text().replace("1", "2", 1))
    os.utime(rows, ns=(before.st_atime_ns, before.st_mtime_ns))
    told = packaged.run("package")
    assert told.returncode == 1
    assert "results/tiny/endpoints/walk/results.csv" in told.stderr


def test_refused_in_an_unzipped_copy_that_was_not_run(archived, tmp_path):
    told = unzipped(archived, tmp_path).run("package")
    assert told.returncode == 1
    assert "unzipped" in told.stderr


def test_refused_for_a_config_outside_the_folder(packaged, tmp_path):
    shutil.copy(packaged.folder / STUDY, tmp_path / "mine.yaml")
    told = Checkout(packaged.folder, str(tmp_path / "mine.yaml")).run("package")
    assert told.returncode == 1
    assert "config/mine.yaml" in told.stderr


def test_refused_while_a_run_holds_the_folder(packaged):
    import fcntl

    with (packaged.folder / ".run.lock").open("a") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        told = packaged.run("package")
    assert told.returncode == 1
    assert "another ./run" in told.stderr and told.stderr.count("\n") == 1


def test_a_disk_that_refuses_leaves_the_old_package_and_nothing_else(packaged):
    (packaged.folder / ZIP).write_bytes(b"the package before")
    environment = os.environ | {"PYTHONPATH": str(packaged.folder / "scripts")}
    told = subprocess.run(
        [sys.executable, "-m", "rctflow.commands", "package", "--config", f"study={STUDY}"],
        cwd=packaged.folder,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (200_000, resource.RLIM_INFINITY)),
    )
    assert told.returncode == 1
    assert "File too large; nothing was written" in told.stderr and "Traceback" not in told.stderr
    assert (packaged.folder / ZIP).read_bytes() == b"the package before"
    assert leftovers(packaged.folder) == []


def test_the_study_is_chosen_before_or_after_the_verb(packaged):
    environment = os.environ | {"PYTHONPATH": str(packaged.folder / "scripts")}
    command = [sys.executable, "-m", "rctflow.commands", "--config", f"study={STUDY}", "package"]
    before = (packaged.folder / ZIP).read_bytes()
    (packaged.folder / ZIP).unlink()
    subprocess.run(command, cwd=packaged.folder, env=environment, check=True, capture_output=True)
    assert (packaged.folder / ZIP).read_bytes() == before


def start(folder: Path) -> subprocess.Popen[str]:
    environment = os.environ | {"PYTHONPATH": str(folder / "scripts")}
    command = [sys.executable, "-m", "rctflow.commands", "package", "--config", f"study={STUDY}"]
    return subprocess.Popen(
        command, cwd=folder, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True
    )


def writing(folder: Path) -> subprocess.Popen[str]:
    """A packaging that has begun to write its hidden file."""
    process, deadline = start(folder), time.monotonic() + 300
    while not leftovers(folder):
        assert time.monotonic() < deadline and process.poll() is None
        time.sleep(0.002)
    return process


def test_two_packagings_at_once(archived, packaged):
    """The first is stopped in the middle while the second starts, and then ends well."""
    (packaged.folder / ZIP).unlink()
    first = writing(packaged.folder)
    first.send_signal(signal.SIGSTOP)
    second = packaged.run("package")
    first.send_signal(signal.SIGCONT)
    _, said = first.communicate(timeout=300)
    assert second.returncode == 1 and "another ./run" in second.stderr
    assert first.returncode == 0, said
    assert (packaged.folder / ZIP).read_bytes() == (archived / ZIP).read_bytes()
    assert leftovers(packaged.folder) == []


def test_killed_while_packaging(archived, packaged):
    """Killed when the hidden file is there: it is all that is left, the old package stays, the next one sweeps."""
    target = packaged.folder / ZIP
    target.write_bytes(b"the package before")
    process = writing(packaged.folder)
    process.send_signal(signal.SIGKILL)
    process.communicate()
    left = leftovers(packaged.folder)
    assert len(left) == 1 and left[0].startswith(".") and ".partial" in left[0]
    assert target.read_bytes() == b"the package before"
    assert packaged.run("package").returncode == 0
    assert leftovers(packaged.folder) == []
    assert target.read_bytes() == (archived / ZIP).read_bytes()
