"""verify.py with everything: the environment built from wheels, the network cut, the rerun, and what is left behind."""

from __future__ import annotations

import json
import os
import resource
import shutil
import signal
import subprocess
import sys
import time
import venv
import zipfile
from pathlib import Path
from typing import Any

import pytest

from tests.unit.package.hand_made import (
    VERIFY,
    WHEEL_FILES,
    describe_again,
    digest,
    hand_made,
    record_path,
    signed,
    verify,
    wheel,
    zipped,
)

TUG = "data/results/mini/endpoints/tug/results.csv"
GRIP = "data/results/mini/endpoints/grip/results.csv"
SNAKEMAKE = "data/wheels/snakemake-9.0-py3-none-any.whl"
NETWORK = 'import socket; socket.socket(socket.AF_INET, socket.SOCK_DGRAM).connect(("192.0.2.1", 9))\n'


@pytest.fixture(scope="session")
def environment(tmp_path_factory: pytest.TempPathFactory) -> str:
    """The Python of an environment that holds the wheels of the package made by hand."""
    folder = tmp_path_factory.mktemp("environment")
    venv.create(folder, symlinks=True)
    site = next(folder.glob("lib/python*/site-packages"))
    for name, content in WHEEL_FILES.items():
        (folder / name).write_bytes(content)
        zipfile.ZipFile(folder / name).extractall(site)
    return str(folder / "bin" / "python")


@pytest.fixture
def files(tmp_path: Path) -> dict[str, bytes]:
    return hand_made(tmp_path / "made")


@pytest.fixture
def temporary(tmp_path: Path) -> Path:
    """TMPDIR of the verification; nothing may be left in it."""
    (tmp_path / "temporary").mkdir()
    return tmp_path / "temporary"


def package(files: dict[str, bytes], tmp_path: Path) -> Path:
    return zipped(signed(files), tmp_path / "p.zip")


def found(tmp_path: Path) -> dict[str, Any]:
    return json.loads((tmp_path / "p.verification.json").read_text())


def offline_pip() -> dict[str, str]:
    """A PATH without uv, so that pip builds."""
    kept = [folder for folder in os.environ["PATH"].split(os.pathsep) if not (Path(folder) / "uv").exists()]
    return os.environ | {"PATH": os.pathsep.join(kept)}


def test_wheels_build_the_environment_and_everything_is_identical_twice(files, tmp_path, temporary):
    path = package(files, tmp_path)
    variables = offline_pip() | {"TMPDIR": str(temporary), "PIP_INDEX_URL": "https://192.0.2.1/simple"}
    for _ in range(2):
        command = [sys.executable, str(VERIFY), str(path)]
        done = subprocess.run(command, capture_output=True, text=True, check=False, env=variables)
        assert done.returncode == 0, done.stdout + done.stderr
        assert "built from 2 wheels by pip; 1 locked packages" in done.stdout
        assert "4 IDENTICAL, 0 WITHIN TOLERANCE, 0 DIFFERENT, 0 NOT RUN" in done.stdout
        assert "REPRODUCED" in done.stdout
        assert not list(temporary.iterdir()), "something was left in the temporary folder"
    rows = found(tmp_path)["results"]["rows"]
    assert all(row["packed_sha256"] == row["rerun_sha256"] for row in rows) and len(rows) == 4
    done = verify(path, "--level", "environment", temporary=temporary)
    assert done.returncode == 0 and "ENVIRONMENT BUILT" in done.stdout and "Rerun" not in done.stdout


def test_a_missing_wheel_ends_with_3_and_at_the_level_integrity_with_2(files, tmp_path, temporary):
    lacking = signed(files)
    del lacking[SNAKEMAKE]
    path = zipped(lacking, tmp_path / "p.zip")
    assert verify(path, "--level", "integrity").returncode == 2
    for level in ("environment", "rerun"):
        done = verify(path, "--level", level, temporary=temporary)
        assert done.returncode == 3 and SNAKEMAKE in done.stdout


