"""verify.py --level integrity: what was packed is what is there, and nothing else."""

from __future__ import annotations

import ast
import json
import os
import shutil
import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path

import pytest

from tests.unit.package.hand_made import (
    VERIFY,
    describe_again,
    digest,
    hand_made,
    record_path,
    signed,
    verify,
    zipped,
)

TUG = "data/results/mini/endpoints/tug/results.csv"


@pytest.fixture
def files(tmp_path: Path) -> dict[str, bytes]:
    return hand_made(tmp_path / "made")


def integrity(path: Path, *arguments: object) -> subprocess.CompletedProcess[str]:
    return verify(path, "--level", "integrity", *arguments)


def test_a_good_package_is_intact_zipped_and_unzipped(files, tmp_path):
    package = zipped(signed(files), tmp_path / "mini-1.0.zip")
    done = integrity(package)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "INTACT" in done.stdout and "SYNTHETIC DATA" in done.stdout and "not signed" in done.stdout
    found = json.loads((tmp_path / "mini-1.0.verification.json").read_text())
    assert (found["verdict"], found["exit"], found["level"]) == ("INTACT", 0, "integrity")
    folder = tmp_path / "unzipped"
    zipfile.ZipFile(package).extractall(folder)
    assert integrity(folder).returncode == 0
    assert integrity(folder).returncode == 0, "the JSON of the first run must not lie inside the package"
    assert (tmp_path / "unzipped.verification.json").exists()


def test_inside_the_unzipped_package_no_argument_is_needed(files, tmp_path):
    files = signed(files)
    tags = {"verify.py": VERIFY.read_bytes()}
    files["tagmanifest-sha256.txt"] += f"{digest(tags['verify.py'])}  verify.py\n".encode()
    folder = tmp_path / "unzipped"
    zipfile.ZipFile(zipped(files | tags, tmp_path / "p.zip")).extractall(folder)
    command = [sys.executable, "verify.py", "--level", "integrity"]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout
    assert (tmp_path / "unzipped.verification.json").exists()
    for left in ("data/.snakemake/log/x.log", "data/scripts/__pycache__/fit.pyc", "data/.run.lock"):
        (folder / left).parent.mkdir(parents=True, exist_ok=True)
        (folder / left).write_text("somebody looked at the unzipped package with Snakemake")
    (folder / "data/.venv").symlink_to(tmp_path)
    assert subprocess.run(command, cwd=folder, capture_output=True, check=False).returncode == 0
    (folder / "data/scripts/more.py").write_text("an addition to the package itself")
    assert subprocess.run(command, cwd=folder, capture_output=True, check=False).returncode == 2


@pytest.mark.parametrize(
    "path", [TUG, "data/scripts/fit.py", "data/wheels/toolbox-9.0-py3-none-any.whl", "ro-crate-metadata.json"]
)
def test_one_changed_byte_is_corrupt(files, tmp_path, path):
    files = signed(files)
    files[path] = files[path][:-2] + bytes([files[path][-2] ^ 1]) + files[path][-1:]
    done = integrity(zipped(files, tmp_path / "p.zip"))
    assert done.returncode == 2
    assert f"{path}: changed" in done.stdout


@pytest.mark.parametrize(
    "path", [TUG, "data/wheels/toolbox-9.0-py3-none-any.whl", "manifest-sha256.txt", "data/package.json"]
)
def test_a_missing_file_is_corrupt(files, tmp_path, path):
    files = signed(files)
    del files[path]
    done = integrity(zipped(files, tmp_path / "p.zip"))
    assert done.returncode == 2
    assert f"{path}: missing" in done.stdout


@pytest.mark.parametrize("path", ["data/results/mini/more.csv", "evil.py", "data/.snakemake/metadata/eA=="])
def test_a_file_that_no_list_names_is_corrupt(files, tmp_path, path):
    done = integrity(zipped(signed(files) | {path: b"{}"}, tmp_path / "p.zip"))
    assert done.returncode == 2
    assert f"{path}: unlisted" in done.stdout


