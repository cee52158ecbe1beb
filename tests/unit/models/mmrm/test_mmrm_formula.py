import subprocess
import sys

import pandas as pd
import pytest
from rctflow.models.mmrm.errors import FormulaError, OptionError
from rctflow.models.mmrm.formula import parse_formula
from rctflow.models.mmrm.levels import natural_order
from rctflow.models.mmrm.reading import read_records


@pytest.mark.parametrize(
    ("text", "terms", "intercept"),
    [
        ("y ~ a", "a", True),
        ("y ~ a * b", "a b a:b", True),
        ("y ~ a:b + a", "a a:b", True),
        ("y ~ base * visit + arm * visit", "base visit arm base:visit visit:arm", True),
        ("y ~ 0 + a", "a", False),
        ("y ~ a - 1", "a", False),
        ("y ~ (a + b) * c", "a b c a:c b:c", True),
        ("y ~ a * b - a:b", "a b", True),
        ("y ~ a * b * c - a:b:c", "a b c a:b a:c b:c", True),
        ("y ~ `my_column` + C(site)", "my_column site", True),
        ("y ~ a + a + a:a", "a", True),
        ("y ~ 1", "", True),
    ],
)
def test_terms_in_the_order_of_r(text, terms, intercept):
    found = parse_formula(text)
    assert [":".join(term) for term in found.terms] == terms.split()
    assert found.intercept == intercept


def test_c_marks_a_factor():
    assert parse_formula("y ~ C(site) + dose").categorical == {"site"}


UNREADABLE = [
    "y",
    "~ a",
    "y ~ a +",
    "y ~ log(a)",
    "y ~ a ** 2",
    "y ~ (a + b",
    "y ~ a b",
    "y ~ y + a",
    "y ~ 2",
    "y ~ a * 0",
]


@pytest.mark.parametrize("text", UNREADABLE)
def test_what_cannot_be_read_is_refused(text):
    with pytest.raises(FormulaError):
        parse_formula(text)


@pytest.mark.parametrize(
    ("levels", "expected"),
    [
        (["Week 10", "Week 2"], ["Week 2", "Week 10"]),
        (["V1", "V01.5"], ["V1", "V01.5"]),
        (["Baseline", "Week 1"], None),
        (["Day -1", "Day 1"], None),
        (["Week 2", "Month 1"], None),
        (["V1", "V01"], None),
    ],
)
def test_order_by_the_one_number_in_which_names_differ(levels, expected):
    assert natural_order(levels) == expected


def test_rows_used_and_where_they_stand():
    data = pd.DataFrame(
        {
            "id": ["b", "a", "a", "c", "b"],
            "visit": ["V2", "V1", "V2", "V1", "V1"],
            "arm": ["T", "P", "P", "T", "T"],
            "y": [2.0, 3.0, 4.0, None, 1.0],
        }
    )
    records = read_records(data, parse_formula("y ~ arm * visit"), "id", "visit")
    assert list(records.subjects) == ["b", "a"]
    assert records.excluded == ("c",)
    assert list(records.row) == [0, 1, 2, 4]
    assert records.wide(records.response).tolist() == [[1, 2], [3, 4]]
    assert records.variables["arm"].levels == ("P", "T")


def test_importing_the_engine_loads_nothing_beyond_numpy_scipy_special_and_pandas(root):
    code = (
        "import sys, numpy, scipy.linalg, scipy.optimize, pandas; before = set(sys.modules);"
        "import rctflow.models.mmrm; new = set(sys.modules) - before;"
        "print(sorted(m for m in new if not m.startswith('rctflow') and '.' not in m))"
    )
    out = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=root / "scripts")
    assert set(eval(out.stdout)) <= {"__future__"}


def test_unknown_term_is_named():
    from rctflow.models.mmrm.hypotheses import term_of

    assert term_of("visit:arm", parse_formula("y ~ arm * visit")) == ("arm", "visit")
    with pytest.raises(OptionError, match="terms: arm"):
        term_of("site", parse_formula("y ~ arm"))