def test_a_wheel_missing_from_lists_made_anew_ends_with_3_and_what_pip_said(files, tmp_path, temporary):
    del files[SNAKEMAKE]
    done = verify(package(files, tmp_path), temporary=temporary)
    assert done.returncode == 3, done.stdout
    assert "snakemake" in done.stdout.partition("failed:")[2]
    assert not list(temporary.iterdir())


def test_a_forged_wheel_is_not_installed(files, tmp_path, temporary):
    files[SNAKEMAKE] = files[SNAKEMAKE] + b"\0"
    done = verify(package(files, tmp_path), temporary=temporary)
    assert done.returncode == 3 and "hash" in done.stdout.lower()


def test_a_changed_result_differs(files, tmp_path, environment, temporary):
    files[TUG] = files[TUG].replace(b"n,12", b"n,13")
    describe_again(files)
    done = verify(package(files, tmp_path), "--environment", environment, temporary=temporary)
    assert done.returncode == 1
    assert "3 IDENTICAL, 0 WITHIN TOLERANCE, 1 DIFFERENT" in done.stdout
    assert "endpoints/tug/results.csv" in done.stdout and "'13', now '12'" in done.stdout


def test_a_number_within_the_tolerance_of_its_result(files, tmp_path, environment, temporary):
    text = files[TUG].decode()
    value = text.split("mean,")[1].split("\n")[0]
    files[TUG] = text.replace(value, f"{float(value) * (1 + 3e-9):.10g}").encode()
    describe_again(files)
    done = verify(package(files, tmp_path), "--environment", environment, temporary=temporary)
    assert done.returncode == 0 and "3 IDENTICAL, 1 WITHIN TOLERANCE" in done.stdout, done.stdout
    row = next(row for row in found(tmp_path)["results"]["rows"] if row["verdict"] == "WITHIN TOLERANCE")
    assert 0 < row["largest_relative_difference"] < 1e-8


@pytest.mark.parametrize(
    ("path", "old", "new"),
    [("data/scripts/fit.py", b"{number:.10g}", b"{1.01 * number:.10g}"), ("data/config/mini.yaml", b"7", b"8")],
)
def test_a_script_or_seed_changed_and_signed_again(files, tmp_path, environment, temporary, path, old, new):
    assert old in files[path]
    files[path] = files[path].replace(old, new)
    done = verify(package(files, tmp_path), "--environment", environment, temporary=temporary)
    assert done.returncode == 1
    assert "not the code that ran" in done.stdout and "2 DIFFERENT" in done.stdout


def test_a_changed_script_whose_record_was_forged_too_still_differs(files, tmp_path, environment, temporary):
    old = digest(files["data/scripts/fit.py"])
    files["data/scripts/fit.py"] = files["data/scripts/fit.py"].replace(b"number:.10g", b"number * 2:.10g")
    for path in [path for path in files if "metadata" in path]:
        files[path] = files[path].replace(old.encode(), digest(files["data/scripts/fit.py"]).encode())
    done = verify(package(files, tmp_path), "--environment", environment, temporary=temporary)
    assert done.returncode == 1 and "2 DIFFERENT" in done.stdout and "those that ran" in done.stdout


def test_one_endpoint_only(files, tmp_path, environment, temporary):
    files[GRIP] = files[GRIP].replace(b"n,12", b"n,13")
    describe_again(files)
    path = package(files, tmp_path)
    done = verify(path, "--environment", environment, "--endpoint", "tug", temporary=temporary)
    assert done.returncode == 0 and "REPRODUCED (endpoint tug only)" in done.stdout
    assert "1 IDENTICAL, 0 WITHIN TOLERANCE, 0 DIFFERENT, 3 NOT RUN" in done.stdout
    assert verify(path, "--environment", environment, "--endpoint", "grip", temporary=temporary).returncode == 1
    done = verify(path, "--environment", environment, "--endpoint", "sppb", temporary=temporary)
    assert done.returncode == 4 and "one of: grip, tug" in done.stdout


