"""The RO-Crate validator on small crates made by hand, and bagit where it does not follow its own standard."""

from dataclasses import replace
from pathlib import Path

import pytest
from accounts import JOBS, RESULTS, about, account, job, packaged, person
from rctflow.commands.package_check import UNPASSABLE, bag_problem, report, seeded_context, validated
from rctflow.package.account import Account
from rctflow.package.bag import DECLARATION, hash_list
from rctflow.package.crate import crate_json
from rctflow.package.zipped import measured

OUTSIDE = "/elsewhere/walk 100% à #2?.csv"
FROM_OUTSIDE = (*JOBS[:3], job("form", (OUTSIDE,), (f"{RESULTS}/clean/walk.parquet",), "walk"), JOBS[4])


def written(told: Account, folder: Path) -> Path:
    """The files of the account, empty, and its record."""
    for path in told.files:
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).touch()
    (folder / "ro-crate-metadata.json").write_text(crate_json(told), encoding="utf-8")
    return folder


def found_in(told: Account, tmp_path: Path) -> set[str]:
    context = seeded_context(tmp_path / "context")
    return {f.check for f in validated(written(told, tmp_path / "crate"), "provenance-run-crate-0.5", context)}


def test_awkward_names_of_files_people_and_studies_are_accepted(tmp_path):
    authors = (person("Zoë O'Neil", 'Clinic "Nørth" & <Co>', "0000-0002-1825-0097"), person("李 明 %", "東京"))
    told = about(title='A <b>"trial"</b> | 100 %', package=packaged(authors=authors, licence="CC0-1.0"))
    moved = {OUTSIDE: f"{RESULTS}/raw/{Path(OUTSIDE).name}"}
    assert found_in(account(about=told, jobs=FROM_OUTSIDE, moved=moved), tmp_path) == {UNPASSABLE}


def test_a_package_that_withholds_its_data_is_accepted(tmp_path):
    told = about(synthetic=False, package=packaged(data="restricted", access="Ask Ann"))
    without = (OUTSIDE, f"{RESULTS}/clean/walk.parquet", "data/blood.csv")
    assert found_in(account(about=told, jobs=FROM_OUTSIDE, without=without), tmp_path) == {UNPASSABLE}


def test_a_run_without_benchmarks_machine_or_parameters_is_accepted(tmp_path):
    bare = tuple(replace(one, benchmark={}, params={}) for one in JOBS)
    assert found_in(account(jobs=bare), tmp_path) == {UNPASSABLE}


def test_a_file_that_is_not_there_is_found(tmp_path):
    folder = written(account(), tmp_path / "crate")
    (folder / f"data/{RESULTS}/report.html").unlink()
    found = validated(folder, "ro-crate-1.1", seeded_context(tmp_path / "context"))
    assert [(one.severity, "report.html" in one.message) for one in found] == [("REQUIRED", True)]


def bag(folder: Path, name: str) -> Path:
    """A bag of one file."""
    (folder / "data").mkdir(parents=True)
    (folder / "data" / name).write_text("x")
    (folder / "bagit.txt").write_text(DECLARATION)
    (folder / "manifest-sha256.txt").write_bytes(hash_list({f"data/{name}": measured(b"x")}))
    return folder


@pytest.mark.parametrize(("name", "valid"), [("walk à #2.csv", True), ("walk 100%.csv", False)])
def test_bagit_does_not_decode_a_percent_sign_as_rfc_8493_asks(tmp_path, name, valid):
    """LibraryOfCongress/bagit-python#157; when this fails, bagit was mended: take the limit out of docs/package.md."""
    assert (bag_problem(bag(tmp_path / "bag", name)) == "") is valid


def test_the_report_names_both_programs_and_every_finding():
    told = "\n".join(report("", {"ro-crate-1.1": []}))
    assert told.startswith("bagit ") and told.endswith("| ro-crate-1.1 | no issue | no issue |")
