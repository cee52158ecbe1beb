"""Two small results folders: which numbers moved, and because of what."""

import csv
import json
import shutil
import zipfile

import pandas as pd
import pytest
import yaml
from rctflow.commands.diff import CANNOT, MOVED, SAME, main
from rctflow.compare.numbers import moved_rows
from rctflow.compare.records import ledger_changes, record_changes, subject_changes
from rctflow.results import Result, write_results

CONFIG = {
    "study": {"id": "small"},
    "tables": {"tug": {"file": "tug.csv"}, "blood": {"file": "blood.csv"}},
    "endpoints": {"tug": {"table": "tug", "unit": "s"}, "crp": {"table": "blood", "unit": "mg/L"}},
}
LEDGER = ("table", "SRCROW", "subject", "column", "old", "new", "rule", "severity", "message")


def row(endpoint="tug", statistic="estimate", value=2.0, role="primary", status="ok", note=""):
    who = {"group": "", "contrast": "drug - placebo"} if statistic == "estimate" else {"group": "drug", "contrast": ""}
    kind = {"population": "itt", "analysis": "mmrm", "role": role, "model": "mmrm", "visit": "week4"}
    fixed = {"study": "small", "endpoint": endpoint, "estimand": "tp"} | kind | who
    return Result(**fixed, statistic=statistic, value=value, status=status, note=note)


def record(subject="S1", visit="week4", day=28, value=12.5, source=1, **more):
    fixed = {"USUBJID": subject, "AVISIT": visit, "ADT": pd.Timestamp("2024-01-01") + pd.Timedelta(days=day)}
    values = {"ADY": float(day), "AVAL": value, "AVALC": "", "BASE": 14.0, "ANL01FL": "Y", "DTYPE": ""}
    return fixed | values | {"SRCDOM": "tug", "SRCVAR": "TUG1", "SRCSEQ": float(source)} | more


ROWS = [
    row(),
    row(statistic="lsmean", value=-1.0),
    row("crp", value=0.5, role="secondary"),
    row("crp", "lsmean", 4.0, role="secondary"),
]
RECORDS = {"tug": [record(), record("S2", source=2)], "crp": [record(value=3.0, SRCDOM="blood", SRCVAR="CRP")]}
ADSL = [{"USUBJID": "S1", "TRT01P": "drug", "PPROTFL": "Y"}, {"USUBJID": "S2", "TRT01P": "placebo", "PPROTFL": "Y"}]


def results(folder, rows=ROWS, records=RECORDS, adsl=ADSL, config=CONFIG, ledger=(), raw="ab" * 32):
    """A results folder as a finished run leaves it."""
    (folder / "tables").mkdir(parents=True)
    (folder / "config.yaml").write_text(yaml.safe_dump(config))
    for endpoint in {one.endpoint for one in rows}:
        file = folder / f"endpoints/{endpoint}/results.csv"
        file.parent.mkdir(parents=True)
        write_results([one for one in rows if one.endpoint == endpoint], file)
    (folder / "adam").mkdir()
    for name, table in {**records, "adsl": adsl}.items():
        pd.DataFrame(table).to_parquet(folder / f"adam/{name}.parquet")
    (folder / "clean").mkdir()
    for table in config["tables"]:
        decided = [entry for entry in ledger if entry[0] == table]
        pd.DataFrame(decided, columns=LEDGER).to_csv(folder / f"clean/{table}.ledger.csv", index=False)
        (folder / f"tables/{table}.json").write_text(json.dumps({"table": table, "sha256": raw, "rows": 2}))
    return folder


@pytest.fixture
def compared(tmp_path, capsys):
    def compare(*more, **changed):
        old, new = results(tmp_path / "old/small"), results(tmp_path / "new/small", **changed)
        status = main([str(old), str(new), *more])
        return status, capsys.readouterr().out

    return compare


def test_nothing_moved(compared):
    status, said = compared()
    assert status == SAME
    assert "No number moved: 4 result rows are the same." in said


def test_what_only_changes_a_setting_moves_no_number(compared):
    config = CONFIG | {"study": {"id": "small", "title": "Another"}}
    status, said = compared(config=config)
    assert status == SAME
    assert "Settings, 1 different:\n  study.title: added: Another" in said