def test_a_run_that_fails_is_not_reproduced_and_says_why(files, tmp_path, environment, temporary):
    files["data/Snakefile"] = b'raise SystemExit("the dog ate it")\n'
    done = verify(package(files, tmp_path), "--environment", environment, temporary=temporary)
    assert done.returncode == 1
    assert "the dog ate it" in done.stdout and "4 NOT RUN" in done.stdout


def test_results_of_the_package_are_never_given_to_the_rerun(files, tmp_path, environment, temporary):
    """Raw files are given back; what a recorded job made is not, though package.json called it raw."""
    files["data/results/mini/raw/form.csv"] = b"raw"
    files["data/results/mini/raw/made.csv"] = b"made"
    files[record_path("results/mini/raw/made.csv")] = b'{"input_checksums": {}}'
    raw = {
        f"/elsewhere/{name}.csv": {"path": f"results/mini/raw/{name}.csv", "sha256": digest(name.encode())}
        for name in ("form", "made")
    }
    raw["/elsewhere/form.csv"]["sha256"] = digest(b"raw")
    files["data/package.json"] = json.dumps(json.loads(files["data/package.json"]) | {"raw": raw}).encode()
    files["data/Snakefile"] += b"""
import sys
there = sorted(str(path) for path in pathlib.Path("results/mini/raw").iterdir())
assert there == ["results/mini/raw/form.csv"], there
assert not pathlib.Path(".snakemake").exists() and not pathlib.Path("wheels").exists()
"""
    done = verify(package(files, tmp_path), "--environment", environment, temporary=temporary)
    assert done.returncode == 0, done.stdout


def test_the_network_is_cut_for_the_rerun_or_that_is_said_loudly(files, tmp_path, environment, temporary):
    files["data/Snakefile"] = files["data/Snakefile"] + NETWORK.encode()
    done = verify(package(files, tmp_path), "--environment", environment, temporary=temporary)
    if "THE NETWORK IS NOT CUT" in done.stdout:
        assert found(tmp_path)["network"]["cut"] is False
        return
    assert done.returncode == 1 and "Network is unreachable" in done.stdout
    assert found(tmp_path)["network"]["cut"] is True
    done = verify(package(files, tmp_path), "--environment", environment, "--allow-network", temporary=temporary)
    assert "THE NETWORK IS NOT CUT" in done.stdout


def test_the_guard_refuses_to_start_a_command_where_a_route_is_left():
    from rctflow.package.verify import GUARD

    told = subprocess.run(
        [sys.executable, "-I", "-c", GUARD, "echo", "started"], capture_output=True, text=True, check=False
    )
    with __import__("socket").socket(type=2) as probe:
        try:
            probe.connect(("192.0.2.1", 9))
        except OSError:
            assert told.stdout == "started\n"  # this machine has no route at all
        else:
            assert told.returncode != 0 and "started" not in told.stdout


def test_an_environment_with_another_version_is_refused(files, tmp_path, environment, temporary):
    files["data/requirements.lock"] = files["data/requirements.lock"].replace(b"9.0", b"9.1")
    done = verify(package(files, tmp_path), "--environment", environment, temporary=temporary)
    assert done.returncode == 3 and "snakemake 9.0 instead of 9.1" in done.stdout


def test_an_environment_that_lacks_a_requirement_is_refused(files, tmp_path, environment, temporary):
    files["data/requirements.in"] = b"# direct\nsnakemake\nPan_das>=3\n"
    done = verify(package(files, tmp_path), "--environment", environment, temporary=temporary)
    assert done.returncode == 3 and "pan-das is not installed" in done.stdout


def test_an_environment_that_cannot_import_what_it_has_is_refused(files, tmp_path, temporary):
    name, content = wheel("snakemake", {"snakemake/__init__.py": "import no_such_library"})
    files[f"data/wheels/{name}"] = content
    files["data/requirements.lock"] = f"snakemake==9.0 --hash=sha256:{digest(content)}\n".encode()
    done = verify(package(files, tmp_path), temporary=temporary)
    assert done.returncode == 3 and "no_such_library" in done.stdout


