"""A second programmer's CSV against result rows."""

from dataclasses import replace

import pytest
import yaml
from rctflow.commands import compare
from rctflow.results import write_results
from rctflow.second.other_program import OtherResultsError, hold, read_others, write_template

from tests.fit_cases import fitted
from tests.tiny import tiny_config
from tests.unit.second.second_cases import two, visit_trial

AT = "pcs.primary.itt.month6.msc-placebo"


@pytest.fixture(scope="module")
def rows():
    adsl, bds = visit_trial(1)
    return fitted(adsl, bds, two()[0])


def value(rows, statistic):
    return next(row.value for row in rows if row.result_id == f"{AT}.{statistic}")


def read(tmp_path, text):
    path = tmp_path / "other.csv"
    path.write_text(text, encoding="utf-8")
    return read_others(path)


def agreements(rows, others, tolerance=1e-5, as_printed=False):
    held, unmatched = hold(others.given, rows, tolerance, as_printed)
    return {one.other.result_id.rpartition(".")[2]: one.agrees for one in held}, unmatched


def test_numbers_are_found_by_id_or_by_their_parts(rows, tmp_path):
    estimate, se = (value(rows, name) for name in ("estimate", "se"))
    by_id = read(tmp_path, f"result_id,value\n{AT}.estimate,{estimate!r}\n{AT}.se,{se * 1.001!r}\n")
    by_part = read(
        tmp_path,
        "\ufeffEndpoint,Analysis,Population,Visit,Contrast,Statistic,Value\n"
        f"pcs,primary,itt,month6,msc - placebo,estimate,{estimate!r}\n"
        f"pcs, primary,itt,month6,msc - placebo,se,{se * 1.001!r}\n",
    )
    for others in (by_id, by_part):
        assert agreements(rows, others) == ({"estimate": True, "se": False}, [])
    assert agreements(rows, by_id, tolerance=0.01)[0] == {"estimate": True, "se": True}


def test_a_group_stands_for_the_contrast(rows, tmp_path):
    mean = next(r.value for r in rows if r.result_id == "pcs.primary.itt.month6.msc.lsmean")
    text = "endpoint,analysis,population,visit,contrast,group,statistic,value\n"
    assert agreements(rows, read(tmp_path, f"{text}pcs,primary,itt,month6,,msc,lsmean,{mean!r}\n"))[0] == {
        "lsmean": True
    }


def test_printed_digits_and_own_tolerances(rows, tmp_path):
    estimate, p = value(rows, "estimate"), value(rows, "p_value")
    printed = read(tmp_path, f"result_id,value\n{AT}.estimate,{estimate:.2f}\n{AT}.p_value,{p:.4f}\n")
    assert agreements(rows, printed)[0] == {"estimate": False, "p_value": False}
    assert agreements(rows, printed, as_printed=True)[0] == {"estimate": True, "p_value": True}
    off = read(tmp_path, f"result_id,value\n{AT}.estimate,{estimate + 0.011:.2f}\n")
    assert agreements(rows, off, as_printed=True)[0] == {"estimate": False}
    own = read(tmp_path, f"result_id,value,tolerance\n{AT}.estimate,{estimate + 0.011:.3f},0.02\n{AT}.p_value,<1.0,\n")
    assert agreements(rows, own)[0] == {"estimate": True, "p_value": True}
    below = read(tmp_path, f"result_id,value\n{AT}.p_value,<{p / 2:.6f}\n")
    assert agreements(rows, below)[0] == {"p_value": False}


def test_unmatched_and_empty_rows_are_listed(rows, tmp_path):
    others = read(tmp_path, f"result_id,value\n{AT}.estimat,1\n{AT}.se,.\n{AT}.df,NA\n\n{AT}.t,\n")
    assert agreements(rows, others) == ({}, [f"{AT}.estimat"])
    assert others.empty == (f"{AT}.se", f"{AT}.df", f"{AT}.t")


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "no column value, endpoint"),
        ("endpoint;value\na;1\n", "no column value"),
        ("endpoint,value\na,1\n", "no column analysis, population"),
        ("result_id,value\na,1\na,2\n", "line 3: a stands there twice"),
        ("result_id,value\na,1.5 kg\n", "line 2: a: '1.5 kg'"),
        ("result_id,value,tolerance\na,1,-1\n", "line 2: a"),
        ("result_id,value\na,inf\n", "line 2: a"),
    ],
)
def test_what_cannot_be_read_is_named(tmp_path, text, words):
    with pytest.raises(OtherResultsError, match=words):
        read(tmp_path, text)


def test_a_template_is_read_back_with_nothing_given(rows, tmp_path):
    write_template(rows[:5], tmp_path / "template.csv")
    found = read_others(tmp_path / "template.csv")
    assert not found.given
    assert len(found.empty) == 5


@pytest.fixture
def finished(tmp_path, monkeypatch):
    """The tiny study's config and one endpoint's results, taken as a finished run."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(compare, "require_finished", lambda *_: None)
    (tmp_path / "study.yaml").write_text(yaml.safe_dump(tiny_config()))
    adsl, bds = visit_trial(1, arms=("placebo", "drug"))
    fit, _ = two("ancova", arms=("placebo", "drug"), visits=("month1", "week8"))
    bds = bds.assign(AVISIT=bds["AVISIT"].replace("month6", "week8"))
    found = [replace(row, endpoint="walk", analysis="ancova") for row in fitted(adsl, bds, fit)]
    write_results(found, tmp_path / "results/tiny/endpoints/walk/results.csv")
    return {row.result_id: row for row in found}


def test_the_verb_writes_a_template_and_compares_it_when_filled(finished, tmp_path, capsys):
    chosen = ["--config", "study=study.yaml"]
    assert compare.main(["other.csv", "--template", *chosen]) == compare.AGREES
    assert "6 primary and secondary results" in capsys.readouterr().out
    assert compare.main(["other.csv", "--template", *chosen]) == compare.CANNOT
    assert "is there already" in capsys.readouterr().err
    assert compare.main(["other.csv", *chosen]) == compare.CANNOT
    assert "gives no number" in capsys.readouterr().err
    lines = (tmp_path / "other.csv").read_text().splitlines()
    keys = [".".join(cell.replace(" ", "") for cell in line.split(",")[:-1]) for line in lines[1:]]
    filled = [f"{line}{finished[key].value!r}" for line, key in zip(lines[1:], keys, strict=True)]
    (tmp_path / "other.csv").write_text("\n".join([lines[0], *filled]) + "\n")
    assert compare.main(["other.csv", *chosen]) == compare.AGREES
    told = capsys.readouterr().out
    assert "6 numbers compared, 0 differ." in told
    assert "not compared" not in told
    (tmp_path / "other.csv").write_text("\n".join([lines[0], filled[0].rpartition(",")[0] + ",99"]) + "\n")
    assert compare.main(["other.csv", *chosen]) == compare.DIFFERS
    told = capsys.readouterr().out
    assert f"DIFFERS {keys[0]}: " in told
    assert "5 primary or secondary, and not compared:" in told
