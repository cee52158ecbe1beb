"""The CDISC pilot's laboratory, vital signs and weight by config alone, against its own ADLBC and ADVS."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pyreadstat
import pytest

from tests.workflow.conftest import Checkout, copy_of_checkout

pytestmark = pytest.mark.workflow

ARMS = {"placebo": "Placebo", "low": "Xanomeline Low Dose", "high": "Xanomeline High Dose"}
VISITS = {"week2": "Week 2", "week8": "Week 8", "week24": "Week 24", "last": ""}
SUMMARIES = ("laboratory", "vital_signs")


@pytest.fixture(scope="module")
def pilot(root: Path, shared: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("pilot")
    checkout = copy_of_checkout(root, folder / "checkout")
    (folder / "shared").symlink_to(shared.resolve())
    targets = [f"results/cdiscpilot/summaries/{name}/results.csv" for name in SUMMARIES]
    Checkout(checkout, "config/cdiscpilot.yaml").snakemake(*targets)
    return checkout / "results/cdiscpilot"


@pytest.fixture(scope="module")
def rows(pilot: Path) -> dict[tuple[str, ...], float]:
    parts = [pd.read_csv(pilot / f"summaries/{name}/results.csv", keep_default_na=False) for name in SUMMARIES]
    found = pd.concat(parts)
    keys = zip(found["analysis"], found["visit"], found["group"], found["statistic"], strict=True)
    return dict(zip(keys, pd.to_numeric(found["value"]), strict=True))


def theirs(shared: Path, name: str) -> pd.DataFrame:
    found = pyreadstat.read_xport(shared / f"data/cdiscpilot/adam/{name}.xpt")[0]
    return found[found["SAFFL"].eq("Y")].assign(AVISIT=lambda d: d["AVISIT"].str.strip())


def described(table: pd.DataFrame, change: bool) -> dict[str, float]:
    values = table["CHG" if change else "AVAL"].dropna()
    of = {"n": len(values), "mean": values.mean(), "sd": values.std(), "median": values.median()}
    of |= {"min": values.min(), "max": values.max()}
    return {f"{'change_' if change else ''}{name}": value for name, value in of.items()}


def last_value(table: pd.DataFrame) -> pd.DataFrame:
    """Each patient's last value up to week 24. Their rows "End of Treatment" are of the last visit, with a value or
    without, and in ADVS of week 26, too.
    """
    until = table[table["AVISIT"].str.startswith("Week") & table["AVISITN"].le(24) & table["AVAL"].notna()]
    return until.sort_values(["USUBJID", "AVISITN"]).drop_duplicates("USUBJID", keep="last")


def compare(rows: dict[tuple[str, ...], float], table: pd.DataFrame, test: str, changes: bool = True) -> int:
    compared = 0
    for arm, words in ARMS.items():
        for visit, name in VISITS.items():
            of_arm = table[table["TRTA"].eq(words)]
            at_visit = of_arm[of_arm["AVISIT"].eq(name)] if name else last_value(of_arm)
            for change in (False, True)[: 1 + changes]:
                expected = described(at_visit, change)
                found = {statistic: rows[test, visit, arm, statistic] for statistic in expected}
                assert found == pytest.approx(expected, rel=1e-9, abs=1e-9), (test, arm, visit)
                compared += len(expected)
    return compared


@pytest.mark.parametrize("test", ["SODIUM", "K", "GLUC", "CREAT", "ALT", "AST", "BILI", "ALP"])
def test_chemistry_by_visit_is_that_of_adlbc(rows, shared, test):
    table = theirs(shared, "adlbc")
    assert compare(rows, table[table["PARAMCD"].eq(test)], test) == 3 * 4 * 12


@pytest.mark.parametrize("test", ["WEIGHT", "SYSBP_LYING", "DIABP_STANDING1", "PULSE_STANDING3"])
def test_vital_signs_and_weight_by_visit_are_those_of_advs(rows, shared, test):
    code, _, position = test.partition("_")
    table = theirs(shared, "advs")
    table = table[table["PARAMCD"].eq(code)]
    if position:
        table = table[table["ATPTN"].eq({"LYING": 815, "STANDING1": 816, "STANDING3": 817}[position])]
    # Who lacks the baseline visit has the screening's values as baseline here, and none in ADVS.
    assert compare(rows, table, test, changes=False) == 3 * 4 * 6


def test_every_shift_is_of_a_patient_of_adlbc(rows, pilot, shared):
    """Worst result under treatment, recounted from the laboratory's own words, patient by patient."""
    lb = pyreadstat.read_xport(shared / "data/cdiscpilot/sdtm/lb.xpt")[0]
    lb = lb[lb["LBTESTCD"].eq("ALT") & lb["VISIT"].str.match("SCREENING 1$|WEEK") & lb["LBSTRESN"].notna()]
    arms = pd.read_parquet(pilot / "adam/adsl.parquet").query("SAFFL == 'Y'").set_index("USUBJID")["TRT01A"]
    counts: dict[tuple[str, str], int] = {}
    for subject, own in lb[lb["USUBJID"].isin(arms.index)].groupby("USUBJID"):
        before = own.loc[own["VISIT"].eq("SCREENING 1"), "LBNRIND"].tolist()
        after = set(own.loc[own["VISIT"].ne("SCREENING 1"), "LBNRIND"])
        if after:
            worst = "HIGH" if "HIGH" in after else "LOW" if "LOW" in after else "NORMAL"
            key = (arms[subject], f"{before[0] if before else 'missing'} to {worst}")
            counts[key] = counts.get(key, 0) + 1
    ours = {(arm, s[2:]): n for (a, _, arm, s), n in rows.items() if a == "ALT:worst" and s.startswith("n:") and n}
    assert ours == counts
