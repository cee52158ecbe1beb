"""The model ancova against SAS and R."""

from __future__ import annotations

from collections.abc import Iterator

from rctflow.qualify.numbers import Number, Sources, printed
from rctflow.qualify.trials import fit_of, statistics, trial

PILOT_ARMS = {"Placebo": "placebo", "Xanomeline Low Dose": "low", "Xanomeline High Dose": "high"}


def t_tests(sources: Sources) -> Iterator[Number]:
    """Without covariates: the two-sample t test, plain and of logarithms, and the paired t test of logarithms."""
    case = sources.numbers("models/ttest.json")
    two = case["two_sample"]
    arms = ["treatment"] * len(two["treatment"]) + ["placebo"] * len(two["placebo"])
    data = trial(arms, None, end=two["treatment"] + two["placebo"])
    for log, key, name, contrast in (
        (False, "student", "diff", "placebo - treatment"),
        (True, "lognormal", "gmr", "placebo / treatment"),
    ):
        fit = fit_of(("treatment", "placebo"), ("end",), "ancova", outcome="value", baseline=False, log=log)
        found, expected = statistics(*data, fit, contrast, "end"), two[key]
        for ours, theirs in (("df", "df"), ("t", "t"), ("p_value", "p"), ("estimate", name)):
            yield printed(f"two-sample {key} {ours}", found[ours], expected[theirs], 4)
        for ours, limit in zip(("ci_low", "ci_high"), expected["ci95"], strict=True):
            yield printed(f"two-sample {key} {ours}", found[ours], limit, 4)
    paired, expected = case["paired"], case["paired"]["lognormal"]
    before_after = trial(["placebo"] * len(paired["before"]), paired["before"], end=paired["after"])
    found = statistics(
        *before_after, fit_of(("placebo",), ("end",), "ancova", baseline=False, log=True), "placebo", "end"
    )
    yield Number("paired lognormal df", found["df"], expected["df"])
    inverted = (("lsmean", expected["gmr"]), ("ci_high", expected["ci95"][0]), ("ci_low", expected["ci95"][1]))
    for ours, theirs in inverted:
        yield printed(f"paired lognormal 1 / {ours}", 1 / found[ours], theirs, 4)


def drug_trial(sources: Sources) -> Iterator[Number]:
    """LS means of three arms with a covariate."""
    import pandas as pd

    case = sources.numbers("models/ancova.json")["drug_trial"]
    data = pd.read_csv(sources.data / "camis/drug_trial.csv")
    tables = trial(data["drug"].tolist(), data["pre"].to_numpy(float), end=data["post"].to_numpy(float))
    fit = fit_of(("A", "C", "E"), ("end",), "ancova", outcome="value")
    for arm, mean in case["lsmeans"].items():
        found = statistics(*tables, fit, arm, "end")
        yield printed(f"LS mean {arm}", found["lsmean"], mean, 6)
        yield printed(f"LS mean {arm} se", found["se"], case["lsmean_se"][arm], 5)
        yield Number(f"LS mean {arm} df", found["df"], case["residual_df"])
    found, expected = statistics(*tables, fit, "C - A", "end"), case["C - A"]
    for ours, theirs, digits in (("estimate", "estimate", 3), ("se", "se", 1), ("t", "t", 2), ("p_value", "p", 4)):
        yield printed(f"C - A {ours}", found[ours], expected[theirs], digits)


def cdisc_pilot(sources: Sources) -> Iterator[Number]:
    """The pilot's primary analysis, table 14-3.01: numbers analysed, differences to placebo."""
    import pandas as pd

    case = sources.numbers("models/ancova.json")["cdisc_pilot_week24"]
    data = pd.read_sas(sources.data / "cdiscpilot/adam/adqsadas.xpt", encoding="latin-1")
    data = data[data["PARAMCD"].eq("ACTOT") & data["EFFFL"].eq("Y")]
    adsl = data.drop_duplicates("USUBJID").assign(RANDFL="Y")
    adsl = adsl.assign(TRT01P=adsl["TRTP"].map(PILOT_ARMS))[["USUBJID", "RANDFL", "EFFFL", "TRT01P", "SITEGR1"]]
    bds = data.assign(AVISIT=data["AVISIT"].where(data["ABLFL"].ne("Y"), "baseline"))
    bds = bds.assign(AVALC="", SRCDOM="qs", SRCVAR="QSSTRESN", SRCSEQ=bds["QSSEQ"])
    arms = tuple(PILOT_ARMS.values())
    fit = fit_of(arms, ("Week 24",), "ancova", strata=("SITEGR1",), flag="EFFFL")
    for arm, n in case["n"].items():
        yield Number(f"n {arm}", statistics(adsl, bds, fit, arm, "Week 24")["n"], n)
    for contrast in ("low - placebo", "high - placebo"):
        found = statistics(adsl, bds, fit, contrast, "Week 24")
        for name, text in case[contrast].items():
            digits = len(text.partition(".")[2])
            yield printed(f"{contrast} {name}", found[name], float(text), digits)
