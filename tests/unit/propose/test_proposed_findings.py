"""Laboratory and vital signs of data in CDISC names: the tests that the proposal takes, and how it tells them apart."""

import pandas as pd
from rctflow.expressions import parse
from rctflow.propose.findings import Measured, Names, add_tests, limit_columns
from rctflow.propose.names import label_and_unit, quoted

NAMES = Names("LBTESTCD", "LBTEST", "LBSTRESN", "LBSTRESU", "VISIT", (("LBSPEC",), ("LBTPT",)), "LBTPTNUM")
VISITS = ["BASELINE", "WEEK 4"]


def rows(code: str, values: list[str], **more: object) -> pd.DataFrame:
    told = {"LBTESTCD": code, "LBTEST": code.title(), "LBSTRESU": "g/L", "VISIT": "WEEK 4"} | more
    return pd.DataFrame({"USUBJID": [f"S-{n}" for n in range(len(values))], "LBSTRESN": values} | told)


def measured(*parts: pd.DataFrame, fewest: int = 2) -> Measured:
    found = Measured("adlb", {"table": "lb"}, {})
    add_tests(found, pd.concat(parts, ignore_index=True), NAMES, VISITS, fewest)
    return found


def test_tests_with_their_unit_and_decimals() -> None:
    found = measured(rows("ALB", ["38", "41", "40.5"]), rows("CA", ["2.31", "2.4", "2.4563"]))
    assert found.tests == {
        "ALB": {"label": "Alb", "unit": "g/L", "digits": 0},
        "CA": {"label": "Ca", "unit": "g/L", "digits": 2},
    }
    assert found.usual == {"WEEK 4"}


def test_what_few_have_after_baseline_is_left_out() -> None:
    assert measured(rows("ALB", ["38", "41"], VISIT="BASELINE"), rows("CA", ["2.3"])).tests == {}


def test_time_points_are_tests_of_their_own_in_their_order() -> None:
    standing = rows("SYSBP", ["120", "130"], LBTPT="AFTER STANDING", LBTPTNUM="2")
    lying = rows("SYSBP", ["121", "131"], LBTPT="LYING", LBTPTNUM="1")
    found = measured(standing, lying)
    assert list(found.tests) == ["SYSBP_1", "SYSBP_2"]
    assert found.tests["SYSBP_1"]["where"] == "LBTPT == 'LYING'"
    assert found.tests["SYSBP_2"]["label"] == "Sysbp, after standing"
    assert found.columns == {"LBTPT": {}}


def test_glucose_of_blood_and_of_urine_are_two_tests() -> None:
    found = measured(rows("GLUC", ["5", "6"], LBSPEC="BLOOD"), rows("GLUC", ["1", "0"], LBSPEC="URINE"))
    assert [test["where"] for test in found.tests.values()] == ["LBSPEC == 'BLOOD'", "LBSPEC == 'URINE'"]


def test_a_second_unit_is_left_out_and_asked_for() -> None:
    found = measured(rows("ALB", ["38", "41"]), rows("ALB", ["4"], LBSTRESU="g/dL"))
    assert found.tests["ALB"]["where"] == "LBSTRESU == 'g/L'"
    assert found.asked == ["findings.adlb: ALB is also in g/dL. Taken: g/L alone."]


def test_limits_that_hold_nothing_are_none() -> None:
    form = pd.DataFrame({"ANRLO": ["", ""], "ANRHI": ["", ""], "A1LO": ["1", ""], "A1HI": ["2", "3"]}, dtype="str")
    told = form.assign(ANRIND=["N", "H"], LBNRIND=["NORMAL", "HIGH"])
    pairs = (("ANRLO", "ANRHI"), ("A1LO", "A1HI"))
    assert limit_columns(told, pairs, ("ANRIND", "LBNRIND")) == {"low": "A1LO", "high": "A1HI", "indicator": "LBNRIND"}
    assert limit_columns(form, pairs[:1], ("ANRIND",)) == {}


def test_the_livers_tests_bring_hys_law() -> None:
    found = measured(*(rows(code, ["20", "30"]) for code in ("ALT", "AST", "BILI")))
    assert "liver" not in found.summary(["week_4"])
    found.body |= {"low": "LBSTNRLO", "high": "LBSTNRHI"}
    assert found.summary(["week_4"])["liver"] == {}


def test_any_text_is_a_literal_of_the_where_language():
    texts = ["it's", 'a "b"', 'it\'s "both"', "back\\slash", "new\nline", "<5 \u00b5g"]
    for text in texts:
        rows = pd.DataFrame({"A": [text, "other"]}, dtype="str")
        assert parse(f"A == {quoted(text)}").evaluate(rows).tolist() == [True, False]


def test_units_within_names() -> None:
    assert label_and_unit("Sodium (mmol/L)") == ("Sodium", "mmol/L")
    assert label_and_unit("Mean corpuscular haemoglobin (fmol(Fe))") == ("Mean corpuscular haemoglobin", "fmol(Fe)")
    assert label_and_unit("NPI-X (9) Total Score") == ("NPI-X (9) Total Score", "")
    assert label_and_unit("ADAS-Cog (11)") == ("ADAS-Cog (11)", "")