def test_the_primary_comes_first_then_what_moved_most():
    old = [row(value=2.0), row(statistic="lsmean", value=-1.0), row("crp", value=0.5, role="secondary")]
    new = [row(value=2.1), row(statistic="lsmean", value=-2.0), row("crp", value=50, role="secondary")]
    moved = moved_rows(*({one.result_id: one for one in rows} for rows in (old, new)))
    assert [(one.row.endpoint, one.row.statistic) for one in moved] == [
        ("tug", "lsmean"),
        ("tug", "estimate"),
        ("crp", "estimate"),
    ]
    assert [one.absolute for one in moved] == pytest.approx([-1.0, 0.1, 49.5])
    assert [one.relative for one in moved] == pytest.approx([1.0, 0.05, 99.0])


def test_values_equal_as_written_did_not_move_and_zero_did():
    old, new = row(value=1 / 3), row(value=1 / 3 + 1e-14)
    assert moved_rows({"a": old}, {"a": new}) == []
    (moved,) = moved_rows({"a": row(value=0.0)}, {"a": row(value=1e-9)})
    assert (moved.absolute, moved.relative) == (1e-9, float("inf"))


def test_rows_that_came_went_or_changed_their_status(compared):
    rows = [row(value=None, status="failed", note="singular"), ROWS[2], ROWS[3], row("crp", "sd", 1.0, "secondary")]
    status, said = compared(rows=rows)
    assert status == MOVED
    assert "1 of 5 numbers moved (1 by their status), 1 came, 1 went:" in said
    assert "tug.mmrm.itt.week4.drug-placebo.estimate (primary): 2 -> failed; status ok -> failed" in said
    assert "crp.mmrm.itt.week4.drug.sd: added, 1" in said
    assert "tug.mmrm.itt.week4.drug.lsmean (primary): removed, -1" in said


def test_the_endpoint_that_moved_names_its_own_records(compared):
    rows = [row(value=2.5), *ROWS[1:]]
    records = RECORDS | {"tug": [record(value=13.5), record("S3", source=3)]}
    status, said = compared(rows=rows, records=records, raw="cd" * 32)
    assert status == MOVED
    because = said[said.index("because of:") :]
    assert "  tug: 1 number moved; 3 records\n" in because
    assert "    S3 (week4, tug row 3): new: AVAL 12.5" in because
    assert "    S1 (week4, tug row 1): AVAL 12.5 -> AVAL 13.5" in because
    assert "    S2 (week4, tug row 2): gone: AVAL 12.5" in because
    assert "crp:" not in because
    assert "Raw files, 2 different:\n  blood: sha256 abababababab, 2 rows -> sha256 cdcdcdcdcdcd, 2 rows" in said


def test_a_setting_of_another_endpoint_is_no_cause(compared):
    config = json.loads(json.dumps(CONFIG))
    config["endpoints"]["tug"]["unable"] = 60
    _, said = compared(
        rows=[row(value=2.5), *ROWS[1:2], row("crp", value=0.6, role="secondary"), ROWS[3]], config=config
    )
    assert "  tug: 1 number moved; 1 setting" in said
    assert "  crp: 1 number moved; nothing that was compared differs" in said


def test_everything_that_differs_as_csv(compared, tmp_path):
    decision = ("tug", "1", "S1", "TUG1", "125", "12.5", "unit_slip", "change", "")
    adsl = [ADSL[0], ADSL[1] | {"PPROTFL": "N"}]
    changed = {"rows": [row(value=2.5), *ROWS[1:]], "adsl": adsl, "ledger": [decision]}
    compared("--out", str(tmp_path / "diff.csv"), **changed)
    with (tmp_path / "diff.csv").open(newline="") as file:
        lines = [tuple(line.values()) for line in csv.DictReader(file)]
    assert lines == [
        ("number", "tug.mmrm.itt.week4.drug-placebo.estimate", "value", "2", "2.5", "0.5", "0.25", "primary"),
        ("record of adsl", "S2", "changed", "PPROTFL Y", "PPROTFL N", "", "", ""),
        ("tug ledger", "S1 TUG1", "added", "", "change by unit_slip: 125 -> 12.5", "", "", ""),
    ]


def as_text(rows):
    return [{name: "" if value is None else str(value) for name, value in one.items()} for one in rows]


def test_records_are_matched_whatever_their_rows():
    """A site adds a row above: every row number moves, one record is new, none is lost."""
    old = as_text([record("S1", "week4", 28, 10.0, 1), record("S2", "week4", 29, 11.0, 2)])
    new = as_text(
        [record("S0", "week4", 28, 9.0, 1), record("S1", "week4", 28, 10.0, 2), record("S2", "week4", 29, 11.0, 3)]
    )
    assert [(one.kind, one.subject) for one in record_changes("tug", old, new)] == [("added", "S0")]


