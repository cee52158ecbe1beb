"""Small sites become one."""

import pandas as pd
import pytest
from rctflow.derive.errors import DeriveError
from rctflow.derive.pooling import pool_levels
from rctflow.derive.settings import Pool


def pooled(counts: dict[str, tuple[int, int]], **rule: object) -> dict[str, str]:
    """Site -> level; counts: patients of arm a and of arm b."""
    rows = [
        (site, arm) for site, numbers in counts.items() for arm, n in zip("ab", numbers, strict=True) for _ in range(n)
    ]
    sites, arms = (pd.Series(column, dtype="str") for column in zip(*rows, strict=True))
    levels = pool_levels(sites, arms, Pool(**({"fewer_than": 3, "label": "900"} | rule)), "subjects.strata.SITE")
    return dict(zip(sites, levels, strict=True))


def test_sites_with_too_few_of_any_arm_are_pooled() -> None:
    assert pooled({"701": (3, 4), "702": (2, 9), "703": (1, 1), "704": (5, 5)}) == {
        "701": "701",
        "702": "900",
        "703": "900",
        "704": "704",
    }


def test_a_pool_that_is_still_too_small_takes_the_next_fewest_enrolling_site() -> None:
    assert pooled({"701": (9, 9), "702": (0, 1), "703": (3, 3)}) == {"701": "701", "702": "900", "703": "900"}


def test_a_tie_is_drawn_with_the_seed_and_refused_without() -> None:
    tied = {"701": (4, 4), "702": (0, 1), "703": (4, 4), "704": (9, 9)}
    draws = {seed: pooled(tied, seed=seed) for seed in range(20)}
    joined = {site for levels in draws.values() for site in ("701", "703") if levels[site] == "900"}
    assert joined == {"701", "703"}
    assert all([levels["701"], levels["703"]].count("900") == 1 for levels in draws.values())
    assert pooled(tied, seed=5) == draws[5]
    with pytest.raises(DeriveError, match=r"701, 703 enrolled equally few.*`seed`"):
        pooled(tied)


def test_all_sites_are_one_when_none_is_large_enough() -> None:
    assert set(pooled({"701": (1, 0), "702": (0, 1)}).values()) == {"900"}


def test_large_sites_stay() -> None:
    assert pooled({"701": (3, 3), "702": (4, 3)}) == {"701": "701", "702": "702"}


def test_the_pool_needs_a_name_of_its_own() -> None:
    with pytest.raises(DeriveError, match="another name"):
        pooled({"900": (3, 3), "702": (1, 0)})
