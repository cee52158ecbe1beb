"""A package of de-identified data: what the forms lose, that the package runs again, and what is said of moved rows."""

from __future__ import annotations

import csv
import io
import json
import zipfile
from datetime import date
from pathlib import Path

import pytest

from tests.tiny import tiny_config, write_config, write_data
from tests.workflow.conftest import STUDY, Checkout, copy_of_checkout, whole

pytestmark = pytest.mark.workflow

PACKED = "results/tiny/package/tiny-0.1.0.zip"
IDS = [f"PATIENT{number:02d}" for number in range(1, 13)]


@pytest.fixture(scope="module")
def archive(root: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    """The members of the de-identified package of the tiny study, whose forms hold names, remarks and great ages."""
    folder = copy_of_checkout(root, tmp_path_factory.mktemp("deidentified") / "checkout")
    whole(root, folder)
    write_data(folder / "data")
    for file in (folder / "data").glob("*.csv"):
        file.write_text(file.read_text().replace("\nS", "\nPATIENT"))
    subjects = folder / "data/subjects.csv"
    lines = subjects.read_text().splitlines()
    named = [f"{line},Anna Secretperson,came with her son" for line in lines[1:]]
    subjects.write_text("\n".join([f"{lines[0]},NAME,REMARK", *named]) + "\n")
    config = tiny_config()
    columns = config["tables"]["subjects"]["columns"]
    columns |= {"NAME": {}, "REMARK": {}}
    config["package"] = {
        "deidentify": {
            "drop": {"subjects": ["NAME"]},
            "free_text": {"subjects": ["REMARK"]},
            "top_code": {"subjects": {"AGE": 70}},
        }
    }
    write_config(config, folder / STUDY)
    checkout = Checkout(folder)
    checkout.snakemake()
    assert checkout.run("lock", "--by", "N. N.").returncode == 0
    checkout.snakemake()
    told = checkout.run("package")
    assert told.returncode == 0, told.stderr
    with zipfile.ZipFile(folder / PACKED) as held:
        return {name: held.read(name) for name in held.namelist()}


def form(archive: dict[str, bytes], table: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(archive[f"data/deidentified/{table}.csv"].decode())))


def test_no_byte_holds_what_identifies(archive):
    secrets = [name.encode() for name in (*IDS, "Secretperson", "came with her son", "2024-01-", "2024-02-")]
    config = {name for name in archive if name.startswith("data/config/")}
    assert [(name, one) for name, content in archive.items() for one in secrets if one in content] == []
    assert config == {"data/config/README.md", "data/config/tiny_deidentified.yaml"}


def test_dates_are_study_days(archive):
    days = {(date.fromisoformat(row["DATE"]) - date(2000, 1, 1)).days for row in form(archive, "walk")}
    assert days == {0, 28, 56}
    assert {row["START"] for row in form(archive, "subjects")} == {"2000-01-01"}


def test_ages_are_top_coded_and_words_are_gone(archive):
    subjects = form(archive, "subjects")
    assert sorted(float(row["AGE"]) for row in subjects) == [61, 62, 63, 64, 65, 66, 67, 68, 69, 70, 70, 70]
    assert {(row["NAME"], row["REMARK"]) for row in subjects} == {("", "")}


def test_patients_have_new_identifiers_that_agree_between_forms(archive):
    subjects, walk = ({row["ID"] for row in form(archive, table)} for table in ("subjects", "walk"))
    assert subjects == walk == {f"P{number:04d}" for number in range(1, 13)}


def test_codes_stay(archive):
    assert "unable" in {row["SECONDS"] for row in form(archive, "walk")}


def test_moved_rows_are_told_and_no_others_moved(archive):
    told = json.loads(archive["data/package.json"])["deidentified"]
    moved = told["moved"]
    assert "baseline.AGE.itt.all.all.max" in moved
    assert told["plan"].startswith("the analysis plan of the study is locked; the lock names patients")
    assert {name.split(".")[:2] == ["baseline", "AGE"] for name in moved} == {True}
    assert json.loads(archive["data/package.json"])["deidentified"]["moved"] == sorted(moved)  # and no value of them


def test_rows_are_in_the_order_of_the_new_identifiers_which_tells_nothing_of_the_old(archive):
    for table in ("subjects", "walk", "blood"):
        names = [row["ID"] for row in form(archive, table)]
        assert names == sorted(names)


def test_the_package_runs_again_to_the_same_results(archive, tmp_path):
    for name, content in archive.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_bytes(content)
    copy = Checkout(tmp_path / "data", "config/tiny_deidentified.yaml")
    told = copy.snakemake("-n")
    assert "Nothing to be done" in told.stdout + told.stderr
    results = copy.folder / "results/tiny/endpoints/walk/results.csv"
    before = results.read_bytes()
    copy.snakemake("--forceall")
    assert results.read_bytes() == before
