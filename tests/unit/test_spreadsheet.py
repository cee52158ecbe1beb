"""Text of forms does not run in a spreadsheet."""

import pytest
from rctflow.spreadsheet import harmless


@pytest.mark.parametrize(
    "text",
    [
        "=1+1",
        '=HYPERLINK("http://x";"y")',
        "+cmd|' /C calc'!A0",
        "-2+3",
        "@SUM(A1)",
        "\t=1",
        "\r=1",
        "\n=1",
        "  =1",
        "＝1",
    ],
)
def test_what_would_be_a_formula_begins_with_an_apostrophe(text):
    assert harmless(text) == f"'{text}"


@pytest.mark.parametrize("text", ["", "Headache", "a=b", "3-4 times", 'said "no", left', "<script>", "'=quoted", "é"])
def test_other_text_is_as_it_was(text):
    assert harmless(text) == text