def test_a_lock_may_have_one_version_for_each_python(files, tmp_path, environment, temporary):
    files["data/requirements.lock"] = b"snakemake==8.0 ; python_version < '3.9'\n" + files["data/requirements.lock"]
    done = verify(package(files, tmp_path), "--environment", environment, temporary=temporary)
    assert done.returncode == 0, done.stdout


def test_no_fitting_python_names_the_remedy(files, tmp_path, temporary):
    files["data/environment.yml"] = b"dependencies:\n  - python=3.99\n"
    done = verify(package(files, tmp_path), temporary=temporary)
    assert done.returncode == 3 and "needs Python 3.99" in done.stdout and "--python" in done.stdout


def test_a_full_disk_is_no_finding(files, tmp_path, environment, temporary):
    """Files may not grow beyond 100 kB, as on a disk that is full; the raw file is larger."""
    files["data/config/large.csv"] = os.urandom(300_000)
    path = package(files, tmp_path)
    limit = {"preexec_fn": lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, 100_000))}
    done = verify(path, "--environment", environment, temporary=temporary, **limit)
    assert done.returncode == 4, done.stdout + done.stderr
    assert "no space left" in done.stdout and "TMPDIR" in done.stdout
    assert not list(temporary.iterdir())


def test_a_disk_that_fills_up_in_the_rerun_is_no_finding(files, tmp_path, environment, temporary):
    files["data/Snakefile"] += b'pathlib.Path("large").write_bytes(bytes(300_000))\n'
    limit = {"preexec_fn": lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, 100_000))}
    done = verify(package(files, tmp_path), "--environment", environment, temporary=temporary, **limit)
    assert done.returncode == 4, done.stdout + done.stderr
    assert "no space left" in done.stdout


def test_a_verification_that_is_ended_takes_its_programs_and_its_folder_along(files, tmp_path, environment, temporary):
    files["data/Snakefile"] = (
        b"import time\npathlib = __import__('pathlib')\npathlib.Path('started').touch()\ntime.sleep(900)\n"
    )
    command = [sys.executable, str(VERIFY), str(package(files, tmp_path)), "--environment", environment]
    variables = os.environ | {"TMPDIR": str(temporary)}
    process = subprocess.Popen(command, env=variables, stdout=subprocess.PIPE, text=True)
    until = time.monotonic() + 300
    while not list(temporary.glob("*/rerun/started")):
        assert time.monotonic() < until and process.poll() is None
        time.sleep(0.05)
    process.send_signal(signal.SIGTERM)
    told, _ = process.communicate(timeout=300)
    assert process.returncode == 4 and "interrupted" in told
    assert not list(temporary.iterdir())


def test_the_working_folder_can_be_kept(files, tmp_path, environment, temporary):
    done = verify(package(files, tmp_path), "--environment", environment, "--keep", temporary=temporary)
    assert done.returncode == 0
    kept = next(temporary.iterdir())
    assert (kept / "rerun" / TUG.removeprefix("data/")).read_bytes() == files[TUG]


TWIN = {"config": "config/twin.yaml", "note": "drawn from the config"}


@pytest.fixture
def restricted(tmp_path: Path) -> dict[str, bytes]:
    """A package whose seed file plays the patients' data: withheld, with a twin in its place."""
    files = hand_made(tmp_path / "made")
    secret = files.pop("data/config/mini.yaml")
    raw = {
        "config/mini.yaml": {"path": None, "sha256": digest(secret), "bytes": len(secret), "access": "ask"},
        "/elsewhere/other.csv": {"path": None, "sha256": digest(b"other"), "bytes": 5, "access": "ask"},
    }
    description = json.loads(files["data/package.json"]) | {"data": "restricted", "raw": raw, "twin": TWIN}
    files["data/package.json"] = json.dumps(description).encode()
    files["data/config/twin.yaml"] = b"seed: 99\n"
    return files


