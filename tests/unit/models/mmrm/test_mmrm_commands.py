"""The commands that print what docs/mmrm.md shows."""

import json
import re

import pytest
from rctflow.commands import bench_mmrm, mmrm_coverage, mmrm_near_singular, mmrm_reference


def test_docs_show_the_comparison_that_the_command_makes(root, shared):
    text = mmrm_reference.comparison(shared / "data", root / "tests" / "reference" / "mmrm")
    page = (root / "docs" / "mmrm.md").read_text()
    assert page == mmrm_reference.put_between_marks(page, text)
    assert set(re.findall(r"< (1e-\d+)", text.split("SAS PROC MIXED")[0])) == {"1e-8"}


def test_comparison_without_data_says_where_they_are(tmp_path, capsys):
    assert mmrm_reference.main(["--data", str(tmp_path)]) == 1
    assert "R package mmrm" in capsys.readouterr().err


def test_docs_show_the_counts_of_the_simulations(root):
    page = (root / "docs" / "mmrm.md").read_text()
    for name in mmrm_coverage.METHODS:
        row = re.search(rf"\| {re.escape(name)} \| (\d+) \| (\d+) \| (\d+) \| ([\d.]+) \|", page)
        covered, missed, failed = (int(row[k]) for k in (1, 2, 3))
        assert covered + missed + failed == 2000
        assert float(row[4]) == pytest.approx(covered / 20)


def test_near_singular_command_prints_counts(capsys):
    assert mmrm_near_singular.main(["--datasets", "4"]) == 0
    out = capsys.readouterr().out
    assert "4 data sets, seed 20240402" in out
    assert sum(int(line.split()[-1]) for line in out.splitlines()[1:]) == 4


def test_coverage_command_prints_counts(capsys):
    assert mmrm_coverage.main(["--datasets", "3"]) == 0
    assert "failures: none" in capsys.readouterr().out


def test_benchmark_of_one_size(capsys):
    assert bench_mmrm.main(["--one", "60"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert found["patients"] == 60
    assert found["rows"] == len(bench_mmrm.simulate(60, bench_mmrm.VISITS))


def test_growth_figure_has_the_same_bytes_each_time(tmp_path):
    found = [{"patients": 10.0, "processor": 0.1}, {"patients": 100.0, "processor": 0.2}]
    for name in ("a.svg", "b.svg"):
        bench_mmrm.draw(found, tmp_path / name)
    assert (tmp_path / "a.svg").read_bytes() == (tmp_path / "b.svg").read_bytes()
