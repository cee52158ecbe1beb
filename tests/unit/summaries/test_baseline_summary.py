"""Baseline characteristics."""

import json
from dataclasses import replace

import pandas as pd
import pytest
from rctflow.derive.derived import derive_derived
from rctflow.derive.settings import Category, Derived
from rctflow.disclosure import disclosable
from rctflow.rounding import rounded
from rctflow.summaries.baseline import summarize_baseline
from rctflow.summaries.rows import SummaryError
from rctflow.summaries.settings import Baseline, SummaryPopulation, SummaryStudy
from rctflow.summaries.sources import Sources

ADSL = pd.DataFrame(
    {
        "USUBJID": ["01", "02", "03", "04", "05"],
        "TRT01P": ["placebo", "placebo", "msc", "msc", "msc"],
        "ITTFL": ["Y", "Y", "Y", "Y", "N"],
        "AGE": [70.0, 80, 75, None, 99],
        "SEX": ["F", "F", "M", None, "M"],
    }
)
STUDY = SummaryStudy(study="demo", arms=("placebo", "msc"), populations={"itt": SummaryPopulation("ITTFL")})
SETTINGS = Baseline(population="itt", variables=("AGE", "SEX"), units={"AGE": "years"})


def summarized(adsl=ADSL, settings=SETTINGS, study=STUDY):
    return summarize_baseline(Sources(adsl), study, settings)


def of(rows, variable, group):
    return {
        row.statistic: row.value for row in rows if (row.analysis, row.group, row.contrast) == (variable, group, "")
    }


def test_numbers():
    rows = summarized()
    found = of(rows, "AGE", "placebo")
    assert {name: found[name] for name in ("n", "mean", "median", "min", "max", "n_missing")} == {
        "n": 2,
        "mean": 75,
        "median": 75,
        "min": 70,
        "max": 80,
        "n_missing": 0,
    }
    assert found["sd"] == pytest.approx(50**0.5)
    one = of(rows, "AGE", "msc")
    assert (one["n"], one["mean"], one["sd"], one["n_missing"]) == (1, 75, None, 1)
    assert of(rows, "AGE", "")["n"] == 3
    assert {row.unit for row in rows if row.statistic == "mean"} == {"years"}
    assert [row.note for row in rows if row.value is None and row.statistic != "smd"] == ["too few values"]


def test_text_is_counted_per_level_of_those_with_a_value():
    rows = summarized()
    assert of(rows, "SEX", "placebo") == {
        "n": 2,
        "n:F": 2,
        "percent:F": 100,
        "n:M": 0,
        "percent:M": 0,
        "n_missing": 0,
    }
    assert of(rows, "SEX", "msc") == {"n": 1, "n:F": 0, "percent:F": 0, "n:M": 1, "percent:M": 100, "n_missing": 1}
    assert {row.endpoint for row in rows} == {"baseline"}
    assert len({row.result_id for row in rows}) == len(rows)


def test_no_row_tests_a_difference_at_baseline():
    names = {row.statistic for row in summarized()}
    assert not names & {"p_value", "estimate", "t"}


def test_an_arm_without_anybody():
    rows = summarized(ADSL.assign(ITTFL=["Y", "Y", "N", "N", "N"]))
    assert of(rows, "SEX", "msc") == {"n": 0, "n:F": 0, "percent:F": None, "n_missing": 0}


def test_a_missing_column_or_population_is_named():
    with pytest.raises(SummaryError, match="ADSL has no column BMI"):
        summarized(settings=replace(SETTINGS, variables=("BMI",)))
    with pytest.raises(SummaryError, match=r"'all' is not a population\. One of: itt"):
        summarized(settings=replace(SETTINGS, population="all"))


def test_levels_stand_in_the_declared_order():
    rows = summarized(settings=replace(SETTINGS, variables=("SEX",), levels={"SEX": ("M", "X")}))
    names = [row.statistic for row in rows if row.group == "placebo" and row.statistic.startswith("n:")]
    assert names == ["n:M", "n:X", "n:F"]


def test_more_than_two_arms_are_compared_with_the_reference():
    adsl = pd.DataFrame({"TRT01P": list("aabbcc"), "ITTFL": "Y", "AGE": [1.0, 3, 2, 4, 5, 9]})
    study = SummaryStudy("demo", ("b", "a", "c"), {"itt": SummaryPopulation("ITTFL")})
    rows = summarized(adsl, replace(SETTINGS, variables=("AGE",), test_numbers="anova"), study)
    smd = {row.contrast: row.value for row in rows if row.statistic == "smd"}
    assert smd == {"a - b": pytest.approx(-1 / 2**0.5), "c - b": pytest.approx(4 / 5**0.5)}
    assert [row.contrast + row.group for row in rows if row.statistic == "p_value"] == [""]