def test_a_restricted_package_runs_its_twin(restricted, tmp_path, environment, temporary):
    done = verify(package(restricted, tmp_path), "--environment", environment, temporary=temporary)
    assert done.returncode == 0, done.stdout
    assert "RUNS (twin)" in done.stdout and "4 RUNS, 0 NOT RUN" in done.stdout
    assert "IDENTICAL" not in done.stdout


def test_a_twin_that_makes_not_every_result_does_not_run(restricted, tmp_path, environment, temporary):
    restricted["data/Snakefile"] += b'pathlib.Path("results/mini/report.html").unlink()\n'
    done = verify(package(restricted, tmp_path), "--environment", environment, temporary=temporary)
    assert done.returncode == 1 and "3 RUNS, 1 NOT RUN" in done.stdout


def test_true_data_give_the_full_verdict(restricted, tmp_path, environment, temporary):
    restricted["data/Snakefile"] += b"""
raw = json.loads(pathlib.Path("package.json").read_text())["raw"]
assert pathlib.Path(raw["/elsewhere/other.csv"]["path"]).read_text() == "other"
"""
    path = package(restricted, tmp_path)
    data = tmp_path / "data"
    data.mkdir()
    options = ["--environment", environment, "--data", data]
    done = verify(path, *options, temporary=temporary)
    assert done.returncode == 4 and "is not there" in done.stdout
    (data / "other.csv").write_text("other")
    (data / "mini.yaml").write_text("seed: 8\n")
    done = verify(path, *options, temporary=temporary)
    assert done.returncode == 2 and "is not the archived run's" in done.stdout and "Rerun" not in done.stdout
    (data / "mini.yaml").write_text("seed: 7\n")
    done = verify(path, *options, temporary=temporary)
    assert done.returncode == 0 and "4 IDENTICAL" in done.stdout and "Verdict      REPRODUCED" in done.stdout


def test_data_for_an_open_package_are_refused(files, tmp_path, environment, temporary):
    path = package(files, tmp_path)
    done = verify(path, "--environment", environment, "--data", tmp_path, temporary=temporary)
    assert done.returncode == 4 and "nothing was withheld" in done.stdout


@pytest.mark.skipif(os.getuid() != 0 or shutil.which("setpriv") is None, reason="needs root, to become another user")
def test_another_user_reruns_with_the_network_cut(files, tmp_path):
    """The whole way as a user who is not root, with a Python that every user may start."""
    python = "/usr/bin/python3"
    if not Path(python).exists():
        pytest.skip("no Python that other users may start")
    wanted = subprocess.run(
        [python, "-c", "import sys; print('%d.%d' % sys.version_info[:2])"], capture_output=True, text=True, check=True
    ).stdout.strip()
    files["data/environment.yml"] = f"dependencies:\n  - python={wanted}\n".encode()
    folder = Path(__import__("tempfile").mkdtemp())
    try:
        path = package(files, folder)
        shutil.copy(VERIFY, folder / "verify.py")
        (folder / "temporary").mkdir()
        os.chown(folder, 65534, 65534)
        os.chown(folder / "temporary", 65534, 65534)
        command = [
            "setpriv",
            "--reuid",
            "65534",
            "--regid",
            "65534",
            "--clear-groups",
            python,
            folder / "verify.py",
            path,
        ]
        variables = offline_pip() | {"TMPDIR": str(folder / "temporary"), "HOME": "/nonexistent"}
        done = subprocess.run(command, capture_output=True, text=True, check=False, env=variables, cwd="/")
        assert done.returncode == 0, done.stdout + done.stderr
        assert "REPRODUCED" in done.stdout and not list((folder / "temporary").iterdir())
        assert found(folder)["machine"]["uid"] == 65534
    finally:
        shutil.rmtree(folder)
