"""Every shipped instrument against numbers made by others, or worked by hand from the published score sheet."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from rctflow.derive.instruments import available, load_instrument, score

CASES: list[dict[str, Any]] = json.loads(
    (Path(__file__).resolve().parents[3] / "reference" / "scoring" / "cases.json").read_text(encoding="utf-8")
)


def table(part: dict[str, Any]) -> pd.DataFrame:
    frame = pd.DataFrame(part["rows"], columns=part["columns"])
    texts = [name for name in frame if name == "sex" or name.endswith("_CODE")]
    return frame.astype(dict.fromkeys(frame.columns.drop(texts), float))


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["name"])
def test_case(case: dict[str, Any]) -> None:
    expected = table(case["expected"])
    ours = score(load_instrument(case["instrument"]), table(case["items"]), case["options"], list(expected))
    np.testing.assert_allclose(ours[list(expected)], expected, atol=case["tolerance"], rtol=0, equal_nan=True)
    for name in expected:
        assert (ours[f"{name}_CODE"] != "")[ours[name].isna()].all(), "a missing score without a reason"


def test_every_value_set_has_a_case_and_a_source(root: Path) -> None:
    """Of the reverse crosswalks six have a case; test_eq5d_value_sets computes all of them from the published model."""
    sources = pd.read_csv(root / "workflow" / "instruments" / "eq5d_value_set_sources.csv")
    for name in ("eq5d3l", "eq5d5l", "eq5dy3l"):
        shipped = set(load_instrument(name).options["value_set"].choices)
        with_case = {c["options"]["value_set"] for c in CASES if c["instrument"] == name}
        assert with_case <= shipped
        assert all(value_set.endswith("_reverse_crosswalk") for value_set in shipped - with_case)
        assert shipped == set(sources.loc[sources["instrument"] == name, "value_set"])


def test_full_health_is_not_one_everywhere() -> None:
    full = pd.DataFrame([[1.0] * 5], columns=["MO", "SC", "UA", "PD", "AD"])
    values = {
        ("eq5d5l", "China_Luo2017"): 1.0,
        ("eq5d5l", "Canada_Xie2016"): 0.9489,
        ("eq5d5l", "Sweden_Burstrom2020"): 0.9755,
        ("eq5d5l", "Zimbabwe_crosswalk"): 0.9,
        ("eq5d3l", "Sweden_Burstrom2013"): 0.9694,
    }
    for (name, value_set), expected in values.items():
        index = score(load_instrument(name), full, {"value_set": value_set}, ["INDEX"])["INDEX"]
        assert index.iloc[0] == pytest.approx(expected, abs=1e-12)


def test_the_two_chinese_3l_sets_differ_by_up_to_half() -> None:
    worst = pd.DataFrame([[2.0, 1.0, 3.0, 3.0, 3.0]], columns=["MO", "SC", "UA", "PD", "AD"])
    liu, zhuo = (
        score(load_instrument("eq5d3l"), worst, {"value_set": f"China_{name}"}, ["INDEX"])["INDEX"].iloc[0]
        for name in ("Liu2014", "Zhuo2018")
    )
    assert zhuo - liu > 0.4


@pytest.mark.parametrize("name", available())
def test_every_instrument_names_its_source_and_licence(name: str) -> None:
    instrument = load_instrument(name)
    assert instrument.sources and instrument.licence and instrument.label
    assert all(entry.label and entry.direction for entry in instrument.scores.values())
