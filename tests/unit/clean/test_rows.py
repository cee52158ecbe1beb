"""Rows: whose they are, which visit, which of two entries counts."""

import pytest
from rctflow.clean.errors import CleanError
from rctflow.clean.settings import Duplicates
from rctflow.clean.table import clean_table

from tests.unit.clean.forms import WHERE, cleaned, source, tug

VISITS = {"Screening/Baseline": "baseline", "BL": "baseline", "Week 1": "week1", "W1": "week1"}


def fault(table: object, rules: object) -> str:
    with pytest.raises(CleanError) as caught:
        clean_table(table, rules, where=WHERE)  # type: ignore[arg-type]
    assert str(caught.value).startswith(WHERE)
    return str(caught.value)


def test_the_clean_table_begins_with_who_and_when() -> None:
    table = source(SUBJID=["01"], VISLAB=["BL"], PERFDAT=["2021-03-04"], TUG1=[12.5], TUG1_CODE=[""])
    types = {"PERFDAT": "date", "TUG1": "number"}
    clean, ledger = cleaned(table, tug(visit="VISLAB", visits=VISITS, date="PERFDAT", types=types))
    assert " ".join(clean.columns) == (
        "USUBJID VISIT ADT ADTF DAY SUBJID VISLAB PERFDAT PERFDAT_DTF TUG1 TUG1_CODE SRCROW"
    )
    assert clean["USUBJID"].tolist() == ["01"]
    assert clean["VISIT"].tolist() == ["baseline"]
    assert clean["ADT"].astype("str").tolist() == ["2021-03-04"]
    assert clean["DAY"].isna().all()
    assert ledger == []


def test_study_days_as_the_site_gives_them() -> None:
    clean, _ = cleaned(source(SUBJID=["1"], DAY0=[241.0]), tug(day="DAY0"))
    assert clean["DAY"].tolist() == [241]
    assert clean["ADT"].isna().all()
    assert clean["VISIT"].tolist() == [""]


def test_a_row_without_subject_is_an_error_with_its_number() -> None:
    assert "SUBJID, the subject's identifier, is missing in rows 2, 3" in fault(source(SUBJID=["1", None, None]), tug())


def test_numeric_identifiers_and_row_numbers_are_text_without_decimals() -> None:
    clean, _ = cleaned(source(DAY0=[7.0, 12.0]), tug(subject="DAY0"))
    assert clean["USUBJID"].tolist() == ["7", "12"]
    clean, _ = cleaned(source(TUG1=[1.0, 2.0]), tug(subject="SRCROW"))
    assert clean["USUBJID"].tolist() == ["1", "2"]


def test_visits_match_whatever_case_and_spacing_and_ids_are_labels() -> None:
    table = source(SUBJID=["1"] * 4, VISIT=["week  1", "bl", "W1 ", "baseline"])
    clean, ledger = cleaned(table, tug(visit="VISIT", visits=VISITS))
    assert clean["VISIT"].tolist() == ["week1", "baseline", "week1", "baseline"]
    assert ledger == []


def test_numeric_visit_labels() -> None:
    clean, _ = cleaned(source(SUBJID=["1", "1"], DAY0=[0.0, 6.0]), tug(visit="DAY0", visits={"0": "base", "6": "m6"}))
    assert clean["VISIT"].tolist() == ["base", "m6"]


def test_unplanned_and_unlabelled_visits_are_kept_and_told() -> None:
    table = source(SUBJID=["1"] * 3, VISLAB=["BL", "Unscheduled", None])
    clean, ledger = cleaned(table, tug(visit="VISLAB", visits=VISITS, unplanned=("unscheduled",)))
    assert clean["VISIT"].tolist() == ["baseline", "", ""]
    assert ledger == [
        (2, "VISLAB", "Unscheduled", "", "unplanned_visit", "note"),
        (3, "VISLAB", "", "", "visit_missing", "query"),
    ]


def test_an_unknown_visit_is_an_error_with_label_rows_and_remedy() -> None:
    table = source(SUBJID=["1"] * 3, VISLAB=["Wek 1", "BL", "Wek 1"])
    message = fault(table, tug(visit="VISLAB", visits=VISITS))
    assert "'Wek 1' in rows 1, 3. Did you mean 'Week 1'?" in message
    assert "visits.<visit>.values" in message
    assert "tables.tug.unplanned" in message


def test_two_arms_of_one_subject_are_an_error() -> None:
    table = source(SUBJID=["1", "2", "1", "2"], ARM=["A", "B", "B", None])
    message = fault(table, tug(constant=("ARM",)))
    assert "subject 1: ARM is A (row 1) and B (row 3)" in message
    assert "subject 2" not in message
    assert "crossover and cluster designs are not analysed here" in message


def test_two_randomizations_are_found_before_duplicates_are_removed() -> None:
    table = source(SUBJID=["1", "1"], ARM=["A", "B"])
    assert "ARM is A" in fault(table, tug(constant=("ARM",), duplicates=Duplicates(("SUBJID",), "last")))


KEY = ("SUBJID", "VISLAB")


def test_identical_rows_collapse_to_the_first() -> None:
    table = source(SUBJID=["1", "2", "1"], VISLAB=["BL", "BL", "Screening/Baseline"], TUG1=[12.5, 13, 12.5])
    clean, ledger = cleaned(table, tug(visit="VISLAB", visits=VISITS, duplicates=Duplicates(KEY)))
    assert clean["SRCROW"].tolist() == [1, 2]
    assert ledger == [(3, "", "", "", "duplicate_identical", "removed")]


