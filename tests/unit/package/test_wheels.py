"""Packages for the day when no index answers, fetched by the real pip from a folder."""

import base64
import hashlib
import zipfile

import pytest
from rctflow.package.errors import PackageError
from rctflow.package.wheels import fetched_wheels, sweep_wheels


def wheel(folder, name):
    """The smallest wheel there is, and its line of a lock."""
    info = f"{name}-1.0.dist-info"
    files = {
        f"{name}.py": b"",
        f"{info}/METADATA": f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n".encode(),
        f"{info}/WHEEL": b"Wheel-Version: 1.0\nGenerator: test\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
    }
    digests = {
        path: base64.urlsafe_b64encode(hashlib.sha256(text).digest()).rstrip(b"=") for path, text in files.items()
    }
    record = "".join(f"{path},sha256={digests[path].decode()},{len(files[path])}\n" for path in files)
    file = folder / f"{name}-1.0-py3-none-any.whl"
    with zipfile.ZipFile(file, "w") as archive:
        for path, text in {**files, f"{info}/RECORD": (record + f"{info}/RECORD,,\n").encode()}.items():
            archive.writestr(path, text)
    return f"{name}==1.0 --hash=sha256:{hashlib.sha256(file.read_bytes()).hexdigest()}\n"


@pytest.fixture
def project(tmp_path, monkeypatch):
    """A folder with two locks, and pip told to fetch from another folder alone."""
    index = tmp_path / "index"
    index.mkdir()
    (tmp_path / "requirements.lock").write_text(wheel(index, "alpha") + wheel(index, "beta"))
    (tmp_path / "requirements-build.lock").write_text(wheel(index, "gamma") + wheel(index, "beta"))
    (tmp_path / "package").mkdir()
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(index))
    return tmp_path


def test_every_locked_package_is_fetched_once_and_nothing_stays(project):
    with fetched_wheels(project, project / "package") as wheels:
        assert list(wheels) == [f"{name}-1.0-py3-none-any.whl" for name in ("alpha", "beta", "gamma")]
        assert all(file.is_file() for file in wheels.values())
    assert list((project / "package").iterdir()) == []


def test_a_package_with_another_hash_is_refused(project):
    lock = project / "requirements.lock"
    lock.write_text(lock.read_text().replace("beta==1.0 --hash=sha256:", "beta==1.0 --hash=sha256:0")[:-2] + "\n")
    with (
        pytest.raises(PackageError, match=r"requirements\.lock: its packages could not be fetched"),
        fetched_wheels(project, project / "package"),
    ):
        pass
    assert list((project / "package").iterdir()) == []


def test_a_package_without_a_hash_is_refused(project):
    (project / "requirements.lock").write_text("alpha==1.0\n")
    with pytest.raises(PackageError, match="could not be fetched"), fetched_wheels(project, project / "package"):
        pass


def test_what_a_killed_process_left_is_swept(project):
    (project / "package/.wheels-partial").mkdir()
    (project / "package/.wheels-partial/old.whl").write_text("")
    sweep_wheels(project / "package")
    assert list((project / "package").iterdir()) == []
