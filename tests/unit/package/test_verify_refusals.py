"""Zips that are made to do harm, or that arrived in part: refused before anything is read, and nothing is written."""

from __future__ import annotations

import stat
import struct
import zipfile
from pathlib import Path

import pytest

from tests.unit.package.hand_made import hand_made, signed, verify, zipped


@pytest.fixture
def package(tmp_path: Path) -> Path:
    (tmp_path / "inbox").mkdir()
    return zipped(signed(hand_made(tmp_path / "made")), tmp_path / "inbox" / "p.zip")


def refused(package: Path, tmp_path: Path, saying: str) -> None:
    """Exit 2 at every level, saying why; nothing was written but the verdict."""
    temporary = tmp_path / "temporary"
    temporary.mkdir()
    before = set(tmp_path.rglob("*"))
    for level in ("integrity", "rerun"):
        done = verify(package, "--level", level, temporary=temporary)
        assert done.returncode == 2, done.stdout + done.stderr
        assert saying in done.stdout
    assert set(tmp_path.rglob("*")) - before == {package.with_name("p.verification.json")}


def add(package: Path, name: str, mode: int = 0, content: bytes = b"x") -> None:
    """Append an entry; the name is written as it is."""
    with zipfile.ZipFile(package, "a") as archive:
        entry = zipfile.ZipInfo("placeholder")
        entry.filename = name
        entry.external_attr = mode << 16
        archive.writestr(entry, content)


@pytest.mark.parametrize(
    "name",
    [
        "../evil.py",
        "data/../../evil.py",
        "/tmp/evil.py",
        "data//evil.py",
        "./evil.py",
        "..\\evil.py",
        "C:evil.py",
        "a\nb",
    ],
)
def test_a_name_that_leads_out(package, tmp_path, name):
    add(package, name)
    refused(package, tmp_path, "refused")
    assert not list(tmp_path.rglob("evil.py"))


@pytest.mark.parametrize("kind", [stat.S_IFLNK, stat.S_IFCHR, stat.S_IFBLK, stat.S_IFIFO, stat.S_IFSOCK])
def test_an_entry_that_is_no_file(package, tmp_path, kind):
    add(package, "data/link", kind | 0o777, b"/etc/passwd")
    refused(package, tmp_path, "a link" if kind == stat.S_IFLNK else "a device")


@pytest.mark.parametrize("name", ["data/snakefile", "DATA/Snakefile", "data/Snakefile/inside"])
def test_names_that_fall_together(package, tmp_path, name):
    add(package, name)
    refused(package, tmp_path, "refused")


def test_the_same_name_twice(package, tmp_path):
    with pytest.warns(UserWarning, match="Duplicate"):
        add(package, "data/Snakefile")
    refused(package, tmp_path, "fall together")


def test_names_that_differ_by_unicode_form_only(package, tmp_path):
    add(package, "data/\u00e9")
    add(package, "data/e\u0301")
    refused(package, tmp_path, "fall together")


def test_an_encrypted_entry(package, tmp_path):
    content = bytearray(package.read_bytes())
    start = content.rfind(b"PK\x01\x02")
    content[start + 8] |= 1
    package.write_bytes(content)
    refused(package, tmp_path, "encrypted")


def test_an_unusual_compression(package, tmp_path):
    with zipfile.ZipFile(package, "a") as archive:
        archive.writestr("data/x", b"x" * 100, zipfile.ZIP_LZMA)
    refused(package, tmp_path, "unusual")


def test_a_bomb(package, tmp_path):
    with zipfile.ZipFile(package, "a") as archive:
        archive.writestr("data/zeros", bytes(300_000_000), zipfile.ZIP_DEFLATED)
    refused(package, tmp_path, "no package is like this")


def test_declared_sizes_of_a_bomb(package, tmp_path):
    content = bytearray(package.read_bytes())
    start = content.rfind(b"PK\x01\x02")
    content[start + 24 : start + 28] = struct.pack("<I", 0xFFFFFFF0)
    package.write_bytes(content)
    refused(package, tmp_path, "no package is like this")


def test_overlapping_entries(package, tmp_path):
    """Many entries of the list that point at the same bytes: the quoted-overlap bomb."""
    content = package.read_bytes()
    end = content.rfind(b"PK\x05\x06")
    size, start = struct.unpack("<II", content[end + 12 : end + 20])
    entries = content[start : start + size]
    first = entries[: entries.find(b"PK\x01\x02", 4)]
    length = struct.unpack("<H", first[28:30])[0]
    crowd = b"".join(
        first[:20]
        + struct.pack("<I", len(content) // 2)
        + first[24:46]
        + f"{number:0{length}d}".encode()
        + first[46 + length :]
        for number in range(5)
    )
    tail = bytearray(content[end:])
    tail[8:12] = struct.pack("<HH", *[struct.unpack("<H", content[end + 8 : end + 10])[0] + 5] * 2)
    tail[12:16] = struct.pack("<I", size + len(crowd))
    package.write_bytes(content[:start] + entries + crowd + bytes(tail))
    refused(package, tmp_path, "overlap")


@pytest.mark.parametrize("share", [0.0, 0.1, 0.5, 0.9, 0.999])
def test_a_truncated_zip(package, tmp_path, share):
    content = package.read_bytes()
    package.write_bytes(content[: int(len(content) * share)])
    refused(package, tmp_path, "not a whole zip file")


def test_damage_within_an_entry(package, tmp_path):
    with zipfile.ZipFile(package) as archive:
        entry = archive.getinfo("data/Snakefile")
        place = entry.header_offset + 30 + len(entry.filename) + entry.compress_size // 2
    content = bytearray(package.read_bytes())
    content[place] ^= 0xFF
    package.write_bytes(content)
    refused(package, tmp_path, "data/Snakefile: damaged")


def test_what_is_no_package(package, tmp_path):
    package.unlink()
    zipped({"readme.txt": b"hello"}, package)
    refused(package, tmp_path, "bagit.txt is not at its root")


def test_a_link_in_an_unzipped_package(package, tmp_path):
    folder = tmp_path / "unzipped"
    zipfile.ZipFile(package).extractall(folder)
    (folder / "data" / "Snakefile").unlink()
    (folder / "data" / "Snakefile").symlink_to("/etc/hostname")
    done = verify(folder)
    assert done.returncode == 2 and "is a link" in done.stdout