def test_differing_rows_are_an_error_unless_the_study_says_which_to_keep() -> None:
    table = source(SUBJID=["1", "1"], VISLAB=["BL", "BL"], TUG1=[12.5, 11.5])
    message = fault(table, tug(visit="VISLAB", visits=VISITS, duplicates=Duplicates(KEY)))
    assert "subject 1, rows 1, 2: TUG1: 11.5 (kept 12.5)" in message
    assert "tables.tug.duplicates" in message


@pytest.mark.parametrize(
    ("keep", "order", "kept"), [("first", "", 1), ("last", "", 3), ("first", "ENTRY", 2), ("last", "ENTRY", 1)]
)
def test_which_of_differing_rows_is_kept(keep: str, order: str, kept: int) -> None:
    table = source(
        SUBJID=["1"] * 3, VISLAB=["BL"] * 3, TUG1=[1, 2, 3], ENTRY=["2021-03-09", "2021-03-01", "2021-03-05"]
    )
    rules = tug(
        visit="VISLAB",
        visits=VISITS,
        types={"ENTRY": "date"},
        duplicates=Duplicates(KEY, keep, order),  # type: ignore[arg-type]
    )
    clean, ledger = cleaned(table, rules)
    assert clean["SRCROW"].tolist() == [kept]
    assert sorted(row for row, *_ in ledger) == sorted({1, 2, 3} - {kept})
    assert {rule for *_, rule, _ in ledger} == {"duplicate_superseded"}


def test_an_entry_without_date_is_the_earliest() -> None:
    table = source(SUBJID=["1"] * 2, ENTRY=["2021-03-01", None], TUG1=[1, 2])
    clean, _ = cleaned(table, tug(duplicates=Duplicates(("SUBJID",), "last", "ENTRY")))
    assert clean["TUG1"].tolist() == [1]


def test_the_ledger_says_what_the_removed_row_held() -> None:
    table = source(SUBJID=["1"] * 2, ENTRY=["2021-03-01", "2021-03-05"], TUG1=[12.5, None])
    _, ledger = clean_table(table, tug(duplicates=Duplicates(("SUBJID",), "last", "ENTRY")), where=WHERE)
    assert ledger["message"].tolist() == [
        "Row 2 is kept (the last by ENTRY); this row differs in ENTRY: 2021-03-01 (kept 2021-03-05), TUG1: 12.5 "
        "(kept empty)."
    ]


def test_rows_that_differ_only_in_the_order_column_are_superseded_and_equal_ones_identical() -> None:
    table = source(SUBJID=["1"] * 3, DAY0=[8, 63, 63], TUG1=[5, 5, 5])
    clean, ledger = clean_table(table, tug(duplicates=Duplicates(("SUBJID",), "last", "DAY0")), where=WHERE)
    assert clean["DAY0"].tolist() == [63]
    assert list(zip(ledger["SRCROW"], ledger["rule"], ledger["message"], strict=True)) == [
        (1, "duplicate_superseded", "Row 3 is kept (the last by DAY0); this row differs in DAY0: 8 (kept 63)."),
        (2, "duplicate_identical", "Identical to row 3, which is kept."),
    ]


def test_an_order_column_that_differs_is_an_error_when_the_study_keeps_neither() -> None:
    table = source(SUBJID=["1"] * 2, DAY0=[8, 63])
    assert "DAY0: 63 (kept 8)" in fault(table, tug(duplicates=Duplicates(("SUBJID",), "error", "DAY0")))


def test_a_correction_back_to_the_first_value_counts_as_the_last() -> None:
    table = source(SUBJID=["1"] * 3, TUG1=[12.5, 11.5, 12.5])
    clean, ledger = cleaned(table, tug(duplicates=Duplicates(("SUBJID",), "last")))
    assert clean["SRCROW"].tolist() == [3]
    assert [entry[0::4] for entry in ledger] == [(1, "duplicate_identical"), (2, "duplicate_superseded")]


def test_unplanned_visits_on_different_days_are_no_duplicates() -> None:
    table = source(
        SUBJID=["1"] * 3, VISLAB=["Unscheduled"] * 3, PERFDAT=["2021-03-04", "2021-03-09", "2021-03-04"], TUG1=[1, 2, 3]
    )
    rules = tug(
        visit="VISLAB", unplanned=("Unscheduled",), date="PERFDAT", types={"PERFDAT": "date"},
        duplicates=Duplicates(KEY, "last"),
    )  # fmt: skip
    clean, _ = cleaned(table, rules)
    assert clean["SRCROW"].tolist() == [2, 3]


def test_a_missing_part_of_the_key_makes_nobodys_duplicate() -> None:
    table = source(SUBJID=["1", "1", "1"], AESPID=[None, None, None], AETERM=["Fall", "Rash", "Fall"])
    clean, ledger = cleaned(table, tug(duplicates=Duplicates(("SUBJID", "AESPID"), "last")))
    assert clean["AETERM"].tolist() == ["Rash", "Fall"]
    assert len(ledger) == 1


def test_without_a_key_no_duplicates_are_looked_for() -> None:
    assert len(cleaned(source(SUBJID=["1", "1"]), tug())[0]) == 2


def test_rules_for_absent_columns_and_reserved_names() -> None:
    assert "the rules name AGE, SITE" in fault(source(SUBJID=["1"]), tug(constant=("SITE", "AGE")))
    table = source(SUBJID=["1"], ADT=["2021"])
    assert "the clean table gives the name ADT itself" in fault(table, tug(types={"ADT": "date"}))
