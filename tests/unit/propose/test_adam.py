"""The config proposed for ADaM data: arms, populations, visits, records and events by the standard's names."""

from pathlib import Path

import pandas as pd
import pytest
from rctflow.propose.adam import Adam, is_adam, look_at_adam
from rctflow.propose.adam_config import adam_config, adam_questions
from rctflow.propose.forms import ProposalError, look_at_folder
from rctflow.propose.rehearsal import rehearse, rehearse_findings
from rctflow.study.load import load_study
from rctflow.summaries.exposure import exposure_per_patient
from rctflow.summaries.sources import Sources

PEOPLE = [f"S-{number:02d}" for number in range(1, 13)]
VISITS = {"Baseline": (0, 1), "Week 4": (4, 29), "Week 8": (8, 57)}


def frames() -> dict[str, pd.DataFrame]:
    """As R writes them: a missing text is NA. Nobody analyses item 1's second measurement, a day later."""
    adsl = pd.DataFrame({"USUBJID": PEOPLE, "TRT01P": ["Drug", "Placebo"] * 5 + ["Screen Failure"] * 2})
    adsl["TRT01A"] = adsl["TRT01P"]
    adsl["TRTSDT"] = ["2021-03-01"] * 10 + ["NA"] * 2
    adsl = adsl.assign(AGE=range(50, 62), STRAT1R=["1", "2"] * 6, ITTFL=["Y"] * 10 + ["N"] * 2)
    adsl = adsl.assign(SAFFL=["Y"] * 9 + ["N"] * 3, EOSSTT=["COMPLETED"] * 10 + ["NA"] * 2)
    rows = [
        {"USUBJID": who, "PARAMCD": code, "PARAM": name, "AVISIT": visit, "AVISITN": n, "ADY": day + later}
        | {"ADT": f"2021-{3 + (day + later) // 31:02d}-{1 + (day + later) % 28:02d}", "BASE": at, "CHG": n}
        | {"AVAL": at + n, "ABLFL": "Y" if not n and not later else "NA", "ANL01FL": "NA" if later else "Y"}
        for at, who in enumerate(PEOPLE[:10])
        for code, name in (("SCTOT", "Scale total (points)"), ("ITEM1", "Item 1"))
        for visit, (n, day) in VISITS.items()
        for later in ((0, 1) if code == "ITEM1" and n else (0,))
    ]
    last = [row | {"AVISIT": "Last", "AVISITN": 99, "ADY": 5 + 5 * at} for at, row in enumerate(rows) if at % 8 == 5]
    adsc = pd.DataFrame([*rows, *last])
    adae = pd.DataFrame({"USUBJID": ["S-01", "S-01", "S-02"], "AETERM": ["Rash", "Cough", "Rash"], "AESEQ": [1, 2, 1]})
    adae = adae.assign(ASTDT=["2021-03-02", "2021-03-09", "2021-04-01"], TRTEMFL="Y", AESEV=["MILD", "SEVERE", "MILD"])
    adae = adae.assign(AEREL=["POSSIBLE", "NONE", "REMOTE"], AESER="N", AEOUT="RECOVERED/RESOLVED")
    time = pd.DataFrame({"USUBJID": PEOPLE[:10], "PARAMCD": "TTE", "AVAL": range(1, 11), "CNSR": 0})
    return {"adsl": adsl, "adsc": adsc, "adae": adae, "adtte": time}


def adam(folder: Path, **changed: pd.DataFrame) -> Adam:
    folder.mkdir(exist_ok=True)
    for name, frame in (frames() | changed).items():
        frame.to_csv(folder / f"{name}.csv", index=False)
    forms, faults = look_at_folder(folder)
    assert faults == []
    assert is_adam(forms)
    return look_at_adam(forms)


def rehearsed(found: Adam, folder: Path, data: Path):
    (folder / "small.yaml").write_text(adam_config(found, "small", str(data)), encoding="utf-8")
    return rehearse(load_study(folder / "small.yaml"), "small.yaml")


def test_arms_visits_and_parameters_by_the_standard(tmp_path: Path) -> None:
    found = adam(tmp_path)
    assert (found.arms, found.others, found.reference) == ({"Drug": 5, "Placebo": 5}, ["Screen Failure"], "Placebo")
    assert [(visit.id, visit.day, visit.window) for visit in found.visits] == [
        ("baseline", 0, (-60, 0)),
        ("week_4", 28, (1, 42)),
        ("week_8", 56, (43, 70)),
    ]
    assert found.unplanned == {"adsc": ["Last"]}
    # the days after tell the two measurements of item 1 apart
    assert found.keys == {"adsc": ["USUBJID", "PARAMCD", "AVISIT", "ADT"]}
    (total,) = found.parameters
    assert (total.code, total.has_baseline, total.visits) == ("SCTOT", True, ("baseline", "week_4", "week_8"))
    assert found.unread == {"adtte.csv": "its records run to an event (CNSR)"}


