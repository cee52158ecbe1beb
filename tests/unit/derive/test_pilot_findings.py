"""The CDISC pilot: LB and VS become what its own ADLBC and ADVS say, where these follow the same rules."""

import numpy as np
import pandas as pd
import pyreadstat
import pytest
from rctflow.derive.findings.records import derive_findings
from rctflow.derive.findings.settings import Findings, Measure, MostExtreme, PreviousVisit, Threshold
from rctflow.derive.settings import Window

WEEKS = (2, 4, 6, 8, 12, 16, 20, 24, 26)
HAEMATOLOGY = ("HGB", "HCT", "WBC", "PLAT", "EOS", "BASO")
CHEMISTRY = ("ALT", "AST", "BILI", "ALP", "CREAT", "SODIUM", "K", "GLUC")


def visits(baseline):
    plan = {baseline: Window(0, 0, -28, 0, baseline=True)}
    return plan | {f"WEEK {week}": Window(n, 7 * week, 7 * week, 7 * week) for n, week in enumerate(WEEKS, start=1)}


@pytest.fixture(scope="module")
def pilot(shared):
    def read(name):
        return pyreadstat.read_xport(shared / f"data/cdiscpilot/{name}.xpt")[0]

    return read


@pytest.fixture(scope="module")
def adsl(pilot):
    found = pilot("adam/adsl")[["USUBJID", "TRTSDT", "TRTEDT"]]
    dates = {name: pd.to_datetime(found[name]) for name in ("TRTSDT", "TRTEDT")}
    return found.assign(**dates, RANDDT=dates["TRTSDT"])


def cleaned(table, prefix):
    dates = pd.to_datetime(table[f"{prefix}DTC"].str[:10], errors="coerce")
    names = table["VISIT"].where(table["VISIT"].str.match(r"SCREENING 1$|BASELINE$|WEEK"), "")
    return table.assign(ADT=dates, DAY=float("nan"), VISIT=names, SRCROW=table[f"{prefix}SEQ"])


@pytest.fixture(scope="module")
def adlb(pilot, adsl):
    return laboratory(pilot, adsl)


def laboratory(pilot, adsl, tests=CHEMISTRY, **more):
    columns = {"test": "LBTESTCD", "value": "LBSTRESN", "low": "LBSTNRLO", "high": "LBSTNRHI", "windowing": "nominal"}
    settings = Findings("lb", {code: Measure(code) for code in tests}, **columns, **more, visits=visits("SCREENING 1"))
    return derive_findings(cleaned(pilot("sdtm/lb"), "LB"), adsl, settings)


def test_chemistry_is_that_of_adlbc(pilot, adlb):
    theirs = pilot("adam/adlbc")
    theirs = theirs[theirs["PARAMCD"].isin(CHEMISTRY) & theirs["AVISIT"].str.contains("Week")]
    ours = adlb[adlb["AVISIT"].str.startswith("WEEK")]
    key = ["USUBJID", "PARAMCD", "LBSEQ"]
    both = theirs.merge(ours.rename(columns={"SRCSEQ": "LBSEQ"}), on=key, suffixes=("_T", ""), validate="one_to_one")
    assert len(both) == len(theirs) == 12170
    assert (both["AVISIT_T"].str.strip().str.upper() == both["AVISIT"]).all()
    pd.testing.assert_series_equal(both["AVAL"], both["AVAL_T"], check_names=False)
    pd.testing.assert_series_equal(both["ADY"], both["ADY_T"], check_names=False)
    pd.testing.assert_series_equal(both["R2ANRHI"], both["R2A1HI"], check_names=False)
    for ours_is, theirs_is in (("ANRLO", "A1LO_T"), ("ANRHI", "A1HI_T")):
        pd.testing.assert_series_equal(both[ours_is], both[theirs_is], check_names=False)
    same = pd.Series(np.isclose(both["BASE"], both["BASE_T"]), both.index)
    pd.testing.assert_series_equal(both.loc[same, "CHG"], both.loc[same, "CHG_T"], check_names=False)
    retested = adlb[adlb["ABLFL"].eq("Y") & adlb["AVISIT"].eq("")]  # unscheduled, later than screening: our baseline
    assert set(both.loc[~same, "USUBJID"]) <= set(retested["USUBJID"]) | set(both.loc[both["BASE_T"].isna(), "USUBJID"])
    assert same.mean() > 0.9


