"""What bagit and the RO-Crate validator say of a package whose names are as awkward as names may be."""

import json
import re
import shutil
import zipfile
from pathlib import Path

import pytest
from rctflow.commands import package_check
from rctflow.commands.package_check import UNPASSABLE, bag_problem, seeded_context, unzip, validated

from tests.tiny import tiny_config, write_config, write_data
from tests.workflow.conftest import STUDY, Checkout, copy_of_checkout, whole
from tests.workflow.test_package import ZIP

pytestmark = pytest.mark.workflow

TITLE = 'A <b>"tiny"</b> trial & its «ends» | 100 %'
WALK = "walk à #2, 5 + 6.csv"
MARKED = re.compile(r"<!-- package_check -->\n(.*?)\n<!-- end -->", re.DOTALL)


def awkward_config():
    config = tiny_config()
    config["study"] |= {
        "title": TITLE,
        "description": 'Twelve <patients> & "one" arm\'s length.',
        "registration": "X 1",
    }
    config["tables"]["walk"]["file"] = WALK
    config["endpoints"] = {"walk": config["endpoints"]["walk"]}  # the validator's time grows with the files
    config["package"] = {
        "authors": [
            {"name": "Zoë O'Neil", "affiliation": 'Clinic "Nørth" & <Co>', "orcid": "0000-0002-1825-0097"},
            {"name": "李明", "affiliation": "東京大学"},
        ],
        "version": "1.0 β",
    }
    return config


@pytest.fixture(scope="module")
def package(root, tmp_path_factory) -> Path:
    folder = copy_of_checkout(root, tmp_path_factory.mktemp("awkward") / "checkout")
    write_data(folder / "data")
    (folder / "data/walk.csv").rename(folder / "data" / WALK)
    write_config(awkward_config(), folder / STUDY)
    whole(root, folder)
    checkout = Checkout(folder)
    for arguments in ((), ("package",)):
        told = checkout.run(*arguments)
        assert told.returncode == 0, told.stdout + told.stderr
    return next((folder / ZIP).parent.glob("*.zip"))


@pytest.fixture
def unzipped(package, tmp_path) -> Path:
    unzip(package, tmp_path / "package")
    return tmp_path / "package"


def record(folder: Path) -> dict:
    return json.loads((folder / "ro-crate-metadata.json").read_text(encoding="utf-8"))


def test_both_accept_it_and_the_docs_say_so_word_by_word(package, root, capsys):
    assert package_check.main([str(package)]) == 0
    told = capsys.readouterr().out.strip()
    shown = MARKED.search((root / "docs/package.md").read_text(encoding="utf-8"))
    assert shown and shown[1].strip() == told


def test_every_file_of_the_record_is_there_under_its_name(unzipped):
    from urllib.parse import unquote

    files = [one for one in record(unzipped)["@graph"] if "File" in one["@type"]]
    assert f"data/data/{WALK}" in {unquote(one["@id"]) for one in files}
    for one in files:
        assert (unzipped / unquote(one["@id"])).stat().st_size == int(one["contentSize"]), one["@id"]


def test_names_stay_what_they_are(unzipped):
    entities = {one["@id"]: one for one in record(unzipped)["@graph"]}
    assert entities["./"]["name"] == f"{TITLE} (SYNTHETIC DATA)"
    assert entities["https://orcid.org/0000-0002-1825-0097"]["name"] == "Zoë O'Neil"
    assert json.loads((unzipped / ".zenodo.json").read_text(encoding="utf-8"))["title"].startswith(TITLE)
    assert "&lt;b&gt;" in (unzipped / "README.md").read_text(encoding="utf-8").splitlines()[0]


def test_without_the_context_nothing_is_accepted_and_nothing_fetched(unzipped, tmp_path, monkeypatch):
    import socket

    def refused(*_, **__):
        raise AssertionError("the network was used")

    monkeypatch.setattr(socket.socket, "connect", refused)
    found = validated(unzipped, "ro-crate-1.1", tmp_path / "empty")
    assert "REQUIRED" in {finding.severity for finding in found}
    assert any("context" in finding.message for finding in found), found


@pytest.mark.parametrize(
    ("key", "check"), [("instrument", "process-run-crate-0.5"), ("resourceUsage", None), ("actionStatus", None)]
)
def test_an_action_without_its_tool_is_found(unzipped, tmp_path, key, check):
    crate = record(unzipped)
    for entity in crate["@graph"]:
        if entity["@type"] == "CreateAction":
            entity.pop(key, None)
    (unzipped / "ro-crate-metadata.json").write_text(json.dumps(crate), encoding="utf-8")
    found = validated(unzipped, "process-run-crate-0.5", seeded_context(tmp_path / "context"))
    required = {finding.check.rpartition("_")[0] for finding in found if finding.severity == "REQUIRED"}
    assert required == ({check} if check else set())
    assert UNPASSABLE in {finding.check for finding in found}


def test_a_changed_byte_and_a_zip_cut_short_are_found(package, unzipped, tmp_path):
    assert bag_problem(unzipped) == ""
    (unzipped / "data/Snakefile").write_text("# nothing\n")
    assert "Snakefile" in bag_problem(unzipped) or "Oxum" in bag_problem(unzipped)
    short = shutil.copy(package, tmp_path / "short.zip")
    Path(short).write_bytes(package.read_bytes()[:-100])
    with pytest.raises(Exception, match="cannot be unzipped"):
        unzip(Path(short), tmp_path / "nothing")
    assert zipfile.is_zipfile(package)
