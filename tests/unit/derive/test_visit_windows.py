import subprocess
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from clean_tables import VISITS, adsl, clean, frame
from hypothesis import given
from hypothesis import strategies as st
from rctflow.derive.errors import DeriveError
from rctflow.derive.plan import study_day
from rctflow.derive.settings import Window
from rctflow.derive.windows import assign_visits, days_since, derive_study_day


def test_there_is_no_study_day_0() -> None:
    subjects = adsl("USUBJID TRTSDT\nP01 2024-03-10")
    days = derive_study_day(
        clean("USUBJID ADT\nP01 2024-03-08\nP01 2024-03-09\nP01 2024-03-10\nP01 2024-03-11\nP01 ."), subjects
    )
    np.testing.assert_array_equal(days["ADY"], [-2, -1, 1, 2, np.nan])


def test_days_of_a_subject_who_was_never_dosed_count_from_randomization() -> None:
    subjects = adsl("USUBJID TRTSDT RANDDT\nP01 2024-03-10 2024-03-01\nP02 . 2024-03-01\nP03 . .")
    days = derive_study_day(clean("USUBJID ADT\nP01 2024-03-11\nP02 2024-03-11\nP03 2024-03-11"), subjects)
    np.testing.assert_array_equal(days["ADY"], [2, 11, np.nan])


def test_times_of_day_do_not_make_another_study_day() -> None:
    subjects = adsl("USUBJID TRTSDT\nP01 2024-03-10T14:00")
    days = derive_study_day(
        clean("USUBJID ADT\nP01 2024-03-10T08:00\nP01 2024-03-09T23:59\nP01 2024-03-11T00:01"), subjects
    )
    assert list(days["ADY"]) == [1, -1, 2]


def test_days_that_the_site_gives_count_baseline_as_0() -> None:
    days = derive_study_day(clean("USUBJID DAY\nP01 -3\nP01 0\nP01 7"), adsl("USUBJID\nP01"))
    assert list(days["ADY"]) == [-3, 1, 8]


def test_config_days_become_study_days() -> None:
    assert [study_day(day) for day in (-28, -1, 0, 7)] == [-28, -1, 1, 8]
    assert list(days_since(pd.Series([-28.0, -1.0, 1.0, 8.0]))) == [-28, -1, 0, 7]


def test_windows_include_both_ends() -> None:
    records = frame("ADY VISIT\n-29 .\n-28 .\n1 .\n2 .\n3 .\n4 .\n15 .\n16 .\n. .")
    assigned = assign_visits(records, VISITS, "by_day")
    assert list(assigned["AVISIT"]) == ["", "baseline", "baseline", "", "", "week1", "week1", "", ""]
    week1 = assigned.iloc[5]
    assert week1[["AVISITN", "AWTARGET", "AWLO", "AWHI", "AWTDIFF"]].to_list() == [1, 8, 4, 15, 4]
    assert (
        assigned.loc[assigned["AVISIT"] == "", ["AVISITN", "AWTARGET", "AWLO", "AWHI", "AWTDIFF"]].isna().all(axis=None)
    )


def test_the_distance_to_the_target_does_not_count_the_missing_day_0() -> None:
    assigned = assign_visits(frame("ADY VISIT\n-1 .\n1 ."), VISITS, "by_day")
    assert list(assigned["AWTDIFF"]) == [1, 0]


def test_nominal_windowing_believes_the_visit_that_the_site_wrote() -> None:
    records = frame("ADY VISIT\n200 week1\n. month1\n8 .\n8 unplanned")
    assigned = assign_visits(records, VISITS, "nominal")
    assert list(assigned["AVISIT"]) == ["week1", "month1", "", ""]
    np.testing.assert_array_equal(assigned["AWTDIFF"], [192, np.nan, np.nan, np.nan])


def test_overlapping_windows_assign_nothing_by_day() -> None:
    windows = {**VISITS, "week2": Window(3, 14, 14, 19)}
    with pytest.raises(DeriveError, match=r"visits\.week2: window \[14, 19\] overlaps visits\.week1 \[3, 14\]: day 14"):
        assign_visits(frame("ADY VISIT\n8 ."), windows, "by_day")
    assert list(assign_visits(frame("ADY VISIT\n8 week2"), windows, "nominal")["AVISIT"]) == ["week2"]


def test_checking_the_plan_costs_no_pandas(root: Path) -> None:
    code = "import sys, rctflow.derive.plan; sys.exit('pandas' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], cwd=root / "scripts", check=False).returncode == 0


@st.composite
def plans(draw: st.DrawFn) -> dict[str, Window]:
    edges = sorted(draw(st.sets(st.integers(-60, 400), min_size=2, max_size=12)))
    pairs = list(zip(edges[::2], edges[1::2], strict=False))
    return {f"v{n}": Window(n, draw(st.integers(low, high)), low, high) for n, (low, high) in enumerate(pairs)}


@given(plans(), st.lists(st.integers(-80, 420), min_size=1, max_size=30))
def test_window_assignment_agrees_with_trying_every_window(windows: dict[str, Window], days: list[int]) -> None:
    records = pd.DataFrame({"ADY": [float(study_day(day)) for day in days], "VISIT": ""})
    slow = [next((v for v, w in windows.items() if w.low <= day <= w.high), "") for day in days]
    assigned = assign_visits(records, windows, "by_day")
    assert list(assigned["AVISIT"]) == slow
    distances = [abs(day - windows[visit].day) if visit else np.nan for day, visit in zip(days, slow, strict=True)]
    np.testing.assert_array_equal(assigned["AWTDIFF"], distances)
