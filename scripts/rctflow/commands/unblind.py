"""``./run unblind --by NAME [--without-lock]``: end the blinding of a study, on record, once, under a locked plan."""

from __future__ import annotations

import argparse
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from rctflow.commands.chosen import study_argument

if TYPE_CHECKING:
    from rctflow.study.locked import Locked


def main(arguments: list[str]) -> int:
    """Write config/<study id>.unblinding.json; raises UnblindingError when the study is not blinded, was unblinded
    before, or has no lock that holds.
    """
    from rctflow.commands.occupancy import exclusive_run
    from rctflow.plan.unblinding import Unblinding, UnblindingError, read_unblinding, record_path, write_unblinding
    from rctflow.study.load import load_study
    from rctflow.study.locked import Locked

    options, file = _options(arguments), study_argument(arguments)
    study = load_study(file)
    name, path = study.study.id, record_path(file, study.study.id)
    if earlier := read_unblinding(path, name):
        raise UnblindingError(f"{path}: the study was unblinded before, and that happens once. {earlier.in_words()}")
    if study.blinding.mode == "none":
        raise UnblindingError(f"{file}: blinding.mode: the study is not blinded; there is nothing to end")
    locked = Locked(file, study)
    with exclusive_run(Path.cwd()):
        state = plan_state(locked, file)
        if state != "locked" and not options.without_lock:
            raise UnblindingError(
                f"{locked.path}: the analysis plan is {state}. Lock it before the arms are known: ./run lock. To "
                "unblind all the same, on record: ./run unblind --without-lock"
            )
        at = datetime.now(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
        sha256 = locked.lock.sha256 if locked.lock else ""
        record = Unblinding(name, options.by, at, study.blinding.mode, state, sha256, state != "locked")
        write_unblinding(record, path)
    run = "./run" if file == "config/config.yaml" else f"./run --config study={file}"
    print(
        f"{record.in_words()}\nOn record: {path}; commit it. {run} now writes results/{name}; {study.folder} is kept."
    )
    return 0


def plan_state(locked: Locked, file: str) -> str:
    """``locked``, ``not locked``, ``changed since the lock``, or ``locked, but without an up-to-date blinded run``, in
    which the data could be compared with the lock.
    """
    from rctflow.commands.finished import NotFinishedError, require_finished
    from rctflow.study.locked import plan_status

    if locked.lock is None:
        return "not locked"
    if locked.changes:
        return "changed since the lock"
    try:
        require_finished(file, "./run unblind")
    except NotFinishedError:
        return "locked, but without an up-to-date blinded run"
    state = plan_status(locked.study, file, locked.study.folder).state
    return "locked" if state == "locked" else "changed since the lock"


def _options(arguments: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="./run unblind", description=__doc__, allow_abbrev=False)
    parser.add_argument("--by", required=True, type=_name, metavar="NAME", help="who ends the blinding")
    parser.add_argument("--without-lock", action="store_true", help="go on although no lock holds; that is recorded")
    parser.add_argument("--config", metavar="study=FILE", help="the study (config/config.yaml when omitted)")
    return parser.parse_args(arguments)


def _name(text: str) -> str:
    if not text.strip():
        raise argparse.ArgumentTypeError("nobody is named")
    return text.strip()
