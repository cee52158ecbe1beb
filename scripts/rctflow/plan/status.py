"""The status of the analysis plan, from the lock and the data as they are."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rctflow.ledger import read_ledger
from rctflow.plan.deviations import deviation_changes, outlier_changes, population_changes
from rctflow.plan.lock import Lock, read_lock
from rctflow.plan.review import deviation_review, outlier_review, population_review
from rctflow.plan.settings import Since
from rctflow.plan_status import START, UNLOCKED, PlanStatus
from rctflow.settings import settings_from

if TYPE_CHECKING:
    from pandas import DataFrame


def read_status(
    since: Mapping[str, Any] | None, locks: Sequence[str], adsl: str, ledgers: Sequence[str], deviations: Sequence[str]
) -> PlanStatus:
    """The status that a rule's params and input files tell.

    since: params of a ``Since``, None without a lock. locks, deviations: no file or one. ledgers: of the tables whose
    outlier decisions are compared.
    """
    if since is None:
        return UNLOCKED
    import pandas as pd

    named = {Path(file).name.split(".")[0]: read_ledger(file) for file in ledgers}
    listed = pd.read_parquet(deviations[0]) if deviations else None
    return status(read_lock(locks[0]), settings_from(Since, since), pd.read_parquet(adsl), named, listed)


def status(
    lock: Lock, since: Since, adsl: DataFrame, ledgers: Mapping[str, DataFrame], deviations: DataFrame | None = None
) -> PlanStatus:
    """Locked, or changed since, with what changed: settings, then members, protocol deviations, outlier decisions."""
    then, now = lock.review, population_review(adsl, since.populations)
    changes = list(since.settings)
    changes += population_changes(then["populations"], now, since.ids)
    if since.deviations is not None and deviations is not None:
        changes += deviation_changes(then["deviations"], deviation_review(deviations, since.deviations), since.ids)
    changes += outlier_changes(then["outliers"], outlier_review(ledgers), sorted(ledgers), since.ids)
    return PlanStatus("changed" if changes else "locked", _line(lock, since, len(changes)), tuple(changes))


def _line(lock: Lock, since: Since, n: int) -> str:
    line = f"{START}locked {lock.locked.at[:10]} by {lock.locked.by} (sha256 {lock.name})"
    if lock.history:
        times = len(lock.history)
        line += f", after {times} earlier lock{'s' if times > 1 else ''}"
    what = "" if since.whole else " in what bears on this table"
    if not n:
        return f"{line}; unchanged since{what}."
    listed = "" if since.whole else "; the report lists what changed"
    return f"{line}; changed since{what} ({n} deviation{'s' if n > 1 else ''} from the plan{listed})."
