"""``./run bench [--repeats N] [WHAT ...]``: measure speed in a copy of this checkout and print medians.

WHAT: ``workflow`` (the default study), ``mmrm`` (the engine, against a peer), ``resampling`` or ``scale`` (up to 10,000
patients through ingest, clean and derive); all when omitted.
``./run bench truth ...`` measures no speed, but whether models recover the truth of their estimand (bench_truth.py).
"""

from __future__ import annotations

import argparse
import csv
import os
import resource
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from rctflow.errors import RctflowError

PARTS = ("Snakefile", "workflow", "scripts", "profiles", "config", "environment.yml")
ENDPOINT = "tug"
KINDS = "workflow, mmrm, resampling, scale"


def main(arguments: list[str]) -> int:
    """Run the chosen benchmarks; returns 0."""
    if arguments[:1] == ["truth"]:
        from rctflow.commands import bench_truth

        return bench_truth.main(arguments[1:])
    parser = argparse.ArgumentParser(
        prog="./run bench",
        description="Measure speed; prints medians. Not speed but bias and coverage: bench truth --help.",
    )
    parser.add_argument("what", nargs="*", metavar="WHAT", help=f"{KINDS} (default: all)")
    parser.add_argument("--repeats", type=int, default=3, help="runs that a median is taken of (default 3)")
    chosen = parser.parse_args(arguments)
    unknown = set(chosen.what) - set(KINDS.split(", "))
    if unknown:
        raise RctflowError(f"bench: {sorted(unknown)[0]!r} is not known; one of: {KINDS}")
    if not chosen.what or "workflow" in chosen.what:
        bench_workflow(chosen.repeats)
    if not chosen.what or "mmrm" in chosen.what:
        from rctflow.commands import bench_mmrm

        bench_mmrm.main([])
    if not chosen.what or "resampling" in chosen.what:
        from rctflow.commands import bench_resampling

        bench_resampling.main([])
    if not chosen.what or "scale" in chosen.what:
        from rctflow.commands import bench_scale

        bench_scale.main([])
    return 0


def bench_workflow(repeats: int) -> None:
    """Time the default study from nothing, one endpoint, and a run with nothing to do; memory of the largest job."""
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch) / "checkout"
        for part in PARTS:
            copy = shutil.copytree if Path(part).is_dir() else shutil.copy2
            folder.mkdir(exist_ok=True)
            copy(part, folder / part)
        print(f"{'default study':<44}{'wall s':>9}{'CPU s':>9}   (median of {repeats}, {os.cpu_count()} cores)")
        _row("from nothing", folder, repeats, [], lambda: _forget(folder, "results", ".snakemake"))
        results = next((folder / "results").iterdir())
        own = (f"{results}/endpoints/{ENDPOINT}", f"{results}/adam/{ENDPOINT}.parquet")
        _row(
            "one endpoint, shared rooms up to date",
            folder,
            repeats,
            [f"endpoint_{ENDPOINT}"],
            lambda: _forget(folder, *own),
        )
        _row("nothing to do", folder, repeats, [], lambda: None)
        memory, job = max((max_rss(file), file.stem) for file in (results / "benchmarks").rglob("*.tsv"))
        print(f"{'largest job':<44}{memory:>9.0f} MB   ({job})")


def _row(name: str, folder: Path, repeats: int, targets: list[str], prepare: Callable[[], None]) -> None:
    walls, cpus = [], []
    for _ in range(repeats):
        prepare()
        wall, cpu = _timed(folder, targets)
        walls.append(wall)
        cpus.append(cpu)
    print(f"{name:<44}{statistics.median(walls):>9.2f}{statistics.median(cpus):>9.2f}", flush=True)


def _timed(folder: Path, targets: list[str]) -> tuple[float, float]:
    """Wall and CPU seconds of one run, all its processes included."""
    environment = os.environ | {"PYTHONPATH": str(folder / "scripts")}
    before, began = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
    command = [sys.executable, "-m", "rctflow.commands", *targets]
    done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=False)
    wall, after = time.perf_counter() - began, resource.getrusage(resource.RUSAGE_CHILDREN)
    if done.returncode:
        raise RctflowError(f"bench: the run failed:\n{done.stderr}")
    return wall, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def _forget(folder: Path, *names: str) -> None:
    for name in names:
        path = folder / name
        if path.is_dir():
            shutil.rmtree(path)
        else:
            path.unlink(missing_ok=True)


def max_rss(file: Path) -> float:
    """Megabytes that a job took at most, by its benchmark file (0 where that is not known)."""
    with file.open(encoding="utf-8", newline="") as table:
        row = next(csv.DictReader(table, delimiter="\t"))
    return float(row["max_rss"]) if row["max_rss"] not in ("NA", "-") else 0.0
