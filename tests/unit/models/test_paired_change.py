"""Change within an arm: against SAS and scipy, and that it is no comparison of arms."""

import json

import numpy as np
import pytest
from rctflow.models.contract import OptionError
from rctflow.study.analyses import analyses_of, main_analysis
from rctflow.study.load import load_study
from rctflow.study.messages import ConfigError
from scipy import stats

from tests.fit_cases import fitted, random_trial, records, row, settings, subjects, values
from tests.tiny import tiny_config, write_config

PAIRED = {"model": "paired_change"}


@pytest.mark.parametrize(("log", "scale"), [(False, "normal"), (True, "lognormal")])
def test_paired_t_test_of_sas(root, log, scale):
    case = json.loads((root / "tests/reference/models/ttest.json").read_text())["paired"]
    adsl = subjects(["placebo"] * 12)
    bds = records(adsl, np.array(case["after"], float), month6=np.array(case["before"], float))
    found, expected = values(fitted(adsl, bds, settings(**PAIRED, log=log)), "placebo"), case[scale]
    assert [found["df"], found["t"], found["p_value"]] == pytest.approx(
        [expected["df"], expected["t"], expected["p"]], abs=5e-5
    )
    assert [found["within_arm_change"], found["ci_low"], found["ci_high"]] == pytest.approx(
        [expected["gmr" if log else "diff"], *expected["ci95"]], abs=5e-5
    )


def test_each_arm_by_itself_is_scipys():
    adsl, bds = random_trial(2)
    rows = fitted(adsl, bds, settings(("placebo", "low", "high"), **PAIRED, strata=("SITE",), covariates=("AGE",)))
    at = bds[bds["AVISIT"].eq("month6") & bds["AVAL"].notna()]
    arm = at["USUBJID"].map(adsl.set_index("USUBJID")["TRT01P"])
    for name in ("placebo", "low", "high"):
        own = at[arm.eq(name)]
        found, expected = values(rows, name), stats.ttest_rel(own["AVAL"], own["BASE"])
        assert [found["t"], found["p_value"]] == pytest.approx([expected.statistic, expected.pvalue])
    assert not [r for r in rows if r.contrast]


def test_permuted_rows_and_another_unit():
    adsl, bds = random_trial(3)
    plan = settings(("placebo", "low", "high"), **PAIRED)
    rows = fitted(adsl, bds, plan)
    assert fitted(adsl.sample(frac=1, random_state=1), bds.sample(frac=1, random_state=2), plan) == rows
    scaled = bds.assign(**{name: bds[name] * 10 for name in ("AVAL", "BASE", "CHG")})
    assert values(fitted(adsl, scaled, plan), "low")["t"] == pytest.approx(values(rows, "low")["t"])


def test_one_subject_and_equal_changes_have_no_test():
    adsl = subjects(["placebo", "msc", "msc"])
    bds = records(adsl, [1.0, 2.0, 3.0], month6=[2.0, 3.0, 4.0])
    rows = fitted(adsl, bds, settings(**PAIRED))
    assert "two subjects" in row(rows, "placebo", "p_value").note
    assert "same change" in row(rows, "msc", "p_value").note
    with pytest.raises(OptionError, match="outcome: change"):
        fitted(adsl, bds, settings(**PAIRED, outcome="value"))


def test_it_is_never_the_main_analysis(tmp_path):
    config = tiny_config()
    config["analyses"]["within"] = {"model": "paired_change", "populations": ["itt"]}
    config["endpoints"]["hb"]["analyses"] = ["within", "ancova", "descriptive"]
    study = load_study(write_config(config, tmp_path / "study.yaml"))
    assert main_analysis(study, "hb", analyses_of(study, "hb")) == "ancova"
    config["endpoints"]["hb"] |= {"main": "within"}
    with pytest.raises(ConfigError) as caught:
        load_study(write_config(config, tmp_path / "study.yaml"))
    assert caught.value.problems[0][0] == "endpoints.hb.main"
    assert "compares no arms" in caught.value.problems[0][1]
