"""The randomization scheme: what it draws, counts, enumerates and refuses."""

from __future__ import annotations

import itertools
import math
from collections import Counter

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from rctflow.randomization import (
    Scheme,
    SchemeError,
    count_allocations,
    draw_allocation,
    draw_many,
    enumerate_allocations,
    possible_under,
    scheme_problems,
)

ARMS = ("placebo", "drug")
THREE = ("placebo", "low", "high")
FOUR = Scheme(blocks=(4,), sequence="in_turn")


def rng(seed: int = 1) -> np.random.Generator:
    return np.random.default_rng(np.random.SeedSequence(seed))


@st.composite
def trials(draw):
    """A scheme with its arms, and the strata and order of some patients."""
    arms = draw(st.sampled_from([ARMS, THREE]))
    ratio = draw(st.sampled_from([{}, dict(zip(arms, (1, 2, 3), strict=False))]))
    total = sum(ratio.values()) or len(arms)
    sizes = tuple(total * k for k in draw(st.lists(st.integers(1, 3), min_size=1, max_size=3)))
    method = draw(st.sampled_from(["permuted_blocks", "permuted_blocks", "simple"]))
    blocks = sizes if method == "permuted_blocks" else ()
    scheme = Scheme(method, ratio, blocks, draw(st.sampled_from(["in_turn", "random"])))
    strata = draw(st.lists(st.sampled_from("XYZ"), min_size=1, max_size=25))
    order = draw(st.permutations(range(len(strata))))
    return scheme, arms, strata, order


