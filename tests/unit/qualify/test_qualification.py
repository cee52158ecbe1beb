"""Every line of the table of comparisons with numbers of others; ./run qualify runs the same table."""

import re

import pytest
from rctflow.commands import qualify
from rctflow.qualify import table
from rctflow.qualify.done import FAIL, NOT_RUN, PASS, run_one
from rctflow.qualify.numbers import Number, Sources, printed
from rctflow.qualify.table import CHECKS, Check


@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.id)
def test_all_numbers_agree(check, root, request):
    data = request.getfixturevalue("shared") / "data" if check.needs else root / "no data of others"
    sources = Sources(root / "tests/reference", data)
    assert check.lacking(sources) == []
    numbers = list(check.run(sources))
    assert numbers
    assert [number for number in numbers if not number.agrees] == []


def test_a_number_agrees_within_what_is_allowed_and_no_further():
    nan = float("nan")
    assert Number("a", 1.05, 1.0, absolute=0.05).agrees and not Number("a", 1.06, 1.0, absolute=0.05).agrees
    assert Number("a", 101.0, 100.0, relative=0.01).agrees and not Number("a", 98.9, 100.0, relative=0.01).agrees
    assert printed("a", 0.12345, 0.1234, 4).agrees and not printed("a", 0.12346, 0.1234, 4).agrees
    assert Number("a", nan, nan).agrees and not Number("a", nan, 1.0).agrees and not Number("a", 1.0, nan).agrees


def test_each_comparison_has_a_name_of_its_own_and_says_with_what():
    assert len({check.id for check in CHECKS}) == len(CHECKS)
    assert all(check.what and check.with_what for check in CHECKS)


GOOD = Number("mean <1>", 1.0, 1.0)
BAD = Number("sd", 2.0, 1.0, absolute=0.1)


@pytest.fixture
def done(monkeypatch, tmp_path):
    """Run one comparison whose function gives these numbers, or raises this."""

    def run(numbers, needs=()):
        check = Check("one", "what", "SAS 9.4", "here:one", needs)
        monkeypatch.setattr(Check, "run", lambda *_: iter(numbers()))
        return run_one(check, Sources(tmp_path, tmp_path))

    return run


def test_verdicts(done):
    assert done(lambda: [GOOD]).verdict == PASS
    failed = done(lambda: [GOOD, BAD])
    assert (failed.verdict, failed.disagreeing, failed.worst) == (FAIL, [BAD], BAD)
    assert done(lambda: []).verdict == FAIL
    absent = done(lambda: [GOOD], needs=("a.csv",))
    assert (absent.verdict, absent.numbers) == (NOT_RUN, ())
    assert "not here: a.csv below" in absent.reason


def test_a_comparison_that_ends_in_an_error_has_failed(done):
    def broken():
        yield GOOD
        raise ValueError("no such function")

    found = done(broken)
    assert (found.verdict, found.numbers, found.reason) == (FAIL, (GOOD,), "ended with ValueError: no such function")


def qualified(monkeypatch, tmp_path, numbers, capsys):
    checks = (Check("one", "what", "SAS 9.4", "x:y"), Check("other", "more", "R", "x:y", ("absent.csv",)))
    monkeypatch.setattr(table, "CHECKS", checks)
    monkeypatch.setattr(Check, "run", lambda *_: iter(numbers))
    out = tmp_path / "filed/report.html"
    code = qualify.main(["--by", "A. <Statistician>", "--out", str(out), "--data", str(tmp_path)])
    return code, out.read_text(encoding="utf-8"), capsys.readouterr().out


def test_the_report_says_what_was_compared_and_with_what_and_needs_nothing_else(monkeypatch, tmp_path, capsys):
    code, page, told = qualified(monkeypatch, tmp_path, [GOOD], capsys)
    assert code == 0
    assert "PASS: of 2 comparisons 1 PASS, 0 FAIL, 1 NOT RUN." in told
    assert "A. &lt;Statistician&gt;" in page and "mean &lt;1&gt;" in page
    for words in (
        "SAS 9.4",
        "data of others that are not here: absent.csv",
        "sha256 of scripts/rctflow",
        "numpy",
        "Reviewed by",
    ):
        assert words in page
    assert re.findall(r'(?:src|href)="(?!#|data:,)', page) == []


def test_one_number_that_disagrees_fails_the_qualification(monkeypatch, tmp_path, capsys):
    code, page, told = qualified(monkeypatch, tmp_path, [GOOD, BAD], capsys)
    assert code == 1
    assert "FAIL    what (SAS 9.4): 2 numbers, 1 disagree" in told
    assert "<details open>" in page
    assert re.search(r'sd</th><td>2</td><td>1</td><td>0.1</td><td><span class="verdict fail">FAIL', page)