def test_a_record_that_moves_to_another_visit_is_one_change():
    old, new = as_text([record(visit="week4", day=28)]), as_text([record(visit="", day=28, ANL01FL="")])
    (change,) = record_changes("tug", old, new)
    assert (change.old, change.new) == ("AVISIT week4, ANL01FL Y", "AVISIT missing, ANL01FL missing")


def test_two_records_of_one_day_are_not_confused():
    twice = as_text([record(value=10.0, source=1), record(value=11.0, source=2)])
    assert record_changes("tug", twice, twice) == []
    assert [one.kind for one in record_changes("tug", twice, twice[:1])] == ["removed"]


def test_subjects_and_ledger_rows():
    old, new = as_text(ADSL), as_text([ADSL[0] | {"PPROTFL": "N"}, {"USUBJID": "S3", "TRT01P": "drug", "PPROTFL": "Y"}])
    assert [(one.kind, one.subject) for one in subject_changes(old, new)] == [
        ("added", "S3"),
        ("changed", "S1"),
        ("removed", "S2"),
    ]
    decision = dict(zip(LEDGER, ("tug", "1", "S1", "TUG1", "125", "", "range", "change", ""), strict=True))
    assert list(ledger_changes([decision], [decision | {"SRCROW": "9"}])) == []
    assert [str(one) for one in ledger_changes([], [decision])] == ["S1 (TUG1): new: change by range: 125 -> missing"]


def packaged(folder, code="print(1)\n", **changed):
    """An unzipped package."""
    results(folder / "data/results/small", **changed)
    (folder / "data/scripts").mkdir()
    (folder / "data/scripts/fit.py").write_text(code)
    (folder / "data/package.json").write_text("{}")
    return folder


def zipped(folder, file):
    with zipfile.ZipFile(file, "w") as archive:
        for path in sorted(folder.rglob("*")):
            archive.write(path, path.relative_to(folder).as_posix())
    return file


def test_packages_tell_of_code_too(tmp_path, capsys):
    old = zipped(packaged(tmp_path / "old"), tmp_path / "old.zip")
    new = packaged(tmp_path / "new", code="print(2)\n", rows=[row(value=2.5), *ROWS[1:]])
    assert main([str(old), str(new)]) == MOVED
    said = capsys.readouterr().out
    assert "Code, 1 different:\n  scripts/fit.py: " in said
    assert "  tug: 1 number moved; 1 code file" in said
    assert "Not known" not in said


def test_restricted_packages_say_that_they_hold_no_records(tmp_path, capsys):
    old, new = packaged(tmp_path / "old"), packaged(tmp_path / "new", rows=[row(value=2.5), *ROWS[1:]])
    shutil.rmtree(new / "data/results/small/adam")
    shutil.rmtree(new / "data/results/small/clean")
    assert main([str(old), str(new)]) == MOVED
    said = capsys.readouterr().out
    assert "holds no records of patients (restricted data): whose records moved is not known." in said
    assert "Not known: ledger of tug: in one of the two only." in said


def test_what_cannot_be_compared_is_refused(tmp_path, capsys):
    one = results(tmp_path / "one/small")
    other = results(tmp_path / "other/small", config=CONFIG | {"study": {"id": "large"}})
    (tmp_path / "empty").mkdir()
    (tmp_path / "broken.zip").write_bytes(b"PK\x03\x04")
    unfinished = results(tmp_path / "unfinished/small")
    shutil.rmtree(unfinished / "endpoints")
    (unfinished / "endpoints").mkdir()
    for wrong, words in (
        (other, "is of the study small"),
        (tmp_path / "empty", "no results. Name a package"),
        (tmp_path / "nowhere", "no results. Name a package"),
        (tmp_path / "broken.zip", "not a readable zip"),
        (unfinished, "no result rows; finish the run first"),
    ):
        assert main([str(one), str(wrong)]) == CANNOT, wrong
        assert words in capsys.readouterr().err


@pytest.mark.parametrize("name", ["../out.txt", "/tmp/out.txt", "a/../../out.txt"])
def test_a_zip_that_leads_outside_is_refused_and_writes_nothing(tmp_path, capsys, name):
    one = results(tmp_path / "one/small")
    with zipfile.ZipFile(tmp_path / "bad.zip", "w") as archive:
        archive.writestr(name, "x")
    assert main([str(one), str(tmp_path / "bad.zip")]) == CANNOT
    assert "leads outside" in capsys.readouterr().err
    assert not list(tmp_path.rglob("out.txt"))
