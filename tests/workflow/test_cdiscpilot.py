"""The CDISC pilot, from its SDTM data to its published tables by config alone: every printed cell."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from rctflow.rounding import rounded

from tests.pilot import ARMS, LABELS, event_lines, percent, printed

pytestmark = pytest.mark.workflow

POPULATIONS = {
    "Intent-To-Treat (ITT)": "itt",
    "Safety": "safety",
    "Efficacy": "efficacy",
    "Complete Week 24": "completers",
    "Complete Study": "complete_study",
}
CIBIC = {
    1: "Marked improvement",
    2: "Moderate improvement",
    3: "Minimal improvement",
    4: "No Change",
    5: "Minimal worsening",
    6: "Moderate worsening",
    7: "Marked worsening",
}


def test_14_1_01_populations(value: Any, published: dict[str, Any]) -> None:
    def n(population: str, arm: str) -> float:
        return value("flow", "flow", population, "all", arm or "all", "n")

    columns = (*ARMS, "")
    header = ["", *(f"{LABELS[arm]} (N={n('itt', arm):g})" for arm in columns)]
    rows = [[label, *(percent(n(p, arm), n("itt", arm)) for arm in columns)] for label, p in POPULATIONS.items()]
    assert printed([header, *rows]) == printed(published["tables"]["14-1.01"]["rows"])


NUMBERS = {
    "Age (y)": "AGE",
    "MMSE": "MMSETOT",
    "Duration of disease": "DURDIS",
    "Years of education": "EDUCLVL",
    "Baseline weight(kg)": "WEIGHTBL",
    "Baseline height(cm)": "HEIGHTBL",
    "Baseline BMI": "BMIBL",
}
TEXTS = {"Sex": "SEX", "Race (Origin)": "ORIGIN"}
LEVELS = {"Male": "M", "Female": "F", "African Descent": "African descent"}
CLASSES = {
    "<65 yrs": ("AGEGR1", "<65"),
    "65-80 yrs": ("AGEGR1", "65-80"),
    ">80 yrs": ("AGEGR1", ">80"),
    "<12 months": ("DURDSGR1", "<12"),
    ">=12 months": ("DURDSGR1", ">=12"),
    "<25": ("BMIBLGR1", "<25"),
    "25-<30": ("BMIBLGR1", "25-<30"),
    ">=30": ("BMIBLGR1", ">=30"),
}
DIGITS = {"Mean": 1, "SD": 2, "Median": 1, "Min": 1, "Max": 1, "n": 0}
TIES = {  # printed rounded down, half away from zero here: (row, statistic, arm) -> unrounded, printed
    ("Duration of disease", "Mean", "placebo"): (42.65, "42.6"),
    ("Duration of disease", "Median", "low"): (40.25, "40.2"),
    ("Duration of disease", "Median", ""): (36.25, "36.2"),
    ("Baseline weight(kg)", "Median", "placebo"): (60.55, "60.5"),
    ("Baseline height(cm)", "Median", ""): (162.85, "162.8"),
}


def test_14_2_01_demographics_and_baseline(value: Any, published: dict[str, Any]) -> None:
    def of(variable: str, arm: str, statistic: str) -> float:
        return value("baseline", variable, "itt", "all", arm or "all", statistic)

    def share(variable: str, level: str, arm: str) -> str:
        count, rate = (of(variable, arm, f"{name}:{level}".replace(" ", "")) or 0 for name in ("n", "percent"))
        return f"{count:g} ({'<1' if rate < 0.5 else rounded(rate, 0)}%)" if count else "0"

    columns, ties = (*ARMS, ""), set()
    header, *rows = published["tables"]["14-2.01"]["rows"]
    assert printed([header]) == printed(
        [["", "", *(f"{LABELS[a]} (N={of('AGE', a, 'n'):g})" for a in columns), "p-value [1]"]]
    )
    block = ""
    for name, what, *cells, p in rows:
        block = name or block
        variable, level = CLASSES.get(what) or ((NUMBERS | TEXTS)[block], LEVELS.get(what, what))
        if what in DIGITS:
            found = [rounded(of(variable, arm, what.lower()), DIGITS[what]) for arm in columns]
            for place, arm in enumerate(columns):
                if (block, what, arm) in TIES:
                    unrounded, told = TIES[block, what, arm]
                    assert of(variable, arm, what.lower()) == pytest.approx(unrounded, abs=1e-9)
                    found[place], _ = told, ties.add((block, what, arm))
        else:
            found = [share(variable, level, arm) for arm in columns]
        assert printed([found]) == printed([cells]), (block, what)
        assert rounded(of(variable, "", "p_value"), 4) == p or not p, (block, what)
    assert ties == set(TIES)


def test_14_3_01_to_full_precision(value: Any, published: dict[str, Any]) -> None:
    full = published["key"]["14-3.01"]["recomputed_here_full_precision"]
    for name, contrast in (
        ("low_vs_placebo", "low-placebo"),
        ("high_vs_placebo", "high-placebo"),
        ("high_vs_low", "high-low"),
    ):
        found = [
            value("adas_cog", "ancova_locf", "efficacy", "week24", contrast, s) for s in ("estimate", "se", "p_value")
        ]
        assert found == pytest.approx([full[name][key] for key in ("diff", "se", "p")], abs=1e-7)
    p = value("adas_cog", "ancova_locf", "efficacy", "week24", "all", "dose_response_p_value")
    assert p == pytest.approx(full["p_dose_response"], abs=1e-9)


def test_week_24_mmrm_of_sas(value: Any, published: dict[str, Any]) -> None:
    sas = published["key"]["14-3.11_week24_MMRM_SAS"]

    def of(who: str, statistic: str) -> float:
        return value("adas_cog", "mmrm", "efficacy", "week24", who, statistic)

    for arm, label in zip(ARMS, ("Placebo", "Low", "High"), strict=True):
        assert float(rounded(of(arm, "lsmean"), 4)) == sas["ls_means_week24"][label]
        assert float(rounded(of(arm, "se"), 2)) == sas["ls_means_se_2dp"][label]
    for contrast, label in (("high-placebo", "High-Placebo"), ("low-placebo", "Low-Placebo")):
        assert float(rounded(abs(of(contrast, "estimate")), 4)) == sas["contrast_abs"][label]["est"]
        assert float(rounded(of(contrast, "p_value"), 4)) == sas["contrast_abs"][label]["p"]
    again = sas["recomputed_here_pure_numpy"]
    variance = again["UN"]
    for place, visit in enumerate(("week8", "week16")):
        correlation = variance[2][place] / (variance[2][2] * variance[place][place]) ** 0.5
        assert of("all", f"correlation:{visit}") == pytest.approx(correlation, abs=1e-5)
    for label, expected in again["diff"].items():
        found = [of(label.lower(), name) for name in ("estimate", "se", "df", "p_value")]
        assert found == pytest.approx([expected[key] for key in ("est", "se", "df", "p")], rel=2e-5)


def test_14_3_13_cibic_by_cmh(value: Any, published: dict[str, Any]) -> None:
    def of(arm: str, week: str, statistic: str) -> float:
        return value("cibic", "cmh", "efficacy", week, arm, statistic) or 0

    rows = [
        [
            "",
            "Assessment",
            *(f"{LABELS[arm]} (N={value('flow', 'flow', 'efficacy', 'all', arm, 'n'):g})" for arm in ARMS),
            "p-value [1]",
        ]
    ]
    for week in (8, 16, 24):
        visit = f"week{week}"
        n = {arm: of(arm, visit, "n") for arm in ARMS}
        rows.append([f"Week {week}", "n", *(f"{n[arm]:g}" for arm in ARMS), rounded(of("all", visit, "p_value"), 4)])
        for level, label in CIBIC.items():
            rows.append(["", label, *(percent(of(arm, visit, f"n:{level}"), n[arm]) for arm in ARMS), ""])
    assert printed(rows) == printed(published["tables"]["14-3.13"]["rows"])


@pytest.mark.parametrize(("endpoint", "least"), [("adas_cog", 1500), ("cibic", 700), ("npi_x", 150)])
def test_from_sdtm_and_from_adam_the_same_numbers(pilot: Path, from_adam: Path, endpoint: str, least: int) -> None:
    """Every result row of both ways, and none that one way alone has.

    ADaM has no change for the mean NPI-X, so that there is none to describe.
    """
    sdtm, adam = (
        pd.read_csv(
            folder / f"endpoints/{endpoint}/results.csv", dtype={"value": str}, keep_default_na=False
        ).set_index("result_id")
        for folder in (pilot, from_adam)
    )
    assert len(sdtm) > least
    if endpoint == "npi_x":
        described = sdtm["statistic"].str.startswith("change_")
        assert pd.to_numeric(adam["value"])[described].fillna(0).eq(0).all()
        sdtm, adam = sdtm[~described].copy(), adam[~described].copy()
    for rows in (sdtm, adam):  # the variables behind a population are those of the data
        rows["note"] = rows["note"].str.replace(r" selects by .+?, after randomization", " selects", regex=True)
    same = ["value", "status", "note", "method", "unit"]
    pd.testing.assert_frame_equal(sdtm[same].sort_index(), adam[same].sort_index())


def test_from_sdtm_and_from_adam_the_same_patients(pilot: Path, from_adam: Path) -> None:
    columns = ["USUBJID", "TRT01P", "TRT01A", "TRTSDT", "SITEGR1", "AGE", "SEX", "RACE", "EOSSTT", "DCSREAS"]
    flags = ["ITTFL", "SAFFL", "EFFFL", "COMP24FL", "COMPFL", "EFFMFL", "EFFFFL"]
    sdtm, adam = (pd.read_parquet(folder / "adam/adsl.parquet")[[*columns, *flags]] for folder in (pilot, from_adam))
    pd.testing.assert_frame_equal(sdtm, adam)


def test_the_records_carried_forward_are_those_of_adam(pilot: Path, from_adam: Path) -> None:
    """Value, visit and change; ADaM gives some of them the day and source of a record that it did not choose."""
    keys, values = ["USUBJID", "AVISIT"], ["AVAL", "BASE", "CHG", "DTYPE"]
    sdtm, adam = (
        pd.read_parquet(folder / "adam/adas_cog.parquet").query("ANL02FL == 'Y' and AVISIT != 'baseline'")
        for folder in (pilot, from_adam)
    )
    carries_baseline = adam[adam["DTYPE"].eq("LOCF") & adam["ADY"].le(1)]
    assert carries_baseline["USUBJID"].nunique() == 19  # nobody of the efficacy population
    adam = adam.drop(carries_baseline.index)
    both = sdtm.merge(adam, on=keys, how="outer", suffixes=("", "_adam"), indicator=True)
    assert len(both) == 705
    assert both["_merge"].eq("both").all()
    for name in values:
        pd.testing.assert_series_equal(both[name], both[f"{name}_adam"], check_names=False)


def test_the_report_says_what_was_carried_forward(pilot: Path) -> None:
    assert "missing values by last observation carried forward" in (pilot / "report.html").read_text()


def test_no_code_knows_the_pilot(root: Path) -> None:
    sources = [*(root / "scripts").rglob("*.py"), *(root / "workflow").rglob("*.smk"), root / "Snakefile"]
    named = ("ACITM", "CIBIC", "xanomeline")
    assert [file for file in sources if any(word in file.read_text() for word in named)] == []


def test_14_5_01_adverse_events(pilot: Path, value: Any, published: dict[str, Any]) -> None:
    """Patients, percent, events and Fisher's exact p of each class and term, in the published order."""
    rows = pd.read_csv(pilot / "summaries/adverse_events/results.csv", keep_default_na=False)
    levels = [level for level in rows["analysis"].unique() if level.partition(":")[0] == "emergent"]
    ours = event_lines(value, levels)
    header, _, *theirs = published["tables"]["14-5.01"]["rows"]
    assert printed([ours[0]])[0][1:] == printed([theirs[0]])[0][1:] and theirs[0][0] == "ANY BODY SYSTEM"
    assert printed(ours[1:]) == printed(theirs[1:])
    at_risk = [value("adverse_events", "population", "safety", "all", arm, "n") for arm in ARMS]
    assert [f"{LABELS[arm]} (N={n:g})" for arm, n in zip(ARMS, at_risk, strict=True)] == [
        cell for cell in header if "N=" in cell
    ]