def test_the_proposal_loads_and_fits_its_data(tmp_path: Path) -> None:
    found = adam(tmp_path / "data")
    text = adam_config(found, "small", str(tmp_path / "data"))
    assert "label: Scale total, role: primary, table: adsc, column: AVAL" in text
    assert "where: PARAMCD == 'SCTOT', unit: points" in text
    assert "grade: {column: AESEV, order: [MILD, SEVERE]}" in text
    assert "related: {column: AEREL, counts: [POSSIBLE], others: [NONE, REMOTE]}" in text
    rehearsal = rehearsed(found, tmp_path, tmp_path / "data")
    assert rehearsal.problems == []
    assert rehearsal.adsl is not None
    assert rehearsal.adsl["TRT01P"].value_counts().to_dict() == {"drug": 5, "placebo": 5}
    assert rehearsal.adsl["SAFFL"].eq("Y").sum() == 9
    assert rehearsal.ledger is not None
    assert set(rehearsal.ledger["rule"]) <= {"unplanned_visit"}
    records = rehearsal.records["sctot"]
    assert records[records["AVISIT"] == "week_8"]["CHG"].tolist() == [8.0] * 10


def test_what_the_data_leave_open_is_asked(tmp_path: Path) -> None:
    strange = frames()["adae"].assign(AEREL="PERHAPS")
    asked = " ".join(adam_questions(adam(tmp_path, adae=strange)))
    for words in ("no RANDDT", "AVISIT also says Last", "adtte.csv gives no endpoint", "'PERHAPS' mean in AEREL"):
        assert words in asked


def test_doses_medication_and_the_end_of_treatment_are_summarized(tmp_path: Path) -> None:
    adsl = frames()["adsl"].assign(EOTSTT=["COMPLETED"] * 9 + ["NA"] * 3, DCTREAS="NA", EOSDT="2021-05-01")
    doses = pd.DataFrame({"USUBJID": PEOPLE[:9], "EXTRT": "DRUG", "EXDOSE": 5, "EXDOSU": "mg", "ASTDT": "2021-03-01"})
    doses = doses.assign(AENDT=["2021-03-14"] * 8 + ["NA"], EXDOSFRQ="QD")
    taken = pd.DataFrame({"USUBJID": ["S-01"], "CMTRT": "tea", "ASTDT": "2021-02-01", "AENDT": "2021-03-02"})
    data = tmp_path / "data"
    rehearsal = rehearsed(adam(data, adsl=adsl, adex=doses, adcm=taken), tmp_path, data)
    assert rehearsal.problems == []
    declared = rehearsal.study.summaries
    assert declared.disposition is not None
    assert [phase.reason for phase in declared.disposition.phases] == ["DCTREAS"]
    assert declared.medication is not None
    assert (declared.medication.table, declared.medication.term) == ("adcm", "CMTRT")
    assert declared.exposure is not None
    exposed = exposure_per_patient(Sources(rehearsal.adsl, tables=rehearsal.tables), declared.exposure)
    assert exposed["cumulative_dose"].tolist() == [5.0 * 14] * 8 + [5.0 * 62]


def test_a_check_finds_what_keeps_exposure_and_laboratory_from_being_made(tmp_path: Path) -> None:
    doses = pd.DataFrame({"USUBJID": PEOPLE[:2], "EXTRT": "DRUG", "EXDOSE": 5, "EXDOSU": "mg", "ASTDT": "2021-03-01"})
    doses = doses.assign(AENDT=["2021-03-14", "2021-02-28"], EXDOSFRQ="QD")
    blood = frames()["adsc"].query("PARAMCD == 'SCTOT' and AVISIT != 'Last'").assign(PARAMCD="CRP", LBSEQ=1)
    blood["AVAL"] = blood["AVAL"].astype("str").where(blood["AVAL"] != 4, "<4")
    data = tmp_path / "data"
    config = adam_config(adam(data, adex=doses, adlb=blood), "small", str(data))
    config = config.replace("AVAL: {type: number}", "AVAL: {type: number, censored: true}")
    (tmp_path / "small.yaml").write_text(config, encoding="utf-8")
    rehearsal = rehearse(load_study(tmp_path / "small.yaml"), "small.yaml")
    rehearse_findings(rehearsal, "small.yaml")
    problems = rehearsal.problems
    assert any("dosing ends before it starts in form adex: S-02" in problem for problem in problems)
    assert any("small.yaml: findings.adlb.tests.CRP" in problem and "'<'" in problem for problem in problems)


