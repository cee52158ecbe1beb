"""The config proposed for SDTM data: arms, visits, tests and dates by the standard's names."""

from pathlib import Path

import pandas as pd
import pyreadstat
import pytest
from rctflow.propose.forms import ProposalError, look_at_folder
from rctflow.propose.rehearsal import rehearse
from rctflow.propose.sdtm import Sdtm, is_sdtm, look_at_sdtm
from rctflow.propose.sdtm_config import sdtm_config, sdtm_questions
from rctflow.study.load import load_study
from rctflow.summaries.exposure import exposure_per_patient
from rctflow.summaries.sources import Sources

PEOPLE = [f"S-{number:02d}" for number in range(1, 13)]
ARMS = ["Drug", "Placebo"] * 5 + ["Screen Failure"] * 2


def frames() -> dict[str, pd.DataFrame]:
    dm = pd.DataFrame({"USUBJID": PEOPLE, "ARM": ARMS, "AGE": range(50, 62), "SEX": ["F", "M"] * 6, "SITEID": "1"})
    treated = PEOPLE[:10]
    ex = pd.DataFrame({"USUBJID": treated, "EXSTDTC": "2021-03-01T08:30", "EXDOSE": 5.0})
    visits = [("SCREENING", -7, "2021-02-22"), ("BASELINE", 1, "2021-03-01"), ("WEEK 4", 29, "2021-03-29")]
    visits += [("PHONE", 30, "2021-03-30"), ("WEEK 8", 57, "2021-04-26")]
    rows = [
        {
            "USUBJID": who,
            "QSTESTCD": code,
            "QSTEST": name,
            "QSCAT": "SCALE",
            "VISIT": visit,
            "VISITDY": day,
            "QSDTC": date,
        }
        for who in treated
        for visit, day, date in visits
        if not (visit == "PHONE" and who > "S-06")
        for code, name in (("SCTOT", "Scale Total Score"), ("SCITM1", "Item 1"))
    ]
    qs = pd.DataFrame(rows).assign(QSSTRESN=lambda t: range(len(t)))
    events = ["RANDOMIZED", "COMPLETED"] * 10
    ds = pd.DataFrame({"USUBJID": sorted(treated * 2), "DSDECOD": events, "DSSTDTC": ["2021-02-28", "2021-05-01"] * 10})
    ds["DSCAT"] = ["PROTOCOL MILESTONE", "DISPOSITION EVENT"] * 10
    ae = pd.DataFrame({"USUBJID": treated[:3], "AETERM": "Rash", "AESTDTC": ["2021", "2021-03", "2021-03-02"]})
    ae = ae.assign(AESER=["Y", "N", "N"], AEREL="PERHAPS")
    return {"dm": dm, "ex": ex, "qs": qs, "ds": ds, "ae": ae}


def sdtm(folder: Path, **changed: pd.DataFrame) -> Sdtm:
    for name, frame in (frames() | changed).items():
        labels = {"AGE": "Age in years"} if name == "dm" else {}
        table = frame.assign(STUDYID="X", DOMAIN=name.upper())
        for column in table.columns[table.dtypes == "int64"]:
            table[column] = table[column].astype(float)
        path = folder / f"{name}.xpt"
        pyreadstat.write_xport(table, path, file_format_version=5, table_name=name.upper(), column_labels=labels)
    forms, faults = look_at_folder(folder)
    assert faults == []
    assert is_sdtm(forms)
    return look_at_sdtm(forms)


def test_arms_visits_and_tests_by_the_standard(tmp_path: Path) -> None:
    found = sdtm(tmp_path)
    assert (found.arms, found.others, found.reference) == ({"Drug": 5, "Placebo": 5}, ["Screen Failure"], "Placebo")
    assert [(visit.id, visit.day, visit.window) for visit in found.visits] == [
        ("baseline", 0, (-28, 0)),
        ("week_4", 28, (1, 42)),
        ("week_8", 56, (43, 70)),
    ]
    assert sorted(found.passed) == ["PHONE", "SCREENING"]
    (test,) = found.tests
    assert (test.code, test.has_baseline, test.visits) == ("SCTOT", True, ("baseline", "week_4", "week_8"))
    assert found.randomized == "RANDOMIZED"


