"""Labels and code lists from define.xml: what is read, and cells that stand in no list."""

from pathlib import Path
from typing import Any

import pandas as pd
import pyreadstat
import pytest
from rctflow.ingest.forms import ingest_form, load_form
from rctflow.ingest.raw import IngestError
from rctflow.ingest.settings import Column, Ingest

WHERE = "config/config.yaml: tables.dm"
FRAME = pd.DataFrame({"USUBJID": ["1", "2", "3", "4"], "SEX": ["M", "F", "X", ""], "SITE": ["1", "2.0", "03", "9"]})
DEFINE = """<?xml version="1.0"?>
<ODM xmlns="http://www.cdisc.org/ns/odm/v1.3" xmlns:def="http://www.cdisc.org/ns/def/v2.1">
<Study OID="S"><MetaDataVersion OID="M" Name="M">
<ItemGroupDef OID="IG.DM" Name="DM"><ItemRef ItemOID="IT.SEX"/><ItemRef ItemOID="IT.SITE"/></ItemGroupDef>
<ItemDef OID="IT.SEX" Name="SEX" DataType="text">
 <Description><TranslatedText xml:lang="en">Sex</TranslatedText></Description>
 <CodeListRef CodeListOID="CL.SEX"/></ItemDef>
<ItemDef OID="IT.SITE" Name="SITE" DataType="integer"><CodeListRef CodeListOID="CL.SITE"/></ItemDef>
<CodeList OID="CL.SEX" Name="Sex" DataType="text">
 <CodeListItem CodedValue="M"><Decode><TranslatedText>Male</TranslatedText></Decode></CodeListItem>
 <CodeListItem CodedValue="F"><Decode><TranslatedText>Female</TranslatedText></Decode></CodeListItem></CodeList>
<CodeList OID="CL.SITE" Name="Site" DataType="integer">
 <EnumeratedItem CodedValue="1"/><EnumeratedItem CodedValue="2"/><EnumeratedItem CodedValue="3"/></CodeList>
</MetaDataVersion></Study></ODM>
"""


def files(folder: Path, define: str = DEFINE) -> tuple[Path, Path]:
    pyreadstat.write_xport(FRAME, folder / "dm.xpt", file_format_version=5, table_name="DM")
    (folder / "define.xml").write_text(define, encoding="utf-8")
    return folder / "dm.xpt", folder / "define.xml"


def dm(**options: Any) -> Ingest:
    columns = {"USUBJID": Column(), "SEX": Column(), "SITE": Column("integer")}
    return Ingest(**{"table": "dm", "format": "xpt", "columns": columns} | options)


def found(folder: Path, **options: Any) -> list[tuple[int, str, str]]:
    path, define = files(folder)
    _, description = ingest_form(path, dm(**options), dictionary=define, where=WHERE)
    return [(one["SRCROW"], one["column"], one["old"]) for one in description.get("findings", [])]


def test_labels_and_code_lists_are_described(tmp_path: Path) -> None:
    path, define = files(tmp_path)
    _, description = ingest_form(path, dm(), dictionary=define, where=WHERE)
    sex = description["variables"]["SEX"]
    assert (sex["label"], sex["codes"], sex["listed"]) == ("Sex", {"M": "Male", "F": "Female"}, True)


def test_a_cell_that_its_list_does_not_have_is_found_whatever_a_number_looks_like(tmp_path: Path) -> None:
    assert found(tmp_path) == [(3, "SEX", "X"), (4, "SITE", "9")]


def test_what_the_study_declares_is_no_finding(tmp_path: Path) -> None:
    columns = {"SEX": Column(values={"x": "U"}), "SITE": Column("integer", codes={"9": "unknown"})}
    assert found(tmp_path, columns=columns) == []
    assert found(tmp_path, unlisted="ignore") == []


def test_unlisted_cells_are_an_error_where_the_study_says_so(tmp_path: Path) -> None:
    with pytest.raises(IngestError, match=r"no code list has \(2\):\n  row 3, column SEX: 'X'") as caught:
        found(tmp_path, unlisted="error")
    assert "row 4, column SITE: '9'" in str(caught.value)


def test_labels_stand_for_codes_where_the_study_says_so(tmp_path: Path) -> None:
    path, define = files(tmp_path)
    form = load_form(path, dm(columns={"SEX": Column(labels=True)}), define, where=WHERE)
    assert form.columns["SEX"].to_pylist() == ["Male", "Female", "X", ""]
    assert found(tmp_path, columns={"SEX": Column(labels=True)}) == [(3, "SEX", "X")]


def test_value_labels_of_a_statistical_file_list_values_only_where_the_study_says_so(tmp_path: Path) -> None:
    path = tmp_path / "pain.sav"
    pyreadstat.write_sav(
        pd.DataFrame({"VAS": [0.0, 55.0, 99.0]}), path, variable_value_labels={"VAS": {0: "no pain", 99: "refused"}}
    )
    settings = {"columns": {"VAS": Column("number")}, "format": "sav"}
    _, silent = ingest_form(path, dm(**settings), where=WHERE)
    _, strict = ingest_form(path, dm(**settings, unlisted="query"), where=WHERE)
    assert "findings" not in silent
    assert [one["old"] for one in strict["findings"]] == ["55"]


