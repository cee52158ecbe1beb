"""What holds for every table: cleaning is idempotent, indifferent to row order, and accounts for every cell and row."""

from pathlib import Path

import pandas as pd
from hypothesis import given, settings
from hypothesis import strategies as st
from rctflow.clean.settings import Clean, Duplicates, Range, Unit
from rctflow.clean.table import clean_table
from rctflow.ledger import COLUMNS, texts, write_ledger

from tests.unit.clean.forms import WHERE, source

RULES = Clean(
    table="vs",
    subject="SUBJID",
    visit="VISIT",
    visits={"BL": "baseline", "Week 1": "week1"},
    unplanned=("Unscheduled",),
    date="DT",
    types={"DT": "date", "AT": "datetime", "ENTRY": "date"},
    ranges={"HEIGHT": Range(120, 220), "TUG1": Range(3, 300, "query", fold=4)},
    units={
        "HEIGHT": Unit("cm", "HU", {"m": 100}, {"metres": 100, "millimetres": 0.1}),
        "TUG1": Unit("s", "TU", {"min": 60}),
    },
    dates={"DT": "middle"},
    duplicates=Duplicates(("SUBJID", "VISIT"), "last", "ENTRY"),
)
days = st.sampled_from([None, "2021", "2021-03", "2021-03-15", "2021-03-16", "2020-02-29"])
rows = st.lists(
    st.fixed_dictionaries(
        {
            "SUBJID": st.sampled_from(["01", "02", "03"]),
            "VISIT": st.sampled_from(["BL", "bl", "baseline", "Week 1", "Unscheduled", None]),
            "DT": days,
            "HEIGHT": st.sampled_from([None, 0.9, 1.7, 17, 170, 171.5, 1700, 300]),
            "HU": st.sampled_from([None, "cm", "CM", "m"]),
            "TUG1": st.sampled_from([None, 0.5, 12.25, 400]),
            "TUG1_CODE": st.sampled_from(["", "<", ">", "unable"]),
            "TU": st.sampled_from([None, "s", "min"]),
            "AT": st.sampled_from([None, "2021-03", "2021-03-15", "2021-03-15T10:20:00"]),
            "ENTRY": st.sampled_from(["2021-04-01", "2021-04-02", "2021-04-03"]),
        }
    ),
    min_size=1,
    max_size=12,
)


def form(records: list[dict[str, object]]) -> pd.DataFrame:
    for record in records:
        if record["TUG1"] is not None and record["TUG1_CODE"] == "unable":
            record["TUG1_CODE"] = ""
        if record["TUG1"] is None and record["TUG1_CODE"] in ("<", ">"):
            record["TUG1_CODE"] = "unable"
    return source(**{name: [record[name] for record in records] for name in records[0]})


def without_row_numbers(table: pd.DataFrame) -> list[tuple[str, ...]]:
    shown = table.drop(columns="SRCROW")
    return sorted(zip(*(texts(shown[name]) for name in shown), strict=True))


@settings(max_examples=150, deadline=None)
@given(rows)
def test_cleaning_a_clean_table_changes_nothing(records: list[dict[str, object]]) -> None:
    clean, _ = clean_table(form(records), RULES, where=WHERE)
    again, ledger = clean_table(clean, RULES, where=WHERE)
    pd.testing.assert_frame_equal(again, clean)
    assert set(ledger["severity"]) <= {"query"}


@settings(max_examples=150, deadline=None)
@given(rows.flatmap(lambda records: st.tuples(st.just(records), st.permutations(range(len(records))))))
def test_the_order_of_rows_does_not_matter(drawn: tuple[list[dict[str, object]], list[int]]) -> None:
    records, order = drawn
    for number, record in enumerate(records):
        # entry dates that differ: which of two differing forms is the last must not hang on the row
        record["ENTRY"] = f"2021-04-{number + 1:02d}"
    table = form(records)
    clean, _ = clean_table(table, RULES, where=WHERE)
    permuted, _ = clean_table(table.iloc[order].reset_index(drop=True), RULES, where=WHERE)
    restored = permuted.sort_values("SRCROW", ignore_index=True)
    pd.testing.assert_frame_equal(restored, clean)


