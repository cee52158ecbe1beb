"""What the config tells of ADSL's own columns, for define.xml."""

from rctflow.study.load import load_study
from rctflow.study.submission import _subject_variables


def test_derived_columns_are_described_by_how_they_are_derived(root):
    described = {variable.name: variable for variable in _subject_variables(load_study(root / "config/config.yaml"))}
    bmi, age = described["BMI"], described["AGEGR1"]
    assert (bmi.type, bmi.label, bmi.rule) == ("float", "Body mass index", "WEIGHTBL in kg / (HEIGHT in m)^2.")
    assert (age.type, age.rule) == ("text", "Class of AGE: <70, 70-79, >=80.")
