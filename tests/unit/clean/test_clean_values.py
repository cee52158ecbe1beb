"""Values: units, impossible values, partial dates."""

import pytest
from rctflow.clean.errors import CleanError
from rctflow.clean.settings import Long, Range, Unit
from rctflow.clean.table import clean_table
from rctflow.clean.timing import completed_date

from tests.unit.clean.forms import WHERE, cleaned, source, tug


def values(table: object, name: str) -> list[float]:
    return table[name].fillna(-1).tolist()  # type: ignore[index]


def test_values_outside_the_range_are_set_missing_or_queried() -> None:
    table = source(SUBJID=["1", "2", "3", "4"], TUG1=[3, 1, 301, None])
    clean, ledger = cleaned(table, tug(ranges={"TUG1": Range(3, 300)}))
    assert values(clean, "TUG1") == [3, -1, -1, -1]
    assert ledger == [(2, "TUG1", "1", "", "range", "change"), (3, "TUG1", "301", "", "range", "change")]
    clean, ledger = cleaned(table, tug(ranges={"TUG1": Range(high=300, action="query")}))
    assert values(clean, "TUG1") == [3, 1, 301, -1]
    assert ledger == [(3, "TUG1", "301", "301", "range", "query")]


def test_coded_answers_survive_and_an_impossible_censored_value_loses_its_sign() -> None:
    table = source(SUBJID=["1", "2", "3"], TUG1=[None, 0.5, 900], TUG1_CODE=["unable", "<", ">"])
    clean, ledger = cleaned(table, tug(ranges={"TUG1": Range(0, 300)}))
    assert clean["TUG1_CODE"].tolist() == ["unable", "<", ""]
    assert values(clean, "TUG1") == [-1, 0.5, -1]
    assert ledger == [(3, "TUG1", ">900", "", "range", "change")]


def test_values_are_converted_by_the_unit_as_written() -> None:
    table = source(
        SUBJID=["1", "2", "3", "4", "5"], HEIGHT=[170, 1.7, 165, 160, None], HU=["cm", "M", None, "CM", "ell"]
    )
    clean, ledger = cleaned(table, tug(units={"HEIGHT": Unit(to="cm", column="HU", factors={"m": 100})}))
    assert values(clean, "HEIGHT") == [170, 170, 165, 160, -1]
    assert clean["HU"].fillna("").tolist() == ["cm", "cm", "", "cm", "ell"]
    assert ledger == [
        (2, "HEIGHT", "1.7", "170", "unit", "change"),
        (2, "HU", "M", "cm", "unit", "change"),
        (3, "HEIGHT", "165", "165", "unit_missing", "query"),
        (4, "HU", "CM", "cm", "unit", "change"),
    ]


def test_a_limit_of_quantification_is_converted_with_its_sign() -> None:
    table = source(SUBJID=["1"], LBORRES=[500], LBORRES_CODE=["<"], U=["pg/L"])
    clean, ledger = cleaned(table, tug(units={"LBORRES": Unit("pg/mL", "U", {"pg/L": 0.001})}))
    assert clean["LBORRES_CODE"].tolist() == ["<"]
    assert ledger[0] == (1, "LBORRES", "<500", "<0.5", "unit", "change")


def test_an_unknown_unit_is_an_error_with_rows_and_remedy() -> None:
    table = source(SUBJID=["1", "2"], HEIGHT=[67, 170], HU=["inch", "cm"])
    with pytest.raises(CleanError, match=r"'inch' in row 1\n  Declare the factor to cm under unit_factors of HEIGHT"):
        clean_table(table, tug(units={"HEIGHT": Unit("cm", "HU")}), where=WHERE)
    with pytest.raises(CleanError, match="the study's unit is not declared"):
        clean_table(table, tug(units={"HEIGHT": Unit(column="HU")}), where=WHERE)


def test_a_slip_is_mended_when_exactly_one_factor_explains_it() -> None:
    units = {"HEIGHT": Unit(to="cm", slips={"metres": 100, "millimetres": 0.1})}
    table = source(SUBJID=["1", "2", "3", "4"], HEIGHT=[1.7, 1700, 170, 17])
    clean, ledger = cleaned(table, tug(units=units, ranges={"HEIGHT": Range(120, 220)}))
    assert values(clean, "HEIGHT") == [170, 170, 170, -1]
    assert ledger == [
        (1, "HEIGHT", "1.7", "170", "unit_slip", "change"),
        (2, "HEIGHT", "1700", "170", "unit_slip", "change"),
        (4, "HEIGHT", "17", "", "range", "change"),
    ]


def test_a_slip_with_two_explanations_is_no_ones_guess() -> None:
    units = {"HEIGHT": Unit(to="cm", slips={"feet": 30.48, "inches": 2.54})}
    table = source(SUBJID=["1"], HEIGHT=[9])
    clean, ledger = cleaned(table, tug(units=units, ranges={"HEIGHT": Range(20, 300)}))
    assert values(clean, "HEIGHT") == [-1]
    assert ledger == [(1, "HEIGHT", "9", "", "range", "change")]


