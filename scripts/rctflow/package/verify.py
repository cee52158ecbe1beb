#!/usr/bin/env python3
"""Verify a reproducibility package of rctflow: ``python verify.py PACKAGE.zip`` (or the unzipped folder).

Three levels, each with the ones before it:

    integrity     every hash agrees, nothing is missing, nothing is unlisted, scripts and data are those that ran
    environment   the locked software can be built here, from the wheels of the package or from the package index
    rerun         everything is run again in an empty folder, without the network, and each declared result compared

Exit status: 0 reproduced (or the level asked for passed), 1 not reproduced, 2 corrupt, 3 the environment cannot be
built, 4 the verification could not be carried out (wrong arguments, no space left): nothing is said of the package.

A rerun executes the package's code, with your rights. A package that carries a forged verify.py can say anything: use a
copy of this file that you trust. This file stands alone (standard library, Python 3.9 or newer; it says which Python it
needs to rebuild the environment), so that one file is all that a stranger must read; hence its length.
"""

from __future__ import annotations

import argparse
import base64
import binascii
import contextlib
import errno
import hashlib
import json
import math
import os
import platform
import re
import shutil
import signal
import stat
import subprocess
import sys
import tempfile
import time
import traceback
import unicodedata
import zipfile
import zlib
from collections.abc import Iterator
from pathlib import Path, PurePosixPath
from typing import IO, Any, NamedTuple
from urllib.parse import unquote

FORMAT = "rctflow-verification/1"
LEVELS = ("integrity", "environment", "rerun")
IDENTICAL, WITHIN, DIFFERENT, NOT_RUN = "IDENTICAL", "WITHIN TOLERANCE", "DIFFERENT", "NOT RUN"
WHEELS = "data/wheels/"
RECORDS = "data/.snakemake/metadata/"
CODE_LISTS = ".snakemake/code/"
DESCRIPTION = "data/package.json"
CRATE = "ro-crate-metadata.json"
BUILD_LOCK, LOCK = "requirements-build.lock", "requirements.lock"
SIGNATURE_NAMESPACE = "rctflow"
MOST = 20  # lines of one kind that are printed
MAX_FILES = 200_000
MAX_BYTES = 50_000_000_000
MAX_RATIO = 100  # unzipped to zipped; packages have about 5
SPARE_BYTES = 100_000_000
SHAPE = {"study": str, "config": str, "raw": dict, "results": list}  # of package.json, as far as it is used here
NO_SPACE = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)


class Stop(Exception):  # noqa: N818 (the end of a verification, not always an error)
    """The verification ends here, with an exit status, a verdict and what is to be said."""

    code = 4
    verdict = "NOT VERIFIED"


class Corrupt(Stop):
    """What is checked is not what was packed."""

    code = 2
    verdict = "CORRUPT"


class NoEnvironment(Stop):
    """The locked software cannot be installed here."""

    code = 3
    verdict = "ENVIRONMENT CANNOT BE BUILT"


class Zipped:
    """The files of a zip. The whole list is checked before any of it is read, and nothing is written."""

    def __init__(self, path: Path) -> None:
        self.path = path
        try:
            self.archive = zipfile.ZipFile(path)
        except (zipfile.BadZipFile, zlib.error, ValueError, NotImplementedError) as error:
            raise Corrupt(f"{path.name} is not a whole zip file ({error}); fetch it again") from None
        entries = self.archive.infolist()
        check_sizes(entries, path.stat().st_size)
        for entry in entries:
            check_entry(entry)
        self.files = {entry.filename: entry for entry in entries if not entry.is_dir()}
        check_names([entry.filename for entry in entries])

    def names(self) -> list[str]:
        """Paths of all files, sorted."""
        return sorted(self.files)

    def open(self, name: str) -> IO[bytes]:
        """The bytes of one file."""
        return self.archive.open(self.files[name])

    def size(self, name: str) -> int:
        """Bytes of one file, unzipped."""
        return self.files[name].file_size

    def is_executable(self, name: str) -> bool:
        """Whether the file may be started."""
        return bool(self.files[name].external_attr >> 16 & stat.S_IXUSR)


def left_by_use(path: Path) -> bool:
    """Whether Python, Snakemake or ./run left this when somebody opened the unzipped package: it is no part of it, and
    a rerun never sees it.
    """
    hidden = path.parts[2:3] if path.parts[:2] == ("data", ".snakemake") else ()
    used = hidden not in ((), ("metadata",), ("code",))
    return used or path.name == "__pycache__" or path.as_posix() in ("data/.venv", "data/.run.lock")


class Unzipped:
    """The files of an unzipped package."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.files = {file.relative_to(path).as_posix(): file for file in self._walk(path)}
        check_names(list(self.files))

    def _walk(self, folder: Path) -> Iterator[Path]:
        for entry in sorted(os.scandir(folder), key=lambda found: found.name):
            if left_by_use(Path(entry.path).relative_to(self.path)):
                continue
            if entry.is_dir(follow_symlinks=False):
                yield from self._walk(Path(entry.path))
            elif entry.is_file(follow_symlinks=False):
                yield Path(entry.path)
            else:
                raise Corrupt(
                    f"{Path(entry.path).relative_to(self.path)} is a link or a device; packages hold files only"
                )

    def names(self) -> list[str]:
        """Paths of all files, sorted."""
        return sorted(self.files)

    def open(self, name: str) -> IO[bytes]:
        """The bytes of one file."""
        return self.files[name].open("rb")

    def size(self, name: str) -> int:
        """Bytes of one file."""
        return self.files[name].stat().st_size

    def is_executable(self, name: str) -> bool:
        """Whether the file may be started."""
        return os.access(self.files[name], os.X_OK)


Source = Any  # Zipped or Unzipped


def open_package(path: Path) -> Source:
    """The package at ``path``. Raises Corrupt when it cannot be one."""
    return Unzipped(path) if path.is_dir() else Zipped(path)


def check_sizes(entries: list[zipfile.ZipInfo], size: int) -> None:
    """Refuse a zip whose declared sizes are a bomb's, or whose entries overlap."""
    total = sum(entry.file_size for entry in entries)
    if len(entries) > MAX_FILES or total > MAX_BYTES or total > MAX_RATIO * size + SPARE_BYTES:
        raise Corrupt(
            f"refused: {len(entries)} files that declare {total} bytes in a zip of {size}; no package is like this"
        )
    if sum(entry.compress_size for entry in entries) > size:
        raise Corrupt("refused: entries of the zip overlap")


