"""Authors and licence of the workflow; the locked environment."""

import re

import pytest
from rctflow.errors import RctflowError
from rctflow.package.about import Author
from rctflow.package.citation import read_citation
from rctflow.package.software import Software, locked_software, read_lock, version_of

CFF = """cff-version: 1.2.0
title: "A tool"
version: 1.10
license: MIT
repository-code: https://example.org/tool
keywords: [trial]
authors:
  - name: The team
  - family-names: Beethoven
    given-names: Ludwig
    name-particle: van
    affiliation: Bonn
    orcid: https://orcid.org/0000-0001-2345-6789
"""


def test_authors_are_people_or_entities(tmp_path):
    (tmp_path / "CITATION.cff").write_text(CFF)
    citation = read_citation(tmp_path / "CITATION.cff")
    assert citation.authors == (
        Author("The team", is_person=False),
        Author("Ludwig van Beethoven", "Bonn", "0000-0001-2345-6789"),
    )
    assert (citation.licence, citation.url, citation.keywords) == ("MIT", "https://example.org/tool", ("trial",))


@pytest.mark.parametrize("text", ["title: A tool", "- a list", "title: [", ""])
def test_a_citation_without_title_or_authors_is_refused(tmp_path, text):
    (tmp_path / "CITATION.cff").write_text(text)
    with pytest.raises(RctflowError, match=r"CITATION\.cff"):
        read_citation(tmp_path / "CITATION.cff")


def test_pins_are_read_with_their_markers():
    hashed = " \\\n    --hash=sha256:ab\n    # via x\n"
    lock = f'numpy==2.4.6{hashed}colorama==0.4.6 ; sys_platform == "win32"{hashed}'
    assert locked_software(lock) == (
        Software("numpy", "2.4.6"),
        Software("colorama", "0.4.6", 'sys_platform == "win32"'),
    )
    assert locked_software(lock)[1].pin == 'colorama 0.4.6 (where sys_platform == "win32")'


def test_every_pin_of_the_lock_is_read(root):
    software = read_lock(root)
    pins = re.findall(r"^[^\s#].*?==", (root / "requirements.lock").read_text(), re.MULTILINE)
    assert len(software) == len(pins) > 50
    assert version_of(software, "snakemake").startswith("9.")
    assert version_of(software, "nothing") == ""