def test_limits_of_a_long_form_are_converted_with_their_value_and_by_its_unit_alone() -> None:
    table = source(
        SUBJID=["1"] * 4,
        LBTESTCD=["CREAT", "CREAT", "ALT", "CREAT"],
        LBORRES=[1.0, 88.4, 30, None],
        LBORNRLO=[0.5, 44.2, 10, 0.5],
        LBORNRHI=[1.2, 106.1, 40, 1.2],
        LBORRESU=["mg/dL", "umol/L", "U/L", "mg/dL"],
    )
    rules = tug(
        long=Long(test="LBTESTCD", value="LBORRES", limits=("LBORNRLO", "LBORNRHI")),
        units={"CREAT": Unit("umol/L", "LBORRESU", {"mg/dL": 88.4}), "ALT": Unit("U/L", "LBORRESU")},
    )
    clean, ledger = cleaned(table, rules)
    assert values(clean, "LBORRES") == [88.4, 88.4, 30, -1]
    assert values(clean, "LBORNRLO")[:3] == pytest.approx([44.2, 44.2, 10])
    assert values(clean, "LBORNRHI")[:3] == pytest.approx([106.08, 106.1, 40])
    assert [entry[:4] for entry in ledger] == [
        (1, "LBORRES", "1", "88.4"),
        (1, "LBORNRLO", "0.5", "44.2"),
        (1, "LBORNRHI", "1.2", "106.08"),
        (1, "LBORRESU", "mg/dL", "umol/L"),
    ]


def test_a_value_far_from_the_subjects_own_is_queried_and_kept() -> None:
    table = source(SUBJID=["1"] * 4 + ["2"] * 2, HEIGHT=[28.5, 64.8, 27, None, 10, 60])
    clean, ledger = cleaned(table, tug(ranges={"HEIGHT": Range(1, 70, fold=2)}))
    assert values(clean, "HEIGHT") == [28.5, 64.8, 27, -1, 10, 60]
    assert ledger == [(2, "HEIGHT", "64.8", "64.8", "jump", "query")]


def test_slips_need_a_range() -> None:
    with pytest.raises(CleanError, match="HEIGHT has unit slips but no range"):
        clean_table(source(SUBJID=["1"], HEIGHT=[1.7]), tug(units={"HEIGHT": Unit(slips={"m": 100})}), where=WHERE)


def test_each_test_of_a_long_form_has_its_own_range_and_unit() -> None:
    table = source(
        SUBJID=["1"] * 5,
        LBTESTCD=["HGB", "HGB", "ALT", "ALT", "CREAT"],
        LBORRES=[13.5, 135, 30, 9000, 1.0],
        LBORRESU=["g/dL", "g/L", "U/L", "U/L", "mg/dL"],
    )
    rules = tug(
        long=Long(test="LBTESTCD", value="LBORRES"),
        units={
            "HGB": Unit("g/L", "LBORRESU", {"g/dL": 10}),
            "ALT": Unit("U/L", "LBORRESU"),
            "CREAT": Unit("umol/L", "LBORRESU", {"mg/dL": 88.4}),
        },
        ranges={"HGB": Range(20, 250), "ALT": Range(0, 5000)},
    )
    clean, ledger = cleaned(table, rules)
    assert values(clean, "LBORRES") == [135, 135, 30, -1, 88.4]
    assert clean["LBORRESU"].tolist() == ["g/L", "g/L", "U/L", "U/L", "umol/L"]
    assert [entry[:4] for entry in ledger] == [
        (1, "LBORRES", "13.5", "135"),
        (1, "LBORRESU", "g/dL", "g/L"),
        (4, "LBORRES", "9000", ""),
        (5, "LBORRES", "1", "88.4"),
        (5, "LBORRESU", "mg/dL", "umol/L"),
    ]


@pytest.mark.parametrize(
    ("written", "rule", "completed"),
    [
        ("2021-03-04", "first", ("2021-03-04", "")),
        ("2021-03", "first", ("2021-03-01", "D")),
        ("2021-03", "middle", ("2021-03-15", "D")),
        ("2021-02", "last", ("2021-02-28", "D")),
        ("2020-02", "last", ("2020-02-29", "D")),
        ("2021", "first", ("2021-01-01", "M")),
        ("2021", "middle", ("2021-07-01", "M")),
        ("2021", "last", ("2021-12-31", "M")),
        ("2021-03", "missing", ("", "")),
    ],
)
def test_partial_dates(written: str, rule: str, completed: tuple[str, str]) -> None:
    assert completed_date(written, rule) == completed  # type: ignore[arg-type]


def test_partial_dates_are_completed_flagged_and_told() -> None:
    table = source(SUBJID=["1"] * 4, AESTDAT=["2021-03-04", "2021-03", "2021", None])
    rules = tug(date="AESTDAT", types={"AESTDAT": "date"}, dates={"AESTDAT": "first"})
    clean, ledger = cleaned(table, rules)
    assert clean["ADT"].astype("str").fillna("").tolist() == ["2021-03-04", "2021-03-01", "2021-01-01", ""]
    assert clean["ADTF"].tolist() == clean["AESTDAT_DTF"].tolist() == ["", "D", "M", ""]
    assert ledger == [
        (2, "AESTDAT", "2021-03", "2021-03-01", "partial_date", "change"),
        (3, "AESTDAT", "2021", "2021-01-01", "partial_date", "change"),
    ]


def test_a_partial_date_without_a_rule_is_set_missing_and_told() -> None:
    clean, ledger = cleaned(source(SUBJID=["1"], DT=["2021-03"]), tug(types={"DT": "date"}))
    assert clean["DT"].isna().all()
    assert ledger == [(1, "DT", "2021-03", "", "partial_date", "change")]


def test_datetimes_keep_their_time_and_give_the_day() -> None:
    table = source(SUBJID=["1", "2"], AT=["2021-03-04T10:20:00", "2021-03-04"])
    clean, ledger = cleaned(table, tug(date="AT", types={"AT": "datetime"}))
    assert clean["AT"].astype("str").tolist() == ["2021-03-04 10:20:00", "2021-03-04 00:00:00"]
    assert clean["ADT"].astype("str").tolist() == ["2021-03-04", "2021-03-04"]
    assert ledger == [(2, "AT", "2021-03-04", "2021-03-04T00:00:00", "partial_date", "change")]
