"""What must hold for every instrument, whatever the answers."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from rctflow.derive.instruments import Instrument, available, load_instrument, score

SEEDS = st.integers(0, 2**32 - 1)
# Fried: either measure of weight loss, or either CES-D item, stands in for the other, so that hiding just one of them
# can change the criterion instead of losing it; they are hidden together.
STAND_INS = {"LOSS_PCT": "LOSS_KG", "CESD_GOING": "CESD_EFFORT"}
FEW = settings(max_examples=15, deadline=None)


def options_of(instrument: Instrument) -> dict[str, str]:
    """The defaults, and the first choice where one must be named."""
    return {name: option.default or next(iter(option.choices)) for name, option in instrument.options.items()}


def answers(instrument: Instrument, rng: np.random.Generator, rows: int = 12, missing: float = 0.15) -> pd.DataFrame:
    """Random valid answers, some missing, some unable or refused."""
    columns: dict[str, object] = {}
    for item in instrument.items.values():
        low, high = max(item.low, 0.1), min(item.high, 120.0)
        value = rng.choice(item.codes, rows) if item.codes else rng.uniform(low, high, rows).round(2)
        columns[item.id] = np.where(rng.random(rows) < missing, np.nan, value)
        columns[f"{item.id}_CODE"] = rng.choice(["", "unable", "refused"], rows, p=[0.9, 0.05, 0.05])
    for covariate in instrument.covariates.values():
        columns[covariate.id] = rng.choice(covariate.values, rows) if covariate.values else rng.uniform(15, 190, rows)
    return pd.DataFrame(columns)


@pytest.mark.parametrize("name", available())
@given(seed=SEEDS)
@FEW
def test_scores_stay_in_their_range_and_say_why_they_are_missing(name: str, seed: int) -> None:
    instrument = load_instrument(name)
    result = score(instrument, answers(instrument, np.random.default_rng(seed)), options_of(instrument))
    for entry in instrument.scores.values():
        value, code = result[entry.id], result[f"{entry.id}_CODE"]
        assert (code != "")[value.isna()].all()
        assert (code == "")[value.notna()].all()
        if entry.range:
            assert value.dropna().between(entry.range[0] - 1e-9, entry.range[1] + 1e-9).all()
        if entry.labels:
            assert set(value.dropna()) <= set(entry.labels)


@pytest.mark.parametrize("name", available())
@given(seed=SEEDS)
@FEW
def test_a_row_is_scored_the_same_alone_and_in_any_order(name: str, seed: int) -> None:
    instrument, rng = load_instrument(name), np.random.default_rng(seed)
    items, options = answers(instrument, rng), options_of(load_instrument(name))
    whole = score(instrument, items, options)
    order = rng.permutation(len(items))
    pd.testing.assert_frame_equal(score(instrument, items.iloc[order], options), whole.iloc[order])
    pd.testing.assert_frame_equal(score(instrument, items.iloc[[3]], options), whole.iloc[[3]])


@pytest.mark.parametrize("name", available())
@given(seed=SEEDS)
@FEW
def test_more_missing_answers_never_give_a_score_where_fewer_gave_none(name: str, seed: int) -> None:
    instrument, rng = load_instrument(name), np.random.default_rng(seed)
    items = answers(instrument, rng, missing=0.2)
    fewer = score(instrument, items, options_of(instrument))
    hidden = items.copy()
    masks = {item: rng.random(len(items)) < 0.2 for item in instrument.items}
    for item in instrument.items:
        hidden[item] = hidden[item].mask(masks[STAND_INS.get(item, item) if name == "fried" else item])
    more = score(instrument, hidden, options_of(instrument))
    for name_of_score in instrument.scores:
        assert more[name_of_score].isna()[fewer[name_of_score].isna()].all(), name_of_score


@given(seed=SEEDS)
@FEW
def test_mirrored_answers_mirror_the_score(seed: int) -> None:
    rng = np.random.default_rng(seed)
    gds, sf36 = load_instrument("gds15"), load_instrument("sf36v2")
    yes_no = pd.DataFrame({item: rng.integers(0, 2, 6).astype(float) for item in gds.items})
    assert (score(gds, 1 - yes_no)["GDS15"] == 15 - score(gds, yes_no)["GDS15"]).all()
    items = pd.DataFrame({item.id: rng.choice(item.codes, 6) for item in sf36.items.values()})
    mirrored = pd.DataFrame(
        {item.id: min(item.codes) + max(item.codes) - items[item.id] for item in sf36.items.values()}
    )
    for scale in ("PF", "RP", "VT", "SF", "RE", "MH"):
        np.testing.assert_allclose(score(sf36, mirrored)[scale], 100 - score(sf36, items)[scale], atol=1e-9)


@given(seed=SEEDS)
@FEW
def test_half_of_a_scale_is_filled_with_the_persons_mean(seed: int) -> None:
    """PF from any five answered items is the mean of those five, on the 0-100 scale."""
    rng = np.random.default_rng(seed)
    sf36 = load_instrument("sf36v1")
    items = pd.DataFrame({item.id: rng.choice(item.codes, 4) for item in sf36.items.values()})
    functioning = [f"PF{i:02d}" for i in range(1, 11)]
    items[list(rng.choice(functioning, 5, replace=False))] = np.nan
    np.testing.assert_allclose(
        score(sf36, items)["PF"], (items[functioning].mean(axis=1) - 1) / 2 * 100, atol=1e-9, rtol=0
    )


@pytest.mark.parametrize("country", load_instrument("eq5d5l").options["value_set"].choices)
def test_eq5d5l_no_state_is_better_than_full_health(country: str) -> None:
    states = pd.DataFrame(np.random.default_rng(5).integers(1, 6, (200, 5)).astype(float))
    states = pd.concat([pd.DataFrame([[1.0] * 5]), states]).set_axis(["MO", "SC", "UA", "PD", "AD"], axis=1)
    index = score(load_instrument("eq5d5l"), states, {"value_set": country}, ["INDEX"])["INDEX"]
    assert index.iloc[0] == index.max() <= 1
