"""Coded answers, options, and what a missing score says: small tables that a clinician can read."""

import numpy as np
import pandas as pd
import pytest
from rctflow.derive.instruments import InstrumentError, load_instrument, needed_columns, score

NAN = float("nan")


def one(instrument: str, options: dict[str, str] | None = None, **items: object) -> dict[str, object]:
    """The scores of one assessment."""
    return dict(score(load_instrument(instrument), pd.DataFrame([items]), options).iloc[0])


@pytest.mark.parametrize(
    ("trials", "rule", "value", "code"),
    [
        ({"T1": 12.0, "T2": 10.0, "T3": 11.0}, "mean", 11.0, ""),
        ({"T1": 12.0, "T2": 10.0, "T3": 11.0}, "best", 10.0, ""),
        ({"T1": 12.0, "T2": 10.0, "T3": 11.0}, "last", 11.0, ""),
        ({"T1": 12.0, "T2": 10.0, "T3": NAN}, "last", 10.0, ""),
        ({"T1": 12.0}, "mean", 12.0, ""),
        ({"T1": NAN, "T1_CODE": "unable"}, "mean", NAN, "unable"),
        ({"T1": NAN, "T1_CODE": " Unable "}, "mean", NAN, "unable"),
        ({"T1": 300.0, "T1_CODE": "unable"}, "mean", NAN, "unable"),
        ({"T1": 12.0, "T2": NAN, "T2_CODE": "unable"}, "mean", 12.0, ""),
        ({"T1": NAN, "T1_CODE": "refused", "T2": NAN, "T2_CODE": "unable"}, "best", NAN, "unable"),
        ({"T1": NAN, "T1_CODE": "refused", "T2": NAN}, "best", NAN, "refused"),
        ({"T1": NAN, "T2": NAN}, "mean", NAN, "missing: 0 of 3 items answered"),
        ({"T1": -4.0}, "mean", NAN, "missing: 0 of 3 items answered (1 outside the valid values)"),
    ],
)
def test_timed_up_and_go(trials: dict[str, object], rule: str, value: float, code: str) -> None:
    result = one("tug", {"trials": rule}, **trials)
    assert result["TUG"] == pytest.approx(value, nan_ok=True)
    assert result["TUG_CODE"] == code


def test_walk_in_seconds_and_speed() -> None:
    assert one("walk4m", T1=5.0, T2=4.0) == {"WALK4M": 4.0, "WALK4M_CODE": "", "SPEED4M": 1.0, "SPEED4M_CODE": ""}
    unable = one("walk4m", T1=NAN, T1_CODE="unable")
    assert (unable["WALK4M_CODE"], unable["SPEED4M_CODE"]) == ("unable", "unable")


@pytest.mark.parametrize(
    ("rule", "value"),
    [("max_of_all", 30), ("best_per_hand_mean", 27), ("mean_of_all", 24), ("dominant_max", 24), ("dominant_mean", 21)],
)
def test_grip_rules(rule: str, value: float) -> None:
    trials = dict.fromkeys(["L1", "L2", "L3", "R1", "R2", "R3"]) | dict(
        zip(["L1", "L2", "L3", "R1", "R2", "R3"], [18.0, 21.0, 24.0, 24.0, 27.0, 30.0], strict=True)
    )
    assert one("grip", {"rule": rule}, dominant="L", **trials)["GRIP"] == pytest.approx(value)


def test_grip_of_one_hand() -> None:
    hand = {"L1": NAN, "L1_CODE": "unable", "R1": 20.0}
    assert one("grip", **hand)["GRIP"] == 20
    assert one("grip", {"rule": "best_per_hand_mean"}, **hand)["GRIP_CODE"] == "unable"


def test_grip_needs_the_dominant_hand_only_for_its_rules() -> None:
    with pytest.raises(InstrumentError, match="items without a column: dominant"):
        one("grip", {"rule": "dominant_max"}, L1=20.0, R1=20.0)
    with pytest.raises(InstrumentError, match="'left' not known; map them to L, R"):
        one("grip", {"rule": "dominant_max"}, L1=20.0, R1=20.0, dominant="left")
    result = one("grip", {"rule": "dominant_max"}, L1=20.0, R1=21.0, dominant=None)
    assert result["GRIP_CODE"] == "missing: dominant"


