"""Forms with one column per visit."""

from pathlib import Path

import pytest
from rctflow.ingest.forms import read_form
from rctflow.ingest.raw import IngestError
from rctflow.ingest.settings import Column, Ingest, Wide

WHERE = "config/config.yaml: tables.crp"
FORM = "ID,ARM,crp_0,crp_6,date_6\n01,A,2.5,<0.5,2021-09-01\n02,B,ND,3,\n"
COLUMNS = {
    "ID": Column(required=True),
    "ARM": Column(),
    "CRP": Column("number", censored=True, codes={"nd": "missing"}),
    "LBDAT": Column("date"),
}
VISITS = {"baseline": {"CRP": "crp_0"}, "month6": {"CRP": "crp_6", "LBDAT": "date_6"}}


def read(folder: Path, columns: dict[str, Column] = COLUMNS, visits: dict[str, dict[str, str]] = VISITS) -> str:
    (folder / "crp.csv").write_text(FORM)
    settings = Ingest(table="crp", format="csv", columns=columns, wide=Wide(visits))
    table = read_form(folder / "crp.csv", settings, where=WHERE)
    assert "CRP_CODE" not in table or table["CRP_CODE"].notna().all()
    return table.astype(object).to_csv(index=False)


def test_each_row_becomes_one_row_per_visit(tmp_path: Path) -> None:
    assert read(tmp_path) == (
        "ID,ARM,VISIT,CRP,CRP_CODE,LBDAT,SRCROW\n"
        "01,A,baseline,2.5,,,1\n"
        "01,A,month6,0.5,<,2021-09-01,1\n"
        "02,B,baseline,,,,2\n"
        "02,B,month6,3.0,,,2\n"
    )


def test_a_visit_at_which_a_column_was_not_asked_has_neither_value_nor_code(tmp_path: Path) -> None:
    visits = {"baseline": {"CRP": "crp_0"}, "month6": {"LBDAT": "date_6"}}
    assert read(tmp_path, columns=COLUMNS, visits=visits).splitlines()[1:3] == [
        "01,A,baseline,2.5,,,1",
        "01,A,month6,,,2021-09-01,1",
    ]


def test_a_missing_column_is_named_with_its_visit(tmp_path: Path) -> None:
    with pytest.raises(IngestError, match=r"wide\.visits\.month6\.CRP: no column 'crp6'\. Did you mean 'crp_6'\?"):
        read(tmp_path, visits={"baseline": {"CRP": "crp_0"}, "month6": {"CRP": "crp6"}})


def test_a_bad_cell_is_named_by_the_column_of_its_visit(tmp_path: Path) -> None:
    with pytest.raises(IngestError, match="row 2, column crp_0: 'ND' is not a number"):
        read(tmp_path, columns=COLUMNS | {"CRP": Column("number", censored=True)})


def test_undeclared_and_reserved_names(tmp_path: Path) -> None:
    with pytest.raises(IngestError, match=r"IL6 has no type\. Declare it under tables\.crp\.columns"):
        read(tmp_path, visits={"baseline": {"IL6": "crp_0"}})
    with pytest.raises(IngestError, match="a wide form makes VISIT itself"):
        read(tmp_path, columns=COLUMNS | {"VISIT": Column(column="ARM")})
