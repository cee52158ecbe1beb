"""An instrument is found from the usual column names, and not from others."""

import pytest
from rctflow.derive.instruments import load_instrument, recognise


@pytest.mark.parametrize(
    "name_of",
    [
        lambda item: item.id,
        lambda item: item.id.lower(),
        lambda item: f"sf36_{item.id.lower()}",
        lambda item: f"SF36.{item.id}",
        lambda item: f"q{item.number}",
        lambda item: f"B{item.number.upper()}",
        lambda item: f"sf36_{item.number}",
    ],
)
def test_sf36_columns(name_of: object) -> None:
    sf36 = load_instrument("sf36v2")
    columns = {item.id: name_of(item) for item in sf36.items.values()}  # type: ignore[operator]
    assert recognise(sf36, ["USUBJID", "AGE", "VISIT", *columns.values()]) == columns


def test_pf01_is_also_pf1_and_pf_1() -> None:
    sf36 = load_instrument("sf36v2")
    columns = [f"{item.id[:2]}_{int(item.id[2:])}" if item.id != "HT" else "HT" for item in sf36.items.values()]
    assert len(recognise(sf36, columns)) == 36


def test_eq5d_names_and_a_table_that_is_none() -> None:
    eq5d = load_instrument("eq5d5l")
    assert recognise(eq5d, ["MOBILITY", "SELFCARE", "ACTIVITY", "PAIN", "ANXIETY", "EQVAS"])["PD"] == "PAIN"
    assert recognise(eq5d, ["eq5d_mo", "eq5d_sc", "eq5d_ua", "eq5d_pd", "eq5d_ad", "eq5d_vas"])["MO"] == "eq5d_mo"
    assert recognise(eq5d, ["USUBJID", "AGE", "PAIN"]) == {}


def test_half_a_questionnaire_is_enough_and_less_is_not() -> None:
    gds = load_instrument("gds15")
    assert len(recognise(gds, [f"GDS{i}" for i in range(1, 12)])) == 11
    assert recognise(gds, [f"GDS{i}" for i in range(1, 6)]) == {}
