"""What a blinded form loses as it is read, and what it refuses."""

from __future__ import annotations

from dataclasses import replace

import pytest
from rctflow.ingest.forms import ingest_form
from rctflow.ingest.raw import IngestError
from rctflow.ingest.settings import ArmColumn, Blind, Column, Ingest

TEXTS = {"Placebo": "placebo", "PBO": "placebo", "hUC-MSC": "msc"}
ARM = ArmColumn(Column(column="ARM"), TEXTS, {"msc": "hUC-MSC", "placebo": "Placebo"})
BLIND = Blind("dummy", ("ID",), {"ARM": ARM}, words=("Placebo", "hUC-MSC", "PBO"))
COLUMNS = {name: Column(column=name) for name in ("ID", "ARM", "NOTE", "DOSE")}
FORM = Ingest("form", "csv", COLUMNS, blind=BLIND)


def read(tmp_path, rows, settings=FORM, allocation=None):
    path = tmp_path / "form.csv"
    path.write_text("\n".join(["ID,ARM,NOTE,DOSE", *rows]) + "\n", encoding="utf-8")
    return ingest_form(path, settings, allocation or {}, where="tables.form")


def test_each_patient_says_the_dummy_arm_and_empty_cells_stay_empty(tmp_path):
    rows = ["1,Placebo,,0", "2,hUC-MSC,,70", "3,,,", "2,hUC-MSC,,70", "4,PBO,,0"]
    table, told = read(tmp_path, rows, allocation={"1": "msc", "2": "msc", "4": "placebo"})
    assert table["ARM"].tolist()[:2] == ["hUC-MSC", "hUC-MSC"]
    assert table["ARM"].isna().tolist() == [False, False, True, False, False]
    assert table["ARM"].tolist()[4] == "Placebo"
    assert (told["sha256"], told["bytes"], told["rows"]) == (None, None, 5)


def test_a_patient_with_two_arms_still_has_two(tmp_path):
    rows = ["1,Placebo,,", "1,hUC-MSC,,", "2,PBO,,", "2,Placebo,,"]
    table, _ = read(tmp_path, rows, allocation={"1": "msc", "2": "msc"})
    assert table["ARM"].tolist() == ["hUC-MSC", "Placebo", "hUC-MSC", "hUC-MSC"]


def test_a_numeric_identifier_and_arm_are_found_as_cleaning_writes_them(tmp_path):
    arm = ArmColumn(Column("integer", "ARM"), {"0": "placebo", "1": "msc"}, {"msc": "1", "placebo": "0"})
    columns = COLUMNS | {"ID": Column("number", "ID"), "ARM": Column("integer", "ARM")}
    settings = replace(FORM, columns=columns, blind=replace(BLIND, arms={"ARM": arm}))
    table, _ = read(tmp_path, ["7.0,1,,", "8,0.0,,"], settings, {"7": "placebo", "8": "msc"})
    assert table["ARM"].tolist() == [0.0, 1.0]


def test_masked_arms_are_letters_whatever_the_site_wrote(tmp_path):
    masked = replace(ARM, written={"placebo": "B", "msc": "A"})
    settings = replace(FORM, blind=replace(BLIND, by="masked", arms={"ARM": masked}))
    table, _ = read(tmp_path, ["1,Placebo,,", "2,hUC-MSC,,", "3,PBO,,"], settings)
    assert table["ARM"].tolist() == ["B", "A", "B"]


def test_values_of_the_column_are_read_before_the_arm_is_looked_up(tmp_path):
    column = Column(column="ARM", values={"1": "Placebo", "2": "hUC-MSC"})
    arm = ArmColumn(column, TEXTS, {"msc": "2", "placebo": "1"})
    settings = replace(FORM, columns=COLUMNS | {"ARM": column}, blind=replace(BLIND, arms={"ARM": arm}))
    table, _ = read(tmp_path, ["a,1,,", "b,2,,"], settings, {"a": "msc", "b": "placebo"})
    assert table["ARM"].tolist() == ["hUC-MSC", "Placebo"]


def test_hidden_columns_are_empty_and_names_of_treatments_redacted(tmp_path):
    rows = ["1,Placebo,after PLACEBO dose,0", "2,hUC-MSC,placebos are fine,70"]
    settings = replace(FORM, blind=replace(BLIND, hide=("DOSE",)))
    table, told = read(tmp_path, rows, settings, {"1": "msc", "2": "placebo"})
    assert table["DOSE"].isna().all()
    assert table["NOTE"].tolist() == ["after [arm] dose", "placebos are fine"]
    assert told["blinded"] == {"replaced": ["ARM"], "hidden": ["DOSE"], "redacted": {"NOTE": 1}}


def test_who_failed_screening_stays_when_the_study_leaves_them_out_by_name(tmp_path):
    arm = replace(ARM, others=("Screen Failure",))
    settings = replace(FORM, blind=replace(BLIND, arms={"ARM": arm}))
    rows = ["1,Placebo,,", "2,Screen Failure,,", "3,hUC-MSC,,"]
    table, _ = read(tmp_path, rows, settings, {"1": "msc", "3": "placebo"})
    assert table["ARM"].tolist() == ["hUC-MSC", "Screen Failure", "Placebo"]


def test_a_column_that_says_the_treatment_in_part_is_refused(tmp_path):
    """SDTM's EXTRT: PLACEBO is an arm's name and would go, XANOMELINE is not and would stay."""
    rows = ["1,Placebo,PLACEBO,", "2,hUC-MSC,MSC cells,", "3,Placebo,Placebo,"]
    allocation = {"1": "msc", "2": "placebo", "3": "msc"}
    with pytest.raises(IngestError, match=r"'NOTE' is the name of a treatment in 2 of 3 cells.*\{form: ") as error:
        read(tmp_path, rows, allocation=allocation)
    assert "MSC cells" not in str(error.value) and "PLACEBO" not in str(error.value)
    settings = replace(FORM, blind=replace(BLIND, hide=("NOTE",)))
    assert read(tmp_path, rows, settings, allocation)[0]["NOTE"].isna().all()
    whole = ["1,Placebo,PLACEBO,", "2,hUC-MSC,hUC-MSC,", "3,Placebo,,"]
    assert read(tmp_path, whole, allocation=allocation)[0]["NOTE"].tolist()[:2] == ["[arm]", "[arm]"]


@pytest.mark.parametrize(
    ("rows", "allocation", "words"),
    [
        (["1,Plcebo,,", "2,Placebo,,"], {"1": "msc", "2": "msc"}, r"1 cells name no declared arm \(rows 1;"),
        (["1,Placebo,,", "2,hUC-MSC,,"], {"1": "msc"}, "2 have an arm, but no place in the dummy allocation"),
        (
            [f"{i},{'Placebo' if i < 6 else 'hUC-MSC'},," for i in range(12)],
            {str(i): "msc" for i in range(12)},
            "sorted by arm",
        ),
    ],
)
def test_what_cannot_be_blinded_is_refused_without_showing_an_arm(tmp_path, rows, allocation, words):
    with pytest.raises(IngestError, match=words) as error:
        read(tmp_path, rows, allocation=allocation)
    assert not any(text.lower() in str(error.value).lower() for text in (*TEXTS, "plcebo"))
