"""Whatever the data: a proposal is a config that loads, or one error that says why there is none."""

import tempfile
from pathlib import Path

import pandas as pd
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from rctflow.propose.forms import Form, ProposalError
from rctflow.propose.proposal import propose
from rctflow.propose.writing import config_text
from rctflow.study.load import load_study

NAMES = """id ID subject USUBJID arm Treatment GROUP TRT01P visit VISIT week time Month day DAY date age SEX site center
base baseline BASE AVAL CHG PARAMCD status death futime y1 y2 y3 y4 y yes no on null pain_pre pain_2w pain_4w
Prewt Postwt score.0 score.6m ITTFL SRCROW X_CODE ADT VISIT_RAW q1 q2 v1_bp v2_bp end_score class"""
HEADERS = st.one_of(
    st.sampled_from(NAMES.split()),
    st.text(st.characters(codec="utf-8", exclude_categories=["Cc", "Cs", "Zl", "Zp"]), min_size=1, max_size=12)
    .map(str.strip)
    .filter(bool),
)
POOLS = (
    ["0", "1"],
    ["placebo", "drug"],
    ["A", "B", "C"],
    ["yes", "no", ""],
    ["1_yes", "0_no"],
    ["F", "M"],
    ["1", "2", "3", "4", "99"],
    ["0.5", "1.25", "<0.3", "NA", "7"],
    ["unable", "3", "4.5", "6", "7", "8"],
    ["Baseline", "Week 4", "Week 8", "Unscheduled"],
    ["2021-01-02", "2021-02-28", ""],
    ["03/04/2021", "05/06/2021"],
    ["none", "some", "marked"],
    ["", "NA"],
    ["x: y", "- z", "#", "'q'", "null"],
    [str(number) for number in range(60)],
    ["0", "1", "3", "6"],
    ["2021-03", "2021"],
    ["10:20", "11:00"],
    ["True", "False"],
    ["-9", "5", "6"],
)


@st.composite
def forms(draw: st.DrawFn) -> list[Form]:
    made = []
    for number in range(draw(st.integers(1, 3))):
        headers = draw(st.lists(HEADERS, min_size=1, max_size=8, unique=True))
        rows = draw(st.integers(1, 30))
        columns = {}
        for header in headers:
            pool = draw(st.sampled_from(POOLS))
            step = draw(st.sampled_from([1, 2, 3, 7]))
            columns[header] = [pool[(row // step) % len(pool)] for row in range(rows)]
        made.append(
            Form(
                f"table{number}",
                {"file": f"table{number}.csv"},
                f"table{number}.csv",
                pd.DataFrame(columns, dtype="str"),
            )
        )
    return made


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(forms())
def test_every_proposal_loads(data: list[Form]) -> None:
    try:
        text = config_text(propose(data), "trial", "data")
    except ProposalError as error:
        assert "design" in str(error)
        return
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "trial.yaml"
        file.write_text(text, encoding="utf-8")
        study = load_study(file)
    assert study.study.id == "trial"


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(forms())
def test_the_same_data_give_the_same_text(data: list[Form]) -> None:
    try:
        first = config_text(propose(data), "trial", "data")
    except ProposalError:
        return
    assert config_text(propose(data), "trial", "data") == first
