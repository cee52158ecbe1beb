"""Files that were changed behind Snakemake's back."""

import os

import pytest
from rctflow.package.errors import PackageError
from rctflow.package.provenance import EPOCH
from rctflow.package.unchanged import require_unchanged
from run_records import RECORD

OUTPUT = "walk.csv"
HASHES = {"scripts/fit.py": "aa", "results/t/clean/walk.parquet": "bb"}


def check(folder, written=0.0, hashes=HASHES, **changes):
    (folder / OUTPUT).write_text("1")
    os.utime(folder / OUTPUT, (RECORD["endtime"] + written,) * 2)
    require_unchanged(folder, {OUTPUT: RECORD | changes}, [OUTPUT], hashes)


def test_as_the_run_left_it(tmp_path):
    check(tmp_path)
    check(tmp_path, written=-100)  # a copy that rounds dates down, or an older date, is no edit
    check(tmp_path, hashes={})  # an input larger than Snakemake hashes


def test_an_output_written_after_its_job_ended(tmp_path):
    with pytest.raises(PackageError, match=r"walk\.csv was changed after its job had ended; delete it"):
        check(tmp_path, written=2)


def test_an_input_that_is_not_the_one_that_was_read(tmp_path):
    with pytest.raises(PackageError, match=r"walk\.parquet is not the file that the rule fit read.*--forcerun fit"):
        check(tmp_path, hashes=HASHES | {"results/t/clean/walk.parquet": "cc"})


def test_an_output_that_was_unzipped(tmp_path):
    with pytest.raises(PackageError, match="unzipped from a package"):
        check(tmp_path, endtime=EPOCH)
