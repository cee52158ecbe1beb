"""What goes into a package: the declared results, all that they were made from, and the workflow's code."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath

from rctflow.code_hashes import is_code_list
from rctflow.package.errors import PackageError
from rctflow.package.jobs import Job

PROJECT = (
    "CHANGELOG.md",
    "CITATION.cff",
    "LICENSE",
    "README.md",
    "Snakefile",
    "config/README.md",
    "environment.yml",
    "pyproject.toml",
    "requirements-build.in",
    "requirements-build.lock",
    "requirements.in",
    "requirements.lock",
    "run",
)
FOLDERS = {  # what else the workflow is made of; other files (data, backups, caches) are nobody's business
    "docs": (".md",),
    "profiles/default": (".yaml",),
    "scripts": (".css", ".html", ".j2", ".json", ".py", ".yaml"),
    "workflow": (".csv", ".html", ".json", ".md", ".py", ".rst", ".smk", ".yaml", ".yml"),
}


@dataclass(frozen=True)
class Contents:
    """jobs: those that the declared results come from. files: path in the project -> the file to pack under ``data/``.
    moved: path of a raw form as the run read it -> path in the project where it is packed (of those that lie outside).
    withheld: path in the project -> the file, of what may not leave (disclosed.py).
    """

    jobs: tuple[Job, ...]
    files: Mapping[str, Path]
    moved: Mapping[str, str]
    withheld: Mapping[str, Path] = field(default_factory=dict)


def contents(
    folder: Path, results: str, config: str, declared: Iterable[str], jobs: Iterable[Job], raw: Mapping[str, str]
) -> Contents:
    """The files of a finished run in ``folder``.

    declared: the results, from ``folder``; raw: path of each raw form as the run read it -> its file name in the
    package. Raises PackageError when a result has no record or is absent, and when a job read a file outside the folder
    that is no raw form: the config names it by a path that other machines do not have.
    """
    used = _used(declared, jobs)
    made = {output for job in used for output in job.outputs}
    given = sorted({path for job in used for path in job.inputs} - made)
    moved = {path: f"{results}/raw/{raw[path]}" for path in given if path in raw and not is_inside(path)}
    for path in given:
        if path not in moved and not is_inside(path):
            _refuse(path, used)
    stay = [path for path in given if path not in moved]
    logs = [log for job in used for log in job.log]
    packed = {path: folder / path for path in [*_project(folder), config, *stay, *made, *logs]}
    packed |= {target: folder / path for path, target in moved.items()}
    for path, file in packed.items():
        if not file.is_file():
            raise PackageError(f"{path} is not there any more; make it again: ./run")
    return Contents(tuple(used), dict(sorted(packed.items())), moved)


def is_inside(path: str) -> bool:
    """Whether a path from the project folder stays in it, outside hidden folders (.venv; of .snakemake, lists of code
    are inside).
    """
    if is_code_list(path):
        return True
    parts = PurePosixPath(path).parts
    return not path.startswith("/") and ".." not in parts and not any(part.startswith(".") for part in parts)


def _used(declared: Iterable[str], jobs: Iterable[Job]) -> list[Job]:
    """The jobs that the results come from, directly or not; what removed endpoints left behind is not reached."""
    known = sorted(jobs, key=lambda job: (job.rule, job.wildcard, job.outputs))
    maker = {output: job for job in known for output in job.outputs}
    waiting, found = list(declared), set()
    for path in waiting:
        if path not in maker:
            raise PackageError(f"Snakemake has no record of how {path} was made; delete it and make it again: ./run")
    while waiting:
        job = maker.get(waiting.pop())
        if job and job.outputs not in found:
            found.add(job.outputs)
            waiting += job.inputs
    return [job for job in known if job.outputs in found]


def _project(folder: Path) -> list[str]:
    found = [name for name in PROJECT if (folder / name).is_file()]
    for top, endings in FOLDERS.items():
        files = (file for file in (folder / top).rglob("*") if file.suffix in endings and file.is_file())
        found += [path for file in files if is_inside(path := file.relative_to(folder).as_posix())]
    return found


def _refuse(path: str, jobs: Iterable[Job]) -> None:
    rule = next(job.rule for job in jobs if path in job.inputs)
    raise PackageError(
        f"rule {rule} read {path}, which lies outside the project folder, so that the package could not run elsewhere; "
        "copy it to config/, name that copy in the study's config, and ./run again"
    )
