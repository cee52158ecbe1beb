"""What of a restricted study may leave: the restriction follows the DAG.

Everything that descends from a raw form holds patients' values until it is declared here to be an aggregate. Raw forms
themselves, and all else that a job which writes raw forms makes, never leave. A log leaves only with a job that
writes nothing but aggregates; those of other jobs name patients.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping
from dataclasses import replace
from fnmatch import fnmatch

from rctflow.package.contents import Contents
from rctflow.package.errors import PackageError
from rctflow.package.jobs import Job
from rctflow.package.zipped import Source

SUMMARY = "summary_*"
AGGREGATES: dict[str, tuple[str, ...]] = {
    "fit": ("*/endpoints/*/results.csv",),
    "resample": ("*/endpoints/*/resampling.csv",),
    "summary_figure": ("*/summaries/*/*.svg",),
    SUMMARY: ("*/summaries/*/results.csv",),
    "second": ("*/summaries/second/results.csv",),
    "displays": ("*/endpoints/*/*.svg", "*/endpoints/*/table.html", "*/endpoints/*/table.csv"),
    "multiplicity": (
        *("*/summaries/*/results.csv", "*/figures/*.svg"),
        *("*/tables/multiplicity.html", "*/tables/multiplicity.csv"),
    ),
    "leave_one_out": ("*/endpoints/*/leave_one_out.svg",),
    "subgroups": ("*/endpoints/*/subgroups.svg", "*/endpoints/*/subgroups.html"),
    "incidence": ("*/tables/adverse_events.csv",),
    "overview": ("*/figures/*.svg", "*/tables/overview.html", "*/tables/overview.csv"),
    "report": ("*/report.html",),
}
"""Rule (the first that fits) -> its outputs that are aggregates: result rows after disclosure.py, and what is made
from such rows alone."""
PATIENT_LEVEL = (
    "adverse_events",
    "allocation",
    "edish",
    "findings",
    "form",
    "listing_adverse_events",
    "query_list",
    "reconcile",
    "simulate",
    "subjects",
    "submission",
)
"""Rules of which nothing is an aggregate. A test asserts that every rule of the DAG stands in one of the two lists
or reads no data."""

_TOKEN = re.compile(rb"[A-Za-z0-9][A-Za-z0-9_.-]*[A-Za-z0-9]|[A-Za-z0-9]")
_WORD = re.compile(rb"[A-Za-z0-9]+")
LETTERS_AND_LENGTH, DIGITS = 4, 5


def aggregates_of(rule: str) -> tuple[str, ...]:
    """Patterns of the outputs of a rule that are aggregates; none of a rule that nobody declared."""
    return next((patterns for name, patterns in AGGREGATES.items() if fnmatch(rule, name)), ())


def restricted(found: Contents, raw: Collection[str]) -> Contents:
    """The contents of a package without what may not leave. raw: paths of the raw forms as the jobs read them."""
    held = {found.moved.get(path, path) for path in withheld(found.jobs, raw)}
    kept = {path: file for path, file in found.files.items() if path not in held}
    return replace(found, files=kept, withheld={path: file for path, file in found.files.items() if path in held})


def withheld(jobs: Iterable[Job], raw: Collection[str]) -> set[str]:
    """Paths of outputs, raw forms and logs that may not leave.

    jobs: those of the run; raw: paths of the raw forms as the jobs read them.
    """
    jobs = list(jobs)
    patients = set(raw)
    for job in jobs:
        if patients & set(job.outputs):
            patients |= {*job.outputs, *job.log}
    found = set(patients)
    while True:
        of_patients = [job for job in jobs if found & set(job.inputs)]
        more = {path for job in of_patients for path in _held_back(job)} - found
        if not more:
            return found
        found |= more


def _held_back(job: Job) -> set[str]:
    """The outputs and the log of a job that read patients' data, without its aggregates."""
    patterns = aggregates_of(job.rule)
    kept = {path for path in job.outputs if any(fnmatch(path, pattern) for pattern in patterns)}
    held = set(job.outputs) - kept
    return held | (set(job.log) if held or not patterns or fnmatch(job.rule, SUMMARY) else set())


def unmistakable(ids: Iterable[str]) -> set[str]:
    """The ids that cannot stand somewhere by chance: four characters with a letter and a digit, or five digits."""
    return {
        name
        for name in ids
        if len(name) >= (DIGITS if name.isdigit() else LETTERS_AND_LENGTH)
        and any(character.isdigit() for character in name)
    }


def refuse_ids(members: Mapping[str, Source], ids: Iterable[str]) -> None:
    """Raise PackageError when a file of a package names a patient as a whole word.

    The last lock of the door: whatever let the id through, nothing is written. Ids that numbers of any table may be
    (``17``) cannot be looked for in this way.
    """
    looked_for = {name.encode() for name in unmistakable(ids)}
    for path in sorted(members if looked_for else ()):
        source = members[path]
        content = source if isinstance(source, bytes) else source.read_bytes()
        text = path.encode() + b"\n" + content
        if found := looked_for & {*_TOKEN.findall(text), *_WORD.findall(text)}:
            raise PackageError(
                f"{path} names a patient ({sorted(found)[0].decode()}); the data are restricted, so nothing was "
                "written. Take the id out of the config, its comments and labels, and ./run again"
            )
