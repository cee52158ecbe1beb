"""Proportions against SAS PROC FREQ and R."""

from __future__ import annotations

import math
from collections.abc import Iterator

import numpy as np

from rctflow.qualify.numbers import Number, Sources, of_arrays, printed

CONFIDENCE = 0.95


def of_sas(sources: Sources) -> Iterator[Number]:
    """Intervals of one proportion, of a difference, of ratios; the common difference of pairs."""
    from rctflow.models.binary.mantel_haenszel import common_difference, sato_se
    from rctflow.proportions.clopper_pearson import clopper_pearson
    from rctflow.proportions.counts import Counts
    from rctflow.proportions.newcombe import newcombe
    from rctflow.proportions.score import (
        difference_interval,
        odds_ratio,
        odds_ratio_interval,
        risk_ratio,
        risk_ratio_interval,
        wald_ratio_interval,
    )
    from rctflow.proportions.wilson import wilson

    sas = sources.numbers("models/proportions.json")["sas"]
    counts = Counts(*sas["counts"])
    difference, risk, odds = sas["risk_difference"], sas["risk_ratio"], sas["odds_ratio"]
    intervals = {
        "Wilson 36 of 154": (wilson(36, 154, CONFIDENCE), sas["single_36_154"]["wilson"]),
        "Wilson 520 of 1000": (wilson(520, 1000, CONFIDENCE), sas["wilson_520_of_1000"]),
        "Clopper-Pearson 36 of 154": (clopper_pearson(36, 154, CONFIDENCE), sas["single_36_154"]["clopper_pearson"]),
        "Clopper-Pearson 12 of 77": (clopper_pearson(12, 77, CONFIDENCE), sas["single_12_77"]["clopper_pearson"]),
        "Miettinen-Nurminen": (difference_interval(counts, CONFIDENCE), difference["miettinen_nurminen"]),
        "Newcombe": (newcombe(counts, CONFIDENCE), difference["newcombe"]),
        "score, risk ratio": (risk_ratio_interval(counts, CONFIDENCE), risk["score"]),
        "score, odds ratio": (odds_ratio_interval(counts, CONFIDENCE), odds["score"]),
        "Wald, risk ratio": (wald_ratio_interval(counts, CONFIDENCE, odds=False), risk["wald"]),
        "Wald, odds ratio": (wald_ratio_interval(counts, CONFIDENCE, odds=True), odds["wald"]),
    }
    for name, (interval, (low, high)) in intervals.items():
        yield printed(f"{name} lower", interval.low, low, 4)
        yield printed(f"{name} upper", interval.high, high, 4)
    yield printed("difference", counts.difference, difference["est"], 4)
    yield printed("risk ratio", risk_ratio(counts), risk["est"], 4)
    yield printed("odds ratio", odds_ratio(counts), odds["est"], 4)
    pairs = sas["pairs"]
    kinds = {"both": (1, 1), "only_first": (1, 0), "only_second": (0, 1), "neither": (0, 0)}
    strata = [Counts(x1, 1, x0, 1) for kind, (x1, x0) in kinds.items() for _ in range(pairs[kind])]
    yield printed("pairs: common difference", common_difference(strata), pairs["mantel_haenszel"], 4)
    yield printed("pairs: standard error", sato_se(strata), pairs["se"], 4)


def standardized_of_r(sources: Sources) -> Iterator[Number]:
    """The standardized difference of trial01, with and without permuted blocks: printed to nine decimals."""
    import pandas as pd

    from rctflow.models.binary.standardization import standardized

    expected = sources.numbers("models/proportions.json")["robincar"]
    data = pd.read_csv(sources.data / "camis/trial01.csv", na_values=["."])
    data = data[data["aval"].notna()]
    names = sorted(data["trtp"].unique())
    arms = np.column_stack([data["trtp"].eq(name).to_numpy(float) for name in names]).astype(float)
    y, x = data["aval"].to_numpy(float), data["bl_cov"].to_numpy(float)
    plain = standardized(arms, x[:, None], y, "ye", [])
    strata = pd.cut(data["bl_cov"], 4).astype(str)
    levels = pd.get_dummies(strata).iloc[:, 1:].to_numpy(float)
    blocked = standardized(arms, np.column_stack([x, levels]), y, "ye_permuted_blocks", strata.tolist())
    yield printed("difference", plain.difference(1, 0)[0], expected["difference"], 4)
    yield from (
        printed(f"proportion {name}", found, theirs, 3)
        for name, found, theirs in zip(names, plain.proportions, expected["proportions"], strict=True)
    )
    yield printed("variance", plain.difference(1, 0)[1] ** 2, expected["variance"], 9)
    yield printed("permuted blocks", blocked.difference(1, 0)[1] ** 2, expected["variance_permuted_blocks"], 9)


def three_arms_of_r(sources: Sources) -> Iterator[Number]:
    """Standardized proportions of 60 patients in three arms and both variances, written out in R."""
    from rctflow.models.binary.standardization import Variance, standardized

    case = sources.numbers("models/proportions.json")["r"]["standardized"]
    arms = np.eye(3)[np.arange(60) % 3]
    covariates = np.column_stack([case["x"], np.arange(60) >= 30]).astype(float)
    kinds: tuple[Variance, ...] = ("ye", "ge")
    for kind in kinds:
        found = standardized(arms, covariates, np.array(case["y"], float), kind, [])
        yield from of_arrays(f"proportions, {kind}", found.proportions, case["proportions"], relative=1e-9)
        expected = [entry for row in case[kind] for entry in row]
        yield from of_arrays(f"covariance, {kind}", found.covariance.ravel(), expected, relative=1e-8)


def of_r(sources: Sources) -> Iterator[Number]:
    """binom.test, fisher.test, mantelhaen.test."""
    from rctflow.models.binary.mantel_haenszel import cmh_chi_square
    from rctflow.proportions.clopper_pearson import clopper_pearson
    from rctflow.proportions.counts import Counts, two_sided
    from rctflow.proportions.fisher import fisher

    r = sources.numbers("models/proportions.json")["r"]
    exact = clopper_pearson(520, 1000, CONFIDENCE)
    for name, found, expected in zip(("lower", "upper"), (exact.low, exact.high), r["exact_520_of_1000"], strict=True):
        yield printed(f"exact 520 of 1000 {name}", found, expected, 8)
    for *cells, p in r["fisher"]:
        yield Number(f"Fisher {cells}", fisher(Counts(*cells)), p, relative=1e-10)
    chi_square = cmh_chi_square([Counts(*cells) for cells in r["cmh"]["strata"]])
    yield Number("CMH chi-square", chi_square, r["cmh"]["chi_square"], relative=1e-12)
    yield Number("CMH p", two_sided(math.sqrt(chi_square)), r["cmh"]["p"], relative=1e-10)
