"""BDS as a whole: layout, order, and what must hold for any table."""

import io

import numpy as np
import pandas as pd
import pytest
from clean_tables import VISITS, adsl, clean, records_of
from hypothesis import given, settings
from hypothesis import strategies as st
from rctflow.derive.errors import DeriveError
from rctflow.derive.records import LAYOUT, derive_records
from rctflow.derive.settings import Unable

PATIENTS = adsl("USUBJID TRTSDT RANDDT\nP01 2024-03-10 2024-03-08\nP02 . 2024-03-08\nP03 2024-03-12 2024-03-08")


def test_the_columns_of_the_contract_in_their_order_and_types() -> None:
    records = derive_records(clean("USUBJID ADT SEC\nP01 2024-03-10 9"), PATIENTS, records_of())
    assert {name: str(dtype) for name, dtype in records.dtypes.items()} == LAYOUT
    order = (
        "STUDYID USUBJID PARAMCD PARAM AVISIT AVISITN ADT ADY AVAL AVALC BASE CHG PCHG ABLFL ANL01FL DTYPE "
        "AWTARGET AWLO AWHI AWTDIFF SRCDOM SRCVAR SRCSEQ"
    )
    assert ", ".join(records.columns) == order.replace(" ", ", ")
    assert records[["STUDYID", "PARAMCD", "PARAM"]].iloc[0].to_list() == ["trial", "TUG", "Timed up and go (s)"]


def test_every_assessment_is_a_row_in_order() -> None:
    table = clean(
        """
        USUBJID  ADT         SEC
        P03      2024-03-12  9
        P01      2024-06-01  7
        P01      .           6
        P01      2024-03-17  8
        P01      2024-03-10  .
        """
    )
    records = derive_records(table, PATIENTS, records_of())
    assert list(records["USUBJID"]) == ["P01", "P01", "P01", "P01", "P03"]
    assert list(records["AVISIT"]) == ["baseline", "week1", "", "", "baseline"]
    assert list(records["SRCSEQ"]) == [5, 4, 2, 3, 1]


def test_rows_of_subjects_outside_adsl_are_left_out_and_named() -> None:
    log = io.StringIO()
    table = clean("USUBJID ADT SEC\nP01 2024-01-10 9\nP09 2024-03-10 9\nP02 2024-06-01 7")
    records = derive_records(table, PATIENTS, records_of(), log=log)
    assert list(records["USUBJID"]) == ["P01", "P02"]
    assert log.getvalue().splitlines() == [
        "2 records of 2 of 3 randomized subjects.",
        "1 subjects of table 'perf' not randomized: their rows are left out: P09.",
        "2 records lie in no analysis visit.",
        "1 subjects with records but without a baseline: P02.",
        "1 subjects whose baseline record lies outside the baseline visit: P01.",
    ]


def test_a_table_of_nobody_randomized_is_refused() -> None:
    with pytest.raises(
        DeriveError, match=r"c\.yaml: endpoints\.tug: no subject of table 'perf' is randomized.*'1'.*'P01'"
    ):
        derive_records(clean("USUBJID ADT SEC\n1 2024-03-10 9"), PATIENTS, records_of(), where="c.yaml: endpoints.tug")


def test_windows_without_any_study_day_are_refused() -> None:
    with pytest.raises(
        DeriveError, match=r"endpoints\.tug: no record of table 'perf' has a study day.*windowing: nominal"
    ):
        derive_records(clean("USUBJID VISIT SEC\nP01 baseline 9"), PATIENTS, records_of())


@st.composite
def tables(draw: st.DrawFn) -> pd.DataFrame:
    """Assessments of three patients, many on one day or equally far from a target, some missing or unable."""
    rows = draw(
        st.lists(
            st.tuples(
                st.sampled_from(["P01", "P02", "P03"]),
                st.one_of(st.none(), st.integers(-35, 45)),
                st.one_of(st.none(), st.integers(0, 5)),
                st.sampled_from(["baseline", "week1", "month1", ""]),
            ),
            min_size=1,
            max_size=25,
        )
    )
    subject, day, value, visit = zip(*rows, strict=True)
    unable = [v is None and n % 2 == 0 for n, v in enumerate(value)]
    dates = [pd.NaT if d is None else pd.Timestamp("2024-03-10") + pd.Timedelta(days=d) for d in day]
    return pd.DataFrame(
        {
            "USUBJID": pd.array(subject, dtype="str"),
            "VISIT": pd.array(visit, dtype="str"),
            "ADT": pd.Series(dates, dtype="datetime64[us]"),
            "DAY": np.nan,
            "SEC": pd.Series(value, dtype="float64"),
            "SEC_CODE": pd.array(["unable" if u else "" for u in unable], dtype="str"),
            "SRCROW": np.arange(1.0, len(rows) + 1),
        }
    )


