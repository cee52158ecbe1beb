"""The MMRM engine on fev_data against R mmrm and SAS PROC MIXED."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from rctflow.qualify.numbers import Number, Sources, of_arrays

if TYPE_CHECKING:
    from pandas import DataFrame

    from rctflow.models.mmrm import MmrmFit

VCOV = {"Empirical": "CR0", "Empirical-Bias-Reduced": "CR2", "Empirical-Jackknife": "CR3"}
SAS_NAMES = {"us": "un", "spexp": "sp(exp)"}
CONVERGED_IN_SAS = ("ar1", "cs", "toeph")
"""Where SAS's own optimizer ended at the maximum; elsewhere it stopped up to 1e-4 before (docs/mmrm.md)."""


def fit_fev(data: DataFrame, formula: str, covariance: str, **options: Any) -> MmrmFit:
    """A fit to fev_data with its factor levels and, for a spatial structure, its coordinates."""
    from rctflow.models.mmrm import fit_mmrm

    if covariance.startswith("sp"):
        options["coordinates"] = ["VISITN", "VISITN2"]
    if "SEX" in formula:
        options["levels"] = {"SEX": ["Male", "Female"]}
    return fit_mmrm(data, formula, "USUBJID", "AVISIT", covariance, **options)


def fev_data(sources: Sources) -> DataFrame:
    """The data, which ship with R mmrm (Apache-2.0)."""
    import pandas as pd

    return pd.read_csv(sources.data / "fev_data.csv")


def fits_of_r(sources: Sources) -> Iterator[Number]:
    """Every structure with every df and vcov method, REML and ML."""
    data, reference = fev_data(sources), sources.numbers("mmrm/r_mmrm_fev.json")
    for key, theirs in reference["fits"].items():
        structure, method, df, vcov = key.split("|")
        df = "kr-linear" if vcov == "Kenward-Roger-Linear" else df.lower()
        options = {"method": method.lower(), "df": df, "vcov": VCOV.get(vcov, "model")}
        yield from like_r(key, fit_fev(data, reference["source"]["formula"], structure, **options), theirs)


def other_formulas_of_r(sources: Sources) -> Iterator[Number]:
    """Two more formulas, and the degrees of freedom of Kenward and Roger."""
    data, reference = fev_data(sources), sources.numbers("mmrm/r_mmrm_fev_extras.json")
    for key in ("vignette_formula", "baseline_by_visit"):
        formula, expected = reference[key]["formula"], reference[key]["kenward_roger_df"]
        yield from like_r(key, fit_fev(data, formula, "us", df="satterthwaite"), reference[key]["satterthwaite"])
        adjusted = fit_fev(data, formula, "us", df="kenward-roger")
        ours = adjusted.coefficients()["df"]
        yield from of_arrays(f"{key} df of Kenward-Roger", ours, expected["coefficients"], relative=1e-4)
        for name, test in expected["tests"].items():
            found = adjusted.test_contrasts(rows_of(adjusted, test["coefs"])).df2
            yield Number(f"{key} {name} denominator df", found, test["denom_df"], relative=1e-4)


def like_r(key: str, found: MmrmFit, reference: Mapping[str, Any]) -> Iterator[Number]:
    """-2 log L and criteria to 1e-8, estimates, standard errors and F to 1e-6, df to 1e-4."""
    yield Number(f"{key} -2 log L", -2 * found.log_likelihood, reference["neg2loglik"], relative=1e-8)
    for name in ("aic", "aicc", "bic"):
        yield Number(f"{key} {name}", found.criteria[name], reference[name], relative=1e-8)
    table = found.coefficients()
    for name, relative in (("estimate", 1e-6), ("se", 1e-6), ("df", 1e-4)):
        yield from of_arrays(f"{key} coefficient {name}", table[name], reference["coefficients"][name], 0.0, relative)
    for weights, expected in reference["emmeans"].items():
        means = found.lsmeans("ARMCD", by="AVISIT", weights=weights)
        differences = found.contrasts("ARMCD", by="AVISIT", reference="PBO", weights=weights)
        for words, ours, theirs, estimate in (
            ("LS mean", means, expected["means"], "emmean"),
            ("difference", differences, expected["contrasts"], "estimate"),
        ):
            for name, r, relative in (("estimate", estimate, 1e-6), ("se", "SE", 1e-6), ("df", "df", 1e-4)):
                yield from of_arrays(f"{key} {weights} {words} {name}", ours[name], theirs[r], 0.0, relative)
    for name, expected in reference["tests"].items():
        test = found.test_contrasts(rows_of(found, expected["coefs"]))
        yield Number(f"{key} {name} F", test.F, expected["f_stat"], relative=1e-6)
        yield Number(f"{key} {name} denominator df", test.df2, expected["denom_df"], relative=1e-4)