def check_entry(entry: zipfile.ZipInfo) -> None:
    """Refuse an entry that is anything but a plain file or folder inside the package."""
    name = entry.orig_filename
    kind = stat.S_IFMT(entry.external_attr >> 16)
    parts = name.rstrip("/").split("/") if entry.is_dir() else name.split("/")
    if "\\" in name or any(ord(sign) < 32 for sign in name) or ":" in parts[0]:
        raise Corrupt(f"refused: the zip has an entry with the name {name!r}")
    if any(part in ("", ".", "..") for part in parts):
        raise Corrupt(f"refused: the zip's entry {name!r} lies outside the package")
    if kind not in (0, stat.S_IFDIR if entry.is_dir() else stat.S_IFREG):
        what = "a link" if kind == stat.S_IFLNK else "a device or the like"
        raise Corrupt(f"refused: the zip's entry {name!r} is {what}; packages hold files only")
    if entry.flag_bits & 0x1:
        raise Corrupt(f"refused: the zip's entry {name!r} is encrypted")
    if entry.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
        raise Corrupt(f"refused: the zip's entry {name!r} is compressed in an unusual way ({entry.compress_type})")


def check_names(names: list[str]) -> None:
    """Refuse names that would fall together: equal, equal but for case or Unicode form, or file and folder at once."""
    seen: dict[str, str] = {}
    for name in names:
        key = unicodedata.normalize("NFC", name.rstrip("/")).casefold()
        if key in seen:
            raise Corrupt(f"refused: the names {seen[key]!r} and {name!r} fall together")
        seen[key] = name
    files = {key for key, name in seen.items() if not name.endswith("/")}
    for key, name in seen.items():
        if any(parent.as_posix() in files for parent in PurePosixPath(key).parents):
            raise Corrupt(f"refused: {name!r} lies in a folder that is also a file")


def sha256(stream: IO[bytes]) -> str:
    """Hash of all bytes of a stream."""
    digest = hashlib.sha256()
    while piece := stream.read(1 << 20):
        digest.update(piece)
    return digest.hexdigest()


def hash_of(file: Path) -> str:
    """Hash of a file."""
    with file.open("rb") as stream:
        return sha256(stream)


class Problem(NamedTuple):
    """What is wrong with one file of the package; kind: missing, changed, unlisted, ..."""

    kind: str
    path: str
    text: str = ""

    def __str__(self) -> str:
        return f"{self.path}: {self.kind}{': ' if self.text else ''}{self.text}"


class Contents(NamedTuple):
    """A package whose lists were read: hash by path as found, its description, and what is wrong with it."""

    hashes: dict[str, str]
    description: dict[str, Any]
    problems: list[Problem]


def read_contents(package: Source) -> Contents:
    """Hash every file and compare with both manifests, with package.json and with the crate."""
    if "bagit.txt" not in package.names():
        raise Corrupt(f"{package.path.name} is no package of rctflow: bagit.txt is not at its root")
    hashes, problems = hash_files(package)
    listed: dict[str, str] = {}
    for manifest, of_payload in (("manifest-sha256.txt", True), ("tagmanifest-sha256.txt", False)):
        for path, digest in read_manifest(package, manifest, problems):
            if path in listed or path.startswith("data/") != of_payload:
                problems.append(Problem("listed twice or in the wrong list", path, manifest))
            listed[path] = digest
    problems += [Problem("missing", path) for path in sorted(set(listed) - set(package.names()))]
    unlisted = set(package.names()) - set(listed) - {"tagmanifest-sha256.txt"}
    problems += [Problem("unlisted", path, "no manifest names it") for path in sorted(unlisted)]
    changed = [path for path in sorted(listed) if path in hashes and hashes[path] != listed[path]]
    problems += [Problem("changed", path, "its sha256 is not the manifest's") for path in changed]
    description = read_json(package, DESCRIPTION, problems)
    unusable = description_problems(description)
    problems += unusable or result_problems(description, hashes)
    problems += crate_problems(package, hashes, problems)
    return Contents(hashes, description, list(dict.fromkeys(problems)))


def hash_files(package: Source) -> tuple[dict[str, str], list[Problem]]:
    """Hash by path, and the files that cannot be read to their end."""
    hashes, problems = {}, []
    for name in package.names():
        try:
            with package.open(name) as stream:
                hashes[name] = sha256(stream)
        except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError) as error:
            problems.append(Problem("damaged", name, str(error)))
    return hashes, problems


def read_manifest(package: Source, name: str, problems: list[Problem]) -> list[tuple[str, str]]:
    """(path, sha256) of each line of a BagIt manifest."""
    if name not in package.names():
        problems.append(Problem("missing", name))
        return []
    found = []
    for line in read_text(package, name).splitlines():
        digest, _, path = line.partition("  ")
        if not re.fullmatch("[0-9a-f]{64}", digest) or not path:
            problems.append(Problem("unreadable", name, f"line {line[:80]!r}"))
            continue
        found.append((path.replace("%0A", "\n").replace("%0D", "\r").replace("%25", "%"), digest))
    return found


def read_text(package: Source, name: str) -> str:
    """A text file of the package."""
    try:
        with package.open(name) as stream:
            return str(stream.read().decode("utf-8"))
    except (zipfile.BadZipFile, zlib.error, EOFError, UnicodeDecodeError) as error:
        raise Corrupt(f"{name} cannot be read ({error})") from None


def read_json(package: Source, name: str, problems: list[Problem]) -> dict[str, Any]:
    """A JSON object of the package; {} and a problem when it is none."""
    if name not in package.names():
        problems.append(Problem("missing", name))
        return {}
    try:
        document = json.loads(read_text(package, name))
    except ValueError as error:
        problems.append(Problem("unreadable", name, str(error)))
        return {}
    return document if isinstance(document, dict) else {}


def description_problems(description: dict[str, Any]) -> list[Problem]:
    """What package.json lacks, and names in it that lead out of the package."""
    lacks = [key for key in ("study", "config", "raw", "results") if not isinstance(description.get(key), SHAPE[key])]
    if lacks:
        return [Problem("unreadable", DESCRIPTION, f"{', '.join(lacks)}: absent or of another kind")]
    results = [result.get("path") for result in description["results"] if isinstance(result.get("sha256"), str)]
    raw = [form.get("path") or "raw" for form in description["raw"].values()]
    paths = [*results, *raw, description["config"], f"results/{description['study']}/x"]
    bad = [path for path in paths if not isinstance(path, str) or not is_inside(path)]
    if bad or len(results) < len(description["results"]) or not results or "/" in description["study"]:
        return [Problem("unreadable", DESCRIPTION, f"no results, or paths that lead elsewhere: {bad[:3]}")]
    return []