def brute_force(scheme: Scheme, arms: tuple[str, ...], size: int) -> Counter[tuple[int, ...]]:
    """Each allocation of one stratum and its weight, by permuting whole blocks one after the other (slow)."""
    shares = [scheme.ratio.get(arm, 1) for arm in arms]

    def block(places: int) -> list[tuple[int, ...]]:
        content = [arm for arm, share in enumerate(shares) for _ in range(places * share // sum(shares))]
        return list(itertools.permutations(content))

    def grow(sofar: tuple[int, ...], number: int) -> list[tuple[tuple[int, ...], float]]:
        if len(sofar) >= size:
            return [(sofar[:size], 1.0)]
        sizes = [scheme.blocks[number % len(scheme.blocks)]] if scheme.sequence == "in_turn" else scheme.blocks
        return [
            (whole, weight / (len(sizes) * len(orders)))
            for places in sizes
            for orders in [block(places)]
            for one in orders
            for whole, weight in grow((*sofar, *one), number + 1)
        ]

    found: Counter[tuple[int, ...]] = Counter()
    for sequence, weight in grow((), 0):
        found[sequence] += weight
    return found


SMALL = [
    (FOUR, ARMS, 4),
    (FOUR, ARMS, 6),
    (Scheme(blocks=(4, 2), sequence="in_turn"), ARMS, 7),
    (Scheme(blocks=(2, 4), sequence="random"), ARMS, 5),
    (Scheme(ratio={"placebo": 1, "drug": 2}, blocks=(3,), sequence="in_turn"), ARMS, 5),
    (Scheme(blocks=(3,), sequence="random"), THREE, 4),
]


@pytest.mark.parametrize(("scheme", "arms", "size"), SMALL)
def test_enumeration_equals_permuting_blocks_by_brute_force(scheme, arms, size):
    expected = brute_force(scheme, arms, size)
    every, chance = enumerate_allocations(scheme, arms, ["X"] * size, range(size))
    assert {tuple(row): pytest.approx(p) for row, p in zip(every.tolist(), chance, strict=True)} == dict(expected)
    assert count_allocations(scheme, arms, ["X"] * size) == len(expected)


@pytest.mark.parametrize(("scheme", "arms", "size"), SMALL)
def test_draws_come_with_the_enumerated_probabilities(scheme, arms, size):
    every, chance = enumerate_allocations(scheme, arms, ["X"] * size, range(size))
    drawn = Counter(map(tuple, draw_many(scheme, arms, ["X"] * size, range(size), 20_000, rng()).tolist()))
    assert set(drawn) <= set(map(tuple, every.tolist()))
    for row, p in zip(every.tolist(), chance, strict=True):
        assert abs(drawn[tuple(row)] / 20_000 - p) < 4.5 * math.sqrt(p * (1 - p) / 20_000)


@settings(max_examples=60, deadline=None)
@given(trials(), st.integers(0, 9))
def test_what_is_drawn_is_possible(trial, seed):
    scheme, arms, strata, order = trial
    drawn = draw_allocation(scheme, arms, strata, order, rng(seed))
    assert possible_under(scheme, arms, strata, order, drawn.tolist()) == ""


@settings(max_examples=60, deadline=None)
@given(trials(), st.integers(0, 9))
def test_every_block_in_turn_balances(trial, seed):
    scheme, arms, strata, order = trial
    scheme = Scheme(
        "permuted_blocks", scheme.ratio, scheme.blocks or (sum(scheme.ratio.values()) or len(arms),), "in_turn"
    )
    shares = [scheme.ratio.get(arm, 1) for arm in arms]
    drawn = draw_many(scheme, arms, strata, order, 7, rng(seed))
    for stratum in set(strata):
        positions = sorted((i for i, s in enumerate(strata) if s == stratum), key=lambda i: order[i])
        for size in itertools.cycle(scheme.blocks):
            block, positions = positions[:size], positions[size:]
            for allocation in drawn[:, block]:
                counts = [int((allocation == arm).sum()) for arm in range(len(arms))]
                full = [size * share // sum(shares) for share in shares]
                assert counts == full if len(block) == size else all(map(int.__le__, counts, full))
            if not positions:
                break


@settings(max_examples=40, deadline=None)
@given(trials(), st.randoms(use_true_random=False))
def test_listing_patients_in_another_order_changes_nobody(trial, chance):
    scheme, arms, strata, order = trial
    scheme = Scheme(scheme.method, scheme.ratio, scheme.blocks, "in_turn")
    shuffled = list(range(len(strata)))
    chance.shuffle(shuffled)
    other_strata, other_order = [strata[i] for i in shuffled], [order[i] for i in shuffled]
    reason = possible_under(scheme, arms, strata, order, (given := draw_allocation(scheme, arms, strata, order, rng())))
    assert reason == possible_under(scheme, arms, other_strata, other_order, [given[i] for i in shuffled]) == ""


def test_the_first_draws_do_not_depend_on_how_many_are_drawn(monkeypatch):
    strata, order = list("XXXYYYXXYY"), range(10)
    many = draw_many(FOUR, ARMS, strata, order, 1000, rng())
    assert (draw_many(FOUR, ARMS, strata, order, 7, rng()) == many[:7]).all()
    monkeypatch.setattr("rctflow.randomization.CELLS_AT_ONCE", 90)
    assert (draw_many(FOUR, ARMS, strata, order, 1000, rng()) == many).all()


def test_arms_of_a_block_are_exchangeable():
    drawn = draw_many(FOUR, ARMS, ["X"] * 8, range(8), 40_000, rng(3))
    assert np.abs(drawn.mean(axis=0) - 0.5).max() < 4.5 * 0.5 / math.sqrt(40_000)
    inside = [np.corrcoef(drawn[:, i], drawn[:, j])[0, 1] for i, j in itertools.combinations(range(4), 2)]
    across = [np.corrcoef(drawn[:, i], drawn[:, j])[0, 1] for i in range(4) for j in range(4, 8)]
    assert np.allclose(inside, -1 / 3, atol=0.025)
    assert np.allclose(across, 0, atol=0.025)


def test_simple_randomization_follows_the_ratio():
    scheme = Scheme("simple", {"placebo": 1, "low": 2, "high": 1})
    drawn = draw_many(scheme, THREE, list("XYXY"), range(4), 20_000, rng())
    assert np.allclose([(drawn == arm).mean() for arm in range(3)], [0.25, 0.5, 0.25], atol=0.01)
    assert count_allocations(scheme, THREE, list("XYXY")) == 81


def test_a_stratum_whose_blocks_do_not_balance_is_named():
    strata, order = ["01/F"] * 4 + ["02/M"] * 4, range(8)
    fine = ["placebo", "drug", "drug", "placebo"]
    assert possible_under(FOUR, ARMS, strata, order, fine + fine) == ""
    told = possible_under(FOUR, ARMS, strata, order, [*fine, "drug", "drug", "drug", "placebo"])
    assert told.startswith("stratum 02/M: blocks of 4 (in turn) leave no place for drug at patient 3 of 4.")
    assert "'active' is no arm" in possible_under(FOUR, ARMS, strata, order, ["active", *fine[1:], *fine])
    # a block of 2 and one of 4 can stand in either order when sizes are drawn
    mixed = ["placebo", "placebo", "drug", "drug", "drug", "placebo"]
    assert possible_under(Scheme(blocks=(2, 4), sequence="random"), ARMS, ["X"] * 6, range(6), mixed) == ""
    assert possible_under(Scheme(blocks=(2, 4), sequence="in_turn"), ARMS, ["X"] * 6, range(6), mixed) != ""


def test_the_simulators_allocation_is_possible_under_its_declared_scheme():
    from rctflow.simulate.cohort import enrol
    from rctflow.simulate.settings import SimulationSettings

    for seed in (1, 2025):
        subjects = enrol(SimulationSettings(), seed)
        strata = [f"{s.stratum.site}/{s.stratum.sex}" for s in subjects]
        scheme = Scheme(blocks=(4, 2), sequence="in_turn")
        arms, order = [s.planned for s in subjects], [s.number for s in subjects]
        assert possible_under(scheme, ("placebo", "msc"), strata, order, arms) == ""


def test_too_many_allocations_are_counted_and_not_listed():
    strata = [f"{k}" for k in range(10) for _ in range(4)]
    assert count_allocations(FOUR, ARMS, strata) == 6**10
    with pytest.raises(SchemeError, match="60466176 allocations"):
        enumerate_allocations(FOUR, ARMS, strata, range(40))


@pytest.mark.parametrize(
    ("scheme", "key", "words"),
    [
        (Scheme(blocks=(3,)), "blocks", "multiples of 2"),
        (Scheme(), "blocks", "missing"),
        (Scheme("simple", blocks=(4,)), "blocks", "no blocks"),
        (Scheme(ratio={"placebo": 1, "drgu": 1}, blocks=(4,)), "ratio", "'drgu' is no arm"),
        (Scheme(ratio={"placebo": 1}, blocks=(4,)), "ratio", "says nothing of drug"),
        (Scheme(ratio={"placebo": 1, "drug": 0}, blocks=(4,)), "ratio", "from 1"),
    ],
)
def test_a_scheme_that_cannot_be_drawn_from_says_why(scheme, key, words):
    assert any(key == place and words in message for place, message in scheme_problems(scheme, ARMS))
    with pytest.raises(SchemeError, match="randomization"):
        draw_allocation(scheme, ARMS, ["X"], [1], rng())


def test_a_patient_without_a_place_in_the_order_is_refused():
    with pytest.raises(SchemeError, match="no place in the order"):
        draw_allocation(FOUR, ARMS, ["X", "X"], [1.0, float("nan")], rng())