RULES = st.fixed_dictionaries(
    {
        "tie": st.sampled_from(["earlier", "later", "mean"]),
        "unable": st.sampled_from([Unable("worst", 9), Unable("rank"), Unable("missing")]),
        "direction": st.sampled_from(["higher", "lower"]),
        "windowing": st.just("nominal"),
    }
)
BY_DAY = RULES.map(lambda rules: rules | {"windowing": "by_day"})


@settings(max_examples=60, deadline=None)
@given(tables(), RULES | BY_DAY)
def test_flags_base_and_change_of_any_table(table: pd.DataFrame, rules: dict) -> None:
    if rules["windowing"] == "by_day" and table["ADT"].isna().all():
        return
    records = derive_records(table, PATIENTS, records_of(**rules))
    sources = records[records["SRCSEQ"].notna()]
    assert sorted(sources["SRCSEQ"]) == list(table["SRCROW"])
    analysed = records[records["ANL01FL"] == "Y"]
    assert not analysed.duplicated(["USUBJID", "AVISIT"]).any()
    assert (analysed["AVISIT"] != "").all()
    baseline = records[records["ABLFL"] == "Y"]
    assert not baseline["USUBJID"].duplicated().any()
    assert baseline["AVAL"].notna().all()
    assert (baseline["ADY"].isna() | (baseline["ADY"] <= 1)).all()
    assert (records.groupby("USUBJID")["BASE"].nunique(dropna=False) == 1).all()
    base = records["USUBJID"].map(baseline.set_index("USUBJID")["AVAL"])
    pd.testing.assert_series_equal(records["BASE"], base, check_names=False)
    after = (records["ADY"] > 1) | (records["ADY"].isna() & ~records["AVISIT"].isin(["", "baseline"]))
    np.testing.assert_array_equal(records["CHG"], (records["AVAL"] - records["BASE"]).where(after))
    for visit in set(records["AVISIT"]) - {"", "baseline"}:
        here = records[records["AVISIT"] == visit]
        assert set(here["USUBJID"]) == set(here.loc[here["ANL01FL"] == "Y", "USUBJID"])


@settings(max_examples=60, deadline=None)
@given(tables(), RULES | BY_DAY, st.randoms(use_true_random=False))
def test_the_order_of_the_rows_changes_nothing(table: pd.DataFrame, rules: dict, random: object) -> None:
    if rules["windowing"] == "by_day" and table["ADT"].isna().all():
        return
    order = list(range(len(table)))
    random.shuffle(order)  # type: ignore[attr-defined]
    expected = derive_records(table, PATIENTS, records_of(**rules))
    shuffled = derive_records(table.iloc[order], PATIENTS.iloc[::-1], records_of(**rules))
    pd.testing.assert_frame_equal(shuffled, expected)


@settings(max_examples=40, deadline=None)
@given(tables(), RULES | BY_DAY, st.integers(-4000, 4000))
def test_shifting_all_dates_changes_nothing_but_dates(table: pd.DataFrame, rules: dict, days: int) -> None:
    if rules["windowing"] == "by_day" and table["ADT"].isna().all():
        return
    shift = pd.Timedelta(days=days)
    shifted_patients = PATIENTS.assign(TRTSDT=PATIENTS["TRTSDT"] + shift, RANDDT=PATIENTS["RANDDT"] + shift)
    expected = derive_records(table, PATIENTS, records_of(**rules))
    shifted = derive_records(table.assign(ADT=table["ADT"] + shift), shifted_patients, records_of(**rules))
    pd.testing.assert_frame_equal(shifted.assign(ADT=shifted["ADT"] - shift), expected)


@settings(max_examples=60, deadline=None)
@given(tables(), st.sampled_from(["earlier", "later"]))
def test_the_chosen_record_is_the_one_that_a_search_finds(table: pd.DataFrame, tie: str) -> None:
    """Slow path: look at each record of each subject and visit, one after the other."""
    if table["ADT"].isna().all():
        return
    records = derive_records(table, PATIENTS, records_of(tie=tie, unable=Unable("missing"), baseline=False))
    sign = 1 if tie == "earlier" else -1
    for subject in set(records["USUBJID"]):
        for visit, window in VISITS.items():
            here = [
                row for _, row in records[(records["USUBJID"] == subject) & (records["AVISIT"] == visit)].iterrows()
            ]
            if not here:
                continue
            since = {row["SRCSEQ"]: row["ADY"] - (row["ADY"] > 0) for row in here}
            best = min(
                here,
                key=lambda r: (
                    np.isnan(r["AVAL"]),
                    abs(since[r["SRCSEQ"]] - window.day),
                    sign * since[r["SRCSEQ"]],
                    sign * r["SRCSEQ"],
                ),
            )
            assert [row["SRCSEQ"] for row in here if row["ANL01FL"] == "Y"] == [best["SRCSEQ"]]
