"""``./run qualify [--by NAME]``: compare this installation with other programs' numbers, and write a report to file."""

from __future__ import annotations

import argparse
import sys
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from rctflow.errors import RctflowError
from rctflow.outputs import write_text
from rctflow.qualify.done import FAIL, NOT_RUN, PASS, Done, run_all
from rctflow.qualify.numbers import Sources

ROOT = Path(__file__).resolve().parents[3]
LIBRARIES = ("numpy", "scipy", "pandas", "statsmodels")


def main(arguments: list[str]) -> int:
    """Run the comparisons and write the report; returns 0 when none failed, 1 otherwise."""
    options = _parser().parse_args(arguments)
    from rctflow.qualify.page import render_page, verdict_of
    from rctflow.qualify.table import CHECKS

    reference = ROOT / "tests/reference"
    if not reference.is_dir():
        raise RctflowError(f"{reference} is not there: the numbers of others belong to a checkout, get a whole one")
    done = run_all(CHECKS, Sources(reference, Path(options.data)), _tell)
    out = Path(options.out)
    out.parent.mkdir(parents=True, exist_ok=True)
    write_text(render_page(done, _circumstances(options.by, options.data)), str(out))
    counts = ", ".join(f"{sum(one.verdict == word for one in done)} {word}" for word in (PASS, FAIL, NOT_RUN))
    print(f"{verdict_of(done)}: of {len(done)} comparisons {counts}. Report: {out}")
    return 1 if verdict_of(done) == FAIL else 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="./run qualify", description=__doc__, allow_abbrev=False)
    parser.add_argument("--by", metavar="NAME", default="", help="who qualifies, for the report")
    parser.add_argument("--out", metavar="FILE.html", default="results/qualification.html", help="the report")
    parser.add_argument("--data", metavar="FOLDER", default=str(ROOT.parent / "shared/data"), help="data of others")
    return parser


def _tell(done: Done) -> None:
    many = f"{len(done.numbers)} numbers" + (f", {len(done.disagreeing)} disagree" if done.disagreeing else "")
    said = "; ".join(part for part in (many if done.numbers else "", done.reason) if part)
    print(f"{done.verdict:<8}{done.check.what} ({done.check.with_what}): {said}", file=sys.stdout, flush=True)


def _circumstances(by: str, data: str) -> dict[str, str]:
    from rctflow.package.machine import machine

    here = machine()
    said = {"By": by or "not said (--by NAME)", "When": datetime.now(UTC).isoformat(timespec="seconds")}
    said |= {"Machine": f"{here['cpu']}, {here['machine']}, {here['os']}, {here['kernel']}", "Python": here["python"]}
    said |= {name: _version(name) for name in LIBRARIES}
    return said | {"rctflow": _code(), "Data of others": f"read from {data}"}


def _version(name: str) -> str:
    try:
        return version(name)
    except PackageNotFoundError:
        return "not installed"


def _code() -> str:
    """What was qualified: the sha256 of the package's modules, whatever a version number says."""
    import hashlib

    digest = hashlib.sha256()
    for path in sorted((ROOT / "scripts/rctflow").rglob("*.py")):
        digest.update(path.relative_to(ROOT).as_posix().encode() + b"\0" + path.read_bytes())
    return f"sha256 of scripts/rctflow: {digest.hexdigest()}"
