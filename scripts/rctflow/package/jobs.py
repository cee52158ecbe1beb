"""The jobs of a run, put together from Snakemake's records of their outputs."""

from __future__ import annotations

import csv
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path, PurePosixPath

from rctflow.package.provenance import Record, read_records, with_code


@dataclass(frozen=True)
class Job:
    """One job that ran.

    outputs, inputs, log: paths relative to the project folder, sorted; inputs are data and code alike,
    the list of the code and what it names. params: position
    in Snakemake's record ("1", "2", ...; it keeps no names, and sorts) -> repr of the value. start, end: epoch seconds.
    benchmark: column of its benchmark file -> text (s, max_rss, cpu_time, ...; empty when there is no file). wildcard:
    the endpoint or table that the job is for, "" when it is for the whole study.
    """

    rule: str
    outputs: tuple[str, ...]
    inputs: tuple[str, ...]
    params: dict[str, str]
    log: tuple[str, ...]
    start: float
    end: float
    benchmark: dict[str, str]
    wildcard: str


def read_jobs(folder: Path, results: str) -> list[Job]:
    """Every job with a recorded output under ``results`` (``results/<study>``), by rule and wildcard.

    Outputs of one job share rule, log and job_hash; their start times differ by milliseconds: the first start and the
    last end count. Raises PackageError when a record cannot be read.
    """
    records = read_records(folder, results)
    outputs = sorted(records, key=lambda output: (_key(records[output]), output))
    jobs = [
        _job(folder, results, list(of_job), records)
        for _, of_job in groupby(outputs, key=lambda output: _key(records[output]))
    ]
    return sorted(jobs, key=lambda job: (job.rule, job.wildcard, job.outputs))


def _key(record: Record) -> tuple[str, tuple[str, ...], int]:
    return record["rule"], tuple(record["log"] or ()), record["job_hash"] or 0


def _job(folder: Path, results: str, outputs: list[str], records: dict[str, Record]) -> Job:
    of_outputs = [records[output] for output in outputs]
    one = with_code(of_outputs[0], folder)
    logs = tuple(sorted(one["log"] or ()))
    place = PurePosixPath(logs[0]) if logs else None
    inside = place.relative_to(f"{results}/logs") if place and place.is_relative_to(f"{results}/logs") else None
    return Job(
        rule=one["rule"],
        outputs=tuple(outputs),
        inputs=tuple(sorted(one["input"] or ())),
        params={str(position): text for position, text in enumerate(one["params"] or (), start=1)},
        log=logs,
        start=min(record["starttime"] for record in of_outputs),
        end=max(record["endtime"] for record in of_outputs),
        benchmark=_benchmark(folder / results / "benchmarks" / inside.with_suffix(".tsv")) if inside else {},
        wildcard=inside.stem if inside and len(inside.parts) > 1 else "",
    )


def _benchmark(file: Path) -> dict[str, str]:
    """The one row of a benchmark file; empty when the file is absent (an unzipped package has none)."""
    if not file.is_file():
        return {}
    with file.open(encoding="utf-8", newline="") as lines:
        return next(csv.DictReader(lines, delimiter="\t"), {})