def test_adverse_events_from_sdtm_and_from_adam_are_the_same(pilot: Path, from_adam: Path) -> None:
    """All rows but rates: ADaM's ADSL has no date of death, and one patient died a day before the end of the study."""
    told = ["result_id", "value", "unit", "method", "status"]
    files = [folder / "summaries/adverse_events/results.csv" for folder in (pilot, from_adam)]
    sdtm, adam = (pd.read_csv(file, keep_default_na=False).set_index("result_id", drop=False)[told] for file in files)
    timed = sdtm["result_id"].str.contains(r"rate|person_years")
    pd.testing.assert_frame_equal(sdtm[~timed], adam[~timed])
    pd.testing.assert_series_equal(sdtm.loc[timed, "value"], adam.loc[timed, "value"], rtol=1e-3)


def test_the_flow_has_its_screening_and_every_sum(value: Any, published: dict[str, Any]) -> None:
    """DM has 306 subjects, 254 of them with an arm; 14-1.01 has those who completed the study."""
    flow = ("flow", "flow", "all", "all")
    assert [value(*flow, "all", name) for name in ("n_screened", "n_not_randomized", "n_randomized")] == [306, 52, 254]
    completed = published["key"]["14-1.01"]["Complete Study"]
    for arm, n in zip((*ARMS, "all"), completed, strict=True):
        assert (
            value(*flow, arm, "n_completed")
            == n
            == value("disposition", "status", "itt", "all", arm, "n:Completedthestudy")
        )
        assert value(*flow, arm, "n_completed") + value(*flow, arm, "n_discontinued") == value(
            *flow, arm, "n_randomized"
        )
        for population in ("efficacy", "completers"):
            parts = [value("flow", "flow", population, "all", arm, name) for name in ("n", "n_excluded")]
            assert sum(parts) == value(*flow, arm, "n_randomized")


def test_exposure_is_that_of_the_studys_own_adsl(value: Any, shared: Path) -> None:
    import pyreadstat

    adsl = pyreadstat.read_xport(str(shared / "data/cdiscpilot/adam/adsl.xpt"))[0]
    for arm in ARMS:
        members = adsl[adsl["TRT01A"].eq(LABELS[arm])]
        for name, column in (("cumulative_dose", "CUMDOSE"), ("duration", "TRTDUR")):
            mine = [value("exposure", name, "safety", "all", arm, statistic) for statistic in ("mean", "sd", "max")]
            known = members[column]
            assert mine == pytest.approx([known.mean(), known.std(), known.max()])