def test_suppressed_levels_hide_what_compares_them():
    adsl = pd.DataFrame({"TRT01P": ["placebo"] * 20 + ["msc"] * 20, "ITTFL": "Y", "SEX": ["M"] * 2 + ["F"] * 38})
    study = replace(STUDY, small_cells=5)
    rows = summarized(adsl, replace(SETTINGS, variables=("SEX",), test_categories="chi_square"), study)
    shown = disclosable(rows, 5)
    assert {row.value for row in shown if row.statistic in ("smd", "p_value")} == {None}
    kept = disclosable(summarized(adsl.assign(SEX=["M", "F"] * 20), replace(SETTINGS, variables=("SEX",)), study), 5)
    assert [row.value for row in kept if row.statistic == "smd"] == [0]


CASES = {
    "AGEGR": Derived(of="AGE", ranges=("<65 yrs", "65-80 yrs", ">80 yrs")),
    "DURGR": Derived(of="DURDIS", ranges=("<12 months", ">=12 months")),
    "BMIGR": Derived(  # the published table counts the patient without a weight as <25: to SAS a missing value is small
        cases=(
            Category("<25", "BMIBL < 25 or BMIBL == missing"),
            Category("25-<30", "BMIBL < 30"),
            Category(">=30", "BMIBL >= 30"),
        )
    ),
    "ORIGIN": Derived(
        cases=(
            Category("Hispanic", "ETHNIC == 'HISPANIC OR LATINO'"),
            Category("Caucasian", "RACE == 'WHITE'"),
            Category("African Descent", "RACE == 'BLACK OR AFRICAN AMERICAN'"),
            Category("Other", "RACE != missing"),
        )
    ),
    "GENDER": Derived(cases=(Category("Male", "SEX == 'M'"), Category("Female", "SEX == 'F'"))),
}
BLOCKS = {
    "Age (y)": ("AGE", "AGEGR"),
    "Sex": ("GENDER",),
    "Race (Origin)": ("ORIGIN",),
    "MMSE": ("MMSETOT",),
    "Duration of disease": ("DURDIS", "DURGR"),
    "Years of education": ("EDUCLVL",),
    "Baseline weight(kg)": ("WEIGHTBL",),
    "Baseline height(cm)": ("HEIGHTBL",),
    "Baseline BMI": ("BMIBL", "BMIGR"),
}
TIES = {
    ("Duration of disease", "Mean", 0): (42.65, "42.6", "42.7"),
    ("Duration of disease", "Median", 1): (40.25, "40.2", "40.3"),
    ("Duration of disease", "Median", 3): (36.25, "36.2", "36.3"),
    ("Baseline weight(kg)", "Median", 0): (60.55, "60.5", "60.6"),
    ("Baseline height(cm)", "Median", 3): (162.85, "162.8", "162.9"),
}
"""(block, line, column): unrounded value, as printed there, half away from zero."""


def test_every_cell_of_the_demography_of_the_cdisc_pilot(shared):
    """Table 14-2.01 with its p-values, digit for digit; cells whose unrounded value is a tie are listed in TIES."""
    import pyreadstat

    table = json.loads((shared / "reference/cdiscpilot/published.json").read_text())["tables"]["14-2.01"]["rows"]
    adsl = pyreadstat.read_xport(str(shared / "data/cdiscpilot/adam/adsl.xpt"))[0]
    arms = ("Placebo", "Xanomeline Low Dose", "Xanomeline High Dose")
    variables = tuple(name for names in BLOCKS.values() for name in names)
    settings = Baseline("itt", variables, test_numbers="anova", test_categories="chi_square", standardized=False)
    study = SummaryStudy("pilot", arms, {"itt": SummaryPopulation("ITTFL")})
    rows = summarized(derive_derived(adsl, CASES), settings, study)
    block, compared, ties = "", 0, {}
    for cells in table[1:]:
        block = cells[0] or block
        variable = BLOCKS[block][cells[1].startswith(("<", ">", "6", "2")) and len(BLOCKS[block]) - 1]
        for k, arm in enumerate((*arms, "")):
            value, shown = printed(of(rows, variable, arm), cells[1])
            if shown != cells[2 + k].replace("( ", "("):
                ties[block, cells[1], k] = (value, cells[2 + k], shown)
            compared += 1
        if cells[6]:
            assert rounded(of(rows, variable, "")["p_value"], 4) == cells[6], cells
            compared += 1
    assert {place: (round(value, 10), *texts) for place, (value, *texts) in ties.items()} == TIES
    assert compared == 58 * 4 + 12


def printed(found, line):
    """(unrounded value, the cell as that table prints it)."""
    digits = {"n": 0, "Mean": 1, "SD": 2, "Median": 1, "Min": 1, "Max": 1}
    if line in digits:
        value = found[line.lower()]
        return value, rounded(value, digits[line])
    n, percent = found[f"n:{line}"], found[f"percent:{line}"]
    if not n:
        return 0, "0"
    share = "<1" if percent < 0.5 else rounded(percent, 0)
    return percent, f"{n:g} ({share}%)"
