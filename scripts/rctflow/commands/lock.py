"""``./run lock [--review] [--by NAME] [--again REASON]``: freeze the analysis plan and the data review."""

from __future__ import annotations

import argparse
import subprocess
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rctflow.commands.chosen import study_argument

if TYPE_CHECKING:
    from rctflow.plan.lock import Lock, Signature
    from rctflow.study.locked import Locked
    from rctflow.study.model import Study


def main(arguments: list[str]) -> int:
    """Lock the plan of the chosen study, or print its data review; raises LockError when it may not be locked."""
    from rctflow.commands.finished import require_finished
    from rctflow.commands.occupancy import exclusive_run
    from rctflow.plan.listing import listed
    from rctflow.plan.lock import write_lock
    from rctflow.study.load import load_study
    from rctflow.study.locked import Locked

    options, file = _options(arguments), study_argument(arguments)
    locked = Locked(file, load_study(file))
    signature = None if options.review else _permitted(locked, options)
    with exclusive_run(Path.cwd()):
        require_finished(file, "./run lock")
        review = data_review(locked.study)
        if signature is None:
            said = list(listed(review))
        else:
            lock = _lock(locked, signature, review, options.again)
            write_lock(lock, locked.path)
            said = _said(lock, locked, file)
    print("\n".join(said))
    return 0


def _permitted(locked: Locked, options: argparse.Namespace) -> Signature:
    """Who locks; raises LockError when nobody is named, or a lock would be replaced without a reason."""
    from rctflow.plan.lock import LockError

    if locked.lock and not options.again:
        by = locked.lock.locked
        raise LockError(
            f"{locked.path}: the plan is locked since {by.at} by {by.by}. To lock it as it is now, say why, and the "
            "reason is kept: ./run lock --again REASON"
        )
    if options.again and not locked.lock:
        raise LockError(f"{locked.path}: there is no lock yet; leave out --again")
    return _signature(options.by)


def _lock(locked: Locked, signature: Signature, review: dict[str, Any], reason: str) -> Lock:
    """The new lock; what it replaces goes into its history, with what differed from it by now."""
    from rctflow.plan.lock import Earlier, new_lock
    from rctflow.study.analysis_plan import analysis_plan
    from rctflow.study.locked import plan_status

    study, old = locked.study, locked.lock
    history: tuple[Earlier, ...] = ()
    if old:
        changes = plan_status(study, locked.file, study.folder).deviations
        history = (*old.history, Earlier(old.locked, old.sha256, reason, changes))
    return new_lock(study.study.id, signature, analysis_plan(study), review, history)


def _options(arguments: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="./run lock", description=__doc__, allow_abbrev=False)
    parser.add_argument("--by", default="", metavar="NAME", help="who locks (git's user.name when omitted)")
    parser.add_argument("--again", default="", metavar="REASON", help="replace a lock; the reason is kept in it")
    parser.add_argument("--review", action="store_true", help="print what the data review would freeze; lock nothing")
    parser.add_argument("--config", metavar="study=FILE", help="the study (config/config.yaml when omitted)")
    return parser.parse_args(arguments)


def _signature(by: str) -> Signature:
    from rctflow.plan.lock import LockError, Signature

    by = by or _git("config", "user.name")
    if not by:
        raise LockError("nobody is named who locks the plan; say it: ./run lock --by NAME")
    at = datetime.now(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
    return Signature(by, at, _git("rev-parse", "HEAD"), bool(_git("status", "--porcelain")))


def _git(*arguments: str) -> str:
    """What git says; "" outside a repository, or without git."""
    try:
        told = subprocess.run(["git", *arguments], capture_output=True, text=True, check=False)
    except OSError:
        return ""
    return told.stdout.strip() if told.returncode == 0 else ""


def data_review(study: Study) -> dict[str, Any]:
    """Populations, protocol deviations and outlier decisions, from the files of the finished run."""
    import pandas as pd

    from rctflow.ledger import read_ledger
    from rctflow.plan.review import deviation_review, outlier_review, population_review
    from rctflow.plan.settings import PopulationSet
    from rctflow.study.planned import population_flag

    results, declared = Path(study.folder), study.protocol_deviations
    sets = {name: PopulationSet(population_flag(study, name), plan.where) for name, plan in study.populations.items()}
    deviations = pd.read_parquet(results / f"clean/{declared.table}.parquet") if declared else None
    return {
        "populations": population_review(pd.read_parquet(results / "adam/adsl.parquet"), sets),
        "deviations": deviation_review(deviations, declared) if declared and deviations is not None else [],
        "outliers": outlier_review({t: read_ledger(results / f"clean/{t}.ledger.csv") for t in study.tables}),
    }


def _said(lock: Lock, locked: Locked, file: str) -> list[str]:
    command = "./run" if file == "config/config.yaml" else f"./run --config study={file}"
    sets = [
        f"{name} {len(e['members'])} in, {len(e['excluded'])} out" for name, e in lock.review["populations"].items()
    ]
    outliers = sum(map(len, lock.review["outliers"].values()))
    lines = [
        f"Locked: {locked.path} (sha256 {lock.sha256})",
        f"By {lock.locked.by}, {lock.locked.at}, commit {lock.locked.commit or 'unknown (no git)'}"
        f"{', with changes that are not committed' if lock.locked.dirty else ''}",
        f"Populations: {'; '.join(sets)}",
        f"Protocol deviations: {len(lock.review['deviations'])}. Values changed and rows removed by rule: {outliers}",
        *(f"Changed since the lock before: {change}" for change in (lock.history[-1].changes if lock.history else ())),
        f"Commit {locked.path}. {command} prints the lock in tables and report; no model runs again.",
    ]
    if not lock.review["deviations"] and not locked.study.protocol_deviations:
        lines.insert(4, "(the study declares no protocol_deviations)")
    return lines
