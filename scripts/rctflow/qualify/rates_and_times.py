"""Odds by GEE, rates, ordered levels and times to an event against SAS and R."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any

import numpy as np

from rctflow.qualify.numbers import Number, Sources, printed
from rctflow.qualify.trials import fit_of, statistics, trial

VALUE: dict[str, Any] = {"outcome": "value", "baseline": False}


def odds_by_gee(sources: Sources) -> Iterator[Number]:
    """Respiratory trial: odds ratios at four visits; SAS took the normal law, so limits and p are made with it."""
    import pandas as pd
    from scipy.special import ndtr, ndtri

    reference = sources.numbers("models/gee.json")
    data = pd.read_excel(sources.data / "camis/resp_gee.xlsx")
    wide = data.pivot_table(index="usubjid", columns="avisitn", values="outcome")
    arm = data.drop_duplicates("usubjid").set_index("usubjid")["trtp"].reindex(wide.index)
    visits = [f"v{visit}" for visit in reference["odds_ratio"]]
    values = {f"v{visit}": wide[int(visit)].to_numpy(float) for visit in reference["odds_ratio"]}
    adsl, bds = trial(arm.tolist(), None, **values)
    options = {"vcov": "robust", "working": "independence"}
    fit = fit_of(("P", "A"), visits, "gee_logit", options=options, **VALUE)
    z = float(ndtri(0.975))
    for visit, expected in reference["odds_ratio"].items():
        found = statistics(adsl, bds, fit, "A / P", f"v{visit}")
        log, se = math.log(found["estimate"]), found["se_log"]
        yield printed(f"visit {visit} odds ratio", found["estimate"], expected["estimate"], 3)
        yield printed(f"visit {visit} lower", math.exp(log - z * se), expected["ci95"][0], 3)
        yield printed(f"visit {visit} upper", math.exp(log + z * se), expected["ci95"][1], 3)
        yield printed(f"visit {visit} p", 2 * float(ndtr(-abs(log / se))), expected["p"], 4)
    first, expected = statistics(adsl, bds, fit, "A / P", visits[0]), reference["log_odds_ratio_at_visit_1"]
    yield printed("visit 1 log odds ratio", math.log(first["estimate"]), expected["estimate"], 4)
    yield printed("visit 1 standard error", first["se_log"], expected["se"], 4)


def poisson(sources: Sources) -> Iterator[Number]:
    """Polyps trial. R's glm takes the weights of the step before the last: its standard error is right to 5e-6."""
    import pandas as pd

    expected = sources.numbers("models/counts.json")["poisson"]
    data = pd.read_csv(sources.data / "camis/polyps.csv")
    adsl, bds = trial(data["treat"].tolist(), None, end=data["number"].to_numpy(float))
    adsl = adsl.assign(AGE=data["age"].to_numpy(float))
    options = {"distribution": "poisson"}
    fit = fit_of(("placebo", "drug"), ("end",), "counts", covariates=("AGE",), options=options, **VALUE)
    found = statistics(adsl, bds, fit, "drug / placebo", "end")
    yield printed("log rate ratio", math.log(found["estimate"]), expected["treatdrug"], 6)
    yield Number("standard error", found["se_log"], expected["se"], absolute=5e-6)
    yield printed("z", found["z"], expected["z"], 2)


def ordered_levels(sources: Sources) -> Iterator[Number]:
    """Housing satisfaction: coefficients, standard errors, thresholds, deviance."""
    from rctflow.models.rank.likelihood import fit_ordinal

    reference = sources.numbers("models/proportional_odds.json")
    level, X = housing(reference)
    fit = fit_ordinal(level, X)
    se = np.sqrt(np.diag(np.linalg.inv(fit.information)))
    for place, (name, (estimate, error)) in enumerate(reference["coefficients"].items()):
        yield printed(name, fit.coefficients[place], estimate, 5)  # polr's optimizer stops short of the sixth decimal
        yield printed(f"{name} standard error", se[2 + place], error, 4)
    for place, (name, (threshold, error)) in enumerate(reference["thresholds"].items()):
        yield printed(name, -fit.thresholds[place], threshold, 5)
        yield printed(f"{name} standard error", se[place], error, 3)
    yield printed("deviance", -2 * fit.log_likelihood, reference["deviance"], 3)


def housing(reference: dict[str, Any]) -> tuple[Any, Any]:
    """Level of satisfaction (1681,) 0 .. 2 and the columns of the coefficients, from the frequencies."""
    levels, rows = [], []
    for cell, counts in reference["frequencies"].items():
        chosen = dict(zip(("Infl", "Type", "Cont"), cell.split(), strict=True))
        row = [float(chosen[name[:4]] == name[4:]) for name in reference["coefficients"]]
        for place, count in enumerate(counts):
            levels += [place] * count
            rows += [row] * count
    return np.array(levels), np.array(rows)


def times(sources: Sources) -> Iterator[Number]:
    """Two small trials: hazard ratios with ties by Efron, log-rank test, Kaplan-Meier medians."""
    reference = sources.numbers("models/time_to_event.json")
    for name, case in reference.items():
        arm, other = case["log_hazard_ratio"]["contrast"].split(" / ")
        found = {who: of_times(case["weeks"], other, who) for who in (f"{arm} / {other}", arm, other)}
        compared = found[f"{arm} / {other}"]
        expected, digits = case["log_hazard_ratio"], 4 if name == "gehan" else 3
        yield printed(f"{name} log hazard ratio", math.log(compared["estimate"]), expected["estimate"], digits)
        yield printed(f"{name} standard error", compared["se_log"], expected["se"], digits)
        yield printed(f"{name} z", compared["z"], expected["z"], digits - 1)
        yield printed(f"{name} p", compared["p_value"], expected["p"], 6 if name == "gehan" else 3)
        if "ci95" in expected:
            yield printed(f"{name} hazard ratio, lower", compared["ci_low"], expected["ci95"][0], 3)
            yield printed(f"{name} hazard ratio, upper", compared["ci_high"], expected["ci95"][1], 2)
        if "logrank" in case:
            yield printed(f"{name} log-rank chi-square", compared["logrank_chi2"], case["logrank"]["chi_square"], 1)
            yield printed(f"{name} log-rank p", compared["logrank_p_value"], case["logrank"]["p"], 4)
        for who in (arm, other):
            yield from _medians(f"{name} {who}", found[who], case["median"][who])
            yield Number(f"{name} {who} events", found[who]["events"], case["events"][who])


def _medians(what: str, found: dict[str, float], expected: Any) -> Iterator[Number]:
    if not isinstance(expected, dict):
        yield Number(f"{what} median", found["median"], expected)
        return
    yield Number(f"{what} median", found["median"], expected["estimate"])
    for end, limit in zip(("ci_low", "ci_high"), expected["ci95"], strict=True):
        yield Number(f"{what} median {end}", found.get(end, math.nan), math.nan if limit is None else limit)


def of_times(weeks: dict[str, list[str]], reference: str, who: str) -> dict[str, float]:
    """Statistics of one arm or contrast. weeks: by arm, ``+`` behind a censored time."""
    arms = [arm for arm, own in weeks.items() for _ in own]
    texts = [text for own in weeks.values() for text in own]
    adsl, bds = trial(arms, None, end=[float(text.rstrip("+")) for text in texts])
    bds = bds.assign(AVALC=[f">{text.rstrip('+')}" if text.endswith("+") else "" for text in texts])
    order = (reference, *(arm for arm in weeks if arm != reference))
    return statistics(adsl, bds, fit_of(order, ("end",), "time_to_event", **VALUE), who, "end")
