"""Packages of a real run, tampered with: verify.py says so by its exit status.

The tiny study is run, packaged and rerun by the real Snakemake; its environment is this one (--environment, which is
compared with the lock). That wheels build the environment is tested in tests/unit/package/test_verify_rerun.py with
small wheels, and proved with the real ones by the commands in docs/package.md.
"""

from __future__ import annotations

import json
import sys
import zipfile
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.tiny import write_config
from tests.unit.package.hand_made import describe_again, digest, listed, verify
from tests.workflow.conftest import Checkout, whole

pytestmark = pytest.mark.workflow

WALK = "data/results/tiny/endpoints/walk/results.csv"
TAGS = ("manifest-sha256.txt", "tagmanifest-sha256.txt")


def packaged(root: Path, checkout: Checkout) -> dict[str, bytes]:
    """The files of the package that ``./run package`` makes of a finished run, by path."""
    whole(root, checkout.folder)
    done = checkout.run("package")
    assert done.returncode == 0, done.stdout + done.stderr
    return members(checkout.folder)


def members(folder: Path) -> dict[str, bytes]:
    """The files of the one package below ``folder``, by path."""
    (path,) = (folder / "results").glob("*/package/*.zip")
    with zipfile.ZipFile(path) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


@pytest.fixture(scope="module")
def package(archived: Path) -> dict[str, bytes]:
    """The package of the tiny study."""
    return members(archived)


@pytest.fixture
def files(package: dict[str, bytes]) -> dict[str, bytes]:
    """Its files by path, to be changed."""
    return dict(package)


