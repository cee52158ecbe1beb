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
from rctflow.errors import RctflowError

PATIENTS = (1250, 2500, 5000, 10000)
DAYS = (0, 7, 14, 28, 56, 84, 112, 140)
TESTS = ("ALT", "AST", "ALP", "BILI", "CREAT", "HGB", "WBC", "NEUT", "LYM", "PLT")
DIARY_DAYS = 112
ITEMS = 36
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


def write_trial(folder: Path, patients: int) -> int:
    """Forms and config of a trial of this size in ``folder``; returns the bytes of the forms."""
    import numpy as np
    import pandas as pd
    import yaml

    rng = np.random.default_rng(patients)
    data = folder / "data"
    data.mkdir()
    subject = np.array([f"S{i:05d}" for i in range(patients)])
    start = pd.Timestamp("2019-01-01") + pd.to_timedelta(rng.integers(0, 365, patients), unit="D")
    arm = np.where(rng.permutation(patients) % 2, "A", "B")
    pd.DataFrame({"ID": subject, "ARM": arm, "START": _text(start)}).to_csv(data / "subjects.csv", index=False)
    who, day = _crossed(patients, len(DAYS))
    at = start[who] + pd.to_timedelta(np.array(DAYS)[day], unit="D")
    visit = np.array([f"Day {d}" for d in DAYS])[day]
    k = np.tile(np.arange(len(TESTS)), len(who))
    lab = {
        "ID": np.repeat(subject[who], len(TESTS)),
        "VISIT": np.repeat(visit, len(TESTS)),
        "LBDAT": np.repeat(_text(at), len(TESTS)),
        "LBTESTCD": np.array(TESTS)[k],
        "LBORRES": np.round(np.exp(rng.normal(3.5, 0.5, len(k))), 1),
        "LBORRESU": "U/L",
        "LBORNRLO": "10",
        "LBORNRHI": "60",
        "ENTRYDT": np.repeat(_text(at + pd.Timedelta(days=2)), len(TESTS)),
    }
    pd.DataFrame(lab).to_csv(data / "lab.csv", index=False)
    items = {f"I{n:02d}": rng.integers(1, 4, len(who)) for n in range(1, ITEMS + 1)}
    pd.DataFrame({"ID": subject[who], "VISIT": visit, "DATE": _text(at), **items}).to_csv(data / "qs.csv", index=False)
    who, day = _crossed(patients, DIARY_DAYS)
    at = start[who] + pd.to_timedelta(day, unit="D")
    diary = {
        "ID": subject[who],
        "DATE": _text(at),
        "PAIN": rng.integers(0, 11, len(who)),
        "SLEEP": np.round(rng.normal(7, 1, len(who)), 1),
        "STEPS": rng.integers(0, 20000, len(who)),
        "NOTE": "as usual, nothing else",
    }
    pd.DataFrame(diary).to_csv(data / "diary.csv", index=False)
    (folder / "config/scale.yaml").write_text(yaml.safe_dump(config(), sort_keys=False), encoding="utf-8")
    return sum(file.stat().st_size for file in data.iterdir())


def _crossed(patients: int, times: int) -> tuple[Any, Any]:
    import numpy as np

    return np.repeat(np.arange(patients), times), np.tile(np.arange(times), patients)


def _text(dates: Any) -> Any:
    return dates.strftime("%Y-%m-%d").to_numpy()


def config() -> dict[str, Any]:
    """The study that the forms belong to."""
    ends = [*(day - 1 for day in DAYS[1:]), DAYS[-1] + 30]
    visits = {
        f"day{day}": {"label": f"Day {day}", "day": day, "window": [day if day else -28, end if day else 0]}
        for day, end in zip(DAYS, ends, strict=True)
    }
    visits["day0"]["baseline"] = True
    number: dict[str, Any] = {"type": "number", "range": [0, 100000]}
    entered = {"keep": "last", "order": "ENTRYDT", "key": ["ID", "VISIT", "LBTESTCD"]}
    lab: dict[str, Any] = {name: {"type": "number"} for name in ("LBORRES", "LBORNRLO", "LBORNRHI")}
    lab |= {"LBTESTCD": {"required": True}, "LBORRESU": {}, "ENTRYDT": {"type": "date"}}
    items = {f"I{n:02d}": {"type": "integer", "range": [1, 3]} for n in range(1, ITEMS + 1)}
    form = {"subject": "ID", "visit": "VISIT"}
    endpoint = {"direction": "lower", "analyses": ["descriptive"]}
    return {
        "study": {"id": "scale", "title": "A large trial", "data": "synthetic"},
        "source": {"kind": "files", "folder": "data"},
        "arms": {
            "reference": "a",
            "levels": {"a": {"label": "A", "values": ["A"]}, "b": {"label": "B", "values": ["B"]}},
        },
        "visits": visits,
        "tables": {
            "subjects": {"file": "subjects.csv", "subject": "ID", "columns": {"ARM": {}, "START": {"type": "date"}}},
            "lab": {
                **{"file": "lab.csv", "date": "LBDAT", "columns": lab, "duplicates": entered},
                **{
                    "long": {"test": "LBTESTCD", "value": "LBORRES"},
                    "tests": {"ALT": {"range": [0, 5000], "fold": 20}},
                },
                **form,
            },
            "qs": {"file": "qs.csv", "date": "DATE", "columns": items, **form},
            "diary": {
                **{"file": "diary.csv", "subject": "ID", "date": "DATE", "duplicates": {"key": ["ID", "DATE"]}},
                "columns": {"DATE": {"type": "date"}, "PAIN": number, "SLEEP": number, "STEPS": number},
            },
        },
        "subjects": {
            "table": "subjects",
            "planned": {"table": "subjects", "column": "ARM"},
            "randomized": {"table": "subjects", "column": "START"},
            "first_dose": {"table": "subjects", "column": "START"},
        },
        "populations": {"itt": {"label": "All", "where": "RANDFL == 'Y'", "flag": "ITTFL"}},
        "instruments": {
            "sf36": {"file": "sf36v1", "table": "qs", "items": {f"PF{n:02d}": f"I{n:02d}" for n in range(1, 11)}}
        },
        "analyses": {"descriptive": {"model": "descriptive", "populations": ["itt"]}},
        "endpoints": {
            "pain": {"label": "Pain", "role": "primary", "table": "diary", "column": "PAIN", **endpoint},
            "pf": {"label": "Physical functioning", "instrument": "sf36", "score": "PF", **endpoint},
        },
        "findings": {
            "adlb": {
                **{"table": "lab", "test": "LBTESTCD", "value": "LBORRES", "low": "LBORNRLO", "high": "LBORNRHI"},
                "tests": {test: {"label": test, "unit": "U/L", "marked_high_times": 3} for test in TESTS},
            }
        },
    }


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