def test_a_dictionary_without_the_form_or_of_another_kind_is_an_error(tmp_path: Path) -> None:
    path, define = files(tmp_path, DEFINE.replace('Name="DM"', 'Name="AE"'))
    with pytest.raises(IngestError, match=r"describes no data set dm\. It describes: AE"):
        load_form(path, dm(), define, where=WHERE)
    define.write_text("<ODM>", encoding="utf-8")
    with pytest.raises(IngestError, match=r"no readable define\.xml"):
        load_form(path, dm(), define, where=WHERE)
    other = tmp_path / "codes.csv"
    other.write_text("a", encoding="utf-8")
    with pytest.raises(IngestError, match=r"tables\.dm\.dictionary: codes\.csv is neither"):
        load_form(path, dm(), other, where=WHERE)


def test_the_pilots_define_names_the_values_of_its_forms(shared: Path) -> None:
    folder = shared / "data" / "cdiscpilot" / "sdtm"
    columns = {name: Column() for name in ("USUBJID", "SEX", "RACE", "ARM", "COUNTRY")}
    settings = dm(columns=columns)
    _, told = ingest_form(folder / "dm.xpt", settings, dictionary=folder / "define.xml", where=WHERE)
    assert told["variables"]["ARM"]["label"] == "Description of Planned Arm"
    assert told["variables"]["SEX"]["listed"]
    assert "findings" not in told


def test_windows_1252_is_found_once_per_column(shared: Path) -> None:
    path = shared / "data" / "cdiscpilot" / "sdtm" / "ts.xpt"
    columns = {name: Column() for name in ("TSPARMCD", "TSVAL")}
    _, told = ingest_form(path, dm(columns=columns), where=WHERE)
    (one,) = told["findings"]
    assert (one["column"], one["rule"], one["severity"]) == ("TSVAL", "encoding", "note")
    assert "read as windows-1252" in one["message"]


VALUE_LEVEL = DEFINE.replace(
    '<CodeListRef CodeListOID="CL.SITE"/></ItemDef>',
    """<CodeListRef CodeListOID="CL.SITE"/><def:ValueListRef ValueListOID="VL.SITE"/></ItemDef>
<ItemDef OID="IT.SITE.F" Name="SITE" DataType="integer"><CodeListRef CodeListOID="CL.F"/></ItemDef>
<def:ValueListDef OID="VL.SITE"><ItemRef ItemOID="IT.SITE.F"><def:WhereClauseRef WhereClauseOID="WC.F"/></ItemRef>
</def:ValueListDef><def:WhereClauseDef OID="WC.F"><RangeCheck Comparator="COMPARATOR" def:ItemOID="IT.SEX">
<CheckValue>F</CheckValue></RangeCheck></def:WhereClauseDef>
<CodeList OID="CL.F" Name="F" DataType="integer">
 <CodeListItem CodedValue="9"><Decode><TranslatedText>Nine</TranslatedText></Decode></CodeListItem></CodeList>""",
)


@pytest.mark.parametrize(
    ("comparator", "rows"),
    [("EQ", [2, 4]), ("IN", [2, 4]), ("NOTIN", [1, 3]), ("NE", [1, 3]), ("LT", [4])],
)
def test_lists_that_hold_where_another_column_has_a_value(tmp_path: Path, comparator: str, rows: list[int]) -> None:
    """SITE is 1, 2, 3, 9; where the condition on SEX (M, F, X, empty) holds, 9 alone is listed, else 1, 2 and 3."""
    path, define = files(tmp_path, VALUE_LEVEL.replace("COMPARATOR", comparator))
    columns = {"SEX": Column(labels=True), "SITE": Column("integer")}
    _, told = ingest_form(path, dm(columns=columns), dictionary=define, where=WHERE)
    assert [one["SRCROW"] for one in told["findings"] if one["column"] == "SITE"] == rows


def test_a_condition_on_a_column_that_is_not_read_concerns_no_row(tmp_path: Path) -> None:
    path, define = files(tmp_path, VALUE_LEVEL.replace("COMPARATOR", "EQ"))
    _, told = ingest_form(path, dm(columns={"SITE": Column("integer")}), dictionary=define, where=WHERE)
    assert [one["SRCROW"] for one in told["findings"]] == [4]


def test_labels_of_a_list_that_holds_in_some_rows(tmp_path: Path) -> None:
    path, define = files(tmp_path, VALUE_LEVEL.replace("COMPARATOR", "NE"))
    form = load_form(path, dm(columns={"SEX": Column(), "SITE": Column(labels=True)}), define, where=WHERE)
    assert form.columns["SITE"].to_pylist() == ["1", "2.0", "03", "Nine"]