def zipped(files: dict[str, bytes], tmp_path: Path) -> Path:
    with zipfile.ZipFile(tmp_path / "p.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in sorted(files.items()):
            archive.writestr(name, content)
    return tmp_path / "p.zip"


def signed_again(files: dict[str, bytes]) -> dict[str, bytes]:
    """All hashes made anew: of package.json, the crate and both lists, as a careful forger would."""
    describe_again(files)
    crate = json.loads(files["ro-crate-metadata.json"])
    for entity in crate["@graph"]:
        content = files.get(entity["@id"])
        if content is not None and "sha256" in entity:
            entity.update(sha256=digest(content), contentSize=str(len(content)))
    files["ro-crate-metadata.json"] = json.dumps(crate).encode()
    payload = {name: content for name, content in files.items() if name.startswith("data/")}
    files[TAGS[0]] = listed(payload)
    files[TAGS[1]] = listed({name: files[name] for name in files if name not in payload and name != TAGS[1]})
    return files


def checked(files: dict[str, bytes], tmp_path: Path, *arguments: str) -> tuple[int, str, dict[str, Any]]:
    """Exit status, what was printed, and the JSON of a whole verification; nothing is left behind."""
    temporary = tmp_path / "temporary"
    temporary.mkdir(exist_ok=True)
    options = ["--environment", sys.executable, *arguments]
    done = verify(zipped(files, tmp_path), *options, temporary=temporary)
    assert not list(temporary.iterdir())
    return done.returncode, done.stdout + done.stderr, json.loads((tmp_path / "p.verification.json").read_text())


def replaced(content: bytes, old: bytes, new: bytes) -> bytes:
    assert old in content, f"{old!r} is not there any more: the test would change nothing"
    return content.replace(old, new, 1)


def test_an_honest_package_is_reproduced(files, tmp_path):
    status, told, found = checked(files, tmp_path)
    assert status == 0, told
    counts = found["results"]["counts"]
    assert counts["IDENTICAL"] == len(json.loads(files["data/package.json"])["results"]) > 20
    assert found["verdict"] == "REPRODUCED" and sum(counts.values()) == counts["IDENTICAL"]


def test_one_endpoint(files, tmp_path):
    status, told, found = checked(files, tmp_path, "--endpoint", "crp")
    assert status == 0 and "REPRODUCED (endpoint crp only)" in told
    assert {row["endpoint"] for row in found["results"]["rows"]} == {"crp"}
    assert found["results"]["counts"]["NOT RUN"] == len(found["results"]["left_out"]) > 0


def test_one_digit_of_a_stored_result(files, tmp_path):
    """Unsigned it is corrupt; with all hashes made anew the rerun finds it."""
    text = files[WALK].decode()
    row = next(row for row in text.splitlines() if ",lsmean," in row)
    digit = row.rindex(".", 0, row.index(",", row.index(",lsmean,") + 8)) + 1
    other = row[:digit] + ("1" if row[digit] != "1" else "2") + row[digit + 1 :]
    files[WALK] = text.replace(row, other).encode()
    status, told, _ = checked(files, tmp_path)
    assert status == 2 and f"{WALK}: changed" in told
    status, told, _ = checked(signed_again(files), tmp_path, "--endpoint", "walk")
    assert status == 1 and "1 DIFFERENT" in told and "endpoints/walk/results.csv" in told


def test_a_script_changed_and_signed_again(files, tmp_path):
    path = "data/scripts/rctflow/description.py"
    files[path] += b"\n_quantile_note = None\n"
    status, told, _ = checked(signed_again(files), tmp_path, "--endpoint", "crp")
    assert status == 1
    assert "not the code that ran" in told and "scripts/rctflow/description.py" in told
    assert " 0 DIFFERENT" in told, "nothing it computes changed, and still it is not the code that ran"


def test_raw_data_changed_and_signed_again(files, tmp_path):
    path = next(path for path in files if path.endswith("/walk.csv") and "ledger" not in path)
    files[path] = replaced(files[path], b"Baseline,2024-01-01,1", b"Baseline,2024-01-01,2")
    description = json.loads(files["data/package.json"])
    for form in description["raw"].values():
        form["sha256"] = digest(files[f"data/{form['path']}"])
    files["data/package.json"] = json.dumps(description).encode()
    status, told, _ = checked(signed_again(files), tmp_path, "--endpoint", "walk")
    assert status == 1 and "not the file that was used" in told and " 0 DIFFERENT" not in told


def test_a_setting_changed_and_signed_again(files, tmp_path):
    files["data/config/tiny.yaml"] = replaced(files["data/config/tiny.yaml"], b"value: 60", b"value: 59")
    status, told, _ = checked(signed_again(files), tmp_path, "--endpoint", "walk")
    assert status == 1 and "results/tiny/endpoints/walk/results.csv" in told


def test_a_file_added(files, tmp_path):
    status, told, _ = checked(files | {"data/scripts/rctflow/more.py": b"x = 1\n"}, tmp_path)
    assert status == 2 and "unlisted" in told


def test_a_lock_that_is_not_this_environment(files, tmp_path):
    path = "data/requirements.lock"
    version = files[path].split(b"\npandas==")[1].split(b" ")[0]
    files[path] = replaced(files[path], b"\npandas==" + version, b"\npandas==0.1")
    status, told, _ = checked(signed_again(files), tmp_path)
    assert status == 3 and "instead of 0.1" in told


def test_a_seed_changed_and_signed_again(root: Path, fresh: Checkout, tmp_path: Path):
    """The default study with one of its endpoints and nothing about safety; its forms are simulated."""
    config = yaml.safe_load((root / "config" / "config.yaml").read_text())
    config["study"]["id"] = "seeded"
    config["endpoints"] = {"tug": config["endpoints"]["tug"] | {"role": "primary", "analyses": ["descriptive"]}}
    config["source"]["settings"]["truth_patients"] = 50
    for part in ("estimands", "multiplicity", "adverse_events", "findings", "summaries", "resampling"):
        del config[part]
    write_config(config, fresh.folder / "config" / "seeded.yaml")
    seeded = Checkout(fresh.folder, "config/seeded.yaml")
    seeded.snakemake()
    files = packaged(root, seeded)
    seed = f"seed: {config['source']['seed']}\n".encode()
    files["data/config/seeded.yaml"] = replaced(files["data/config/seeded.yaml"], seed, b"seed: 77\n")
    status, told, found = checked(signed_again(files), tmp_path, "--endpoint", "tug")
    assert status == 1 and "results/seeded/endpoints/tug/results.csv" in told
    assert found["results"]["counts"]["DIFFERENT"] > 0


def test_a_restricted_package_runs_its_twin_and_with_the_true_data_is_reproduced(
    root: Path, fresh: Checkout, tmp_path: Path
):
    config = fresh.config()
    config["package"] = {"data": "restricted", "access": "ask the sponsor"}
    config["endpoints"] = {"walk": config["endpoints"]["walk"]}
    fresh.configure(config)
    fresh.snakemake()
    files = packaged(root, fresh)
    status, told, found = checked(files, tmp_path)
    assert status == 0 and found["verdict"] == "RUNS (twin)", told
    status, told, found = checked(files, tmp_path, "--data", str(fresh.folder / "data"))
    assert status == 0 and found["verdict"] == "REPRODUCED", told
    assert found["results"]["counts"]["DIFFERENT"] == 0 < found["results"]["counts"]["IDENTICAL"]
    walk = fresh.folder / "data" / "walk.csv"
    walk.write_text(walk.read_text() + "S01,Week 8,2024-02-26,14.00\n")
    status, told, _ = checked(files, tmp_path, "--data", str(fresh.folder / "data"))
    assert status == 2 and "is not the archived run's" in told