def rows_of(found: MmrmFit, names: list[str]) -> Any:
    """The contrast matrix that picks these coefficients."""
    import numpy as np

    return np.array([[float(name == wanted) for name in found.beta.index] for wanted in names])


def kenward_roger_of_sas(sources: Sources) -> Iterator[Number]:
    """ddfm=kr and kr(linear) for nine structures: likelihood, difference, LS means."""
    data, reference = fev_data(sources), sources.numbers("mmrm/sas_proc_mixed_fev.json")
    for kind, df in (("kr", "kenward-roger"), ("kr1", "kr-linear")):
        for name, expected in reference[kind].items():
            found = fit_fev(data, "FEV1 ~ ARMCD", SAS_NAMES.get(name, name), df=df)
            row, key = found.contrasts("ARMCD", reference="PBO").iloc[0], f"{kind} {name}"
            close = 1e-5 if name in CONVERGED_IN_SAS else 2e-4
            yield Number(f"{key} -2 log L", -2 * found.log_likelihood, expected["m2RLL"], absolute=5e-5)
            above = max(-2 * found.log_likelihood - expected["m2RLL"], 0.0)
            yield Number(f"{key} -2 log L above SAS's", above, 0.0, absolute=1e-6)
            yield Number(f"{key} estimate", row["estimate"], expected["estimate"], relative=2e-4)
            yield Number(f"{key} se", row["se"], expected["se"], relative=close)
            yield Number(f"{key} df", row["df"], expected["df"], relative=1e-3)
            yield Number(f"{key} p", row["p_value"], expected["p"], relative=5e-3)
            means = found.lsmeans("ARMCD").set_index("ARMCD")
            for arm, (estimate, se, _) in expected["lsmeans"].items():
                yield Number(f"{key} LS mean {arm}", means.loc[arm, "estimate"], estimate, relative=2e-4)
                yield Number(f"{key} LS mean {arm} se", means.loc[arm, "se"], se, absolute=1.5e-4)


def empirical_of_sas(sources: Sources) -> Iterator[Number]:
    """Empirical standard errors with between-within df, with and without weights."""
    data, reference = fev_data(sources), sources.numbers("mmrm/sas_proc_mixed_fev.json")
    for key, expected in reference["empirical"].items():
        name, weights = key.removesuffix("_weighted"), "WEIGHT" if key.endswith("_weighted") else None
        options = {"df": "between-within", "vcov": "CR0", "weights": weights}
        row = fit_fev(data, "FEV1 ~ ARMCD", SAS_NAMES.get(name, name), **options).contrasts("ARMCD").iloc[0]
        yield Number(f"{key} estimate", row["estimate"], expected["estimate"], relative=2e-4)
        yield Number(f"{key} se", row["se"], expected["se"], relative=2e-4)
        yield Number(f"{key} df", row["df"], expected["df"])


def coefficients_of_sas(sources: Sources) -> Iterator[Number]:
    """Coefficients as printed, REML and ML."""
    data, reference = fev_data(sources), sources.numbers("mmrm/sas_proc_mixed_fev.json")
    for key, expected in reference["coefficients"].items():
        method, structure = key.split("_")
        found = fit_fev(data, "FEV1 ~ ARMCD + SEX", structure, method=method, df="satterthwaite").coefficients()
        for (name, estimate, se, df), row in zip(expected["rows"], found.to_dict("records"), strict=True):
            yield Number(f"{key} {name} estimate", row["estimate"], estimate, 6e-5, 2e-4)
            yield Number(f"{key} {name} se", row["se"], se, 6e-5, 2e-4)
            yield Number(f"{key} {name} df", row["df"], df, absolute=0.6)
