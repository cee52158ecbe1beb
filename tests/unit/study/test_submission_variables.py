"""What the config tells of ADSL's own columns, for define.xml."""

from rctflow.study.load import load_study
from rctflow.study.submission import _subject_variables, standard_settings


def test_derived_columns_are_described_by_how_they_are_derived(root):
    described = {variable.name: variable for variable in _subject_variables(load_study(root / "config/config.yaml"))}
    bmi, age = described["BMI"], described["AGEGR1"]
    assert (bmi.type, bmi.label, bmi.rule) == ("float", "Body mass index", "WEIGHTBL in kg / (HEIGHT in m)^2.")
    assert (age.type, age.rule) == ("text", "Class of AGE: <70, 70-79, >=80.")


def test_a_covariate_has_the_label_that_the_config_gives_it(root):
    config = root / "config/cdiscpilot.yaml"
    described = {variable.name: variable for variable in _subject_variables(load_study(config))}
    assert described["EDUCLVL"].label == "Years of education"


def test_flags_of_records_carried_forward_and_averaged_are_described(root):
    study = load_study(root / "config/cdiscpilot.yaml")
    (qs,) = [one for one in standard_settings(study, adae=True).datasets if one.kind == "BDS"]
    assert {flag.source: (flag.name, flag.label) for flag in qs.further} == {
        "ANL02FL": ("ANL02FL", "Flag: With Values Carried Forward"),
        "ANL03FL": ("ANL03FL", "Flag: Averaged"),
    }
    assert {"ANL02FL", "ANL03FL"} <= set(qs.keys)


def test_flags_of_estimands_come_first_and_keep_their_numbers(root):
    study = load_study(root / "config/config.yaml")
    for contents in standard_settings(study, adae=True).datasets:
        if contents.kind == "BDS":
            assert [flag.name for flag in contents.further] == [
                f"ANL{number:02}FL" for number in range(2, 2 + len(contents.further))
            ]
            estimands = [flag.place.startswith("estimands.") for flag in contents.further]
            assert estimands == sorted(estimands, reverse=True)
