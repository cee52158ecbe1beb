"""Doses and medication of data in CDISC names: what the proposal reads from their variables."""

import pandas as pd
import pytest
from rctflow.propose.course import look_at_doses, look_at_medication
from rctflow.propose.forms import Form

DOSES = {
    "USUBJID": ["S-1", "S-2"],
    "EXTRT": ["DRUG", "DRUG"],
    "EXDOSE": ["5", "10"],
    "EXDOSU": ["mg", "mg"],
    "EXDOSFRQ": ["BID", "BID"],
    "EXSTDTC": ["2021-03-01", "2021-03-02"],
    "EXENDTC": ["2021-03-14", ""],
}


def form(name: str, columns: dict[str, list[str]]) -> Form:
    return Form(name, {"file": f"{name}.csv"}, f"{name}.csv", pd.DataFrame(columns, dtype="str"))


def test_intervals_of_two_doses_a_day() -> None:
    found = look_at_doses(form("ex", DOSES), "ex")
    assert found is not None
    assert found.body == {
        "table": "ex",
        "start": "EXSTDTC",
        "end": "EXENDTC",
        "missing_end": "EOSDT",
        "per_day": 2,
        "dose": "EXDOSE",
        "unit": "mg",
    }
    assert found.columns["EXENDTC"] == {"type": "date"}
    assert found.asked == []


def test_single_doses_have_no_end() -> None:
    found = look_at_doses(form("ex", DOSES | {"EXDOSFRQ": ["ONCE", "ONCE"]}), "ex")
    assert found is not None
    assert "end" not in found.body
    assert "EXENDTC" not in found.columns


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"EXDOSFRQ": ["BID", "Q3W"]}, "How many doses a day is BID, Q3W"),
        ({"EXTRT": ["DRUG", "OTHER"]}, "Doses of DRUG, OTHER are added up"),
        ({"EXDOSU": ["mg", "g"]}, "Doses are in g, mg; no amounts are summed"),
        ({"EXDOSU": ["", ""]}, "In which unit is EXDOSE?"),
    ],
)
def test_what_doses_leave_open_is_asked(changed: dict[str, list[str]], words: str) -> None:
    found = look_at_doses(form("ex", DOSES | changed), "ex")
    assert found is not None
    assert any(words in question for question in found.asked)


def test_placebo_is_no_second_drug_and_doses_not_given_do_not_count() -> None:
    columns = DOSES | {"EXTRT": ["DRUG", "PLACEBO"], "EXDOSE": ["5", "0"], "EXOCCUR": ["Y", "N"]}
    found = look_at_doses(form("ex", columns), "ex")
    assert found is not None
    assert found.asked == []
    assert found.body["where"] == "EXOCCUR == missing or EXOCCUR != 'N'"
    assert "missing_end" not in found.body


def test_doses_of_adam_are_the_rows_of_its_parameter_dose() -> None:
    columns = {"USUBJID": ["S-1", "S-1"], "PARAMCD": ["DOSE", "TDUR"], "AVAL": ["5", "14"], "EXTRT": ["DRUG", "DRUG"]}
    columns |= {"ASTDT": ["2021-03-01", "2021-03-01"], "AENDT": ["2021-03-14", "2021-03-14"]}
    found = look_at_doses(form("adex", columns), "adex")
    assert found is not None
    assert (found.body["where"], found.body["dose"], found.body["end"]) == ("PARAMCD == 'DOSE'", "AVAL", "AENDT")
    other = look_at_doses(form("adex", columns | {"PARAMCD": ["AMT", "TDUR"]}), "adex")
    assert other is not None
    assert "dose" not in other.body
    assert "Which PARAMCD of adex.csv is the dose given?" in other.asked[0]


def test_medication_coded_or_not() -> None:
    columns = {"USUBJID": ["S-1", "S-2"], "CMTRT": ["aspirin", "tea"], "CMDECOD": ["ACETYLSALICYLIC ACID", ""]}
    columns |= {"CMCLAS": ["NERVOUS SYSTEM", ""], "CMSTDTC": ["2003", "2021-03-01"], "CMENDTC": ["", "2021-03-02"]}
    columns |= {"CMENRF": ["ONGOING", ""]}
    found = look_at_medication(form("cm", columns), "cm")
    assert found is not None
    assert found.body == {
        "table": "cm",
        "term": "CMDECOD",
        "category": "CMCLAS",
        "start": "CMSTDTC",
        "end": "CMENDTC",
        "ongoing": "CMENRF in ['ONGOING']",
    }
    assert found.columns["CMSTDTC"] == {"type": "date", "partial": "first"}
    uncoded = look_at_medication(form("cm", columns | {"CMDECOD": ["", ""]}), "cm")
    assert uncoded is not None
    assert uncoded.body["term"] == "CMTRT"
