"""The simulator's own scorer against vectors of other programs (read from ../shared, see its README)."""

import numpy as np
import pandas as pd
import pytest
from rctflow.simulate.scoring import ITEMS, eq5d_index, fried_score, sf36_scores, sppb_total


@pytest.fixture
def vectors(shared):
    return lambda name: pd.read_csv(shared / "reference" / "scoring" / "vectors" / name)


def test_sf36_v2_scales_and_summaries_equal_the_vectors(vectors):
    table = vectors("sf36v2_vectors.csv")
    answers = table[[item.lower() for item in ITEMS]].apply(pd.to_numeric, errors="coerce").to_numpy(float)
    top = [3 if item.startswith("PF") else 6 if item == "BP1" else 5 for item in ITEMS]
    inside = (answers >= 1) & (answers <= np.array(top))
    scores = sf36_scores(np.where(inside, answers, np.nan))
    for name in ("PF", "RP", "BP", "GH", "VT", "SF", "RE", "MH", "PCS", "MCS"):
        np.testing.assert_allclose(scores[f"sf36_{name.lower()}"], table[name], atol=1e-8, err_msg=name)


def test_eq5d_index_equals_the_vectors(vectors):
    table = vectors("eq5d5l_china_3125.csv")
    levels = np.array([[int(digit) for digit in str(profile)] for profile in table["profile"]], dtype=float)
    np.testing.assert_allclose(eq5d_index(levels), table["China"], atol=1e-12)


def test_sppb_total_equals_the_vectors(vectors):
    table = vectors("sppb_total_vectors.csv").apply(pd.to_numeric, errors="coerce")
    times = [table[c].to_numpy(float) for c in ("side_by_side_s", "semi_tandem_s", "tandem_s", "gait4m_s", "chair_s")]
    np.testing.assert_array_equal(sppb_total(*times), table["sppb"])


def test_fried_score_equals_the_complete_vectors(vectors):
    table = vectors("fried_chs_vectors.csv")
    complete = table[(table["n_missing"] == 0) & table[["cesd7", "cesd20"]].notna().all(axis=1)]
    columns = {"weight_loss_kg": "wl_kg", "weight_loss_pct": "wl_pct", "cesd7": "cesd7", "cesd20": "cesd20"}
    columns |= {"kcal": "kcal", "walk15ft": "walk15ft_s", "grip": "grip_kg", "bmi": "bmi", "height": "height_cm"}
    values = {name: complete[column].to_numpy(float) for name, column in columns.items()}
    assert len(complete) > 5
    np.testing.assert_array_equal(fried_score(values, (complete["sex"] == "F").to_numpy()), complete["n_pos"])


def test_one_missing_dimension_leaves_no_index():
    assert np.isnan(eq5d_index(np.array([1, 2, np.nan, 1, 1.0])))


def test_perfect_balance_walk_and_rise_make_twelve_points():
    assert sppb_total(*(np.array([t]) for t in (10.0, 10.0, 10.0, 4.0, 10.0)))[0] == 12


def test_unable_everywhere_makes_no_points():
    assert sppb_total(*(np.array([np.nan]) for _ in range(5)))[0] == 0
