"""The record that ends blinding: who, when, and under which lock of the analysis plan. Nothing else ends it."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from pathlib import Path

from rctflow.errors import RctflowError
from rctflow.outputs import write_json
from rctflow.plan.blinded import results_folder

FORMAT = "rctflow-unblinding/1"


class UnblindingError(RctflowError):
    """A study that cannot be unblinded, or a record of it that cannot be read."""


@dataclass(frozen=True)
class Unblinding:
    """by: name of who ended the blinding. at: UTC, ISO 8601. mode: how the study was blinded. plan: state of the
    analysis plan then (locked, not locked, changed since the lock). lock: sha256 of the locked plan, "" without one.
    without_lock: somebody asked to go on without a lock that holds.
    """

    study: str
    by: str
    at: str
    mode: str
    plan: str
    lock: str
    without_lock: bool

    def in_words(self) -> str:
        """One sentence for the report and the terminal."""
        under = (
            f"under the plan lock {self.lock[:12]}" if self.plan == "locked" else f"WITHOUT A PLAN LOCK ({self.plan})"
        )
        return f"Unblinded by {self.by} at {self.at}, {under}."


def record_path(config_file: str | Path, study: str) -> Path:
    """Where the record of a study stands: beside its config file, as the lock does."""
    return Path(config_file).parent / f"{study}.unblinding.json"


def read_unblinding(path: Path, study: str) -> Unblinding | None:
    """The record of a study's unblinding, or None. Raises UnblindingError for a file that is no such record."""
    if not path.exists():
        return None
    try:
        document = json.loads(path.read_text(encoding="utf-8"))
        found = Unblinding(**{name: document[name] for name in Unblinding.__dataclass_fields__})
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise UnblindingError(
            f"{path} is no record of an unblinding ({type(error).__name__}: {error}). Restore it from version control; "
            "./run unblind writes it."
        ) from None
    if document.get("format") != FORMAT or found.study != study:
        raise UnblindingError(f"{path} is the record of another study, or of another version. Restore the right one.")
    return found


def write_unblinding(record: Unblinding, path: Path) -> None:
    """Write the record. Raises UnblindingError when there is one: a study is unblinded once."""
    if path.exists():
        raise UnblindingError(f"{path} is there already: the study was unblinded, and that happens once.")
    write_json({"format": FORMAT, **asdict(record)}, path)


def ended_without_record(path: Path, study: str, mode: str) -> str:
    """What must be said when a study runs unblinded though blinded results of it are there and nobody recorded an
    unblinding; "" when there is nothing to say. path: of the record. mode: of the config.
    """
    if mode != "none" or read_unblinding(path, study) is not None:
        return ""
    left = [folder for kind in ("dummy", "masked") if Path(folder := results_folder(study, kind)).is_dir()]
    if not left:
        return ""
    return (
        f"BLINDING ENDED WITHOUT A RECORD: blinded results are in {' and '.join(left)}, the config says that the "
        "study is not blinded (blinding.mode), and nobody recorded who unblinded it, when, and under which plan. Set "
        "the mode back and use ./run unblind."
    )