SPPB = {"SIDE_S": 10.0, "SEMI_S": 10.0, "TANDEM_S": 10.0, "GAIT1_S": 4.0, "CHAIR_S": 10.0}


@pytest.mark.parametrize(
    ("change", "total", "code"),
    [
        ({}, 12, ""),
        ({"CHAIR_S": NAN, "CHAIR_S_CODE": "unable"}, 8, ""),
        ({"CHAIR_S": NAN, "CHAIR_S_CODE": "refused"}, NAN, "refused"),
        ({"CHAIR_S": NAN}, NAN, "missing: 2 of 3 parts scored"),
        ({"GAIT1_S": NAN, "GAIT1_S_CODE": "unable", "GAIT2_S": 9.0}, 9, ""),
        ({"GAIT1_S": 9.0, "GAIT2_S": 4.0}, 12, ""),
        ({"SIDE_S": 9.0, "SEMI_S": NAN, "TANDEM_S": NAN}, 8, ""),
        ({"SEMI_S": 3.0, "TANDEM_S": NAN}, 9, ""),
        ({"SIDE_S": NAN, "SIDE_S_CODE": "refused"}, NAN, "refused"),
        ({"TANDEM_S": 2.996}, 11, ""),
        ({"GAIT1_S": 6.20}, 11, ""),
        ({"GAIT1_S": 8.70}, 10, ""),
        ({"GAIT1_S": 4.815}, 11, ""),
        ({"GAIT1_S": 4.814}, 12, ""),
    ],
)
def test_sppb_unable_is_zero_points_and_refused_is_missing(change: dict[str, object], total: float, code: str) -> None:
    result = one("sppb", **(SPPB | change))
    assert result["SPPB"] == pytest.approx(total, nan_ok=True)
    assert result["SPPB_CODE"] == code


def test_sppb_needs_only_the_part_that_is_asked_for() -> None:
    sppb = load_instrument("sppb")
    assert needed_columns(sppb, scores=["SPPB_CHAIR"]) == ["CHAIR_S"]
    assert needed_columns(sppb, scores=["SPPB_GAIT"]) == ["GAIT1_S", "GAIT2_S"]
    chair = score(sppb, pd.DataFrame({"CHAIR_S": [11.194, 11.2]}), scores=["SPPB_CHAIR"])
    assert chair["SPPB_CHAIR"].tolist() == [4, 3]


FRIED = {
    "sex": "F",
    "height_cm": 160.0,
    "bmi": 24.0,
    "LOSS_KG": 0.0,
    "CESD_EFFORT": 0.0,
    "CESD_GOING": 0.0,
    "KCAL_WEEK": 900.0,
    "WALK_S": 4.0,
    "GRIP_KG": 25.0,
}


@pytest.mark.parametrize(
    ("change", "count", "status", "code"),
    [
        ({}, 0, 0, ""),
        ({"GRIP_KG": 17.3}, 1, 1, ""),
        ({"GRIP_KG": NAN, "GRIP_KG_CODE": "unable"}, 1, 1, ""),
        ({"GRIP_KG": NAN}, NAN, NAN, "indeterminate: 4 of 5 parts scored"),
        ({"GRIP_KG": NAN, "KCAL_WEEK": 100.0}, NAN, 1, ""),
        ({"GRIP_KG": NAN, "GRIP_KG_CODE": "refused"}, NAN, NAN, "refused"),
        ({"bmi": NAN}, NAN, NAN, "indeterminate: 4 of 5 parts scored"),
        ({"WALK_S": 6.0, "CESD_GOING": 2.0, "LOSS_KG": 5.0}, 3, 2, ""),
        ({"WALK_S": 5.99}, 0, 0, ""),
        ({"height_cm": 159.0, "WALK_S": 6.5}, 0, 0, ""),
    ],
)
def test_fried(change: dict[str, object], count: float, status: float, code: str) -> None:
    result = one("fried", **(FRIED | change))
    assert result["FRIED"] == pytest.approx(count, nan_ok=True)
    assert result["FRIED_STATUS"] == pytest.approx(status, nan_ok=True)
    assert result["FRIED_STATUS_CODE"] == code


