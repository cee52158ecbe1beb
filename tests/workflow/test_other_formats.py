"""A study whose forms are SAS transport files with a define.xml: the same results as from CSV, labels and queries."""

from pathlib import Path
from typing import Any

import pandas as pd
import pyreadstat
import pytest
from rctflow.ledger import read_ledger

from tests.workflow.conftest import Checkout

pytestmark = pytest.mark.workflow

DEFINE = """<ODM xmlns="http://www.cdisc.org/ns/odm/v1.3"><Study OID="S"><MetaDataVersion OID="M" Name="M">
<ItemGroupDef OID="IG" Name="SUBJECTS"><ItemRef ItemOID="IT"/></ItemGroupDef>
<ItemDef OID="IT" Name="SITE" DataType="text"><Description><TranslatedText>Site of care</TranslatedText></Description>
<CodeListRef CodeListOID="CL"/></ItemDef>
<CodeList OID="CL" Name="C" DataType="text"><EnumeratedItem CodedValue="{site}"/></CodeList>
</MetaDataVersion></Study></ODM>
"""


def results(folder: Path) -> dict[str, str]:
    files = sorted((folder / "results" / "tiny" / "endpoints").glob("*/results.csv"))
    return {file.parent.name: file.read_text(encoding="utf-8") for file in files}


def in_transport(checkout: Checkout) -> dict[str, Any]:
    """The config that reads the forms as transport files, which are written."""
    config, data = checkout.config(), checkout.folder / "data"
    for name, table in config["tables"].items():
        frame = pd.read_csv(data / table["file"], dtype=str, keep_default_na=False)
        labels = {"AGE": "Age in years"}
        pyreadstat.write_xport(frame, data / f"{name}.xpt", file_format_version=5, table_name="X", column_labels=labels)
        table["file"] = f"{name}.xpt"
    return config


def test_forms_of_another_format_give_the_same_results_with_labels_and_queries(checkout: Checkout) -> None:
    before, config = results(checkout.folder), in_transport(checkout)
    sites = pyreadstat.read_xport(checkout.folder / "data/subjects.xpt")[0]["SITE"]
    define = checkout.folder / "data" / "define.xml"
    define.write_text(DEFINE.format(site=sites[0]), encoding="utf-8")
    config["tables"]["subjects"]["dictionary"] = "define.xml"
    checkout.configure(config)
    checkout.snakemake()
    assert results(checkout.folder) == before
    ledger = read_ledger(checkout.folder / "results/tiny/clean/subjects.ledger.csv")
    queried = ledger[ledger["rule"] == "unlisted"]
    assert queried["old"].tolist() == [site for site in sites if site != sites[0]]
    assert (queried["severity"] == "query").all()
    report = (checkout.folder / "results/tiny/report.html").read_text(encoding="utf-8")
    assert "Age in years" in report
    assert "Site of care" in report
    define.write_text(DEFINE.format(site=sites[0]) + "<!-- -->", encoding="utf-8")
    assert "form:subjects" in checkout.plan()


def test_a_cut_transport_file_ends_the_run_before_any_result(fresh: Checkout) -> None:
    fresh.configure(in_transport(fresh))
    path = fresh.folder / "data" / "blood.xpt"
    path.write_bytes(path.read_bytes()[:-80])
    done = fresh.run()
    told = done.stdout + done.stderr
    assert done.returncode != 0
    assert told.count("blood.xpt: member X ends in the middle of observation") == 1
    assert not list((fresh.folder / "results").glob("tiny/endpoints/*/results.csv"))
