"""Analysis populations: flags over ADSL columns."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd

from rctflow.derive.errors import DeriveError
from rctflow.derive.settings import PopulationRule
from rctflow.errors import RctflowError
from rctflow.expressions import Expression, parse


def flag_populations(adsl: pd.DataFrame, populations: Mapping[str, PopulationRule]) -> pd.DataFrame:
    """``adsl`` with one Y/N column per population. A rule may read the flag of another population.

    Raises DeriveError for a rule that cannot be read, names an unknown column, or has no member.
    """
    rules = {name: _parsed(name, rule) for name, rule in sorted(populations.items())}
    out, pending = adsl, dict(rules)
    while pending:
        waiting = {populations[name].flag for name in pending}
        ready = [
            name for name, rule in pending.items() if rule is None or not rule.columns & (waiting - {*out.columns})
        ]
        if not ready:
            raise DeriveError(
                f"populations: {', '.join(pending)} are defined by one another. Define one of them by itself."
            )
        for name in ready:
            out = _flagged(out, name, populations[name].flag, pending.pop(name))
    return out


def _parsed(name: str, rule: PopulationRule) -> Expression | None:
    try:
        return parse(rule.where) if rule.where else None
    except RctflowError as error:
        raise DeriveError(f"populations.{name}.where: {error}") from None


def _flagged(adsl: pd.DataFrame, name: str, flag: str, rule: Expression | None) -> pd.DataFrame:
    try:
        member = np.ones(len(adsl), dtype=bool) if rule is None else rule.evaluate(adsl).to_numpy()
    except RctflowError as error:
        raise DeriveError(f"populations.{name}.where: {error}") from None
    if not member.any():
        raise DeriveError(
            f"populations.{name}: none of the {len(adsl)} randomized subjects meets {rule.text if rule else ''!r}. "
            "Correct the "
            "rule, or remove the population."
        )
    return adsl.assign(**{flag: pd.array(np.where(member, "Y", "N"), dtype="str")})
