"""``./run bench scale``: a synthetic trial of up to 10,000 patients through ingest, clean and derive, form by form.

    PYTHONPATH=scripts python -m rctflow.commands.bench_scale [--patients 1250 ...] [--figure docs/images/scale.svg]

With 10,000 patients the laboratory (a row per test) and the diary (a row per day) are files of 50 MB each. Every size
is a study of its own, run from nothing by the workflow. Jobs of the rule ``fit`` derive an endpoint's records and
describe them.
"""

from __future__ import annotations

import argparse
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rctflow.commands.bench import PARTS, max_rss
from rctflow.commands.scale_trial import write_trial
from rctflow.errors import RctflowError

PATIENTS = (1250, 2500, 5000, 10000)
CORES = 2
SHOWN = 6
TARGETS = ("adam/adsl.parquet", "adam/adlb.parquet", "adam/pain.parquet", "adam/pf.parquet")


def main(arguments: Sequence[str]) -> int:
    """Measure each size, print a table, and draw the figure when one is named; returns 0."""
    parser = argparse.ArgumentParser(prog="./run bench scale", description="Cost of ingest, clean and derive by size.")
    parser.add_argument("--patients", type=int, nargs="+", default=list(PATIENTS), help="sizes to measure")
    parser.add_argument("--figure", type=Path, help="where to draw seconds and memory against size (SVG)")
    chosen = parser.parse_args(arguments)
    print(f"{'patients':>9}{'raw MB':>8}{'wall s':>8}{'CPU s':>8}{'MB':>6}  (largest job)", flush=True)
    found = [measured(patients) for patients in chosen.patients]
    if chosen.figure:
        from rctflow.figures.style import save_svg

        save_svg(drawn(found), chosen.figure)
    return 0


@dataclass(frozen=True)
class Cost:
    """What a trial of a size costs: megabytes of forms, seconds of the whole run, megabytes of each job."""

    patients: int
    raw: float
    wall: float
    cpu: float
    memory: dict[str, float]


def measured(patients: int) -> Cost:
    """The cost of a trial of this size, printed as it is found."""
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch) / "checkout"
        folder.mkdir()
        for part in PARTS:
            (shutil.copytree if Path(part).is_dir() else shutil.copy2)(part, folder / part)
        raw = write_trial(folder, patients) / 1e6
        wall, cpu = _timed(folder)
        benchmarks = folder / "results/scale/benchmarks"
        memory = {_job(file, benchmarks): max_rss(file) for file in sorted(benchmarks.rglob("*.tsv"))}
    largest = max(memory, key=lambda job: memory[job])
    print(f"{patients:>9}{raw:>8.0f}{wall:>8.1f}{cpu:>8.1f}{memory[largest]:>6.0f}  ({largest})", flush=True)
    return Cost(patients, raw, wall, cpu, memory)


def _timed(folder: Path) -> tuple[float, float]:
    """Wall and CPU seconds of the run, Snakemake and all its jobs included."""
    targets = [f"results/scale/{target}" for target in TARGETS]
    command = [sys.executable, "-m", "snakemake", "--cores", str(CORES), *targets, "--quiet", "all"]
    command += ["--config", "study=config/scale.yaml"]
    before, began = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    wall, after = time.perf_counter() - began, resource.getrusage(resource.RUSAGE_CHILDREN)
    if done.returncode:
        raise RctflowError(f"bench scale: the run failed:\n{done.stdout}{done.stderr}")
    return wall, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def _job(file: Path, benchmarks: Path) -> str:
    return file.relative_to(benchmarks).with_suffix("").as_posix()


def drawn(costs: Sequence[Cost]) -> Any:
    """Seconds of CPU of the run, and megabytes of its largest jobs, against the number of patients."""
    from rctflow.figures import style

    sizes = [cost.patients for cost in costs]
    with style.house_style():
        figure = style.new_figure(3.4)
        axes = figure.add_axes((0.08, 0.15, 0.27, 0.68))
        _line(axes, sizes, [cost.cpu for cost in costs], "all processes", 1)
        axes.set_ylabel("CPU seconds of the whole run")
        memory = figure.add_axes((0.46, 0.15, 0.27, 0.68))
        large = sorted(costs[-1].memory, key=lambda job: -costs[-1].memory[job])[:SHOWN]
        for number, job in enumerate(large):
            _line(memory, sizes, [cost.memory[job] for cost in costs], job, number)
        memory.set_ylabel("memory of the largest jobs, MB")
        memory.legend(loc="upper left", bbox_to_anchor=(1.02, 1.0))
        for panel in (axes, memory):
            panel.set_ylim(bottom=0)
            panel.set_xlim(left=0)
            panel.set_xticks(sizes[-3:], labels=[f"{size:,}" for size in sizes[-3:]])
            panel.set_xlabel("patients")
        style.title(figure, "Ingest, clean and derive by size of the trial")
    return figure


def _line(axes: Any, sizes: list[int], values: list[float], label: str, number: int) -> None:
    from rctflow.figures import style

    look = {"color": style.COLOURS[number % 6], "marker": style.MARKERS[number % 6], "markersize": 4}
    axes.plot(sizes, values, linestyle=style.LINES[number % 6], label=label, **look)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