def test_fried_four_metres_compares_speed() -> None:
    """4 m in 5.25 s is 15 ft in 6.0 s: slow for a woman of 160 cm."""
    assert one("fried", {"walk": "4m"}, **(FRIED | {"WALK_S": 5.25}))["SLOW"] == 1
    assert one("fried", {"walk": "4m"}, **(FRIED | {"WALK_S": 5.24}))["SLOW"] == 0


def test_fried_unable_can_be_declared_missing() -> None:
    result = one("fried", {"unable": "missing"}, **(FRIED | {"WALK_S": NAN, "WALK_S_CODE": "unable"}))
    assert np.isnan(result["SLOW"]) and result["SLOW_CODE"] == "unable" and result["FRIED_CODE"] == "unable"


def test_fried_criteria_as_recorded() -> None:
    names = ["WEIGHT_LOSS", "EXHAUSTION", "LOW_ACTIVITY", "SLOW", "WEAK"]
    rows = pd.DataFrame([[1, 1, 1, NAN, NAN], [0, 0, 1, NAN, 1], [0, 0, 1, 0, NAN], [9, 0, 0, 0, 0]], columns=names)
    result = score(load_instrument("fried_criteria"), rows.astype(float))
    assert result["FRIED_STATUS"].fillna(-1).tolist() == [2, -1, 1, -1]
    assert result["FRIED_STATUS_CODE"].tolist() == [
        "",
        "indeterminate: 4 of 5 items answered",
        "",
        "indeterminate: 4 of 5 items answered (1 outside the valid values)",
    ]


def test_frail_variant() -> None:
    patient = {"FATIGUE": 1.0, "RESISTANCE": 0.0, "AMBULATION": 0.0, "ILLNESSES": 5.0, "LOSS_PCT": 5.0}
    assert one("frail", **patient)["FRAIL"] == 3
    assert one("frail", {"cuts": "variant"}, **patient)["FRAIL"] == 1


@pytest.mark.parametrize(
    ("value", "code", "options", "result", "reason"),
    [
        (1.5, None, {}, 1.5, ""),
        (0.5, "<", {}, NAN, "<0.5"),
        (0.5, "<", {"below": "half"}, 0.25, "<0.5"),
        (0.5, "<", {"below": "sqrt2"}, 0.5 / 2**0.5, "<0.5"),
        (0.5, "<", {"below": "limit"}, 0.5, "<0.5"),
        (100.0, ">", {"below": "half"}, NAN, ">100"),
        (100.0, ">", {"above": "limit"}, 100.0, ">100"),
        (NAN, "<", {"below": "half"}, NAN, "missing"),
        (NAN, "haemolysed", {}, NAN, "haemolysed"),
        (NAN, None, {}, NAN, "missing"),
    ],
)
def test_a_value_below_quantification_keeps_its_code(
    value: float, code: str | None, options: dict[str, str], result: float, reason: str
) -> None:
    ours = one("single_value", options, VALUE=value, VALUE_CODE=code)
    assert ours["VALUE"] == pytest.approx(result, nan_ok=True)
    assert ours["VALUE_CODE"] == reason


STATE = {"MO": 1.0, "SC": 1.0, "UA": 2.0, "PD": 3.0, "AD": 1.0, "EQVAS": 80.0}


def test_eq5d_value_set_must_be_named() -> None:
    with pytest.raises(InstrumentError, match=r"name the option value_set .*no default.*China_Luo2017"):
        one("eq5d5l", **STATE)
    with pytest.raises(InstrumentError, match=r"no choice 'China'\. Did you mean 'China_Liu2014' or 'China_Zh"):
        one("eq5d3l", {"value_set": "China"}, **STATE)
    with pytest.raises(InstrumentError, match=r"no option 'valueset'\. Did you mean 'value_set'"):
        one("eq5d3l", {"valueset": "China_Liu2014"}, **STATE)