def test_the_proposal_loads_and_fits_its_data(tmp_path: Path) -> None:
    (tmp_path / "data").mkdir()
    found = sdtm(tmp_path / "data")
    text = sdtm_config(found, "small", str(tmp_path / "data"))
    assert "serious: {column: AESER, counts: [Y], others: [N]}" in text
    assert any("'PERHAPS' mean in AEREL" in question for question in sdtm_questions(found))
    assert "AGE: {type: number, label: Age in years}" in text
    assert "EXSTDTC: {type: datetime}" in text
    assert "where: DSDECOD == 'RANDOMIZED'" in text
    (tmp_path / "small.yaml").write_text(text, encoding="utf-8")
    rehearsal = rehearse(load_study(tmp_path / "small.yaml"), "small.yaml")
    assert rehearsal.problems == []
    assert rehearsal.adsl is not None
    assert rehearsal.adsl["TRT01P"].value_counts().to_dict() == {"drug": 5, "placebo": 5}


def test_without_planned_days_those_of_the_records_say_when_a_visit_is(tmp_path: Path) -> None:
    later = frames()["qs"].rename(columns={"VISITDY": "QSDY"})
    rare = later.query("USUBJID == 'S-01' and VISIT == 'WEEK 8'").assign(VISIT="UNSCHEDULED 1", QSDY=44)
    found = sdtm(tmp_path, qs=pd.concat([later, rare]))
    assert [(visit.id, visit.day) for visit in found.visits] == [("baseline", 0), ("week_4", 28), ("week_8", 56)]


def test_without_a_form_of_doses_first_dose_is_what_dm_says(tmp_path: Path) -> None:
    (tmp_path / "data").mkdir()
    started = frames()["dm"].assign(RFXSTDTC=["2021-03-01"] * 10 + [""] * 2)
    found = sdtm(tmp_path / "data", dm=started, ex=pd.DataFrame({"USUBJID": PEOPLE[:2], "EXTRT": "Drug"}))
    text = sdtm_config(found, "small", str(tmp_path / "data"))
    assert "first_dose: {table: dm, column: RFXSTDTC}" in text
    (tmp_path / "small.yaml").write_text(text, encoding="utf-8")
    rehearsal = rehearse(load_study(tmp_path / "small.yaml"), "small.yaml")
    assert rehearsal.problems == []
    assert rehearsal.adsl is not None
    assert rehearsal.adsl["SAFFL"].eq("Y").sum() == 10


def test_one_arm_is_no_trial_to_compare(tmp_path: Path) -> None:
    with pytest.raises(ProposalError, match=r"1 arm\(s\)"):
        sdtm(tmp_path, dm=frames()["dm"].assign(ARM="Drug"))


def test_the_pilots_sdtm_folder(shared: Path, tmp_path: Path) -> None:
    folder = shared / "data" / "cdiscpilot" / "sdtm"
    forms, faults = look_at_folder(folder)
    found = look_at_sdtm(forms)
    assert found.arms == {"Placebo": 86, "Xanomeline High Dose": 84, "Xanomeline Low Dose": 84}
    # windows of the NPI-X in the statistical analysis plan, where first dose is day 1, less one
    windows = {visit.id: visit.window for visit in found.visits}
    assert (windows["week_2"], windows["week_12"], windows["week_24"]) == ((1, 20), (77, 90), (161, 174))
    assert [test.code for test in found.tests if test.domain == "QS"] == ["ACTOT", "CIBIC", "NPTOT"]
    (tmp_path / "pilot.yaml").write_text(sdtm_config(found, "pilot", str(folder.absolute()), faults), encoding="utf-8")
    rehearsal = rehearse(load_study(tmp_path / "pilot.yaml"), "pilot.yaml")
    assert rehearsal.problems == []
    assert rehearsal.adsl is not None
    assert rehearsal.adsl["TRT01P"].value_counts().to_dict() == {
        "placebo": 86,
        "xanomeline_high_dose": 84,
        "xanomeline_low_dose": 84,
    }
    # exposure as in the study's own ADSL: means of its TRTDUR and CUMDOSE
    declared = rehearsal.study.summaries
    assert None not in (declared.disposition, declared.medication, declared.laboratory, declared.vital_signs)
    assert declared.exposure is not None
    exposed = exposure_per_patient(Sources(rehearsal.adsl, tables=rehearsal.tables), declared.exposure)
    assert exposed["duration"].mean() == pytest.approx(116.0905512)
    assert exposed["cumulative_dose"].mean() == pytest.approx(4265.574803)
    assert rehearsal.adsl["EOSSTT"].value_counts().to_dict() == {"COMPLETED": 110, "DISCONTINUED": 144}
    assert declared.laboratory.liver is not None
    assert {"ALT", "GLUC", "WBC"} <= set(rehearsal.study.findings["adlb"].tests)
    assert {"SYSBP_1", "SYSBP_3", "WEIGHT"} <= set(rehearsal.study.findings["advs"].tests)
    sections = {question.split(". ", 1)[1].split(":")[0] for question in sdtm_questions(found, faults)}
    assert {"arms", "subjects.randomized", "subjects.actual", "visits", "endpoints", "tables"} <= sections
