"""How many each analysis set has."""

import json

import pandas as pd
import pytest
from rctflow.summaries.populations import summarize_populations
from rctflow.summaries.rows import SummaryError
from rctflow.summaries.settings import Populations, SummaryPopulation, SummaryStudy
from rctflow.summaries.sources import Sources

ADSL = pd.DataFrame(
    {
        "TRT01P": ["placebo", "placebo", "msc", "msc", "msc"],
        "TRT01A": ["placebo", "msc", "msc", "msc", None],
        "RANDFL": "Y",
        "ITTFL": "Y",
        "SAFFL": ["Y", "Y", "Y", "Y", "N"],
        "PPFL": ["Y", "N", "Y", "Y", "N"],
    }
)
POPULATIONS = {
    "itt": SummaryPopulation("ITTFL"),
    "safety": SummaryPopulation("SAFFL", "actual"),
    "pp": SummaryPopulation("PPFL"),
}
STUDY = SummaryStudy("demo", ("placebo", "msc"), POPULATIONS, ("itt", "safety", "pp"))


def test_numbers_and_percentages_of_those_randomized():
    rows = summarize_populations(Sources(ADSL), STUDY, Populations())
    found = {(row.population, row.statistic, row.group): row.value for row in rows}
    assert [found[name, "n", arm] for name in STUDY.order for arm in ("placebo", "msc", "")] == [
        *(2, 3, 5),
        *(1, 3, 4),
        *(1, 2, 3),
    ]
    assert (found["pp", "percent", "placebo"], found["pp", "percent", ""]) == (50, 60)
    assert found["safety", "percent", ""] == 80
    assert ("safety", "percent", "msc") not in found


def test_the_populations_stand_in_the_order_of_the_config():
    rows = summarize_populations(Sources(ADSL), STUDY, Populations())
    assert list(dict.fromkeys(row.population for row in rows)) == ["itt", "safety", "pp"]


def test_a_missing_flag_is_named():
    with pytest.raises(SummaryError, match="ADSL has no column PPFL"):
        summarize_populations(Sources(ADSL.drop(columns="PPFL")), STUDY, Populations())


def test_populations_of_the_cdisc_pilot(shared):
    expected = json.loads((shared / "reference/cdiscpilot/published.json").read_text())["key"]["14-1.01"]
    data = pd.read_sas(shared / "data/cdiscpilot/adam/adsl.xpt", encoding="latin-1")
    adsl = data.assign(RANDFL="Y", TRTSDT=pd.to_datetime(data["TRTSDT"]))
    arms = ("Placebo", "Xanomeline Low Dose", "Xanomeline High Dose")
    flags = {"itt": "ITTFL", "safety": "SAFFL", "efficacy": "EFFFL", "week24": "COMP24FL"}
    study = SummaryStudy("pilot", arms, {name: SummaryPopulation(flag) for name, flag in flags.items()})
    rows = summarize_populations(Sources(adsl), study, Populations())
    names = {"itt": "ITT", "safety": "Safety", "efficacy": "Efficacy", "week24": "Complete Week 24"}
    for name, printed in names.items():
        found = {row.group: row.value for row in rows if (row.population, row.statistic) == (name, "n")}
        assert [found[arm] for arm in (*arms, "")] == expected[printed]
