"""How verify.py compares a result with the packed one when their bytes differ."""

from __future__ import annotations

import sys
from pathlib import Path

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from rctflow.package import verify
from rctflow.package.verify import DIFFERENT, WITHIN, Workplace, compare_tables, compare_texts

TOLERANCE = {"relative": 1e-8, "absolute": 1e-12}


@pytest.mark.parametrize(
    ("packed", "rerun", "verdict"),
    [
        ("mean,1.000000001\n", "mean,1.000000002\n", WITHIN),
        ("mean,1.0001\n", "mean,1.0002\n", DIFFERENT),
        ("mean,1e-14\n", "mean,-3e-15\n", WITHIN),  # nothing but rounding noise: the absolute tolerance
        ("mean,2\n", "mean,1.999999999999\n", WITHIN),  # %.10g may print a whole number
        ("n,1234567890\n", "n,1234567891\n", DIFFERENT),  # counts are counts
        ("n,12\n", "n,13\n", DIFFERENT),
        ("p_value,<0.001\n", "p_value,<0.0010000000001\n", WITHIN),
        ("a,1.5\n", "b,1.5\n", DIFFERENT),
        ("a,1.5\n", "a,1.5,\n", DIFFERENT),
        ("a,1.5\n", "a,1.5\nb,2\n", DIFFERENT),
        ("a,nan\n", "a,1.5\n", DIFFERENT),
        ("method,KR2.0\n", "method,KR2.00000000001\n", DIFFERENT),  # a digit within a word is no number
        ("-0.5", "0.5", DIFFERENT),
        ("1e5", "100000.0", WITHIN),
        ('<path d="M 10.5 20.25 L 1 2"/>', '<path d="M 10.5 20.2500000001 L 1 2"/>', WITHIN),
    ],
)
def test_numbers_within_the_tolerance_and_all_else_equal(packed, rerun, verdict):
    assert compare_texts(packed, rerun, TOLERANCE).verdict == verdict
    assert compare_texts(rerun, packed, TOLERANCE).verdict == verdict


def test_the_largest_difference_and_the_first_place_are_told():
    found = compare_texts("a,1.5\nb,2.0\n", "a,1.5\nb,2.5\n", TOLERANCE)
    assert (found.absolute, found.relative) == (0.5, 0.2)
    assert found.where == "line 2: '2.0', now '2.5'"


def test_without_a_tolerance_nothing_may_differ():
    assert compare_texts("1.5", "1.5000000000000002", {}).verdict == DIFFERENT


def test_ids_that_a_figure_makes_of_its_coordinates_are_no_text():
    packed = (
        '<svg><clipPath id="p0a1b2c3d4e"/><use href="#m1111111111" x="1.5"/><g clip-path="url(#p0a1b2c3d4e)"/></svg>'
    )
    rerun = packed.replace("p0a1b2c3d4e", "pffffffffff").replace("1.5", "1.5000000000001")
    assert compare_texts(packed, rerun, TOLERANCE).verdict == WITHIN
    other = rerun.replace("url(#pffffffffff)", "url(#p2222222222)")
    assert compare_texts(packed, other, TOLERANCE).verdict == DIFFERENT, "it refers to another shape"


@given(st.lists(st.floats(allow_nan=False, allow_infinity=False, width=32), min_size=1), st.integers(0, 1_000_000))
def test_any_one_number_moved_beyond_the_tolerance_is_found(numbers, pick):
    moved = list(numbers)
    moved[pick % len(moved)] += 1e-5 * max(1.0, abs(moved[pick % len(moved)]))
    texts = [",".join(f"{number:.10e}" for number in row) + "\n" for row in (numbers, moved)]
    assert compare_texts(*texts, TOLERANCE).verdict == DIFFERENT
    assert compare_texts(*texts, {"relative": 1e-4, "absolute": 2e-5}).verdict == WITHIN


@pytest.fixture
def place(tmp_path: Path) -> Workplace:
    (tmp_path / "work").mkdir()
    return Workplace(tmp_path / "work", [])


def tables(place: Workplace, old: pd.DataFrame, new: pd.DataFrame) -> verify.Difference:
    files = [place.folder / f"{name}.parquet" for name in ("old", "new")]
    for table, file in zip((old, new), files, strict=True):
        table.to_parquet(file)
    return compare_tables(place, sys.executable, *files, TOLERANCE)


BDS = pd.DataFrame(
    {
        "USUBJID": ["1", "2", "3"],
        "ADT": pd.to_datetime(["2024-01-01", None, "2024-03-01"]),
        "AVAL": [1.5, float("nan"), 3.0],
        "SRCSEQ": [1, 2, 3],
    }
)


@pytest.mark.parametrize(
    ("changes", "verdict", "where"),
    [
        ({"AVAL": [1.5, float("nan"), 3.000000003]}, WITHIN, ""),
        ({"AVAL": [1.5, float("nan"), 3.1]}, DIFFERENT, "column AVAL, row 3"),
        ({"AVAL": [1.5, 2.0, 3.0]}, DIFFERENT, "other values are missing"),
        ({"USUBJID": ["1", "2", "4"]}, DIFFERENT, "column USUBJID"),
        ({"SRCSEQ": [1, 2, 4]}, DIFFERENT, "column SRCSEQ"),
        ({"ADT": pd.to_datetime(["2024-01-01", "2024-01-01", "2024-03-01"])}, DIFFERENT, "column ADT"),
        ({"AVAL": ["a", "b", "c"]}, DIFFERENT, "types"),
        ({"MORE": 1}, DIFFERENT, "columns"),
    ],
)
def test_parquet_is_compared_by_values(place, changes, verdict, where):
    found = tables(place, BDS, BDS.assign(**changes))
    assert (found.verdict, where in found.where) == (verdict, True), found


def test_parquet_with_other_bytes_and_the_same_values_is_within_tolerance(place):
    found = tables(place, BDS, BDS.assign(AVAL=BDS["AVAL"]))
    assert (found.verdict, found.absolute) == (WITHIN, 0.0)


def test_a_broken_parquet_file_is_different(place):
    files = [place.folder / f"{name}.parquet" for name in ("old", "new")]
    BDS.to_parquet(files[0])
    files[1].write_bytes(b"PAR1")
    found = compare_tables(place, sys.executable, *files, TOLERANCE)
    assert found.verdict == DIFFERENT and "cannot be read" in found.where