def test_eq_vas_needs_no_value_set() -> None:
    ours = score(load_instrument("eq5d5l"), pd.DataFrame({"EQVAS": [80.0, 999.0, NAN]}), scores=["EQVAS"])
    assert ours["EQVAS"].fillna(-1).tolist() == [80, -1, -1]
    assert ours["EQVAS_CODE"].tolist() == ["", "invalid: 999", "missing"]


def test_eq5d_never_fills_in_a_dimension() -> None:
    result = one("eq5d5l", {"value_set": "China_Luo2017"}, **(STATE | {"PD": NAN}))
    assert np.isnan(result["INDEX"]) and result["INDEX_CODE"] == "missing: 4 of 5 items answered"
    wrong = one("eq5d3l", {"value_set": "China_Liu2014"}, **(STATE | {"PD": 5.0}))
    assert wrong["INDEX_CODE"] == "missing: 4 of 5 items answered (1 outside the valid values)"


def test_sf36_reason_counts_the_answered_items() -> None:
    items = dict.fromkeys(load_instrument("sf36v2").items, 1.0) | {"GH1": NAN, "GH2": NAN, "GH3": 9.0}
    result = one("sf36v2", **items)
    assert result["GH_CODE"] == "missing: 2 of 5 items answered (1 outside the valid values)"
    assert result["PCS_CODE"] == "missing: 7 of 8 parts scored"
    assert result["VT_CODE"] == "" and not np.isnan(result["VT"])


def test_sf36v2_norms_and_coefficients_are_options() -> None:
    items = dict.fromkeys(load_instrument("sf36v2").items, 2.0)
    pcs = {choice: one("sf36v2", {"norms": choice}, **items)["PCS"] for choice in ("us1998", "us1998_acute", "jp2002")}
    assert len({round(float(value), 6) for value in pcs.values()}) == 3
    assert one("sf36v2", **items)["PCS"] == pcs["us1998"]
    assert one("sf36v2", {"coefficients": "jp1995"}, **items)["PCS"] != pcs["us1998"]


def test_gds15_prorates_only_when_asked() -> None:
    items = {f"Q{i}": float(i not in (1, 5, 7, 11, 13)) for i in range(1, 16)} | {"Q2": NAN, "Q3": NAN}
    assert one("gds15", **items)["GDS15_CODE"] == "missing: 13 of 15 items answered"
    assert one("gds15", {"missing_items": "prorate"}, **items)["GDS15"] == pytest.approx(15)


def test_texts_and_absent_columns_are_errors() -> None:
    with pytest.raises(InstrumentError, match=r"T1: 'unable' \(row 7\) is not a number.*T1_CODE"):
        score(load_instrument("tug"), pd.DataFrame({"T1": ["12", "unable"]}, index=[6, 7]))
    with pytest.raises(InstrumentError, match=r"items without a column: T1\. 'T1': Did you mean 't1'"):
        one("tug", t1=3.0)
    with pytest.raises(InstrumentError, match=r"no score 'TUGG'\. Did you mean 'TUG'"):
        score(load_instrument("tug"), pd.DataFrame({"T1": [3.0]}), scores=["TUGG"])


def test_index_is_kept_and_no_rows_give_no_rows() -> None:
    items = pd.DataFrame({"T1": [10.0, 11.0]}, index=["a", "a"])
    assert score(load_instrument("tug"), items).index.tolist() == ["a", "a"]
    for name, covariates in {"sppb": [], "fried": ["sex", "height_cm", "bmi"], "sf36v1": []}.items():
        instrument = load_instrument(name)
        empty = pd.DataFrame({column: pd.Series(dtype=float) for column in [*instrument.items, *covariates]})
        assert len(score(instrument, empty)) == 0


def test_codes_may_be_categories() -> None:
    items = pd.DataFrame({"T1": [np.nan, 9.0], "T1_CODE": pd.Categorical(["unable", None])})
    assert score(load_instrument("tug"), items)["TUG_CODE"].tolist() == ["unable", ""]


def test_nullable_numbers_are_read() -> None:
    items = pd.DataFrame({"T1": pd.array([10, None], dtype="Int64")})
    assert score(load_instrument("tug"), items)["TUG"].tolist()[0] == 10