def result_problems(description: dict[str, Any], hashes: dict[str, str]) -> list[Problem]:
    """Declared results that are not there, or are not those that package.json describes."""
    problems = []
    for result in description.get("results", []):
        path = f"data/{result['path']}"
        if path not in hashes:
            if not is_restricted(description):  # there a result may be withheld; its hash stays for --data
                problems.append(Problem("missing", path, "a declared result"))
        elif result["sha256"] != hashes[path]:
            problems.append(Problem("changed", path, "its sha256 is not that of package.json"))
    for raw in description.get("raw", {}).values():
        path = f"data/{raw.get('path')}"
        if raw.get("path") and hashes.get(path) != raw["sha256"]:
            problems.append(Problem("changed" if path in hashes else "missing", path, "a raw file of package.json"))
    return problems


def is_restricted(description: dict[str, Any]) -> bool:
    """Whether patient data were left out."""
    return description.get("data") == "restricted"


def crate_problems(package: Source, hashes: dict[str, str], problems: list[Problem]) -> list[Problem]:
    """Files that the RO-Crate describes otherwise than they are."""
    found = []
    for entity in read_json(package, CRATE, problems).get("@graph", []):
        kinds = entity.get("@type", [])
        path = unquote(str(entity.get("@id", ""))).removeprefix("./")
        if "File" not in (kinds if isinstance(kinds, list) else [kinds]) or "://" in path or path.startswith("#"):
            continue
        if path not in package.names():
            found.append(Problem("missing", path, f"described in {CRATE}"))
        elif entity.get("sha256", hashes.get(path)) != hashes.get(path):
            found.append(Problem("changed", path, f"its sha256 is not that of {CRATE}"))
        elif str(entity.get("contentSize", package.size(path))) != str(package.size(path)):
            found.append(Problem("changed", path, f"its size is not that of {CRATE}"))
    return found


def only_wheels_missing(problems: list[Problem]) -> bool:
    """Whether nothing is wrong but that wheels are not there: the results may still be right."""
    return bool(problems) and all(each.kind == "missing" and each.path.startswith(WHEELS) for each in problems)


def not_what_ran(package: Source, contents: Contents) -> tuple[int, list[Problem]]:
    """How many outputs have a record, and the packed files that are not those that the recorded jobs read.

    Snakemake recorded the sha256 of every input of every job: instruments, data, and the lists of the scripts and
    modules that it ran, each with its sha256. Rules and config are no inputs; the rerun shows what a change in them
    does, results/<study>/config.yaml among it.
    """
    problems: list[Problem] = []
    records = [name for name in package.names() if name.startswith(RECORDS)]
    lists = code_lists(package)
    for name in records:
        output = output_of(name)
        checksums = read_json(package, name, problems).get("input_checksums", {})
        code = {path: checksum for each in checksums for path, checksum in lists.get(each, {}).items()}
        for path, checksum in (checksums | code).items():
            kind, _, digest = str(checksum).partition(":")
            packed = contents.hashes.get(f"data/{path}")
            if packed is None and not is_restricted(contents.description):
                problems.append(Problem("missing", path, f"{output} was made from it"))
            elif packed is not None and kind == "sha256" and digest != packed:
                problems.append(Problem("not the file that was used", path, f"{output} was made from another version"))
    by_file = {(problem.kind, problem.path): problem for problem in reversed(problems)}
    return len(records), [by_file[key] for key in sorted(by_file)]


def code_lists(package: Source) -> dict[str, dict[str, str]]:
    """The lists of the code that jobs ran: path of a list -> checksum by path of the files that it names."""
    found = {}
    for name in package.names():
        if name.startswith(f"data/{CODE_LISTS}"):
            lines = (line.partition("  ") for line in read_text(package, name).splitlines())
            found[name.removeprefix("data/")] = {path: f"sha256:{sha256}" for sha256, _, path in lines}
    return found


def output_of(record: str) -> str:
    """The output that a file under .snakemake/metadata belongs to (its name is base64, cut into ``@`` folders)."""
    name = record[len(RECORDS) :].replace("/", "").replace("@", "")
    try:
        return base64.urlsafe_b64decode(name.encode()).decode()
    except (binascii.Error, ValueError):
        return record


def check_signature(path: Path, allowed: str) -> str:
    """What is to be said of the detached signature ``<package>.sig``. Raises Corrupt when it is not a good one."""
    signature = path.with_name(path.name + ".sig")
    if not signature.is_file() or not path.is_file():
        if allowed:
            raise Corrupt(f"not signed: there is no {signature.name} beside the package")
        return "not signed"
    tool = shutil.which("ssh-keygen")
    if tool is None:
        raise Stop(f"{signature.name} cannot be checked: ssh-keygen is not installed")
    if not allowed:
        ssh_keygen(path, [tool, "-Y", "check-novalidate", "-n", SIGNATURE_NAMESPACE, "-s", str(signature)])
        return "signed, but by whom was not checked: give --allowed-signers FILE"
    found = ssh_keygen(path, [tool, "-Y", "find-principals", "-s", str(signature), "-f", allowed])
    who = (found.splitlines() or [""])[0]
    options = ["-n", SIGNATURE_NAMESPACE, "-s", str(signature), "-f", allowed, "-I", who]
    ssh_keygen(path, [tool, "-Y", "verify", *options])
    return f"signed by {who}"