def test_package_json_and_the_crate_must_agree_with_the_files(files, tmp_path):
    changed = files | {TUG: files[TUG].replace(b"mean", b"Mean")}
    done = integrity(zipped(signed(changed), tmp_path / "p.zip"))
    assert done.returncode == 2 and "not that of package.json" in done.stdout
    crate = signed(files)
    crate["ro-crate-metadata.json"] = crate["ro-crate-metadata.json"].replace(digest(files[TUG]).encode(), b"0" * 64)
    old, new = digest(signed(files)["ro-crate-metadata.json"]), digest(crate["ro-crate-metadata.json"])
    crate["tagmanifest-sha256.txt"] = crate["tagmanifest-sha256.txt"].replace(old.encode(), new.encode())
    done = integrity(zipped(crate, tmp_path / "p.zip"))
    assert done.returncode == 2 and "not that of ro-crate-metadata.json" in done.stdout


def test_a_declared_result_must_be_there_even_when_all_lists_were_made_anew(files, tmp_path):
    del files[TUG]
    done = integrity(zipped(signed(files), tmp_path / "p.zip"))
    assert done.returncode == 2 and "a declared result" in done.stdout


def test_a_withheld_result_of_a_restricted_package_is_no_problem(tmp_path):
    files = hand_made(tmp_path / "made", data="restricted")
    del files[TUG]
    assert integrity(zipped(signed(files), tmp_path / "p.zip")).returncode == 0


@pytest.mark.parametrize("path", ["data/scripts/fit.py", "data/config/mini.yaml"])
def test_code_that_was_changed_and_signed_again_is_not_the_code_that_ran(files, tmp_path, path):
    files[path] += b"# nothing\n"
    describe_again(files)
    done = integrity(zipped(signed(files), tmp_path / "p.zip"))
    assert done.returncode == 1
    assert "not the code that ran" in done.stdout and path.removeprefix("data/") in done.stdout


@pytest.mark.parametrize("changed", ["data/scripts/fit.py", "data/.snakemake/code/fit-1.sha256"])
def test_code_is_held_against_the_list_that_its_jobs_read(files, tmp_path, changed):
    listed = f"{digest(files['data/scripts/fit.py'])}  scripts/fit.py\n".encode()
    files["data/.snakemake/code/fit-1.sha256"] = listed
    record = {"rule": "fit", "input_checksums": {".snakemake/code/fit-1.sha256": f"sha256:{digest(listed)}"}}
    files |= {path: json.dumps(record).encode() for path in files if path.startswith("data/.snakemake/metadata/")}
    assert integrity(zipped(signed(files), tmp_path / "p.zip")).returncode == 0
    files[changed] = files[changed].replace(b"fit.py", b"fit.py ") + b"# nothing\n"
    done = integrity(zipped(signed(files), tmp_path / "q.zip"))
    assert done.returncode == 1
    assert "not the code that ran" in done.stdout and changed.removeprefix("data/") in done.stdout


@pytest.mark.parametrize(
    "document",
    [b"[]", b"{}", b"{", b'{"study": "../x", "config": "c", "raw": {}, "results": [{"path": "a", "sha256": "b"}]}'],
)
def test_an_unusable_description_is_corrupt(files, tmp_path, document):
    done = integrity(zipped(signed(files | {"data/package.json": document}), tmp_path / "p.zip"))
    assert done.returncode == 2 and "data/package.json: unreadable" in done.stdout


def test_a_result_path_that_leads_out_is_corrupt(files, tmp_path):
    files["data/package.json"] = files["data/package.json"].replace(b"results/mini/report.html", b"../../etc/passwd")
    done = integrity(zipped(signed(files), tmp_path / "p.zip"))
    assert done.returncode == 2 and "lead elsewhere" in done.stdout


