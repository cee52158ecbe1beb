"""Files are written whole or not at all."""

import os

import pandas as pd
import pytest
from rctflow.outputs import sweep_partial, write_json, write_parquet, write_text, written_whole


def test_the_file_appears_only_when_it_is_whole(tmp_path):
    path = tmp_path / "deep" / "folder" / "table.csv"
    with written_whole(path) as temporary:
        temporary.write_text("half")
        assert not path.exists()
        assert (temporary.parent, temporary.suffix) == (path.parent, ".csv")
        assert str(os.getpid()) in temporary.name
    assert path.read_text() == "half"
    assert [file.name for file in path.parent.iterdir()] == ["table.csv"]


def test_an_error_leaves_the_old_file_and_nothing_else(tmp_path):
    path = tmp_path / "table.csv"
    path.write_text("old")

    def fail():
        with written_whole(path) as temporary:
            temporary.write_text("half")
            raise OSError("disk full")

    with pytest.raises(OSError, match="disk full"):
        fail()
    assert path.read_text() == "old"
    assert [file.name for file in tmp_path.iterdir()] == ["table.csv"]


def test_text_has_unix_line_ends_and_is_utf8(tmp_path):
    write_text("größe\n2\n", tmp_path / "a.txt")
    assert (tmp_path / "a.txt").read_bytes() == "größe\n2\n".encode()


def test_json_does_not_depend_on_the_order_of_keys(tmp_path):
    write_json({"b": 1, "a": [1, 2]}, tmp_path / "one.json")
    write_json({"a": [1, 2], "b": 1}, tmp_path / "other.json")
    assert (tmp_path / "one.json").read_bytes() == (tmp_path / "other.json").read_bytes()


def test_parquet_is_the_same_bytes_and_the_same_table(tmp_path):
    table = pd.DataFrame({"USUBJID": ["1", "2"], "AVAL": [1.5, None]}, index=[7, 9])
    for name in ("one", "other"):
        write_parquet(table, tmp_path / f"{name}.parquet")
    assert (tmp_path / "one.parquet").read_bytes() == (tmp_path / "other.parquet").read_bytes()
    pd.testing.assert_frame_equal(pd.read_parquet(tmp_path / "one.parquet"), table.reset_index(drop=True))


def test_leftovers_of_a_killed_process_are_swept(tmp_path):
    (tmp_path / "endpoints").mkdir()
    context = written_whole(tmp_path / "endpoints" / "results.csv")
    orphan = context.__enter__()
    orphan.write_text("half")
    (tmp_path / "report.html").write_text("whole")
    (tmp_path / ".hidden").write_text("not ours")
    assert sweep_partial(tmp_path) == [orphan]
    assert sorted(file.name for file in tmp_path.rglob("*") if file.is_file()) == [".hidden", "report.html"]
