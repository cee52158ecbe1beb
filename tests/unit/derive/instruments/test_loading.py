"""Instrument files: found by name or path, checked whole, with a hook to the user's own code."""

from pathlib import Path

import pandas as pd
import pytest
from rctflow.derive.instruments import InstrumentError, available, find_instrument, load_instrument, score
from rctflow.study.files import instrument_files

GOOD = """
label: Two questions
licence: none
sources: [made up]
items:
  - {ids: [A, B], codes: [0, 1, 2]}
covariates:
  sex: {values: [M, F]}
options:
  rule: {label: How, choices: {sum: all, best: highest}, default: sum}
steps:
  - combine: {how: {option: rule, sum: sum, best: max}, of: [A, B], to: TOTAL}
  - choose: {to: HIGH, cases: [{when: "TOTAL >= 3 or sex == 'M' and TOTAL >= 2", value: 1}], otherwise: 0}
scores:
  TOTAL: {label: Total, range: [0, 4], direction: lower, type: ordinal}
  HIGH: {label: High, direction: lower, type: class, labels: {0: "no", 1: "yes"}}
"""


def written(folder: Path, text: str = GOOD, name: str = "two.yaml") -> Path:
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return path


def test_a_users_own_instrument_needs_no_python(tmp_path: Path) -> None:
    own = load_instrument(written(tmp_path))
    items = pd.DataFrame({"A": [2.0, 1.0, 1.0], "B": [1.0, 1.0, 1.0], "sex": ["F", "M", "F"]})
    result = score(own, items)
    assert result["TOTAL"].tolist() == [3, 2, 2]
    assert result["HIGH"].tolist() == [1, 1, 0]
    assert score(own, items, {"rule": "best"})["TOTAL"].tolist() == [2, 1, 1]
    assert own.items["A"].codes == (0, 1, 2)
    assert own.scores["HIGH"].labels == {0: "no", 1: "yes"}


def test_the_example_of_the_docs_works(root: Path, tmp_path: Path) -> None:
    text = (root / "docs" / "instruments.md").read_text(encoding="utf-8")
    example = text.split("```yaml\n")[1].split("```")[0]
    own = load_instrument(written(tmp_path, example))
    items = pd.DataFrame([[3, 0, 3, 3, None, None], [1, 2, 1, 1, 1, 1], [1, 1, 1, None, None, None]])
    result = score(own, items.astype(float).set_axis([f"Q{i}" for i in range(1, 7)], axis=1))
    assert result["TOTAL"].fillna(-1).tolist() == [18, 6, -1]
    assert result["CASE"].fillna(-1).tolist() == [1, 0, -1]


def test_an_edited_file_is_read_again(tmp_path: Path) -> None:
    path = written(tmp_path)
    assert load_instrument(path).label == "Two questions"
    written(tmp_path, GOOD.replace("Two questions", "Changed"))
    assert load_instrument(path).label == "Changed"


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ("label: Two questions", "labl: Two questions", "labl: unknown key. Did you mean 'label'"),
        ("label: Two questions\n", "", "label: is required"),
        ("codes: [0, 1, 2]", "code: [0, 1, 2]", "items[0].code: unknown key. Did you mean 'codes'"),
        ("codes: [0, 1, 2]", "codes: [a, b]", "items[0].codes: needs a list of numbers"),
        ("codes: [0, 1, 2]", "range: [3, 1]", "items[0]: needs either codes"),
        ("ids: [A, B]", "ids: [A, A]", "items[0].ids: 'A' stands twice"),
        ("ids: [A, B]", "ids: [A, B_CODE]", "kept for coded answers"),
        ("ids: [A, B]", "ids: [A, no]", "quote yes, no"),
        (
            "of: [A, B]",
            "of: [A, BB]",
            "steps[0].combine.of: no item, covariate or earlier result 'BB'. Did you mean 'B'",
        ),
        ("of: [A, B]", "of: [A, sex]", "'sex' is a text"),
        ("combine:", "combin:", "steps[0].combin: no such operation. Did you mean 'combine'"),
        ("to: TOTAL}", "too: TOTAL}", "steps[0].combine.too: unknown key. Did you mean 'to'"),
        ("best: max", "best: maxi", "steps[0].combine.how.best: 'maxi' is not known. Did you mean 'max'"),
        (", best: max", "", "no value for the choice 'best' of option rule"),
        ("option: rule", "option: rul", "no option 'rul'. Did you mean 'rule'"),
        ("default: sum", "default: som", "options.rule.default: 'som' is not a choice. Did you mean 'sum'"),
        ("TOTAL >= 3", "TOTL >= 3", "cases[0].when: no item, covariate or earlier result 'TOTL'. Did you mean 'TOTAL'"),
        ("TOTAL >= 3", "max(TOTAL) >= 3", "a function call is not allowed"),
        ("value: 1}", "value: ONE}", "no item, covariate or earlier result 'ONE'"),
        ("TOTAL: {label", "TOTALS: {label", "scores.TOTALS: no step makes 'TOTALS'. Did you mean 'TOTAL'"),
        ("direction: lower, type: ordinal", "direction: down, type: ordinal", "'down' is not known"),
        (', labels: {0: "no", 1: "yes"}', "", "a class score needs labels"),
        ("sources: [made up]", "sources: [made up]\nsources: [x]", "the key 'sources' stands twice"),
        ("steps:", "steps: [", "not valid YAML"),
    ],
)
def test_a_wrong_file_says_where_and_what(tmp_path: Path, old: str, new: str, says: str) -> None:
    assert old in GOOD
    path = written(tmp_path, GOOD.replace(old, new))
    with pytest.raises(InstrumentError) as error:
        load_instrument(path)
    assert says in str(error.value)
    assert str(path) in str(error.value)


