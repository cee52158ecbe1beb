"""Baseline characteristics."""

import json
from dataclasses import replace

import pandas as pd
import pytest
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
    return {row.statistic: row.value for row in rows if (row.analysis, row.group) == (variable, group)}


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
    assert [row.note for row in rows if row.value is None] == ["too few values"]


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


def test_demography_of_the_cdisc_pilot(shared):
    """Table 14-2.01; of its cells, placebo mean of DURDIS is left out: printed 42.6 there, half away from zero 42.7."""
    table = json.loads((shared / "reference/cdiscpilot/published.json").read_text())["tables"]["14-2.01"]["rows"]
    adsl = pd.read_sas(shared / "data/cdiscpilot/adam/adsl.xpt", encoding="latin-1")
    arms = ("Placebo", "Xanomeline Low Dose", "Xanomeline High Dose")
    variables = {"AGE": "Age (y)", "MMSETOT": "MMSE", "EDUCLVL": "Years of education", "SEX": "Sex"}
    populations = {"itt": SummaryPopulation("ITTFL")}
    study = SummaryStudy(study="pilot", arms=arms, populations=populations)
    rows = summarized(adsl, replace(SETTINGS, variables=tuple(variables)), study)
    compared = 0
    for variable, title in variables.items():
        start = next(i for i, cells in enumerate(table) if cells[0] == title)
        for cells in table[start : start + 6]:
            if cells[0] not in ("", title):
                break
            found = [_shown(of(rows, variable, arm), cells[1]) for arm in (*arms, "")]
            if None not in found:
                assert found == [cell.replace("( ", "(") for cell in cells[2:6]]
                compared += 1
    assert compared == 3 * 6 + 3


def _shown(found, label):
    """The cell as the table prints it."""
    digits = {"n": 0, "Mean": 1, "SD": 2, "Median": 1, "Min": 1, "Max": 1}
    levels = {"Male": "M", "Female": "F"}
    if label in digits:
        return rounded(found[label.lower()], digits[label]) if label.lower() in found else None
    if label in levels:
        level = levels[label]
        return f"{found[f'n:{level}']:g} ({rounded(found[f'percent:{level}'], 0)}%)"
    return None