@pytest.mark.parametrize(
    ("name", "tests", "results", "same_extremes"),
    [("adlbc", CHEMISTRY, 12170, 0), ("adlbh", HAEMATOLOGY, 9038, 1)],
)
def test_thresholds_changes_between_visits_and_the_most_extreme_are_those_of_the_pilot(
    pilot, adsl, name, tests, results, same_extremes
):
    """ADLBC and ADLBH call the limits of the normal range A1LO and A1HI, the place in the threshold range ANRIND, and
    have changes from the visit before, in halves of the range rounded to a decimal, as rows of a test _<test>.
    """
    ours = laboratory(
        pilot,
        adsl,
        tests,
        baseline="visit",
        threshold=Threshold(0.5, 1.5),
        previous=PreviousVisit(0.5, digits=1),
        extreme=MostExtreme("WEEK 24", "distance"),
    )
    ours = ours[ours["AVISIT"].str.startswith("WEEK")].rename(columns={"SRCSEQ": "LBSEQ"})
    theirs = pilot(f"adam/{name}")
    theirs = theirs[theirs["AVISIT"].str.contains("Week")]
    key = ["USUBJID", "PARAMCD", "LBSEQ"]
    both = ours.merge(theirs[theirs["PARAMCD"].isin(tests)], on=key, suffixes=("", "_T"), validate="one_to_one")
    assert len(both) == results
    known = both["AVAL"].notna()
    word = both["A1IND"].str[:1]
    assert (word[known] == both.loc[known, "ANRIND_T"]).all()
    assert (word[~known] == "").all()
    assert (both["B1IND"].str[:1] == both["BNRIND_T"]).all()
    other = both[both["ANL02FL"] != both["ANL01FL_T"]]  # equally extreme; theirs is farther in the 16th digit
    apart = other.groupby(["USUBJID", "PARAMCD"])["ALBTRVAL"].agg(lambda found: found.max() - found.min())
    assert (len(apart), len(other), other["ANRIND"].nunique() <= 1) == (same_extremes, 2 * same_extremes, True)
    assert (apart < 1e-12).all()
    changes = theirs[theirs["PARAMCD"].str.startswith("_")]
    changes = changes.assign(PARAMCD=changes["PARAMCD"].str[1:])
    pairs = ours.merge(changes[changes["PARAMCD"].isin(tests)], on=key, suffixes=("", "_T"), validate="one_to_one")
    assert len(pairs) == results
    pd.testing.assert_series_equal(pairs["R2CHGPV"], pairs["AVAL_T"], check_names=False)
    assert (pairs["PVIND"].str[:1] == pairs["ANRIND_T"]).all()
    assert (pairs["ANL03FL"] == pairs["ANL01FL_T"]).all()


def test_low_normal_and_high_are_those_of_the_laboratory(pilot, adsl, adlb):
    """By the range all but 39: creatinine on the limit in mg/dL, whose limit was rounded when it became umol/L."""
    lb = pilot("sdtm/lb").rename(columns={"LBSEQ": "SRCSEQ", "LBTESTCD": "PARAMCD"})

    def told(found):
        both = found.merge(lb, on=["USUBJID", "PARAMCD", "SRCSEQ"])
        return both[both["ANRIND"].ne("") & both["LBNRIND"].isin(["LOW", "NORMAL", "HIGH"])]

    by_range = told(adlb)
    differ = by_range[by_range["ANRIND"].ne(by_range["LBNRIND"])]
    assert (len(by_range), len(differ), set(differ["PARAMCD"])) == (14508, 39, {"CREAT"})
    written = pd.to_numeric(differ["LBORRES"])
    assert (written.eq(differ["LBORNRLO"]) | written.eq(differ["LBORNRHI"])).all()
    stated = told(laboratory(pilot, adsl, indicator="LBNRIND"))
    assert stated["ANRIND"].eq(stated["LBNRIND"]).all()


def test_vital_signs_are_those_of_advs(pilot, adsl):
    vs = cleaned(pilot("sdtm/vs"), "VS")
    tests = {
        "SUPINE": Measure("Systolic, supine", "mmHg", code="SYSBP", where="VSTPTNUM == 815"),
        "WEIGHT": Measure("Weight", "kg"),
    }
    settings = Findings("vs", tests, "VSTESTCD", "VSSTRESN", windowing="nominal", visits=visits("BASELINE"))
    ours = derive_findings(vs, adsl, settings)
    ours = ours[ours["AVISIT"].str.startswith("WEEK")]
    theirs = pilot("adam/advs")
    theirs = theirs[theirs["AVISIT"].str.contains("Week")]
    supine = theirs["PARAMCD"].eq("SYSBP") & theirs["ATPTN"].eq(815)
    theirs = theirs[supine | theirs["PARAMCD"].eq("WEIGHT")].replace({"PARAMCD": {"SYSBP": "SUPINE"}})
    key = ["USUBJID", "PARAMCD", "VSSEQ"]
    both = theirs.merge(ours.rename(columns={"SRCSEQ": "VSSEQ"}), on=key, suffixes=("_T", ""), validate="one_to_one")
    assert len(both) == len(theirs)
    pd.testing.assert_series_equal(both["AVAL"], both["AVAL_T"], check_names=False)
    assert np.isclose(both["BASE"], both["BASE_T"]).mean() > 0.95
