"""The result row and its file."""

import subprocess
import sys
from dataclasses import replace

import pytest
from rctflow.errors import RctflowError
from rctflow.results import COLUMNS, Result, number, read_results, write_results

ROW = Result(
    study="demo",
    endpoint="tug",
    estimand="treatment_policy",
    population="itt",
    analysis="primary",
    role="primary",
    model="ancova",
    visit="month6",
    group="",
    contrast="msc - placebo",
    statistic="estimate",
    value=-1.25,
    unit="s",
    method="ANCOVA, least squares",
    record_set="primary.itt.month6",
)


def test_result_id():
    assert ROW.result_id == "tug.primary.itt.month6.msc-placebo.estimate"
    assert replace(ROW, visit="", contrast="", group="msc").result_id == "tug.primary.itt.all.msc.estimate"
    assert replace(ROW, population="", contrast="").result_id == "tug.primary.all.month6.all.estimate"
    assert replace(ROW, contrast="msc / placebo").result_id == "tug.primary.itt.month6.msc/placebo.estimate"


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (None, ""),
        (float("nan"), ""),
        (-0.0, "0"),
        (1 / 3, "0.3333333333"),
        (12, "12"),
        (1e-20, "1e-20"),
        (float("inf"), "inf"),
    ],
)
def test_number(value, text):
    assert number(value) == text


def test_rows_come_back_as_they_were_written(tmp_path):
    rows = [
        ROW,
        replace(ROW, statistic="se", value=None, status="not_estimable", note='one, "two"\nthree'),
        replace(ROW, statistic="p_value", value=0.03125, status="fallback", note="SITE dropped – ä"),
    ]
    path = tmp_path / "endpoints" / "results.csv"
    write_results(rows, path)
    assert read_results(path) == rows
    assert path.read_bytes().startswith(",".join(COLUMNS).encode() + b"\n")
    assert b"\r" not in path.read_bytes()


def test_the_same_rows_are_the_same_bytes(tmp_path):
    for name in ("a", "b"):
        write_results([ROW], tmp_path / f"{name}.csv")
    assert (tmp_path / "a.csv").read_bytes() == (tmp_path / "b.csv").read_bytes()


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        ([ROW, ROW], "two result rows are named tug.primary.itt.month6.msc-placebo.estimate"),
        ([replace(ROW, value=None)], "has status ok and the value ''"),
        ([replace(ROW, value=float("nan"))], "has status ok and the value ''"),
        ([replace(ROW, status="not_estimable", note="why")], "has status not_estimable and the value '-1.25'"),
        ([replace(ROW, status="failed", value=None)], "does not say why"),
    ],
)
def test_bad_rows_are_refused_and_the_old_file_stays(tmp_path, rows, message):
    path = tmp_path / "results.csv"
    path.write_text("old")
    with pytest.raises(ValueError, match=message):
        write_results([replace(ROW, statistic="n"), *rows], path)
    assert path.read_text() == "old"
    assert [file.name for file in tmp_path.iterdir()] == ["results.csv"]


@pytest.mark.parametrize("text", ["", "a,b\n1,2\n"])
def test_another_kind_of_file_is_refused(tmp_path, text):
    path = tmp_path / "other.csv"
    path.write_text(text)
    with pytest.raises(RctflowError, match="is not a file of result rows"):
        read_results(path)


def test_reading_needs_only_the_standard_library(root):
    heavy = ("pandas", "numpy", "scipy", "pyarrow", "pydantic")
    code = f"import sys, rctflow.results, rctflow.rounding; print([m for m in {heavy} if m in sys.modules])"
    done = subprocess.run(
        [sys.executable, "-c", code],
        env={"PYTHONPATH": str(root / "scripts")},
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.strip() == "[]"
