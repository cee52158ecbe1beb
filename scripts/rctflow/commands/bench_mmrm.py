"""Time the MMRM engine against a peer in the same run, and show how its time grows with the number of patients.

    PYTHONPATH=scripts python -m rctflow.commands.bench_mmrm [--sizes 100 1000 ...] [--figure docs/mmrm_growth.svg]

Peers: statsmodels MixedLM with a random intercept per patient (no Python library fits an unstructured residual
covariance), and nlme::gls with an unstructured covariance, on fewer patients, where Rscript and nlme are there. All
data are simulated and seeded. One BLAS thread: on matrices of this size threads wait for each other.
"""

import os

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
os.environ.setdefault("OMP_NUM_THREADS", "1")

import argparse
import json
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from rctflow.models.mmrm import fit_mmrm

FORMULA = "CHG ~ RACE + BASE + ARM * AVISIT"
SIZES = (100, 1_000, 10_000, 100_000, 1_000_000)
VISITS = 10
GLS_PATIENTS = 100


def simulate(patients: int, visits: int, seed: int = 20240404) -> pd.DataFrame:
    """A trial like bcva_data: two arms, race, baseline, dropout of a quarter and 3 % gaps; one row per value."""
    rng = np.random.default_rng(np.random.SeedSequence(seed, spawn_key=(patients, visits)))
    lag = np.abs(np.subtract.outer(np.arange(visits), np.arange(visits)))
    y = rng.standard_normal((patients, visits)) @ np.linalg.cholesky(1 + 4 * 0.6**lag).T
    arm, race = np.arange(patients) % 2, rng.integers(0, 3, patients)
    base = rng.normal(70, 8, patients)
    y += 0.1 * base[:, None] + arm[:, None] * np.linspace(0, 1, visits)
    last = rng.integers(visits // 2, 5 * visits // 2, patients)
    seen = (np.arange(visits) < last[:, None]) & (rng.random((patients, visits)) > 0.03)
    i, a = np.nonzero(seen)
    names = [f"Visit {k + 1:02d}" for k in range(visits)]
    return pd.DataFrame(
        {
            "USUBJID": i.astype(np.int32),
            "AVISIT": pd.Categorical.from_codes(a.astype(np.int8), pd.Index(names), ordered=True),
            "ARM": pd.Categorical.from_codes(arm[i], pd.Index(["control", "active"])),
            "RACE": pd.Categorical.from_codes(race[i], pd.Index(["A", "B", "C"])),
            "BASE": base[i],
            "CHG": y[i, a],
        }
    )


def analyse(data: pd.DataFrame, df: str) -> pd.DataFrame:
    """Fit, and the contrasts of every visit."""
    return fit_mmrm(data, FORMULA, "USUBJID", "AVISIT", df=df).contrasts("ARM", by="AVISIT")


@dataclass(frozen=True)
class Seconds:
    """Elapsed and processor seconds; they differ on a machine that does other things too."""

    elapsed: float
    processor: float


def timed(task: Callable[[], object]) -> Seconds:
    """One call."""
    start, used = time.perf_counter(), time.process_time()
    task()
    return Seconds(time.perf_counter() - start, time.process_time() - used)


def medians(task: Callable[[], object], repeats: int) -> Seconds:
    """Medians of ``repeats`` calls after one that is not counted."""
    task()
    found = [timed(task) for _ in range(repeats)]
    return Seconds(float(np.median([t.elapsed for t in found])), float(np.median([t.processor for t in found])))


def mixed_lm(data: pd.DataFrame) -> Callable[[], object]:
    """statsmodels MixedLM, random intercept, REML."""
    import statsmodels.formula.api as smf

    plain = data.astype({"AVISIT": str, "ARM": str, "RACE": str})
    return lambda: smf.mixedlm(FORMULA, plain, groups=plain["USUBJID"]).fit(reml=True)


def gls_time(data: pd.DataFrame) -> float | None:
    """Seconds of one nlme::gls fit with an unstructured covariance; None without R and nlme."""
    rscript = shutil.which("Rscript")
    if rscript is None:
        return None
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "trial.csv"
        data.assign(V=data["AVISIT"].cat.codes + 1).to_csv(path, index=False)
        code = (
            f"library(nlme); d <- read.csv('{path}', stringsAsFactors = TRUE);"
            f"t <- system.time(gls({FORMULA}, d, corSymm(form = ~ V | USUBJID), varIdent(form = ~ 1 | V)));"
            "cat(t[['elapsed']])"
        )
        out = subprocess.run([rscript, "-e", code], capture_output=True, text=True, check=False)
    return float(out.stdout) if out.returncode == 0 else None


def gls_lines(patients: int, repeats: int) -> list[str]:
    """Markdown: one nlme::gls fit beside the engine's fit and Kenward-Roger contrasts of the same data."""
    data = simulate(patients, VISITS)
    own, gls = medians(lambda: analyse(data, "kenward-roger"), repeats).elapsed, gls_time(data)
    shown = "absent | |" if gls is None else f"{gls:.2f} | {gls / own:.0f} |"
    return [
        "",
        "| data | engine, elapsed, s | nlme::gls, elapsed, s | gls / engine |",
        "|---|---:|---:|---:|",
        f"| {patients:,} x {VISITS}: unstructured, REML | {own:.4f} | {shown}",
    ]


def table(repeats: int) -> list[str]:
    """Markdown: medians, and ratios to the peer of the same data."""
    trial, small = simulate(1_000, VISITS), simulate(30, 6)
    peer, small_peer = medians(mixed_lm(trial), 3), medians(mixed_lm(small), 3)
    first = fit_mmrm(small, FORMULA, "USUBJID", "AVISIT")
    response = first.model.records.response + np.random.default_rng(1).normal(size=len(small))
    lines = [
        "| task | elapsed, s | processor, s | MixedLM, elapsed, s | ratio |",
        "|---|---:|---:|---:|---:|",
    ]
    tasks: list[tuple[str, Callable[[], object], Seconds]] = [
        ("1,000 x 10: fit and Satterthwaite contrasts", lambda: analyse(trial, "satterthwaite"), peer),
        ("1,000 x 10: fit and Kenward-Roger contrasts", lambda: analyse(trial, "kenward-roger"), peer),
        ("30 x 6: fit and Kenward-Roger contrasts", lambda: analyse(small, "kenward-roger"), small_peer),
        ("30 x 6: warm refit", lambda: first.refit(response), small_peer),
    ]
    for name, task, against in tasks:
        own = medians(task, repeats)
        lines.append(
            f"| {name} | {own.elapsed:.4f} | {own.processor:.4f} | {against.elapsed:.4f} "
            f"| {own.elapsed / against.elapsed:.3f} |"
        )
    return lines


def one_size(patients: int) -> dict[str, float]:
    """Seconds of fit and Kenward-Roger contrasts, rows, and the peak memory of this process in GB."""
    data = simulate(patients, VISITS)
    seconds = timed(lambda: analyse(data, "kenward-roger"))
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024**2
    return {"patients": patients, "rows": len(data), **asdict(seconds), "peak_gb": peak}


def growth(sizes: Sequence[int]) -> list[dict[str, float]]:
    """``one_size`` of every size, each in a process of its own so that peak memory is its own."""
    found = []
    for size in sizes:
        command = [sys.executable, "-m", "rctflow.commands.bench_mmrm", "--one", str(size)]
        out = subprocess.run(command, capture_output=True, text=True, check=True)
        found.append(json.loads(out.stdout))
    return found


def draw(found: list[dict[str, float]], path: Path) -> None:
    """The growth as an SVG without date."""
    import matplotlib

    matplotlib.use("Agg")
    matplotlib.rcParams["svg.hashsalt"] = "rctflow"
    from matplotlib.figure import Figure

    figure = Figure(figsize=(5.5, 3.6), layout="constrained")
    axes = figure.add_subplot()
    axes.loglog([f["patients"] for f in found], [f["processor"] for f in found], "o-")
    axes.set_xlabel("patients (10 visits)")
    axes.set_ylabel("processor seconds, fit and KR contrasts")
    axes.grid(True, which="major", linewidth=0.4)
    figure.savefig(path, metadata={"Date": None})


def main(argv: Sequence[str] | None = None) -> int:
    """Print the tables; draw the figure when asked to."""
    parser = argparse.ArgumentParser(prog="bench_mmrm", description=__doc__.splitlines()[0])
    parser.add_argument("--repeats", type=int, default=15)
    parser.add_argument("--sizes", type=int, nargs="*", default=list(SIZES))
    parser.add_argument("--gls-patients", type=int, default=GLS_PATIENTS, help="nlme::gls takes minutes for 1,000")
    parser.add_argument("--figure", type=Path, help="where to draw the growth")
    parser.add_argument("--one", type=int, help=argparse.SUPPRESS)
    chosen = parser.parse_args(argv)
    if chosen.one is not None:
        print(json.dumps(one_size(chosen.one)))
        return 0
    print("\n".join([*table(chosen.repeats), *gls_lines(chosen.gls_patients, chosen.repeats)]))
    found = growth(chosen.sizes)
    print("\n| patients x 10 visits | rows | elapsed, s | processor, s | peak memory, GB |\n|---:|---:|---:|---:|---:|")
    for f in found:
        print(f"| {f['patients']:,} | {f['rows']:,} | {f['elapsed']:.3f} | {f['processor']:.3f} | {f['peak_gb']:.2f} |")
    if chosen.figure is not None:
        draw(found, chosen.figure)
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
