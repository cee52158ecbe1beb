"""Files of a folder: which are read, how, and what is said of the others."""

from pathlib import Path

import openpyxl
import pandas as pd
import pyreadstat
import pytest
from rctflow.propose.forms import ProposalError, look_at_folder
from rctflow.propose.roles import tables_of


def test_every_sheet_of_a_workbook_is_a_form(tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    for title in ("Visits", "Labs"):
        sheet = book.create_sheet(title)
        sheet.append(["id", "value"])
        sheet.append([1, 2.5])
    book.remove(book["Sheet"])
    book.save(tmp_path / "trial.xlsx")
    forms, faults = look_at_folder(tmp_path)
    assert [(form.id, form.source) for form in forms] == [
        ("trial_visits", {"file": "trial.xlsx", "sheet": "Visits"}),
        ("trial_labs", {"file": "trial.xlsx", "sheet": "Labs"}),
    ]
    assert forms[0].cells.to_dict("list") == {"id": ["1"], "value": ["2.5"]}
    assert faults == []


def test_semicolons_decimal_commas_and_an_old_encoding(tmp_path: Path) -> None:
    (tmp_path / "mesures.csv").write_bytes("id;poids;cité\n1;70,5;Orléans\n2;81,0;Nîmes\n".encode("cp1252"))
    [form], _ = look_at_folder(tmp_path)
    assert form.source == {"file": "mesures.csv", "encoding": "cp1252", "decimal": ","}
    assert list(form.cells["poids"]) == ["70,5", "81,0"]


def test_one_file_is_read_alone(tmp_path: Path) -> None:
    for name in "ab":
        (tmp_path / f"{name}.csv").write_text("id,x\n1,2\n", encoding="utf-8")
    assert [form.source for form in look_at_folder(tmp_path / "b.csv")[0]] == [{"file": "b.csv"}]


def test_tabs(tmp_path: Path) -> None:
    (tmp_path / "a.tsv").write_text("id\tx\n1\t2\n", encoding="utf-8")
    [form], _ = look_at_folder(tmp_path)
    assert list(form.cells) == ["id", "x"]


def test_unreadable_files_are_named_and_the_others_read(tmp_path: Path) -> None:
    (tmp_path / "good.csv").write_text("id,x\n1,2\n", encoding="utf-8")
    (tmp_path / "ragged.csv").write_text("id,x\n1,2,3\n", encoding="utf-8")
    (tmp_path / "broken.xlsx").write_bytes(b"no workbook")
    (tmp_path / "scan.pdf").write_bytes(b"%PDF")
    (tmp_path / "empty.csv").write_text("", encoding="utf-8")
    forms, faults = look_at_folder(tmp_path)
    assert [form.name for form in forms] == ["good.csv"]
    assert sorted(fault.split()[0] for fault in faults) == ["broken.xlsx", "empty.csv", "ragged.csv", "scan.pdf"]


def test_row_numbers_of_an_export_are_left_out(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("rownames,x\n1,5\n2,6\n", encoding="utf-8")
    [form], _ = look_at_folder(tmp_path)
    assert list(form.cells) == ["x"]


def test_an_absent_or_empty_folder_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(ProposalError, match="There is no folder"):
        look_at_folder(tmp_path / "nowhere")
    with pytest.raises(ProposalError, match="holds no form"):
        look_at_folder(tmp_path)


def test_an_identifier_that_other_forms_have_is_one_in_a_long_listing_too(tmp_path: Path) -> None:
    people = [f"S{number:02d}" for number in range(20)]
    pd.DataFrame({"USUBJID": people, "ARM": ["A", "B"] * 10}).to_csv(tmp_path / "dm.csv", index=False)
    rows = [(who, test) for who in people for test in range(200)]
    pd.DataFrame(rows, columns=["USUBJID", "TEST"]).to_csv(tmp_path / "lb.csv", index=False)
    tables = tables_of(look_at_folder(tmp_path)[0])
    assert {table.id: table.subject for table in tables} == {"dm": "USUBJID", "lb": "USUBJID"}


def test_a_transport_file_is_a_form_per_member_with_its_labels(tmp_path: Path) -> None:
    for name in ("DM", "AE"):
        frame = pd.DataFrame({"USUBJID": ["1"], "AGE": [50.0]})
        path, labels = tmp_path / f"{name}.xpt", {"AGE": "Age in years"}
        pyreadstat.write_xport(frame, path, file_format_version=5, table_name=name, column_labels=labels)
    both = (tmp_path / "DM.xpt").read_bytes() + (tmp_path / "AE.xpt").read_bytes()[240:]
    for path in tmp_path.glob("*.xpt"):
        path.unlink()
    (tmp_path / "all.xpt").write_bytes(both)
    (tmp_path / "cut.xpt").write_bytes(both[:700])
    forms, faults = look_at_folder(tmp_path)
    assert [(form.id, form.source) for form in forms] == [
        ("dm", {"file": "all.xpt", "member": "DM"}),
        ("ae", {"file": "all.xpt", "member": "AE"}),
    ]
    assert forms[0].labels == {"AGE": "Age in years"}
    assert faults[0].startswith("cut.xpt could not be read: its")
