"""The locked analysis plan: ``config/<study id>.lock.json``, beside the study's config.

``plan`` holds all that decides an analysis, readable; ``review`` the populations, protocol deviations and outlier
decisions as the (blinded) data review found them; ``locked`` who, when and at which commit; ``history`` the same of
every earlier lock, with the reason for locking again. ``sha256`` is that of plan and review together.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from rctflow.errors import RctflowError
from rctflow.nested import sha256_of
from rctflow.outputs import write_text

FORMAT = "rctflow-lock/1"


class LockError(RctflowError):
    """A plan that cannot be locked, or a lock that cannot be believed."""


@dataclass(frozen=True)
class Signature:
    """Who locked, when (ISO 8601, UTC), at which git commit ("" outside git), with changes that were not committed."""

    by: str
    at: str
    commit: str = ""
    dirty: bool = False


@dataclass(frozen=True)
class Earlier:
    """A lock that was replaced: its signature and hash, why it was replaced, and what differed from it by then."""

    locked: Signature
    sha256: str
    reason: str
    changes: tuple[str, ...] = ()


@dataclass(frozen=True)
class Lock:
    """A locked plan; ``publishable``: its review holds counts and hashes instead of subjects."""

    study: str
    locked: Signature
    plan: dict[str, Any]
    review: dict[str, Any]
    sha256: str
    history: tuple[Earlier, ...] = ()
    publishable: bool = False

    @property
    def name(self) -> str:
        """The first digits of the hash: enough to tell locks apart in print."""
        return self.sha256[:12]


def new_lock(
    study: str, locked: Signature, plan: dict[str, Any], review: dict[str, Any], history: tuple[Earlier, ...] = ()
) -> Lock:
    """A lock with its hash."""
    return Lock(study, locked, plan, review, sha256_of({"plan": plan, "review": review}), history)


def lock_path(config_file: str | Path, study: str) -> Path:
    """Where the lock of a study stands: beside its config file."""
    return Path(config_file).parent / f"{study}.lock.json"


def write_lock(lock: Lock, path: str | Path) -> None:
    """Write a lock as JSON with sorted keys, whole or not at all."""
    write_text(lock_text(lock), path)


def lock_text(lock: Lock) -> str:
    """A lock as its file holds it."""
    document = {"format": FORMAT, "plan_sha256": sha256_of(lock.plan)} | asdict(lock)
    return json.dumps(document, indent=1, sort_keys=True, ensure_ascii=False) + "\n"


def read_lock(path: str | Path) -> Lock:
    """The lock of a file. Raises LockError when it is no lock, or its plan or review is not the one that was locked."""
    remedy = f"Restore {path} from version control; a lock is never edited by hand."
    try:
        document = json.loads(Path(path).read_text(encoding="utf-8"))
        if document.pop("format") != FORMAT:
            raise LockError(f"{path}: not a lock of the format {FORMAT}. {remedy}")
        plan_hash = document.pop("plan_sha256")
        signature, history = Signature(**document.pop("locked")), document.pop("history")
        earlier = tuple(
            Earlier(**entry | {"locked": Signature(**entry["locked"]), "changes": tuple(entry["changes"])})
            for entry in history
        )
        lock = Lock(locked=signature, history=earlier, **document)
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise LockError(f"{path}: not a readable lock ({error}). {remedy}") from None
    whole = lock.publishable or lock.sha256 == sha256_of({"plan": lock.plan, "review": lock.review})
    if plan_hash != sha256_of(lock.plan) or not whole:
        raise LockError(f"{path}: the plan or the review in it is not the one that was locked. {remedy}")
    return lock


def publishable(lock: Lock) -> Lock:
    """The same lock without a subject's identifier or value: each list of the review as its length and sha256.

    The hash of a list of few members can be guessed by who knows the identifiers.
    """
    from rctflow.plan.review import summarized

    if lock.publishable:
        return lock
    history = tuple(replace(one, changes=(f"{len(one.changes)} deviations from it",)) for one in lock.history)
    return replace(lock, review=summarized(lock.review), history=history, publishable=True)
