"""The zip: the same bytes always, whole or not at all."""

import errno
import io
import os
import subprocess
import sys
import time
import zipfile
from pathlib import Path

import pytest
from rctflow.package.errors import PackageError
from rctflow.package.zipped import Measured, measured, write_zip

MEMBERS = {"data/run": b"#!/bin/sh\n", "data/b.txt": b"b" * 5000, "README.md": b"read", "data/a/é.whl": b"w"}


def write(path: Path, members=MEMBERS) -> bytes:
    write_zip(members, {name: measured(content) for name, content in members.items()}, path)
    return path.read_bytes()


def test_same_bytes_whatever_the_order_the_clock_the_mask_and_the_zone(tmp_path, monkeypatch):
    one = write(tmp_path / "one.zip")
    mask = os.umask(0o077)
    try:
        monkeypatch.setenv("TZ", "Pacific/Auckland")
        time.tzset()
        from_files = {}
        for name, content in reversed(MEMBERS.items()):
            file = tmp_path / "files" / name
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_bytes(content)
            from_files[name] = file
        other = write(tmp_path / "deep" / "other.zip", from_files)
    finally:
        os.umask(mask)
        monkeypatch.undo()
        time.tzset()
    assert one == other


def test_names_sorted_times_fixed_modes_fixed(tmp_path):
    write(tmp_path / "a.zip")
    with zipfile.ZipFile(tmp_path / "a.zip") as archive:
        infos = archive.infolist()
        assert {name: archive.read(name) for name in archive.namelist()} == MEMBERS
    assert [info.filename for info in infos] == sorted(MEMBERS)
    assert {info.date_time for info in infos} == {(1980, 1, 1, 0, 0, 0)}
    assert {info.filename: info.external_attr >> 16 for info in infos if info.external_attr >> 16 != 0o100644} == {
        "data/run": 0o100755
    }


def test_a_file_that_changes_while_it_is_packed_stops_it(tmp_path):
    expected = {name: measured(content) for name, content in MEMBERS.items()}
    with pytest.raises(PackageError, match=r"data/b\.txt changed while it was packed"):
        write_zip(MEMBERS | {"data/b.txt": b"c" * 5000}, expected, tmp_path / "a.zip")
    assert list(tmp_path.iterdir()) == []


def test_an_old_package_stays_when_the_new_one_fails(tmp_path):
    before = write(tmp_path / "a.zip")
    with pytest.raises(PackageError):
        write_zip(MEMBERS, {"README.md": Measured(0, "")}, tmp_path / "a.zip")
    assert (tmp_path / "a.zip").read_bytes() == before
    assert len(list(tmp_path.iterdir())) == 1


@pytest.mark.parametrize("writes", range(0, 20, 3))
def test_a_disk_that_fills_up_at_any_write_leaves_nothing(tmp_path, monkeypatch, writes):
    left = [writes]
    real = io.open

    class Filling:
        def __init__(self, file):
            self.file = file

        def write(self, content):
            left[0] -= 1
            if left[0] < 0:
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
            return self.file.write(content)

        def __getattr__(self, name):
            return getattr(self.file, name)

    monkeypatch.setattr(io, "open", lambda *arguments: Filling(real(*arguments)))
    with pytest.raises(PackageError, match="No space left on device; nothing was written"):
        write(tmp_path / "a.zip", {f"data/{number}": os.urandom(100) for number in range(20)})
    monkeypatch.undo()
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("limit", [0, 100, 4096, 60_000])
def test_a_file_system_that_refuses_leaves_nothing(root, tmp_path, limit):
    program = (
        "import os, resource, pathlib\n"
        "from rctflow.package.zipped import write_zip, measured\n"
        f"resource.setrlimit(resource.RLIMIT_FSIZE, ({limit}, resource.RLIM_INFINITY))\n"
        "write_zip({'data/a': os.urandom(80_000)}, {}, pathlib.Path('a.zip'))\n"
    )
    environment = os.environ | {"PYTHONPATH": str(root / "scripts")}
    told = subprocess.run(
        [sys.executable, "-c", program], cwd=tmp_path, env=environment, capture_output=True, text=True, check=False
    )
    assert told.returncode == 1
    assert "PackageError: a.zip: File too large; nothing was written" in told.stderr
    assert list(tmp_path.iterdir()) == []