def ssh_keygen(path: Path, command: list[str]) -> str:
    """The answer of ssh-keygen. Raises Corrupt when it refuses the signature."""
    with path.open("rb") as stream:
        done = subprocess.run(command, stdin=stream, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise Corrupt(f"the signature is not good: {(done.stderr or done.stdout).strip()}")
    return done.stdout


GUARD = """
import errno, os, socket, sys
for family, address in ((socket.AF_INET, "192.0.2.1"), (socket.AF_INET6, "2001:db8::1")):
    try:
        socket.socket(family, socket.SOCK_DGRAM).connect((address, 9))  # sends nothing, only looks for a route
    except OSError as error:
        if error.errno in (errno.ENETUNREACH, errno.EAFNOSUPPORT, errno.EADDRNOTAVAIL, errno.EHOSTUNREACH):
            continue
    sys.exit("rctflow-verify: the network is not cut")
os.execvp(sys.argv[1], sys.argv[1:])
"""


def network_cut() -> list[str]:
    """What to put before a command to run it without any network; [] where this system does not allow it.

    The guard runs in the cut child itself, before each command, and refuses to start it when any route is left.
    """
    for unshare in (["unshare", "-n"], ["unshare", "-rn"]):
        prefix = [*unshare, sys.executable, "-I", "-c", GUARD]
        if (
            shutil.which("unshare")
            and subprocess.run([*prefix, "true"], capture_output=True, check=False).returncode == 0
        ):
            return prefix
    return []


class Workplace:
    """The temporary folder in which everything happens, and how programs are started there."""

    def __init__(self, folder: Path, prefix: list[str]) -> None:
        self.folder = folder
        self.prefix = prefix
        for name in ("home", "tmp"):
            (folder / name).mkdir()

    def variables(self, own: bool) -> dict[str, str]:
        """The variables of a program; own: with the user's settings of pip, to reach a package index."""
        dropped = ("PYTHON", "SNAKEMAKE", "CONDA", "VIRTUAL_ENV", *(() if own else ("PIP_", "UV_")))
        kept = {name: value for name, value in os.environ.items() if not name.startswith(dropped)}
        if not own:
            home = str(self.folder / "home")
            kept.update(
                HOME=home, XDG_CACHE_HOME=home, XDG_CONFIG_HOME=home, PIP_CONFIG_FILE=os.devnull, UV_NO_CONFIG="1"
            )
            kept.update(UV_OFFLINE="1", UV_CACHE_DIR=str(self.folder / "uv"), UV_PYTHON_DOWNLOADS="never")
        threads = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), "1")
        pip = {"PIP_DISABLE_PIP_VERSION_CHECK": "1", "PIP_ROOT_USER_ACTION": "ignore"}
        return {**kept, **threads, **pip, "PYTHONNOUSERSITE": "1", "TMPDIR": str(self.folder / "tmp")}

    def start(
        self, command: list[str], cwd: Path | None = None, network: bool = False, text: str = "", path: str = ""
    ) -> tuple[int, str]:
        """Exit status and output of a command; its children end with it, whatever happens."""
        variables = self.variables(own=network)
        if path:
            variables["PATH"] = f"{path}{os.pathsep}{variables.get('PATH', '')}"
        log = self.folder / "log.txt"
        with log.open("w+", encoding="utf-8", errors="replace") as output:
            process = subprocess.Popen(
                [*([] if network else self.prefix), *command],
                cwd=cwd or self.folder,
                env=variables,
                stdin=subprocess.PIPE,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
            try:
                process.communicate(text.encode())
            finally:
                end_group(process)
        return process.returncode, log.read_text(encoding="utf-8", errors="replace")

    def tail(self, text: str, lines: int = 15) -> str:
        """The last lines of a program's output, indented. Raises Stop when the disk was full: no finding then."""
        if "No space left on device" in text or "Disk quota exceeded" in text or "File too large" in text:
            raise Stop(f"no space left in {self.folder.parent}; set TMPDIR to a folder with more space")
        return "\n".join(f"    {line[:400]}" for line in text.strip().splitlines()[-lines:])


def end_group(process: subprocess.Popen[bytes]) -> None:
    """End what a program left running."""
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()


class Environment(NamedTuple):
    """Where the rebuilt Python is, how it came there, and how many packages it has."""

    python: str
    how: str
    packages: int


INSTALLED = """
import importlib, importlib.metadata, json, re, sys
needed = set(sys.argv[1:])
for module, owners in getattr(importlib.metadata, "packages_distributions", dict)().items():
    if needed & {re.sub(r"[-_.]+", "-", owner).lower() for owner in owners} and module.isidentifier():
        importlib.import_module(module)
print(json.dumps(sorted({(d.metadata["Name"] or "", d.version) for d in importlib.metadata.distributions()})))
"""


def make_environment(package: Source, place: Workplace, options: argparse.Namespace) -> Environment:
    """The locked software, in the working folder. Raises NoEnvironment."""
    locks = place.folder / "locks"
    for name in (BUILD_LOCK, LOCK):
        if f"data/{name}" not in package.names():
            raise NoEnvironment(f"the package has no {name}: nothing says which software it needs")
        write_file(package, f"data/{name}", locks / name)
    pins = locked_versions((locks / LOCK).read_text(encoding="utf-8"))
    if options.environment:
        how = f"given ({options.environment}), not built"
        python = options.environment
    else:
        python, how = build_environment(package, place, locks, options.python)
    return Environment(python, how, compare_with_lock(place, python, pins, direct_requirements(package)))


def direct_requirements(package: Source) -> list[str]:
    """What the workflow itself imports, by normalized name: the lines of requirements.in, Snakemake at least."""
    name = "data/requirements.in"
    lines = read_text(package, name).splitlines() if name in package.names() else []
    words = [re.match(r"[A-Za-z0-9._-]+", line) for line in lines if not line.startswith("-")]
    return sorted({"snakemake", *(normalized(word[0]) for word in words if word)})


def build_environment(package: Source, place: Workplace, locks: Path, given: str) -> tuple[str, str]:
    """(its Python, how it was built): from the wheels without any network when the package has them, else by pip."""
    wheels = [name for name in package.names() if name.startswith(WHEELS)]
    base = find_python(wanted_python(package), given)
    venv = place.folder / "venv"
    python = str(venv / "bin" / "python")
    if not wheels:
        install(place, [[base, "-m", "venv", str(venv)]], network=True)
        install(place, pip_commands(python, locks, None), network=True)
        return python, "built from the lock by pip, from the package index"
    store = package.path / WHEELS.rstrip("/") if package.path.is_dir() else place.folder / "wheels"
    for name in [] if package.path.is_dir() else wheels:
        write_file(package, name, store / name[len(WHEELS) :])
    uv = shutil.which("uv")
    if uv:
        install(place, uv_commands(uv, base, venv, locks, store), network=False)
    else:
        install(place, [[base, "-m", "venv", str(venv)], *pip_commands(python, locks, store)], network=False)
    return python, f"built from {len(wheels)} wheels by {'uv' if uv else 'pip'}"


def wanted_python(package: Source) -> str:
    """The Python that the lock was made for and the wheels were chosen by, as ``3.11``."""
    name = "data/environment.yml"
    found = re.search(r"python=(\d+\.\d+)", read_text(package, name)) if name in package.names() else None
    return found[1] if found else "3.11"


def find_python(wanted: str, given: str) -> str:
    """A Python of the wanted version on this machine. Raises NoEnvironment, saying the remedy."""
    for candidate in [given] if given else [sys.executable, f"python{wanted}", "python3", "python"]:
        path = shutil.which(candidate)
        question = "import sys; print('%d.%d' % sys.version_info[:2])"
        if path is None:
            continue
        answer = subprocess.run([path, "-I", "-c", question], capture_output=True, text=True, check=False)
        if answer.returncode == 0 and (given or answer.stdout.strip() == wanted):
            return path
    raise NoEnvironment(
        f"{given} is no Python"
        if given
        else f"this package needs Python {wanted}, and none is on PATH: give --python PATH"
    )


def uv_commands(uv: str, base: str, venv: Path, locks: Path, wheels: Path) -> list[list[str]]:
    """What ``./run`` does, by uv: the tools that build source distributions first, then the lock."""
    pip = [uv, "pip", "install", "--python", str(venv / "bin" / "python"), "--require-hashes"]
    pip += ["--no-index", "--find-links", str(wheels)]
    return [
        [uv, "venv", "--quiet", "--python", base, str(venv)],
        [*pip, "-r", str(locks / BUILD_LOCK)],
        [*pip, "--no-build-isolation", "-r", str(locks / LOCK)],
    ]


def pip_commands(python: str, locks: Path, wheels: Path | None) -> list[list[str]]:
    """What ``./run`` does. Modules are compiled when they are first used: compiling all of them takes longer."""
    pip = [python, "-m", "pip", "install", "--require-hashes", "--no-compile", "--progress-bar", "off"]
    pip += ["--no-index", "--no-cache-dir", "--find-links", str(wheels)] if wheels else []
    return [[*pip, "-r", str(locks / BUILD_LOCK)], [*pip, "--no-build-isolation", "-r", str(locks / LOCK)]]


def install(place: Workplace, commands: list[list[str]], network: bool) -> None:
    """Run the commands in turn. Raises NoEnvironment with the last lines of the one that fails."""
    for command in commands:
        status, text = place.start(command, network=network)
        if status != 0:
            raise NoEnvironment(f"{' '.join(command[:4])} ... failed:\n{place.tail(text)}")


def locked_versions(lock: str) -> dict[str, set[str]]:
    """Versions by normalized name of every line ``name==version`` of a lock (it may have one per Python)."""
    pins: dict[str, set[str]] = {}
    for name, version in re.findall(r"^([A-Za-z0-9._-]+)==([^\s;\\]+)", lock, re.M):
        pins.setdefault(normalized(name), set()).add(version)
    return pins


def normalized(name: str) -> str:
    """A package's name as PEP 503 writes it."""
    return re.sub(r"[-_.]+", "-", name).lower()


def compare_with_lock(place: Workplace, python: str, pins: dict[str, set[str]], needed: list[str]) -> int:
    """How many locked packages the environment has.

    Raises NoEnvironment when one is there in another version, or one of ``needed`` (direct requirements) is not there.
    """
    status, text = place.start([python, "-c", INSTALLED, *needed])
    if status != 0:
        raise NoEnvironment(f"{python} does not start, or cannot import what it has:\n{place.tail(text)}")
    found = {normalized(name): version for name, version in json.loads(text.strip().splitlines()[-1])}
    wrong = [
        f"{name} {found[name]} instead of {' or '.join(sorted(pins[name]))}"
        for name in sorted(set(pins) & set(found))
        if found[name] not in pins[name]
    ]
    wrong += [f"{name} is not installed" for name in needed if name not in found]
    if wrong:
        raise NoEnvironment(f"not the locked software: {', '.join(wrong)}")
    return len(set(found) & set(pins))


def write_file(package: Source, name: str, target: Path) -> None:
    """Copy one file of the package to ``target``."""
    target.parent.mkdir(parents=True, exist_ok=True)
    with package.open(name) as stream, target.open("wb") as output:
        shutil.copyfileobj(stream, output, 1 << 20)
    if package.is_executable(name):
        target.chmod(0o755)


def lay_out(package: Source, contents: Contents, folder: Path) -> None:
    """The project as it was before it ran: code, config and raw data, without results, records and caches."""
    made = {f"data/{output_of(name)}" for name in package.names() if name.startswith(RECORDS)}
    raw = {f"data/{each['path']}" for each in contents.description.get("raw", {}).values() if each.get("path")}
    for name in package.names():
        if not name.startswith("data/") or (name in made or "/__pycache__/" in name):
            continue
        if name in raw or not name.startswith((WHEELS, "data/results/", "data/.snakemake/", "data/.venv/")):
            write_file(package, name, folder / name[len("data/") :])


def run_snakemake(place: Workplace, environment: Environment, folder: Path, config: str, target: str) -> str:
    """Run the workflow; returns "" or, when it failed, the last lines of what it said."""
    command = [environment.python, "-m", "snakemake", "--cores", str(os.cpu_count() or 1)]
    command += [*([target] if target else []), "--quiet", "rules", "host", "reason", "--config", f"study={config}"]
    status, text = place.start(command, cwd=folder, path=str(Path(environment.python).parent))
    return "" if status == 0 else f"Snakemake ended with status {status}:\n{place.tail(text, 30)}"


class Difference(NamedTuple):
    """How a result compares with the packed one; largest differences of a number, and the place of the first."""

    verdict: str
    absolute: float = 0.0
    relative: float = 0.0
    where: str = ""


NUMBER = re.compile(r"(?<![\w.])([-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?)")
DRAWN_ID = re.compile(r"\b[a-zA-Z][0-9a-f]{10}\b")
TEXTS = (".csv", ".tsv", ".json", ".yaml", ".yml", ".html", ".svg", ".txt", ".md")


def compare_texts(packed: str, rerun: str, tolerance: dict[str, float]) -> Difference:
    """Token by token: numbers within the tolerance, all else equal, counts (written without a point) too."""
    old, new = NUMBER.split(with_plain_ids(packed)), NUMBER.split(with_plain_ids(rerun))
    largest, relative = 0.0, 0.0
    for position in range(min(len(old), len(new))):
        a, b = old[position], new[position]
        if a == b:
            continue
        if position % 2 == 0 or (a.lstrip("+-").isdigit() and b.lstrip("+-").isdigit()):
            return Difference(DIFFERENT, largest, relative, place_of(old, new, position))
        gap, share = distance(float(a), float(b))
        largest, relative = max(largest, gap), max(relative, share)
        if not is_within(gap, share, tolerance):
            return Difference(DIFFERENT, largest, relative, place_of(old, new, position))
    if len(old) != len(new):
        return Difference(DIFFERENT, largest, relative, "one is longer")
    return Difference(WITHIN, largest, relative)


def place_of(old: list[str], new: list[str], position: int) -> str:
    """The line of a token, what it was and what it is."""
    line = 1 + sum(part.count("\n") for part in old[:position])
    return f"line {line}: {old[position].strip()[:60]!r}, now {new[position].strip()[:60]!r}"


def with_plain_ids(text: str) -> str:
    """Ids that a figure derives from a hash of its coordinates, numbered in order of appearance instead."""
    if "<svg" not in text:
        return text
    numbers: dict[str, str] = {}
    return DRAWN_ID.sub(lambda found: numbers.setdefault(found[0], f"{found[0][0]}_id{len(numbers)}"), text)


def distance(a: float, b: float) -> tuple[float, float]:
    """Absolute difference, and relative to the larger."""
    gap = abs(a - b)
    return gap, gap / max(abs(a), abs(b)) if gap else 0.0


def is_within(gap: float, share: float, tolerance: dict[str, float]) -> bool:
    """Whether a number may lie so far off; a tolerance of 0 allows nothing."""
    return bool(gap <= tolerance.get("absolute", 0.0) or share <= tolerance.get("relative", 0.0))


COMPARE_TABLES = """
import json, sys
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

def compare(old, new):
    a, b = pq.read_table(old), pq.read_table(new)
    if not a.schema.equals(b.schema, check_metadata=False) or len(a) != len(b):
        return {"where": "columns, types or number of rows differ"}
    gap = share = 0.0
    for name in a.column_names:
        x, y = a[name].combine_chunks(), b[name].combine_chunks()
        if not pa.types.is_floating(x.type):
            if not x.equals(y):
                return {"where": "column " + name}
            continue
        p, q = x.to_numpy(zero_copy_only=False).astype(float), y.to_numpy(zero_copy_only=False).astype(float)
        if not (np.array_equal(np.isnan(p), np.isnan(q)) and x.is_null().equals(y.is_null())):
            return {"where": "column " + name + ": other values are missing"}
        off = p != q
        off &= ~(np.isnan(p) & np.isnan(q))
        if off.any():
            d = np.abs(p - q)[off]
            s = d / np.maximum(np.abs(p), np.abs(q))[off]
            if not np.isfinite(d).all():
                return {"where": "column " + name}
            gap, share = max(gap, d.max()), max(share, s.max())
            bad = ~((d <= absolute) | (s <= relative))
            if bad.any():
                row = int(np.flatnonzero(off)[bad][0])
                where = f"column {name}, row {row + 1}: {p[row]}, now {q[row]}"
                return {"gap": gap, "share": share, "where": where}
    return {"gap": gap, "share": share, "within": True}

old, new, absolute, relative = sys.argv[1], sys.argv[2], float(sys.argv[3]), float(sys.argv[4])
print(json.dumps(compare(old, new), default=float))
"""


def compare_tables(place: Workplace, python: str, packed: Path, rerun: Path, tolerance: dict[str, float]) -> Difference:
    """Two Parquet files by values, read by the rebuilt environment (this file knows no Parquet)."""
    limits = [str(tolerance.get(kind, 0.0)) for kind in ("absolute", "relative")]
    status, text = place.start([python, "-", str(packed), str(rerun), *limits], text=COMPARE_TABLES)
    if status != 0:
        return Difference(DIFFERENT, where=f"cannot be read as Parquet: {text.strip().splitlines()[-1][:200]}")
    found = json.loads(text.strip().splitlines()[-1])
    verdict = WITHIN if found.get("within") else DIFFERENT
    return Difference(verdict, found.get("gap", 0.0), found.get("share", 0.0), found.get("where", ""))


def compare_result(
    package: Source, result: dict[str, Any], rerun: Path, place: Workplace, environment: Environment
) -> dict[str, Any]:
    """One row of the table: a declared result against what the rerun made."""
    row = {"path": result["path"], "endpoint": result.get("endpoint", ""), "packed_sha256": result["sha256"]}
    file = rerun / result["path"]
    if not file.is_file():
        return {**row, "verdict": NOT_RUN, "where": "the rerun did not make it"}
    digest = hash_of(file)
    found = Difference(IDENTICAL)
    if digest != result["sha256"]:
        found = compare_values(package, result, file, place, environment)
    differences = {"largest_absolute_difference": found.absolute, "largest_relative_difference": found.relative}
    return {**row, "rerun_sha256": digest, "verdict": found.verdict, **differences, "where": found.where}


def compare_values(
    package: Source, result: dict[str, Any], file: Path, place: Workplace, environment: Environment
) -> Difference:
    """A result whose bytes differ, by what it says."""
    name = f"data/{result['path']}"
    tolerance = {kind: float(value) for kind, value in (result.get("tolerance") or {}).items()}
    if name not in package.names():
        return Difference(DIFFERENT, where="withheld from the package: only its hash can be compared")
    if name.endswith(TEXTS):
        try:
            new = file.read_text(encoding="utf-8", errors="strict")
            return compare_texts(read_text(package, name), new, tolerance)
        except UnicodeDecodeError:
            return Difference(DIFFERENT, where="not UTF-8 any more")
    if name.endswith(".parquet"):
        packed = place.folder / "packed.parquet"
        write_file(package, name, packed)
        return compare_tables(place, environment.python, packed, file, tolerance)
    return Difference(DIFFERENT, where="other bytes; this kind of file has no tolerance")


def place_data(contents: Contents, given: Path, folder: Path) -> None:
    """Put the true raw forms, found by name in ``given``, where the workflow looks for them.

    Raises Corrupt when one has another sha256 than the archived run's, Stop when one is not there.
    """
    description = contents.description
    forms = {original: raw for original, raw in description.get("raw", {}).items() if not raw.get("path")}
    if not forms:
        raise Stop("--data: this package holds its data; nothing was withheld")
    for original, raw in forms.items():
        file = given / PurePosixPath(original).name
        if not file.is_file():
            raise Stop(f"--data: {file} is not there")
        if hash_of(file) != raw["sha256"]:
            raise Corrupt(f"{file} is not the archived run's: its sha256 is {hash_of(file)}, not {raw['sha256']}")
        raw["path"] = original if is_inside(original) else f"results/{description['study']}/raw/{file.name}"
        (folder / raw["path"]).parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(file, folder / raw["path"])
    (folder / "package.json").write_text(json.dumps(description), encoding="utf-8")


def is_inside(path: str) -> bool:
    """Whether a path as the config names it stays in the project folder."""
    return not path.startswith("/") and ".." not in PurePosixPath(path).parts


def twin_results(contents: Contents, folder: Path) -> list[dict[str, Any]]:
    """Whether the synthetic twin's run made each declared result; nothing is compared, the data are others."""
    home = f"results/{contents.description['study']}/"
    made = [found for found in sorted((folder / "results").glob("*")) if (found / "config.yaml").is_file()]
    rows = []
    for result in contents.description["results"]:
        within = result["path"][len(home) :]
        verdict = "RUNS" if any((study / within).is_file() for study in made) else NOT_RUN
        rows.append({"path": result["path"], "endpoint": result.get("endpoint", ""), "verdict": verdict})
    return rows


class Report:
    """What was found: printed as it is found, and written as JSON at the end."""

    def __init__(self, path: Path, level: str) -> None:
        self.started = time.monotonic()
        self.code, self.verdict = 4, "NOT VERIFIED"
        machine = {
            "system": platform.platform(),
            "python": platform.python_version(),
            "uid": getattr(os, "getuid", int)(),
        }
        self.document: dict[str, Any] = {"format": FORMAT, "package": path.name, "level": level, "machine": machine}

    def say(self, topic: str, text: str, **facts: Any) -> None:
        """Print one line under its topic, and keep it with its facts for the JSON file."""
        seconds = time.monotonic() - self.started
        print(f"{topic:<12} {text}  [{seconds:.1f} s]", flush=True)
        self.document[topic.lower()] = {"text": text, **facts}

    def end(self, code: int, verdict: str, reason: str = "") -> None:
        """The verdict, the exit status, and why."""
        self.code, self.verdict = code, verdict
        self.document.update(
            verdict=verdict, exit=code, reason=reason, seconds=round(time.monotonic() - self.started, 1)
        )
        print(f"{'Verdict':<12} {verdict}" + (f"\n{reason}" if reason else ""), flush=True)

    def write(self, path: Path) -> None:
        """Write the JSON file; a place that cannot be written to does not change the verdict."""
        try:
            path.write_text(json.dumps(self.document, indent=1, sort_keys=True) + "\n", encoding="utf-8")
            print(f"{'Written to':<12} {path}", flush=True)
        except OSError as error:
            print(
                f"WARNING: {path} could not be written ({error.strerror}); choose a place by --json FILE",
                file=sys.stderr,
            )


def verify(options: argparse.Namespace, report: Report) -> None:
    """All levels asked for, in turn; ends in ``report.end`` or raises Stop."""
    path = Path(options.package)
    package = open_package(path)
    contents, strange = check_integrity(package, path, options, report)
    if options.level == "integrity":
        return conclude(report, strange, 0, "INTACT", "Integrity passed; nothing was built or run.")
    folder = Path(tempfile.mkdtemp(prefix="rctflow-verify-"))
    try:
        need = 3 * sum(package.size(name) for name in package.names()) + (0 if options.environment else 1_500_000_000)
        if shutil.disk_usage(folder).free < need:
            raise Stop(f"no space left: {folder.parent} needs about {need >> 20} MiB; set TMPDIR to a larger folder")
        prefix = [] if options.allow_network else network_cut()
        place = Workplace(folder, prefix)
        environment = make_environment(package, place, options)
        built = {"python": environment.python, "packages": environment.packages}
        report.say("Environment", f"{environment.how}; {environment.packages} locked packages", **built)
        if options.level == "environment":
            return conclude(report, strange, 0, "ENVIRONMENT BUILT", "Nothing was run.")
        if not prefix:
            print(
                "WARNING: THE NETWORK IS NOT CUT: the system does not allow it (unshare), or --allow-network was given."
            )
        report.say("Network", f"cut ({prefix[0]} {prefix[1]}: no route out)" if prefix else "NOT CUT", cut=bool(prefix))
        rerun(package, contents, place, environment, options, report, strange)
    finally:
        if options.keep:
            print(f"{'Kept':<12} {folder}")
        else:
            shutil.rmtree(folder, ignore_errors=True)


def check_integrity(
    package: Source, path: Path, options: argparse.Namespace, report: Report
) -> tuple[Contents, list[Problem]]:
    """The package's contents, and the files that are not what ran. Raises Corrupt, or NoEnvironment for lost wheels."""
    signature = check_signature(path, options.allowed_signers)
    contents = read_contents(package)
    description = contents.description
    title = f"{description.get('study', '?')} {description.get('version', '')}: {description.get('title', '')}"
    report.say("Package", title + (" (SYNTHETIC DATA)" if description.get("synthetic") else ""))
    report.say("Signature", signature)
    if contents.problems:
        lost = only_wheels_missing(contents.problems) and options.level != "integrity" and not options.environment
        report.say(
            "Integrity", f"{len(contents.problems)} problems", problems=[str(each) for each in contents.problems]
        )
        raise (NoEnvironment if lost else Corrupt)(listing(contents.problems))
    results = len(description["results"])
    report.say("Integrity", f"{len(contents.hashes)} files, every hash agrees; {results} declared results")
    count, strange = not_what_ran(package, contents)
    text = (
        f"not the code that ran:\n{listing(strange)}" if strange else "scripts, instruments and data are those that ran"
    )
    report.say("Provenance", f"{count} recorded outputs; {text}", problems=[str(each) for each in strange])
    return contents, strange


def listing(problems: list[Problem], most: int = MOST) -> str:
    """The first problems, one a line."""
    lines = [f"    {problem}" for problem in problems[:most]]
    return "\n".join([*lines, *([f"    and {len(problems) - most} more"] if len(problems) > most else [])])


def conclude(report: Report, strange: list[Problem], code: int, verdict: str, reason: str = "") -> None:
    """End with the verdict, unless the package's code is not the code that ran."""
    if strange and code == 0:
        report.end(1, "NOT REPRODUCED", "The packed files are not those that the recorded run used (see Provenance).")
    else:
        report.end(code, verdict, reason)


def rerun(
    package: Source,
    contents: Contents,
    place: Workplace,
    environment: Environment,
    options: argparse.Namespace,
    report: Report,
    strange: list[Problem],
) -> None:
    """Run everything in an empty folder and compare; ends in ``report.end``."""
    description = contents.description
    as_twin = is_restricted(description) and not options.data
    config = (description.get("twin") or {}).get("config") if as_twin else description["config"]
    if not config:
        raise Stop("the data are restricted and the package has no synthetic twin: give the data by --data FOLDER")
    chosen = wanted_results(description["results"], options.endpoint)
    folder = place.folder / "rerun"
    lay_out(package, contents, folder)
    if options.data:
        place_data(contents, Path(options.data), folder)
    failure = run_snakemake(
        place, environment, folder, config, f"endpoint_{options.endpoint}" if options.endpoint else ""
    )
    report.say("Rerun", failure or f"{config} ran through")
    if as_twin:
        rows = twin_results(contents, folder)
    else:
        rows = [compare_result(package, result, folder, place, environment) for result in chosen]
    left_out = [result["path"] for result in description["results"] if result not in chosen]
    say_results(report, rows, left_out)
    verdict_of(report, rows, strange, failure, as_twin, options.endpoint)


def wanted_results(results: list[dict[str, Any]], endpoint: str) -> list[dict[str, Any]]:
    """The declared results that are to be made again. Raises Stop when there is no such endpoint."""
    known = sorted({result["endpoint"] for result in results if result.get("endpoint")})
    if endpoint and endpoint not in known:
        raise Stop(f"--endpoint {endpoint}: no such endpoint; one of: {', '.join(known)}")
    return [result for result in results if not endpoint or result.get("endpoint") == endpoint]


def say_results(report: Report, rows: list[dict[str, Any]], left_out: list[str]) -> None:
    """Counts per verdict, and each result that is not identical."""
    words = (
        ("RUNS", NOT_RUN) if any(row["verdict"] == "RUNS" for row in rows) else (IDENTICAL, WITHIN, DIFFERENT, NOT_RUN)
    )
    counts = {word: sum(row["verdict"] == word for row in rows) for word in words}
    counts[NOT_RUN] += len(left_out)
    text = ", ".join(f"{count} {word}" for word, count in counts.items())
    report.say("Results", text, counts=counts, rows=rows, left_out=left_out)
    lost = [row["path"] for row in rows if row["verdict"] == NOT_RUN][MOST:]
    if lost:
        print(f"    {NOT_RUN:<17}{len(lost)} more than those below; the JSON file has them all")
    for row in rows:
        if row["path"] in lost:
            continue
        if row["verdict"] not in (IDENTICAL, "RUNS"):
            off = row.get("largest_absolute_difference", 0.0)
            size = f" (off by up to {off:.3g})" if off and math.isfinite(off) else ""
            print(f"    {row['verdict']:<17}{row['path']}{size} {row.get('where', '')}")
    if left_out:
        print(f"    {NOT_RUN:<17}{len(left_out)} results of other endpoints or of the whole study, not asked for")


def verdict_of(
    report: Report, rows: list[dict[str, Any]], strange: list[Problem], failure: str, as_twin: bool, endpoint: str
) -> None:
    """One verdict for all results that were asked for."""
    good = not failure and rows and all(row["verdict"] in (IDENTICAL, WITHIN, "RUNS") for row in rows)
    part = f" (endpoint {endpoint} only)" if endpoint else ""
    if not good:
        return report.end(1, f"NOT REPRODUCED{part}", failure and "The run failed (see Rerun).")
    if as_twin:
        return conclude(
            report, strange, 0, f"RUNS (twin){part}", "The data are restricted; the true ones: --data FOLDER"
        )
    return conclude(report, strange, 0, f"REPRODUCED{part}")


class Arguments(argparse.ArgumentParser):
    """Wrong arguments end with status 4: argparse's own 2 means a corrupt package here."""

    def error(self, message: str) -> Any:
        """Say how it is used."""
        self.exit(4, f"{self.format_usage()}{self.prog}: {message}\n")


def parse(arguments: list[str] | None) -> argparse.Namespace:
    """The command line; ends with status 4 when it makes no sense."""
    parser = Arguments(
        prog="verify.py",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("package", nargs="?", help="zip or unzipped folder; may be left out inside an unzipped package")
    parser.add_argument("--level", choices=LEVELS, default="rerun", help="how far to go (default: rerun)")
    parser.add_argument("--endpoint", default="", help="rerun and compare this endpoint only")
    parser.add_argument("--data", default="", metavar="FOLDER", help="the true raw files of a restricted package")
    parser.add_argument(
        "--json", default="", metavar="FILE", help="default: PACKAGE.verification.json beside the package"
    )
    parser.add_argument("--keep", action="store_true", help="keep the working folder (it is in TMPDIR)")
    parser.add_argument("--python", default="", metavar="PATH", help="build the environment with this Python")
    parser.add_argument(
        "--environment", default="", metavar="PYTHON", help="use this Python's packages, if they are the locked ones"
    )
    parser.add_argument("--allow-network", action="store_true", help="do not cut the network for the rerun")
    parser.add_argument("--allowed-signers", default="", metavar="FILE", help="who may sign; see ssh-keygen(1)")
    options = parser.parse_args(arguments)
    options.package = options.package or package_here()
    if not options.package:
        parser.error("name the package: a zip or the unzipped folder")
    if not Path(options.package).exists():
        parser.error(f"no such file or folder: {options.package}")
    check_json_place(parser, options)
    return options


def package_here() -> str:
    """The unzipped package that this file lies in, or the working folder is; "" when neither is one."""
    places = [Path(__file__).resolve().parent, Path.cwd()]
    return next((str(place) for place in places if (place / "bagit.txt").is_file()), "")


def check_json_place(parser: argparse.ArgumentParser, options: argparse.Namespace) -> None:
    """Where the JSON file goes: beside the package, never inside it, where it would be an unlisted file."""
    package = Path(options.package).resolve()
    stem = package.name[:-4] if package.name.endswith(".zip") else package.name
    options.json = Path(options.json or package.with_name(f"{stem}.verification.json")).resolve()
    if package.is_dir() and package in options.json.parents:
        parser.error("--json: the file would lie inside the package and make it corrupt")
    if options.json == package:
        parser.error("--json: that is the package itself")


def main(arguments: list[str] | None = None) -> int:
    """Verify a package; returns the exit status."""
    options = parse(arguments)
    report = Report(Path(options.package).resolve(), options.level)
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # so that the working folder is removed
    try:
        verify(options, report)
    except Stop as stop:
        report.end(stop.code, stop.verdict, str(stop))
    except OSError as error:
        full = error.errno in NO_SPACE
        remedy = (
            f"no space left in {tempfile.gettempdir()}; set TMPDIR to a folder with more space" if full else str(error)
        )
        report.end(Stop.code, Stop.verdict, remedy)
    except KeyboardInterrupt:
        report.end(Stop.code, Stop.verdict, "interrupted")
    except Exception:  # Python's own status for it, 1, would say "not reproduced"
        report.end(Stop.code, Stop.verdict, traceback.format_exc())
    report.write(options.json)
    return report.code


if __name__ == "__main__":
    sys.exit(main())