def test_records_that_nothing_tells_apart_are_asked_for(tmp_path: Path) -> None:
    twice = frames()["adsc"]
    twice = pd.concat([twice, twice.iloc[[1]].assign(AVAL=99)])
    found = adam(tmp_path, adsc=twice)
    assert found.keys == {"adsc": ["USUBJID", "PARAMCD", "AVISIT"]}
    assert any("tables.adsc.duplicates" in question for question in adam_questions(found))


def test_data_that_do_not_say_which_records_are_analysed_give_a_stand_in(tmp_path: Path) -> None:
    found = adam(tmp_path / "data", adsc=frames()["adsc"].drop(columns="ANL01FL"))
    assert found.parameters == []
    assert "no ANL01FL" in found.unread["adsc.csv"]
    rehearsal = rehearsed(found, tmp_path, tmp_path / "data")
    assert rehearsal.adsl is not None
    assert list(rehearsal.study.endpoints) == ["outcome"]


def test_one_arm_in_adsl_is_no_trial_to_compare(tmp_path: Path) -> None:
    with pytest.raises(ProposalError, match=r"1 arm\(s\) in TRT01P"):
        adam(tmp_path, adsl=frames()["adsl"].assign(TRT01P="Drug"))


def test_records_without_days_have_no_visits(tmp_path: Path) -> None:
    with pytest.raises(ProposalError, match="no visits can be proposed"):
        adam(tmp_path, adsc=frames()["adsc"].drop(columns="ADY"))


def test_the_pilots_adam_folder(shared: Path, tmp_path: Path) -> None:
    folder = shared / "data" / "cdiscpilot" / "adam"
    forms, faults = look_at_folder(folder)
    found = look_at_adam(forms)
    assert found.arms == {"Placebo": 86, "Xanomeline High Dose": 84, "Xanomeline Low Dose": 84}
    tables = {one.code: one.table for one in found.parameters}
    assert (tables["ACTOT"], tables["CIBICVAL"], tables["NPTOT"]) == ("adqsadas", "adqscibc", "adqsnpix")
    (tmp_path / "pilot.yaml").write_text(adam_config(found, "pilot", str(folder.absolute()), faults), encoding="utf-8")
    rehearsal = rehearse(load_study(tmp_path / "pilot.yaml"), "pilot.yaml")
    assert rehearsal.problems == []
    assert rehearsal.adsl is not None
    # published table 14-1.01
    members = {flag: rehearsal.adsl[rehearsal.adsl[flag] == "Y"] for flag in ("ITTFL", "SAFFL", "EFFFL")}
    counts = {flag: rows["TRT01P"].value_counts().sort_index().tolist() for flag, rows in members.items()}
    assert counts == {"ITTFL": [86, 84, 84], "SAFFL": [86, 84, 84], "EFFFL": [79, 74, 81]}
    declared, findings = rehearsal.study.summaries, rehearsal.study.findings
    assert declared.exposure is not None
    assert declared.exposure.adsl == {"cumulative_dose": "CUMDOSE", "duration": "TRTDUR", "average_daily_dose": "AVGDD"}
    assert declared.disposition is not None
    assert [milestone.where for milestone in declared.disposition.milestones][-1] == "INCOMP24 == 'Y'"
    assert rehearsal.adsl["INCOMP24"].eq("Y").sum() == 118
    assert rehearsal.adsl["EOSSTT"].value_counts().to_dict() == {"COMPLETED": 110, "DISCONTINUED": 144}
    assert (findings["adlb"].table, findings["adlb"].more_tables) == ("adlbc", ("adlbh",))
    assert (findings["adlb"].indicator, len(findings["adlb"].tests), len(findings["advs"].tests)) == ("LBNRIND", 30, 11)
    assert not any("laboratory" in question for question in adam_questions(found))
    changes = rehearsal.records["actot"].query("AVISIT == 'week_24' and ANL01FL == 'Y'")
    assert len(changes) == 65 + 41 + 49


def test_a_check_finds_events_that_cannot_be_true(tmp_path: Path) -> None:
    stranger = frames()["adae"].assign(USUBJID=["S-01", "S-77", "S-02"])
    rehearsal = rehearsed(adam(tmp_path / "data", adae=stranger), tmp_path, tmp_path / "data")
    (problem,) = rehearsal.problems
    assert "adverse_events: The patient is not in table 'adsl'. 1 event of S-77 (row 2 of table 'adae')" in problem
