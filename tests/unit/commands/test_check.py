"""``./run check``: what was understood, every problem at once, nothing written."""

from pathlib import Path

import pytest
from rctflow.commands.__main__ import main

CONFIG = """
study: {id: pain_trial, title: Pain, data: real}
source: {kind: files, folder: data}
arms: {reference: placebo, levels: {placebo: {label: Placebo, values: [P]}, drug: {label: Drug, values: [D]}}}
visits:
  baseline: {label: Baseline, day: 0, window: [-7, 0], baseline: true, values: ["0"]}
  week4: {label: Week 4, day: 28, window: [1, 42], values: ["4"]}
tables:
  people: {file: people.csv, subject: ID, columns: {ARM: {}, SITE: {}}}
  pain:
    file: pain.csv
    subject: ID
    visit: WEEK
    columns: {PAIN: {type: number, range: [0, 10], codes: {unable: unable}}}
    duplicates: {keep: first}
subjects: {table: people, planned: {table: people, column: ARM}, strata: {SITE: {table: people, column: SITE}}}
populations: {itt: {label: ITT, where: RANDFL == 'Y', flag: ITTFL}, north: {label: North, where: SITE == 'N'}}
analyses: {ancova: {model: ancova, populations: [itt]}}
endpoints:
  pain:
    {label: Pain, table: pain, column: PAIN, direction: lower, windowing: nominal, unable: {rule: worst, value: 10},
     analyses: [ancova]}
"""
PEOPLE = "ID,ARM,SITE\n1,P,N\n2,P,S\n3,D,N\n4,D,S\n5,D,S\n"
PAIN = "ID,WEEK,PAIN\n1,0,5\n1,4,4\n2,0,6\n2,4,unable\n3,0,7\n3,4,3\n4,0,55\n4,4,2\n5,0,3\n5,4,1\n5,4,1\n"


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A working directory with a study of five subjects."""
    (tmp_path / "data").mkdir()
    (tmp_path / "trial.yaml").write_text(CONFIG, encoding="utf-8")
    (tmp_path / "data" / "people.csv").write_text(PEOPLE, encoding="utf-8")
    (tmp_path / "data" / "pain.csv").write_text(PAIN, encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def lines(text: str) -> list[list[str]]:
    return [line.split() for line in text.splitlines()]


def test_prints_what_was_understood(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["check", "--config", "study=trial.yaml"]) == 0
    found = lines(capsys.readouterr().out)
    assert ["placebo", "Placebo", "2", "2"] in found
    assert ["drug", "Drug", "3", "3"] in found
    assert ["SITE", "S", "3"] in found
    assert ["north", "1", "1", "randomized", "SITE", "==", "'N'"] in found
    assert ["baseline", "Baseline", "(baseline)", "0", "-7", "to", "0", "5", "4"] in found
    assert ["week4", "Week", "4", "28", "1", "to", "42", "5", "5"] in found
    assert ["pain", "2/2", "2/3", "1", "0", "0"] in found
    assert ["pain", "range", "change", "1"] in found
    assert ["pain", "duplicate_identical", "removed", "1"] in found


def test_nothing_is_written(folder: Path) -> None:
    before = sorted(folder.rglob("*"))
    main(["check", "--config", "study=trial.yaml"])
    assert sorted(folder.rglob("*")) == before


def test_problems_of_several_forms_are_told_at_once(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (folder / "data" / "people.csv").write_text(PEOPLE.replace("ARM", "GROUP"), encoding="utf-8")
    (folder / "data" / "pain.csv").write_text(PAIN.replace("4,4,2", "4,9,2"), encoding="utf-8")
    assert main(["check", "--config", "study=trial.yaml"]) == 1
    printed = capsys.readouterr()
    assert "trial.yaml: tables.people: people.csv lacks 1 declared column" in printed.err
    assert "WEEK has labels of no known visit" in printed.err
    assert "fits its data" not in printed.out


def test_an_unknown_arm_stops_and_what_is_known_is_still_printed(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (folder / "data" / "people.csv").write_text(PEOPLE.replace("5,D", "5,X"), encoding="utf-8")
    assert main(["check", "--config", "study=trial.yaml"]) == 1
    printed = capsys.readouterr()
    assert "subject 5 has the arm 'X'" in printed.err
    assert ["baseline", "Baseline", "(baseline)", "0", "-7", "to", "0", "5", "0"] in lines(printed.out)


def test_config_errors_come_all_at_once(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    broken = CONFIG.replace("reference: placebo", "reference: placebbo").replace(
        "populations: [itt]", "populations: [all]"
    )
    (folder / "trial.yaml").write_text(broken, encoding="utf-8")
    assert main(["check", "--config", "study=trial.yaml"]) == 1
    told = capsys.readouterr().err
    assert "arms.reference: no such arm. Did you mean 'placebo'?" in told
    assert "analyses.ancova.populations: 'all' is no population" in told


def test_a_baseline_that_nobody_has_is_remarked(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (folder / "trial.yaml").write_text(CONFIG.replace('values: ["0"]', 'values: ["-1"]').replace(
        "    visit: WEEK", '    visit: WEEK\n    unplanned: ["0"]'), encoding="utf-8")  # fmt: skip
    assert main(["check", "--config", "study=trial.yaml"]) == 0
    assert "Note: endpoints.pain: 0 of 5 subjects have a value at baseline" in capsys.readouterr().out


def test_a_simulated_study_is_simulated_in_memory(
    root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    assert main(["check", "--config", f"study={root / 'config' / 'config.yaml'}"]) == 0
    assert ["all", "30", "30"] in lines(capsys.readouterr().out)
    assert list(tmp_path.iterdir()) == []


def test_an_unknown_argument_is_refused(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["check", "--sudy=trial.yaml"]) == 1
    assert "knows only --config study=FILE" in capsys.readouterr().err


def test_questions_of_the_proposal_that_still_stand_are_remarked(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    head = "# QUESTIONS that\n#  1. arms: Which arm is the\n#     comparator?\n#  2. visits: When?\n"
    (folder / "trial.yaml").write_text(head + CONFIG, encoding="utf-8")
    assert main(["check", "--config", "study=trial.yaml"]) == 0
    printed = capsys.readouterr().out
    assert "2 questions of ./run new stand unanswered; delete each in trial.yaml when it is answered:" in printed
    assert "  1. arms: Which arm is the comparator?\n  2. visits: When?\n" in printed


def test_a_line_that_says_todo_is_a_problem_with_its_number(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    doubtful = CONFIG.replace("subjects: {", "# ARM: TODO: a stand-in\nsubjects: {")
    (folder / "trial.yaml").write_text(doubtful, encoding="utf-8")
    assert main(["check", "--config", "study=trial.yaml"]) == 1
    printed = capsys.readouterr()
    assert "ERROR: trial.yaml: line 16 says TODO" in printed.err
    assert "# ARM: TODO: a stand-in" in printed.err
    assert "fits its data" not in printed.out


def test_rows_by_day_need_no_names_of_visits(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    by_day = CONFIG.replace("visit: WEEK", "day: WEEK").replace("windowing: nominal", "windowing: by_day")
    by_day = by_day.replace("    duplicates: {keep: first}\n", "").replace(
        "columns: {PAIN", "columns: {WEEK: {type: integer}, PAIN"
    )
    (folder / "trial.yaml").write_text(by_day, encoding="utf-8")
    assert main(["check", "--config", "study=trial.yaml"]) == 0
    found = capsys.readouterr().out
    assert "rows so named" not in found
    assert ["baseline", "Baseline", "(baseline)", "0", "-7", "to", "0", "4"] in lines(found)
