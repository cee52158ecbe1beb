"""What archives are told."""

import json

import pytest
from accounts import about, account, packaged, person
from rctflow.package.deposit import bag_description, zenodo_json


def told(**changes):
    return json.loads(zenodo_json(account(about=about(**changes))))


def test_a_deposit_has_what_zenodo_asks_for():
    authors = (person("Other, Ann", "North", "0000-0001-2345-6789"),)
    document = told(package=packaged(authors=authors, version="2", licence="CC-BY-NC-4.0"))
    assert document == {
        "access_right": "open",
        "creators": [{"affiliation": "North", "name": "Other, Ann", "orcid": "0000-0001-2345-6789"}],
        "description": "<p>SYNTHETIC DATA. A trial. Reproducibility package with "
        "data: code as run, locked environment, results and their proof.</p>",
        "keywords": ["trial", "reproducibility package", "RO-Crate", "synthetic data"],
        "language": "eng",
        "license": "cc-by-nc-4.0",
        "title": "A trial (SYNTHETIC DATA)",
        "upload_type": "dataset",
        "version": "2",
    }


def test_the_description_is_html_and_what_the_config_says_is_not():
    assert "&lt;b&gt;5 &amp; 6&lt;/b&gt;" in told(description="<b>5 & 6</b>")["description"]


@pytest.mark.parametrize(
    ("reference", "registration", "identifiers"),
    [
        ("Doe 2024;1:2 (doi:10.1186/s13287-024-03707-2).", "", ["10.1186/s13287-024-03707-2"]),
        ("Doe 2024", "NCT04314011", ["https://clinicaltrials.gov/study/NCT04314011"]),
        ("Doe 2024", "ISRCTN 1", []),
    ],
)
def test_related_identifiers_are_those_that_resolve(reference, registration, identifiers):
    document = told(reference=reference, registration=registration, synthetic=False)
    assert [one["identifier"] for one in document.get("related_identifiers", [])] == identifiers
    assert {one["relation"] for one in document.get("related_identifiers", [])} <= {"isSupplementTo"}


def test_a_synthetic_study_supplements_no_article():
    related = told(reference="doi:10.1186/abc")["related_identifiers"]
    assert related == [{"identifier": "10.1186/abc", "relation": "references"}]


def test_the_bag_says_what_it_is():
    described = bag_description(account(about=about(synthetic=False, package=packaged(publisher="North"))))
    assert described["Source-Organization"] == "North"
    assert described["External-Description"].startswith("A trial. Reproducibility package with data")
    restricted = bag_description(account(about=about(package=packaged(data="restricted"))))
    assert "without patient data" in restricted["External-Description"]
