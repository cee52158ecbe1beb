"""Subgroups: the arms compared within levels of a factor by one model, against statsmodels and the engine by hand."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from rctflow.models.contract import FitDataError
from rctflow.models.mmrm import fit_mmrm
from rctflow.models.settings import Subgroup
from rctflow.models.subgroups.levels import subgroup_of
from rctflow.results import SUPPRESSED

from tests.fit_cases import fitted, random_trial, records, settings, subjects

ARMS = ("placebo", "low", "high")
MODEL = {"strata": ("SITE",), "covariates": ("AGE",)}


def with_subgroups(fit, visit="month6", small_cells=0, **subgroups):
    analysis = replace(fit.analyses["primary"], subgroups=tuple(subgroups))
    return replace(
        fit, analyses={"primary": analysis}, subgroups=subgroups, subgroup_visit=visit, small_cells=small_cells
    )


def ancova(arms=ARMS, **changes):
    return settings(arms, strata=("SITE",), covariates=("AGE",), **changes)


def by_name(rows):
    return {(row.contrast or row.group, row.statistic): row for row in rows if ":" in row.statistic}


def numbers(rows):
    return {key: row.value for key, row in by_name(rows).items()}


def analysed(adsl, bds, visit="month6"):
    return bds[bds["AVISIT"].eq(visit) & bds["AVAL"].notna()].merge(adsl, on="USUBJID")


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_ancova_equals_statsmodels_with_an_interaction(seed):
    import statsmodels.formula.api as smf
    from statsmodels.stats.anova import anova_lm

    adsl, bds = random_trial(seed, n=60)
    found = numbers(fitted(adsl, bds, with_subgroups(ancova(), SEX=Subgroup())))
    data = analysed(adsl, bds)
    arm = "C(TRT01P, Treatment('placebo'))"
    full = smf.ols(f"CHG ~ {arm} * C(SEX) + BASE + C(SITE) + AGE", data).fit()
    reduced = smf.ols(f"CHG ~ {arm} + C(SEX) + BASE + C(SITE) + AGE", data).fit()
    test = anova_lm(reduced, full).iloc[1]
    assert found["", "interaction_F:SEX"] == pytest.approx(test["F"], rel=1e-8)
    assert found["", "interaction_p_value:SEX"] == pytest.approx(test["Pr(>F)"], rel=1e-8)
    assert (found["", "interaction_df1:SEX"], found["", "interaction_df2:SEX"]) == (2, full.df_resid)
    for name in ("low", "high"):
        for level in ("F", "M"):
            more = f" + {arm}[T.{name}]:C(SEX)[T.M]" if level == "M" else ""
            expected = full.t_test(f"{arm}[T.{name}]{more} = 0")
            who, at = f"{name} - placebo", f":SEX={level}"
            assert found[who, f"estimate{at}"] == pytest.approx(expected.effect[0], rel=1e-8)
            assert found[who, f"se{at}"] == pytest.approx(expected.sd[0, 0], rel=1e-8)
            limits = [found[who, f"ci_low{at}"], found[who, f"ci_high{at}"]]
            assert limits == pytest.approx(list(expected.conf_int()[0]), rel=1e-8)
            n = ((data["TRT01P"] == name) & (data["SEX"] == level)).sum()
            assert found[name, f"subgroup_n{at}"] == n


def test_hc3_equals_statsmodels():
    import statsmodels.formula.api as smf

    adsl, bds = random_trial(6, n=60)
    fit = with_subgroups(ancova(options={"vcov": "HC3"}), SITE=Subgroup())
    found = numbers(fitted(adsl, bds, fit))
    arm = "C(TRT01P, Treatment('placebo'))"
    data = analysed(adsl, bds)
    full = smf.ols(f"CHG ~ {arm} * C(SITE) + BASE + AGE", data).fit(cov_type="HC3", use_t=True)
    crossed = [name for name in full.params.index if ":" in name]
    test = full.f_test(np.eye(len(full.params))[[full.params.index.get_loc(name) for name in crossed]])
    assert found["", "interaction_F:SITE"] == pytest.approx(float(test.fvalue), rel=1e-8)
    assert found["", "interaction_p_value:SITE"] == pytest.approx(float(test.pvalue), rel=1e-8)
    assert found["", "interaction_df1:SITE"] == 4
    expected = full.t_test(f"{arm}[T.low] + {arm}[T.low]:C(SITE)[T.B] = 0")
    assert found["low - placebo", "se:SITE=B"] == pytest.approx(expected.sd[0, 0], rel=1e-8)


def test_no_level_has_a_p_value():
    adsl, bds = random_trial(1, n=60)
    names = {name for _, name in numbers(fitted(adsl, bds, with_subgroups(ancova(), SEX=Subgroup())))}
    assert {name for name in names if "p_value" in name or name.startswith("t:")} == {"interaction_p_value:SEX"}


def test_the_rows_of_the_whole_population_stay():
    adsl, bds = random_trial(1, n=60)
    alone, beside = fitted(adsl, bds, ancova()), fitted(adsl, bds, with_subgroups(ancova(), SEX=Subgroup()))
    assert [row for row in beside if ":" not in row.statistic] == alone


def test_cut_points_belong_to_the_upper_level():
    values = pd.Series([69.0, 70, 79, 80, np.nan], list("abcde"))
    levels, order = subgroup_of(values, "AGE", Subgroup((70, 80)))
    assert order == ("<70", "70 to <80", ">=80")
    assert levels.fillna("").tolist() == ["<70", "70 to <80", "70 to <80", ">=80", ""]
    with pytest.raises(FitDataError, match="needs `cuts`"):
        subgroup_of(values, "AGE", Subgroup())
    with pytest.raises(FitDataError, match="cannot have `cuts`"):
        subgroup_of(pd.Series(["F"]), "SEX", Subgroup((1,)))


def test_a_factor_cut_stays_a_covariate_of_the_model():
    import statsmodels.formula.api as smf

    adsl, bds = random_trial(4, n=60)
    found = numbers(fitted(adsl, bds, with_subgroups(ancova(), AGE=Subgroup((75,)))))
    data = analysed(adsl, bds).assign(OLD=lambda d: d["AGE"].ge(75).astype(int))
    model = smf.ols("CHG ~ C(TRT01P, Treatment('placebo')) * OLD + BASE + C(SITE) + AGE", data).fit()
    assert found["low - placebo", "estimate:AGE=<75"] == pytest.approx(model.params.iloc[2], rel=1e-8)


def test_a_stratum_as_subgroup_gives_the_same_as_its_copy():
    adsl, bds = random_trial(5, n=60)
    adsl["COPY"] = adsl["SITE"]
    stratum = fitted(adsl, bds, with_subgroups(ancova(), SITE=Subgroup()))
    copy = fitted(adsl, bds, with_subgroups(ancova(), COPY=Subgroup()))
    expected = {(who, name.replace("COPY", "SITE")): value for (who, name), value in numbers(copy).items()}
    assert numbers(stratum) == pytest.approx(expected)
    assert {row.status for row in by_name(stratum).values()} == {"ok"}


def test_an_empty_cell_is_not_estimable_and_the_other_levels_go_on():
    adsl, bds = random_trial(1, n=60)
    adsl.loc[adsl["TRT01P"].eq("high"), "SEX"] = "F"
    rows = by_name(fitted(adsl, bds, with_subgroups(ancova(), SEX=Subgroup())))
    lost = rows["high - placebo", "estimate:SEX=M"]
    assert (lost.value, lost.status, lost.note) == (
        None,
        "not_estimable",
        "no subject of high can be analysed in this subgroup",
    )
    assert rows["high", "subgroup_n:SEX=M"].value == 0
    assert rows["high - placebo", "estimate:SEX=F"].status == "ok"
    assert rows["", "interaction_df1:SEX"].value == 1


def test_one_level_leaves_nothing_to_test():
    adsl, bds = random_trial(1, n=60)
    adsl["SEX"] = "F"
    rows = by_name(fitted(adsl, bds, with_subgroups(ancova(), SEX=Subgroup())))
    assert rows["", "interaction_p_value:SEX"].status == "not_estimable"
    assert rows["low - placebo", "estimate:SEX=F"].status == "ok"


def test_subjects_without_the_factor_are_counted():
    adsl, bds = random_trial(1, n=60)
    adsl.loc[bds.dropna(subset="AVAL")["USUBJID"].iloc[0] == adsl["USUBJID"], "SEX"] = ""
    note = by_name(fitted(adsl, bds, with_subgroups(ancova(), SEX=Subgroup())))["", "interaction_F:SEX"].note
    assert note == "1 with a value but without SEX not analysed"


def test_a_small_cell_of_restricted_data_hides_the_whole_factor():
    adsl, bds = random_trial(1, n=60)
    rows = by_name(fitted(adsl, bds, with_subgroups(ancova(), small_cells=30, SEX=Subgroup())))
    assert {(row.value, row.note) for row in rows.values()} == {(None, SUPPRESSED)}


def test_ratios_on_the_log_scale_are_the_logarithms_brought_back():
    adsl, bds = random_trial(2, n=60)
    ratios = numbers(fitted(adsl, bds, with_subgroups(ancova(log=True), SEX=Subgroup())))
    logged = bds.assign(AVAL=np.log(bds["AVAL"]), BASE=np.log(bds["BASE"]))
    logged["CHG"] = logged["AVAL"] - logged["BASE"]
    differences = numbers(fitted(adsl, logged, with_subgroups(ancova(), SEX=Subgroup())))
    for name in ("estimate", "ci_low", "ci_high"):
        expected = np.exp(differences["low - placebo", f"{name}:SEX=F"])
        assert ratios["low / placebo", f"{name}:SEX=F"] == pytest.approx(expected)
    assert ratios["", "interaction_F:SEX"] == pytest.approx(differences["", "interaction_F:SEX"])


def test_the_same_arms_swapped_turn_every_difference():
    adsl, bds = random_trial(3, n=60, arms=("placebo", "msc"))
    found = numbers(fitted(adsl, bds, with_subgroups(ancova(("placebo", "msc")), SEX=Subgroup())))
    turned = numbers(fitted(adsl, bds, with_subgroups(ancova(("msc", "placebo")), SEX=Subgroup())))
    for level in ("F", "M"):
        value = found["msc - placebo", f"estimate:SEX={level}"]
        assert turned["placebo - msc", f"estimate:SEX={level}"] == pytest.approx(-value)
    assert turned["", "interaction_p_value:SEX"] == pytest.approx(found["", "interaction_p_value:SEX"])


VISITS = ("month1", "month3", "month6")


def repeated(seed=1, n=60):
    adsl, _ = random_trial(seed, n, arms=("placebo", "msc"))
    rng = np.random.default_rng(seed)
    base, person = rng.normal(40, 6, n), rng.normal(0, 3, n)
    effect = adsl["TRT01P"].eq("msc") * (1 + 2 * adsl["SEX"].eq("M"))
    visits = {v: base + person + k * effect + rng.normal(0, 2, n) for k, v in enumerate(VISITS, 1)}
    visits = {name: np.where(rng.random(n) < 0.1 * k, np.nan, v) for k, (name, v) in enumerate(visits.items())}
    return adsl, records(adsl, base, **visits)


def mixed(**changes):
    declared = {"model": "mmrm", "visits": ("month1", "month3", "month6"), "strata": ("SITE",)} | changes
    return settings(("placebo", "msc"), **declared)


def test_mmrm_equals_the_engine_called_by_hand():
    adsl, bds = repeated()
    found = numbers(fitted(adsl, bds, with_subgroups(mixed(), SEX=Subgroup())))
    data = bds[bds["AVISIT"].ne("baseline") & bds["AVAL"].notna()].merge(adsl, on="USUBJID")
    orders = {"AVISIT": ["month1", "month3", "month6"], "TRT01P": ["placebo", "msc"], "SEX": ["F", "M"]}
    fit = fit_mmrm(data, "CHG ~ AVISIT * TRT01P * SEX + AVISIT * BASE + SITE", "USUBJID", "AVISIT", levels=orders)
    for level in ("F", "M"):
        row = fit.contrasts("TRT01P", ["AVISIT"], at={"SEX": level}).query("AVISIT == 'month6'").iloc[0]
        for name in ("estimate", "se", "df", "ci_low", "ci_high"):
            assert found["msc - placebo", f"{name}:SEX={level}"] == pytest.approx(row[name], rel=1e-6)
    rows = {level: fit.mean_rows(["AVISIT", "TRT01P"], at={"SEX": level}).L for level in ("F", "M")}
    test = fit.test_contrasts((rows["M"][5] - rows["M"][4]) - (rows["F"][5] - rows["F"][4]))
    assert found["", "interaction_F:SEX"] == pytest.approx(test.F, rel=1e-6)
    assert found["", "interaction_df2:SEX"] == pytest.approx(test.df2, rel=1e-6)
    assert found["", "interaction_p_value:SEX"] == pytest.approx(test.p_value, rel=1e-6)


def test_mmrm_with_one_visit_equals_ancova():
    adsl, bds = repeated()
    bds = bds[bds["AVISIT"].isin(["baseline", "month6"])]
    one = numbers(fitted(adsl, bds, with_subgroups(mixed(visits=("month6",)), SEX=Subgroup(), SITE=Subgroup())))
    model = settings(("placebo", "msc"), strata=("SITE",))
    other = numbers(fitted(adsl, bds, with_subgroups(model, SEX=Subgroup(), SITE=Subgroup())))
    shared = {key for key in other if key in one}
    assert {key: one[key] for key in shared} == pytest.approx({key: other[key] for key in shared}, rel=1e-5)
    assert len(shared) > 30


def test_mmrm_with_an_empty_cell_goes_on():
    adsl, bds = repeated()
    adsl.loc[adsl["TRT01P"].eq("msc"), "SITE"] = adsl["SITE"].replace("C", "A")
    rows = by_name(fitted(adsl, bds, with_subgroups(mixed(), SITE=Subgroup())))
    assert rows["msc - placebo", "estimate:SITE=C"].status == "not_estimable"
    assert rows["msc - placebo", "estimate:SITE=A"].value is not None
    assert rows["", "interaction_df1:SITE"].value == 1


def test_mmrm_with_a_constrained_baseline_compares_subgroups_too():
    adsl, bds = repeated()
    rows = by_name(fitted(adsl, bds, with_subgroups(mixed(options={"baseline": "outcome"}), SEX=Subgroup())))
    plain = numbers(fitted(adsl, bds, with_subgroups(mixed(), SEX=Subgroup())))
    found = rows["msc - placebo", "estimate:SEX=M"].value
    assert found == pytest.approx(plain["msc - placebo", "estimate:SEX=M"], abs=1.5)
    assert rows["", "interaction_p_value:SEX"].value is not None


def test_nothing_to_fit_is_told_in_every_row():
    adsl = subjects(["placebo", "msc", "placebo", "msc"], SEX=list("FFMM"))
    bds = records(adsl, [1.0, 2.0, 3.0, 4.0], month6=[2.0, 3.0, 5.0, 7.0])
    fit = settings(("placebo", "msc"), strata=())
    rows = by_name(fitted(adsl, bds, with_subgroups(fit, SEX=Subgroup())))
    assert {row.status for row in rows.values()} == {"not_estimable"}
    assert "no residual degree of freedom" in rows["", "interaction_F:SEX"].note