def test_all_problems_come_in_one_error(tmp_path: Path) -> None:
    text = GOOD.replace("direction: lower, type: ordinal", "direction: down, type: ordnal").replace("of: [A", "of: [AA")
    with pytest.raises(InstrumentError) as error:
        load_instrument(written(tmp_path, text))
    assert len(str(error.value).splitlines()) == 3


def test_names_and_paths(tmp_path: Path) -> None:
    assert find_instrument("sf36v1").name == "sf36v1.yaml"
    assert {"sf36v1", "sf36v2", "rand36", "eq5d3l", "eq5d5l", "sppb", "fried", "frail", "mna_sf", "gds15"} <= set(
        available()
    )
    with pytest.raises(InstrumentError, match=r"no instrument 'sf36'. Did you mean 'sf36v1' or 'sf36v2'"):
        load_instrument("sf36")
    with pytest.raises(InstrumentError, match="no such instrument file"):
        load_instrument("forms/own.yaml")
    assert load_instrument(written(tmp_path)).name == "two"


HOOK = """
import pandas as pd

def product(items):
    return items["A"] * items["B"]

def two(items):
    return pd.DataFrame({"P": items["A"] * items["B"], "Q": 1.0, "P_CODE": items["A_CODE"]}, index=items.index)

def wrong(items):
    return [1, 2]

def fails(items):
    return items["C"]
"""


def hooked(folder: Path, function: str = "product", to: str = "P", of: str = "") -> Path:
    written(folder, HOOK, "own.py")
    text = GOOD[: GOOD.index("covariates")] + (
        f"steps:\n  - hook: {{file: own.py, function: {function}, to: {to}{of}}}\n"
        "scores:\n  P: {label: Product, direction: none, type: continuous}\n"
    )
    return written(folder, text, "hooked.yaml")


ITEMS = pd.DataFrame({"A": [2.0, None, 7.0], "B": [2.0, 2.0, 2.0]}, index=["x", "y", "z"])


def test_a_hook_runs_the_users_function_and_its_file_is_tracked(tmp_path: Path) -> None:
    file = hooked(tmp_path)
    own = load_instrument(file)
    assert instrument_files(str(file)) == (file.as_posix(), (tmp_path / "own.py").as_posix())
    result = score(own, ITEMS)
    assert result["P"].fillna(-1).tolist() == [4, -1, -1]
    assert result["P_CODE"].tolist() == ["", "missing: the hook gave no number", "missing: the hook gave no number"]
    assert result.index.tolist() == ["x", "y", "z"]


def test_a_hook_may_return_several_scores_and_codes(tmp_path: Path) -> None:
    result = score(load_instrument(hooked(tmp_path, "two", "[P, Q]", ", of: [A, B]")), ITEMS)
    assert result["P_CODE"].tolist() == ["", "missing", "invalid: 7"]


@pytest.mark.parametrize(
    ("function", "says"),
    [
        ("wrong", "must return one row per row of items"),
        ("fails", "fails of .*own.py failed: KeyError: 'C'"),
        ("absent", "has no function 'absent'"),
    ],
)
def test_a_wrong_hook_is_one_clear_error(tmp_path: Path, function: str, says: str) -> None:
    own = load_instrument(hooked(tmp_path, function))
    with pytest.raises(InstrumentError, match=says):
        score(own, ITEMS)


def test_a_hook_file_that_is_not_there(tmp_path: Path) -> None:
    path = hooked(tmp_path)
    (tmp_path / "own.py").unlink()
    with pytest.raises(InstrumentError, match=r"steps\[0\]\.hook\.file: .*own\.py: no such file"):
        load_instrument(path)


def test_a_value_set_file_with_an_unknown_term(tmp_path: Path) -> None:
    written(tmp_path, "term,Here\nstart,1\nA=1,-0.1\nC=1,-0.2\n", "sets.csv")
    text = (
        GOOD[: GOOD.index("covariates")]
        + "steps:\n  - value_set: {of: [A, B], to: V, set: Here, files: [sets.csv]}\n"
        + "scores:\n  V: {label: Value, direction: higher, type: continuous}\n"
    )
    with pytest.raises(InstrumentError, match="the term 'C=1' names no known variable"):
        load_instrument(written(tmp_path, text))
