"""The where language: what it selects, what it refuses, and how missing values count."""

import subprocess
import sys
from pathlib import Path

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from rctflow.expressions import ExpressionError, parse

PATIENTS = pd.DataFrame(
    {
        "USUBJID": ["01", "02", "03", "04"],
        "SEX": ["F", "M", None, "F"],
        "AGE": [64.0, 71.0, 80.0, None],
        "RANDOMIZED": [True, True, False, True],
        "RANDDT": pd.to_datetime(["2024-01-01", "2024-03-05", None, "2024-06-30"]),
        "DOSE": [1, 2, 2, 0],
        "PLANNED": [1, 1, 2, 2],
    },
    index=[10, 11, 12, 13],
)


def chosen(text: str) -> list[str]:
    return PATIENTS.loc[parse(text).evaluate(PATIENTS), "USUBJID"].tolist()


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("AGE >= 71", ["02", "03"]),
        ("71 <= AGE", ["02", "03"]),
        ("64 < AGE <= 80", ["02", "03"]),
        ("SEX == 'F'", ["01", "04"]),
        ("SEX in ['M', 'X']", ["02"]),
        ("SEX not in ['M']", ["01", "04"]),
        ("AGE == missing", ["04"]),
        ("missing != AGE", ["01", "02", "03"]),
        ("AGE > 70 and SEX == 'M'", ["02"]),
        ("AGE > 70 or SEX == 'F'", ["01", "02", "03", "04"]),
        ("not (DOSE == 2 or DOSE == 0)", ["01"]),
        ("RANDOMIZED == true", ["01", "02", "04"]),
        ("RANDOMIZED != True", ["03"]),
        ("DOSE != PLANNED", ["02", "04"]),
        ("DOSE > -1", ["01", "02", "03", "04"]),
        ("RANDDT >= '2024-03-05'", ["02", "04"]),
        ("true", ["01", "02", "03", "04"]),
        ("SEX == 'F'\n  and AGE < 70", ["01"]),
    ],
)
def test_selects(text: str, expected: list[str]) -> None:
    assert chosen(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("AGE > 70", ["02", "03"]),
        ("not AGE > 70", ["01"]),
        ("AGE != 64", ["02", "03"]),
        ("not AGE == 64", ["02", "03"]),
        ("not (AGE in [64])", ["02", "03"]),
        ("AGE > 70 or DOSE == 0", ["02", "03", "04"]),
        ("not (AGE > 70 and DOSE == 1)", ["01", "02", "03", "04"]),
        ("not (AGE > 70 or DOSE == 1)", []),
    ],
)
def test_a_missing_age_is_neither_above_nor_not_above(text: str, expected: list[str]) -> None:
    """Patient 04 has no age and DOSE 0: chosen only where the dose alone decides."""
    assert chosen(text) == expected


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("open('x') == 1", "character 1: a function call"),
        ("AGE > 3 and SEX.lower() == 'f'", "a function call"),
        ("SEX.x == 1", "an attribute"),
        ("AGE[0] == 1", "a subscript"),
        ("(lambda: 1) == AGE", "character 2: a lambda"),
        ("SEX == f'{AGE}'", "an f-string"),
        ("(x := 3) == AGE", "an assignment"),
        ("AGE + 1 > 3", "arithmetic"),
        ("(AGE > 3) & (AGE < 5)", "write and, or"),
        ("AGE is missing", "write == or !="),
        ("AGE < missing", "== and !="),
        ("AGE in [1, missing]", "AGE == missing or"),
        ("AGE in DOSE", "a list such as"),
        ("AGE in [DOSE]", "a list holds only"),
        ("[x for x in AGE] == 1", "a comprehension"),
        ("RANDOMIZED", "compare it"),
        ("3 == 3", "must be a column"),
        ("AGE = 3", "write =="),
        ("AGE >", "cannot be read"),
        ("3", "a value alone"),
        ("SEX == b'F'", "Constant is not allowed"),
        ("", "an expression is a text"),
        ("not " * 900 + "AGE == 1", "too deep"),
        ("AGE == 1 or " * 500 + "AGE == 1", "the most is"),
    ],
)
def test_refuses_and_says_what_is_allowed(text: str, says: str) -> None:
    with pytest.raises(ExpressionError) as error:
        parse(text)
    assert says in str(error.value)
    assert "Allowed" in str(error.value) or "the most is" in str(error.value)


def test_place_is_counted_in_characters_not_bytes() -> None:
    with pytest.raises(ExpressionError, match="character 16:"):
        parse("SEX == 'é' and open() == 1")


def test_unknown_column_is_named_with_the_nearest() -> None:
    with pytest.raises(ExpressionError, match=r"no column 'AGES' \(did you mean 'AGE'\?\)"):
        parse("AGES > 3").evaluate(PATIENTS)
    with pytest.raises(ExpressionError, match="did you mean 'SEX'"):
        parse("sex == 'F'").evaluate(PATIENTS)


@pytest.mark.parametrize("text", ["AGE == 'old'", "SEX > 3", "SEX == AGE", "AGE in ['64']", "RANDDT > 'spring'"])
def test_unlike_types_are_an_error_not_an_empty_selection(text: str) -> None:
    with pytest.raises(ExpressionError, match=r"cannot be compared|not a date"):
        parse(text).evaluate(PATIENTS)


def test_columns_and_index() -> None:
    expression = parse("AGE > 3 and (SEX in ['F'] or DOSE == PLANNED) and AGE != missing")
    assert expression.columns == {"AGE", "SEX", "DOSE", "PLANNED"}
    assert expression.evaluate(PATIENTS).index.tolist() == [10, 11, 12, 13]
    assert parse("true").evaluate(PATIENTS.iloc[:0]).dtype == bool


def test_categories_nullable_types_and_empty_columns() -> None:
    frame = pd.DataFrame(
        {
            "ARM": pd.Categorical(["a", "b", None]),
            "N": pd.array([1, None, 3], dtype="Int64"),
            "T": pd.array(["x", None, "y"], dtype="string"),
            "NONE": [None, None, None],
        }
    )
    assert parse("ARM == 'a'").evaluate(frame).tolist() == [True, False, False]
    assert parse("N >= 1").evaluate(frame).tolist() == [True, False, True]
    assert parse("T != 'x'").evaluate(frame).tolist() == [False, False, True]
    assert parse("NONE == 3").evaluate(frame).tolist() == [False, False, False]
    assert parse("NONE == missing").evaluate(frame).all()


@given(st.lists(st.one_of(st.none(), st.floats(-5, 5)), min_size=1, max_size=20), st.floats(-5, 5))
def test_not_never_turns_a_missing_value_into_a_member(values: list[float | None], cut: float) -> None:
    frame = pd.DataFrame({"X": pd.Series(values, dtype=float)})
    above = parse(f"X > {cut!r}").evaluate(frame)
    not_above = parse(f"not X > {cut!r}").evaluate(frame)
    unknown = parse("X == missing").evaluate(frame)
    assert (above.astype(int) + not_above + unknown == 1).all()


@given(st.text(max_size=40))
def test_any_text_is_read_or_refused_with_our_error(text: str) -> None:
    try:
        parse(text)
    except ExpressionError as error:
        assert str(error)


def test_import_does_not_load_pandas(root: Path) -> None:
    code = "import sys, rctflow.expressions; sys.exit('pandas' in sys.modules or 'numpy' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], cwd=root / "scripts", check=False).returncode == 0
