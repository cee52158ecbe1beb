"""Jobs from Snakemake's records."""

import base64

import pytest
from rctflow.package.errors import PackageError
from rctflow.package.jobs import Job, read_jobs
from rctflow.package.provenance import METADATA, output_of, record_file, with_code
from run_records import RECORD, write_record

BDS, ROWS, RECORDS = "results/t/adam/walk.parquet", "results/t/endpoints/walk/results.csv", "results/t/endpoints/walk/r"


def test_outputs_of_one_job_are_one_job(tmp_path):
    write_record(tmp_path, BDS)
    write_record(tmp_path, ROWS, starttime=1700000000.125, endtime=1700000004.0)
    benchmark = tmp_path / "results/t/benchmarks/fit/walk.tsv"
    benchmark.parent.mkdir(parents=True)
    benchmark.write_text("s\tmax_rss\n3.85\t156.06\n")
    assert read_jobs(tmp_path, "results/t") == [
        Job(
            rule="fit",
            outputs=(BDS, ROWS),
            inputs=("results/t/clean/walk.parquet", "scripts/fit.py"),
            params={"1": "'config/t.yaml'", "2": "{'a': 1}"},
            log=("results/t/logs/fit/walk.log",),
            start=1700000000.125,
            end=1700000004.0,
            benchmark={"s": "3.85", "max_rss": "156.06"},
            wildcard="walk",
        )
    ]


def test_the_code_of_a_job_is_what_its_list_names(tmp_path):
    code = ".snakemake/code/fit-1.sha256"
    write_record(tmp_path, BDS, input=[code, "results/t/clean/walk.parquet"], input_checksums={code: "sha256:cc"})
    with pytest.raises(PackageError, match=r"fit-1\.sha256.*start \./run again"):
        read_jobs(tmp_path, "results/t")
    (tmp_path / code).parent.mkdir(parents=True)
    (tmp_path / code).write_text("aa  scripts/fit.py\nbb  scripts/rctflow/a b.py\n")
    (job,) = read_jobs(tmp_path, "results/t")
    assert job.inputs == (code, "results/t/clean/walk.parquet", "scripts/fit.py", "scripts/rctflow/a b.py")
    record = with_code(RECORD | {"input": [code], "input_checksums": {}}, tmp_path)
    assert record["input_checksums"] == {"scripts/fit.py": "sha256:aa", "scripts/rctflow/a b.py": "sha256:bb"}


def test_jobs_of_one_rule_are_told_apart_and_sorted(tmp_path):
    write_record(tmp_path, "results/t/adam/b", log=["results/t/logs/fit/b.log"], job_hash=1)
    write_record(tmp_path, "results/t/adam/a", log=["results/t/logs/fit/a.log"], job_hash=2)
    write_record(tmp_path, "results/t/report.html", rule="report", log=["results/t/logs/report.log"], job_hash=3)
    write_record(tmp_path, "results/other/report.html", rule="report", log=["results/other/logs/report.log"])
    jobs = read_jobs(tmp_path, "results/t")
    assert [(job.rule, job.wildcard, job.benchmark) for job in jobs] == [
        ("fit", "a", {}),
        ("fit", "b", {}),
        ("report", "", {}),
    ]


@pytest.mark.parametrize("length", [10, 190, 191, 400, 900])
def test_record_files_are_named_as_snakemake_names_them(length):
    output = "results/t/" + "é" * (length - 10)
    file = record_file(output)
    parts = file.removeprefix(METADATA + "/").split("/")
    assert all(part.startswith("@") and len(part) == 255 for part in parts[:-1]) and len(parts[-1]) <= 254
    assert output_of(parts) == output
    assert base64.urlsafe_b64decode("".join(p.lstrip("@") for p in parts)).decode() == output


@pytest.mark.parametrize("length", [10, 181, 900])
def test_snakemake_itself_finds_the_records(tmp_path, length):
    from snakemake.persistence.file import FilePersistence

    output = "results/t/" + "x" * length
    (tmp_path / METADATA).mkdir(parents=True)
    persistence = FilePersistence(path=tmp_path / ".snakemake")
    found = persistence._record_path(str(tmp_path / METADATA), output)
    assert found == str(tmp_path / record_file(output))


def test_damaged_and_foreign_records_are_refused(tmp_path):
    write_record(tmp_path, BDS, record_format_version=5)
    with pytest.raises(PackageError, match=r"walk\.parquet has format 5"):
        read_jobs(tmp_path, "results/t")
    (tmp_path / record_file(BDS)).write_text("{")
    with pytest.raises(PackageError, match="is damaged"):
        read_jobs(tmp_path, "results/t")


def test_nothing_ran(tmp_path):
    assert read_jobs(tmp_path, "results/t") == []
