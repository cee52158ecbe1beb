"""The CDISC pilot's laboratory and vital signs, from SDTM and from ADaM: every count and mean of every test recounted
from the study's own ADLBC, ADLBH and ADVS, which the published tables were made from.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pandas as pd
import pyreadstat
import pytest

from tests.pilot import ARMS, LABELS
from tests.pilot_safety import LEVELS, TESTS, Found, of_results

pytestmark = pytest.mark.workflow

VISITS = {"baseline": "Baseline"} | {f"week{week}": f"Week {week}" for week in (2, 4, 6, 8, 12, 16, 20, 24, 26)}
VISITS["end_of_treatment"] = "End of Treatment"
POSITIONS = {"LYING": 815, "STANDING1": 816, "STANDING3": 817}


@pytest.fixture(scope="module", params=["pilot", "from_adam"])
def found(request: pytest.FixtureRequest) -> Found:
    return of_results(request.getfixturevalue(request.param))


def test_from_sdtm_and_from_adam_every_row_is_the_same(pilot, from_adam):
    for name in ("laboratory", "vital_signs"):
        keys = ["analysis", "visit", "group", "statistic"]
        ours, theirs = (
            pd.read_csv(results / f"summaries/{name}/results.csv", keep_default_na=False).set_index(keys)["value"]
            for results in (pilot, from_adam)
        )
        assert len(ours) > 4000
        pd.testing.assert_series_equal(pd.to_numeric(ours), pd.to_numeric(theirs), rtol=1e-9)


def theirs(shared: Path, name: str) -> pd.DataFrame:
    read = pyreadstat.read_xport(shared / f"data/cdiscpilot/adam/{name}.xpt")[0]
    arms = {label: arm for arm, label in LABELS.items()}
    return read[read["SAFFL"].eq("Y")].assign(AVISIT=lambda d: d["AVISIT"].str.strip(), ARM=read["TRTA"].map(arms))


@pytest.fixture(scope="module")
def adlb(shared: Path) -> pd.DataFrame:
    return pd.concat([theirs(shared, "adlbc"), theirs(shared, "adlbh")], ignore_index=True)


def described(values: pd.Series) -> dict[str, float]:
    of = {"n": values.count(), "mean": values.mean(), "sd": values.std(), "median": values.median()}
    return of | {"min": values.min(), "max": values.max()}


def compare(found: Found, table: pd.DataFrame, test: str) -> int:
    compared = 0
    for arm in ARMS:
        for visit, name in VISITS.items():
            at_visit = table[table["ARM"].eq(arm) & table["AVISIT"].eq(name)]
            changed = at_visit[at_visit["BASE"].notna()]
            assert (found(test, arm, "n_missing", visit) or 0) == at_visit["AVAL"].isna().sum()
            expected = described(at_visit["AVAL"])
            if visit != "baseline":
                expected |= {f"change_{key}": value for key, value in described(changed["CHG"]).items()}
            ours = {statistic: found(test, arm, statistic, visit) for statistic in expected}
            assert ours == pytest.approx(expected, rel=1e-9, abs=1e-9), (test, arm, visit)
            compared += len(expected)
    return compared


def test_every_laboratory_value_and_change_is_that_of_adlbc_and_adlbh(found, adlb):
    for test in TESTS.values():
        assert compare(found, adlb[adlb["PARAMCD"].eq(test)], test) == 3 * (6 + 10 * 12)


def test_every_vital_sign_is_that_of_advs(found, shared):
    advs = theirs(shared, "advs")
    for code in ("SYSBP", "DIABP", "PULSE"):
        for position, number in POSITIONS.items():
            table = advs[advs["PARAMCD"].eq(code) & advs["ATPTN"].eq(number)]
            assert compare(found, table, f"{code}_{position}") == 3 * (6 + 10 * 12)
    assert compare(found, advs[advs["PARAMCD"].eq("WEIGHT")], "WEIGHT") == 3 * (6 + 10 * 12)


def test_every_category_and_shift_is_that_of_adlbc_and_adlbh(found, adlb):
    """By their own flags and words: L, N, H of threshold and change, the laboratory's of the normal range."""
    words = dict(zip("LNH", LEVELS, strict=True))
    chosen = adlb[adlb["ANL01FL"].eq("Y") & adlb["AVISITN"].ne(99)]
    known = adlb[adlb["AVAL"].notna() & adlb["BNRIND"].ne("") & adlb["AVISITN"].between(2, 26)]
    for test in TESTS.values():
        own, changes = chosen[chosen["PARAMCD"].eq(test)], chosen[chosen["PARAMCD"].eq(f"_{test}")]
        for arm in ARMS:
            for kind, words_of in (("extreme", own["LBNRIND"]), ("previous", changes["ANRIND"].map(words))):
                mine = words_of[(own if kind == "extreme" else changes)["ARM"].eq(arm)]
                counts = {level: found(f"{test}:{kind}", arm, f"n:{level}") for level in LEVELS}
                assert counts == {level: mine.eq(level).sum() for level in LEVELS}, (test, kind, arm)
            for visit in (*VISITS, ""):
                if visit in ("baseline", "end_of_treatment"):
                    continue
                table = known[known["AVISIT"].eq(VISITS[visit])] if visit else own[own["BNRIND"].ne("")]
                table = table[table["ARM"].eq(arm) & table["PARAMCD"].eq(test)]
                for before, after in ((a, b) for a in "LNH" for b in "LNH"):
                    n = (table["BNRIND"].eq(before) & table["ANRIND"].eq(after)).sum()
                    name = f"n:{words[before]} to {words[after]}"
                    assert (found(f"{test}:threshold", arm, name, visit) or 0) == n, (test, arm, visit, name)


def test_every_shift_is_of_a_patient_of_the_form(pilot, shared):
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
    rows: Any = pd.read_csv(pilot / "summaries/laboratory/results.csv", keep_default_na=False)
    rows = rows[rows["analysis"].eq("ALT:worst") & rows["statistic"].str.startswith("n:") & rows["value"].ne("0")]
    ours = dict(zip(zip(rows["group"], rows["statistic"].str[2:], strict=True), rows["value"].astype(int), strict=True))
    assert ours == counts