@settings(max_examples=150, deadline=None)
@given(rows)
def test_every_row_is_kept_or_removed_in_the_ledger_once(records: list[dict[str, object]]) -> None:
    table = form(records)
    clean, ledger = clean_table(table, RULES, where=WHERE)
    removed = ledger.loc[ledger["severity"] == "removed", "SRCROW"].tolist()
    assert sorted(clean["SRCROW"].tolist() + removed) == table["SRCROW"].tolist()
    planned = clean[clean["VISIT"] != ""]
    assert not planned.duplicated(["USUBJID", "VISIT"]).any()


def cells(table: pd.DataFrame, column: str) -> dict[int, str]:
    """SRCROW -> cell as text, a censored value with its sign."""
    shown = texts(table[column])
    if f"{column}_CODE" in table:
        signs = [code if code in ("<", ">") else "" for code in table[f"{column}_CODE"]]
        shown = [sign + cell for sign, cell in zip(signs, shown, strict=True)]
    return dict(zip(table["SRCROW"], shown, strict=True))


@settings(max_examples=150, deadline=None)
@given(rows)
def test_every_changed_cell_has_one_chain_from_old_to_new(records: list[dict[str, object]]) -> None:
    table = form(records)
    clean, ledger = clean_table(table, RULES, where=WHERE)
    changes = ledger[ledger["severity"] == "change"]
    for column in ("HEIGHT", "HU", "TUG1", "TU", "DT", "AT", "ENTRY"):
        before, after = cells(table, column), cells(clean, column)
        for row, cell in after.items():
            chain = changes[(changes["SRCROW"] == row) & (changes["column"] == column)]
            # the ledger writes midnight out, the clean table's text here does not
            new = [text.removesuffix("T00:00:00") for text in chain["new"]]
            path = [before[row], *new]
            assert chain["old"].tolist() == path[:-1]
            assert path[-1] == cell


@settings(max_examples=50, deadline=None)
@given(rows)
def test_coded_answers_survive(records: list[dict[str, object]]) -> None:
    table = form(records)
    clean, _ = clean_table(table, RULES, where=WHERE)
    written = table.set_index("SRCROW")["TUG1_CODE"]
    assert clean["TUG1_CODE"].tolist() == written.loc[clean["SRCROW"]].tolist()


def test_an_exact_copy_of_the_whole_form_changes_nothing() -> None:
    table = source(SUBJID=["1", "2"], VISIT=["BL", "BL"], TUG1=[12.5, 400], DT=["2021-03-04", "2021-03"])
    rules = Clean("vs", "SUBJID", "VISIT", {"BL": "baseline"}, types={"DT": "date"}, date="DT",
                  duplicates=Duplicates(("SUBJID", "VISIT")))  # fmt: skip
    once, _ = clean_table(table, rules, where=WHERE)
    twice, _ = clean_table(pd.concat([table, table], ignore_index=True), rules, where=WHERE)
    assert without_row_numbers(twice) == without_row_numbers(once)


def test_an_empty_ledger_is_written_with_its_header(tmp_path: Path) -> None:
    _, ledger = clean_table(source(SUBJID=["1"]), Clean("vs", "SUBJID"), where=WHERE)
    write_ledger(ledger, tmp_path / "vs.ledger.csv", "demo")
    assert (tmp_path / "vs.ledger.csv").read_bytes() == (",".join(("study", *COLUMNS)) + "\n").encode()


def test_ledger_rows_of_a_wide_form_name_the_visit() -> None:
    table = source(SUBJID=["1", "1"], VISIT=["baseline", "week1"], TUG1=[400, 500], SRCROW=[1, 1])
    rules = Clean("vs", "SUBJID", "VISIT", {"BL": "baseline", "W1": "week1"}, ranges={"TUG1": Range(3, 300)})
    _, ledger = clean_table(table, rules, where=WHERE)
    assert ledger["message"].tolist() == [
        f"Impossible: TUG1 is between 3 and 300. Set missing. Visit {visit}." for visit in ("baseline", "week1")
    ]