def test_long_output_names_are_cut_into_folders_by_snakemake(files, tmp_path):
    output = f"results/mini/{'x' * 300}.csv"
    whole = record_path(output).rpartition("/")[2]
    record = json.dumps({"input_checksums": {"scripts/fit.py": "sha256:" + "0" * 64}}).encode()
    files[f"data/.snakemake/metadata/@{whole[:254]}/{whole[254:]}"] = record
    done = integrity(zipped(signed(files), tmp_path / "p.zip"))
    assert done.returncode == 1 and f"{output} was made from another version" in done.stdout


def test_wrong_arguments_are_not_a_corrupt_package(files, tmp_path):
    package = zipped(signed(files), tmp_path / "p.zip")
    assert verify(tmp_path / "none.zip").returncode == 4
    assert not list(tmp_path.glob("none*"))
    assert verify(package, "--level", "everything").returncode == 4
    assert verify(package, "--json", package).returncode == 4
    folder = tmp_path / "unzipped"
    zipfile.ZipFile(package).extractall(folder)
    done = verify(folder, "--json", folder / "data" / "found.json")
    assert done.returncode == 4 and "inside the package" in done.stderr
    assert verify(cwd=tmp_path).returncode == 4


@pytest.mark.skipif(shutil.which("ssh-keygen") is None, reason="ssh-keygen is not installed")
def test_a_detached_signature(files, tmp_path):
    package = zipped(signed(files), tmp_path / "p.zip")
    for who in ("author", "stranger"):
        command = ["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(tmp_path / who)]
        subprocess.run(command, check=True)
    allowed = tmp_path / "allowed"
    allowed.write_text(f"author@example.org {(tmp_path / 'author.pub').read_text()}")
    assert integrity(package, "--allowed-signers", allowed).returncode == 2, "a signature was asked for"

    def sign(who: str) -> None:
        (tmp_path / "p.zip.sig").unlink(missing_ok=True)
        command = ["ssh-keygen", "-q", "-Y", "sign", "-n", "rctflow", "-f", str(tmp_path / who), str(package)]
        subprocess.run(command, check=True, capture_output=True)

    sign("author")
    assert "signed by author@example.org" in integrity(package, "--allowed-signers", allowed).stdout
    done = integrity(package)
    assert done.returncode == 0 and "by whom was not checked" in done.stdout
    zipped(signed(files | {"data/more.txt": b""}), package)
    assert integrity(package).returncode == 2
    sign("stranger")
    assert integrity(package, "--allowed-signers", allowed).returncode == 2


def test_the_file_stands_alone_and_starts_with_python_3_9():
    source = VERIFY.read_text()
    tree = ast.parse(source, feature_version=(3, 9))
    modules = {name.name for node in ast.walk(tree) if isinstance(node, ast.Import) for name in node.names}
    modules |= {str(node.module) for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)}
    assert {module.partition(".")[0] for module in modules} <= sys.stdlib_module_names


def test_another_user_can_check_integrity(files, tmp_path):
    """Somebody who is not root, and may not write beside the package, still gets a verdict."""
    package = zipped(signed(files), tmp_path / "p.zip")
    python = next((path for path in ("/usr/bin/python3", sys.executable) if Path(path).exists()), "")
    if os.getuid() == 0:
        if shutil.which("setpriv") is None:
            pytest.skip("no setpriv to become another user with")
        shared = Path(tempfile.mkdtemp())  # pytest's own folders are closed to other users
        shared.chmod(0o755)
        try:
            shutil.copy(package, shared / "p.zip")
            shutil.copy(VERIFY, shared / "verify.py")
            command = ["setpriv", "--reuid", "65534", "--regid", "65534", "--clear-groups", python]
            command += [str(shared / "verify.py"), str(shared / "p.zip"), "--level", "integrity"]
            done = subprocess.run(command, capture_output=True, text=True, check=False)
        finally:
            shutil.rmtree(shared)
    else:
        tmp_path.chmod(0o555)
        done = integrity(package)
        tmp_path.chmod(0o755)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "INTACT" in done.stdout and "could not be written" in done.stderr
