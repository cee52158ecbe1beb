"""Rank sums and left-censored regression against SAS and R."""

from __future__ import annotations

import math
from collections.abc import Iterator

import numpy as np

from rctflow.qualify.numbers import Number, Sources, printed

LIMITS = "../reference/scoring/vectors/lloq_data.csv"


def rank_sums(sources: Sources) -> Iterator[Number]:
    """Birth weights: exact and normal p, the statistic, the shift; a small sample: the shift and its exact limits.

    Exact limits under heavy ties differ by design (models/rank/hodges_lehmann.py) and are not compared.
    """
    from rctflow.models.rank.hodges_lehmann import hodges_lehmann
    from rctflow.models.rank.rank_sum import RankSum
    from rctflow.models.rank.samples import Samples, Stratum

    reference = sources.numbers("models/wilcoxon.json")
    case = reference["birthweight"]
    samples = Samples((Stratum(np.array(case["smoker"]), np.array(case["non_smoker"])),))
    found, p = RankSum.of(samples), case["two_sided_p"]
    yield printed("exact p", found.exact_p(), p["exact"], 4)
    yield printed("normal p, continuity correction", found.normal_p(continuity=True), p["normal_cc"], 4)
    yield printed("normal p", found.normal_p(continuity=False), p["normal_no_cc"], 4)
    yield Number("rank sum", found.ranks[0][: found.treated[0]].sum() / 2, case["sas_statistic_S"])
    corrected = (found.excess + 0.5) / math.sqrt(found.variance)
    yield printed("Z, continuity correction", corrected, case["sas_Z_cc"], 4)
    shift, expected = hodges_lehmann(samples, 0.95, exact=False), case["hodges_lehmann"]["asymptotic_sas"]
    yield printed("shift", shift.estimate, expected["est"], 3)
    yield printed("shift, Moses's lower limit", shift.ci_low, expected["ci95"][0], 2)
    yield printed("shift, Moses's upper limit", shift.ci_high, expected["ci95"][1], 2)
    small = reference["hl_small"]
    few = Samples((Stratum(np.array(small["A"]), np.array(small["B"])),))
    shift = hodges_lehmann(few, 0.95, exact=True)
    yield printed("nine a group: shift", shift.estimate, small["sas"]["shift_A_minus_B"], 2)
    yield printed("nine a group: exact lower limit", shift.ci_low, small["sas"]["exact"]["ci95"][0], 3)
    yield printed("nine a group: exact upper limit", shift.ci_high, small["sas"]["exact"]["ci95"][1], 3)


def censored(sources: Sources) -> Iterator[Number]:
    """Twelve sets: a mean alone, by arm, adjusted for the baseline; unscaled maximum likelihood."""
    import pandas as pd

    from rctflow.models.censored.likelihood import fit_censored_normal

    reference = sources.numbers("models/censored.json")["sets"]
    data = pd.read_csv(sources.data / LIMITS)
    for number, rows in data.groupby("set"):
        expected = reference[str(number)]
        value, below = np.log(rows["value"].fillna(rows["lloq"])).to_numpy(), rows["below"].eq(1).to_numpy()
        one, arm, base = np.ones(len(rows)), rows["arm"].to_numpy(float), np.log(rows["baseline"].to_numpy(float))
        alone = fit_censored_normal(one[:, None], value, below)
        found = {"tobit_mu": alone.coefficients[0], "tobit_sigma": alone.sigma, "tobit_loglik": alone.log_likelihood}
        for name, columns in (("arm", [one, arm]), ("adj", [one, arm, base])):
            fit = fit_censored_normal(np.column_stack(columns), value, below)
            found[f"{name}_diff"], found[f"{name}_sigma"] = fit.coefficients[1], fit.sigma
            found[f"{name}_se"] = fit.covariance[1, 1] ** 0.5
        for name, ours in found.items():
            yield Number(f"set {number} {name}", float(ours), expected[name], relative=1e-7)
