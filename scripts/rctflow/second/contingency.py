"""Cochran-Mantel-Haenszel statistics of ordered pairs of patients, in fractions.

Given the arms' and the levels' totals of a stratum, who has which level is drawn without replacement. For scores a of
arms and y of levels, sums over the patients i of the stratum with N of them have under that law

    E sum a_i y_i = N mean(a) mean(y)
    cov(sum a_i y_i, sum b_i z_i) = C(a, b) C(y, z) / (N - 1),   C(u, v) = sum_i (u_i - mean u) (v_i - mean v)

(Hotelling & Pabst 1936, Ann Math Stat 7:29; Cochran 1954, Biometrics 10:417). Correlation: a the arms' scores, y the
values. Row means: a the indicator of each arm but the first, y the values. General: indicators of arms and of levels
but the first of each. Where an arm or a level is empty the covariance summed over strata is singular, and elimination
in fractions leaves out what the rows before determine. Chi-squared tails: for df 1 and 2 in closed form, above by the
recursion Q(k + 2) = Q(k) + (x/2)^(k/2) exp(-x/2) / Gamma(k/2 + 1) (Abramowitz & Stegun 1964, 26.4.8).

The first path forms Kronecker products of tables of counts and a pseudo-inverse from their eigenvalues.
"""

from __future__ import annotations

import math
from collections import Counter
from dataclasses import replace
from fractions import Fraction
from itertools import product
from typing import TYPE_CHECKING

from rctflow.second.selection import analysed, complete, outcome, without_noise
from rctflow.second.settings import Declared

if TYPE_CHECKING:
    from pandas import DataFrame

KINDS = ("correlation", "row_means", "general")
Scores = list[Fraction]


def compute(bds: DataFrame, adsl: DataFrame, declared: Declared) -> dict[str, dict[str, float]]:
    """Arm -> n and how many, and what share, have each value; "" -> chi2, df and p_value of the declared statistic, and
    of the other two with their name before them, at ``declared.visit``. Statistics without variance are absent.
    """
    rows = analysed(bds, adsl, replace(declared, baseline=False))
    rows = complete(rows[rows["AVISIT"] == declared.visit], replace(declared, baseline=False))
    rows = rows.assign(VALUE=without_noise(outcome(rows, declared)))
    found = {arm: _shares(rows, arm) for arm in declared.arms}
    found[""] = {}
    for kind in KINDS:
        prefix = "" if kind == declared.options["statistic"] else f"{kind}_"
        if (tested := _statistic(rows, kind, declared)) is not None:
            chi2, df = tested
            values = {"chi2": float(chi2), "df": float(df), "p_value": chi_squared_tail(float(chi2), df)}
            found[""] |= {f"{prefix}{name}": value for name, value in values.items()}
    return found


def _shares(rows: DataFrame, arm: str) -> dict[str, float]:
    own = rows.loc[rows["ARM"] == arm, "VALUE"].tolist()
    counts, found = Counter(own), {"n": float(len(own))}
    for value in sorted(set(rows["VALUE"])) if own else ():
        found[f"n:{value:.10g}"] = float(counts[value])
        found[f"percent:{value:.10g}"] = 100 * counts[value] / len(own)
    return found


def _statistic(rows: DataFrame, kind: str, declared: Declared) -> tuple[Fraction, int] | None:
    """Q and its degrees of freedom; None without variance."""
    sides = _scores(rows, kind, declared)
    places = list(product(range(len(sides[0])), range(len(sides[1]))))
    excess, spread = [Fraction(0)] * len(places), [[Fraction(0)] * len(places) for _ in places]
    for own in (own for own in _strata(rows, declared) if len(own) > 1):
        left, right = ([[scores[i] for i in own] for scores in side] for side in sides)
        of_arms, of_values = _about_each_other(left), _about_each_other(right)
        for j, (a, y) in enumerate(places):
            excess[j] += _about(left[a], right[y])
            for k, (b, z) in enumerate(places):
                spread[j][k] += of_arms[a][b] * of_values[y][z] / (len(own) - 1)
    return _quadratic(excess, spread)


def _scores(rows: DataFrame, kind: str, declared: Declared) -> tuple[list[Scores], list[Scores]]:
    """Per patient: the scores of the arms, and of the values."""
    arms, values = rows["ARM"].tolist(), [Fraction(value) for value in rows["VALUE"]]
    doses = declared.doses if all(arm in declared.doses for arm in declared.arms) else {}
    if kind == "correlation":
        score = {arm: Fraction(doses.get(arm, place)) for place, arm in enumerate(declared.arm_order or declared.arms)}
        return [[score[arm] for arm in arms]], [values]
    of_arms = [[Fraction(name == arm) for name in arms] for arm in declared.arms[1:]]
    if kind == "row_means":
        return of_arms, [values]
    return of_arms, [[Fraction(value == level) for value in values] for level in sorted(set(values))[1:]]


def _strata(rows: DataFrame, declared: Declared) -> list[list[int]]:
    of: dict[tuple[str, ...], list[int]] = {}
    for place, row in enumerate(rows.to_dict("records")):
        of.setdefault(tuple(str(row[name]) for name in declared.factors), []).append(place)
    return list(of.values())


def _about_each_other(side: list[Scores]) -> list[Scores]:
    return [[_about(u, v) for v in side] for u in side]


def _about(u: Scores, v: Scores) -> Fraction:
    """C(u, v)."""
    both = sum((a * b for a, b in zip(u, v, strict=True)), Fraction(0))
    return both - sum(u, Fraction(0)) * sum(v, Fraction(0)) / len(u)


def _quadratic(excess: Scores, spread: list[Scores]) -> tuple[Fraction, int] | None:
    """excess' spread^- excess and the rank of ``spread``, by elimination without rounding."""
    rows = [[*row, value] for row, value in zip(spread, excess, strict=True)]
    total, rank = Fraction(0), 0
    while True:
        pivot = next((j for j, row in enumerate(rows) if row[j]), None) if rows else None
        if pivot is None:
            return (total, rank) if rank else None
        head = rows.pop(pivot)
        total += head[-1] ** 2 / head[pivot]
        rank += 1
        for row in rows:
            share = row[pivot] / head[pivot]
            row[:] = [value - share * own for value, own in zip(row, head, strict=True)]
        rows = [row[:pivot] + row[pivot + 1 :] for row in rows]


def chi_squared_tail(x: float, df: int) -> float:
    """P(X > x) for df degrees of freedom."""
    k = 2 - df % 2
    tail = math.exp(-x / 2) if k == 2 else math.erfc(math.sqrt(x / 2))
    while k < df:
        tail += math.exp(k / 2 * math.log(x / 2) - x / 2 - math.lgamma(k / 2 + 1)) if x else 0.0
        k += 2
    return tail
