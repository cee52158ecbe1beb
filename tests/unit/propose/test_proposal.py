"""Folders of known structure and what is proposed for them."""

from pathlib import Path

import pytest
from rctflow.propose.forms import ProposalError, look_at_folder
from rctflow.propose.outcomes import is_described
from rctflow.propose.proposal import propose
from rctflow.propose.rehearsal import rehearse
from rctflow.propose.roles import ARM_ENOUGH, arm_score, reference_of
from rctflow.propose.values import better_when
from rctflow.propose.writing import config_text
from rctflow.study.load import load_study
from rctflow.study.model import Study


def rows(header: str, *lines: str) -> str:
    return "\n".join([header, *lines]) + "\n"


def proposed(folder: Path, **forms: str) -> tuple[Study, str]:
    """The study that is proposed for forms (name -> CSV text), loaded from its file, and the text of the file."""
    data = folder / "data"
    data.mkdir(exist_ok=True)
    for name, text in forms.items():
        (data / f"{name}.csv").write_text(text, encoding="utf-8")
    text = config_text(propose(*look_at_folder(data)), "trial", str(data))
    file = folder / "trial.yaml"
    file.write_text(text, encoding="utf-8")
    return load_study(file), text


def flat(text: str) -> str:
    """The text with wrapped comments on one line."""
    return text.replace("\n#     ", " ").replace("\n  # ", " ")


def fits(study: Study) -> bool:
    """Whether the proposal goes through the rooms up to the records, unedited."""
    rehearsal = rehearse(study, "trial.yaml")
    assert rehearsal.problems == []
    return set(rehearsal.records) == set(study.endpoints)


LONG = rows(
    "patient_id,trt,age,sex,week,pain",
    *(f"P{i:02d},{'placebo' if i % 2 else 'drug X'},{40 + i},{'F' if i % 3 else 'M'},{week},{(i * 7 + week) % 11}"
      for i in range(1, 13) for week in (0, 4, 12)),
)  # fmt: skip
WIDE = rows(
    "bdi.pre,bdi.2m,bdi.8m,treatment,drug",
    *(
        f"{20 + i},{15 + i % 5},{'' if i == 3 else 10 + i % 4},{'TAU' if i % 2 else 'BtheB'},{'Yes' if i % 3 else 'No'}"
        for i in range(12)
    ),
)


def test_long_form_with_weeks(tmp_path: Path) -> None:
    study, _ = proposed(tmp_path, pain=LONG)
    table = study.tables["pain"]
    assert (table.subject, table.visit) == ("patient_id", "week")
    assert study.arms.reference == "placebo"
    assert {arm: plan.values for arm, plan in study.arms.levels.items()} == {
        "placebo": ("placebo",),
        "drug_x": ("drug X",),
    }
    assert [(v, plan.day, plan.baseline) for v, plan in study.visits.items()] == [
        ("baseline", 0, True),
        ("week4", 28, False),
        ("week12", 84, False),
    ]
    assert [plan.window for plan in study.visits.values()] == [(-28, 0), (1, 56), (57, 111)]
    assert set(study.subjects.covariates) == {"age", "sex"}
    endpoint = study.endpoints["pain"]
    assert (endpoint.column, endpoint.role, endpoint.direction, endpoint.baseline) == ("pain", "primary", "lower", True)
    assert set(endpoint.analyses) == {"ancova", "descriptive"}
    assert fits(study)


def test_wide_form_with_one_row_per_subject_and_no_identifier(tmp_path: Path) -> None:
    study, text = proposed(tmp_path, btheb=WIDE)
    assert study.tables["btheb"].subject == "SRCROW"
    assert study.tables["btheb"].wide == {
        "baseline": {"BDI": "bdi.pre"},
        "month2": {"BDI": "bdi.2m"},
        "month8": {"BDI": "bdi.8m"},
    }
    assert study.arms.reference == "tau"
    assert study.subjects.planned.column == "treatment"
    assert "Is each row of btheb.csv one subject?" in text
    assert fits(study)


@pytest.mark.parametrize(
    ("header", "visits"),
    [
        ("Prewt,Postwt", ["baseline", "post"]),
        ("baseline,number3m,number12m", ["baseline", "month3", "month12"]),
        ("base,y1,y2,y3", ["baseline", "time1", "time2", "time3"]),
        ("score_w0,score_w6", ["baseline", "week6"]),
        ("crp,crp_day7,crp_day28", ["baseline", "day7", "day28"]),
        ("week0,week4,week8", ["baseline", "week4", "week8"]),
    ],
)
def test_times_in_column_names(tmp_path: Path, header: str, visits: list[str]) -> None:
    width = header.count(",") + 1
    body = [
        f"{i},{'placebo' if i % 2 else 'active'}," + ",".join(str(10 + (i * 3 + k) % 7) for k in range(width))
        for i in range(1, 13)
    ]
    study, _ = proposed(tmp_path, form=rows(f"id,arm,{header}", *body))
    assert list(study.visits) == visits
    assert [e.baseline for e in study.endpoints.values()] == [True]
    assert fits(study)


def test_hours_after_surgery_are_visits_in_order_not_days(tmp_path: Path) -> None:
    header = "treat,preOp_pain,extubation_cough,pacu30min_cough,postOp4hour_cough,pod1am_cough"
    body = [f"{i % 2},{i % 3},{i % 4},{(i + 1) % 4},{(i + 2) % 4},{i % 2}" for i in range(20)]
    study, text = proposed(tmp_path, gargle=rows(header, *body))
    assert list(study.visits) == ["baseline", "extubation", "minute30", "hour4", "day1"]
    assert study.endpoints["cough"].baseline is False
    assert study.endpoints["cough"].analyses["ancova_value"] == {"use": "ancova_value"}
    assert study.analyses["ancova_value"].outcome == "value"
    assert "Which arm is the comparator" in text
    assert "On which days were the visits planned?" in text
    assert fits(study)


def test_one_outcome_at_the_end(tmp_path: Path) -> None:
    body = [f"{i},{'Control' if i % 2 else 'Drug'},{'True' if i % 3 else 'False'},{50 + i}" for i in range(1, 13)]
    study, text = proposed(tmp_path, tb=rows("patient_id,arm,improved,age", *body))
    assert study.tables["tb"].columns["improved"].values == {"False": "0", "True": "1"}
    assert study.tables["tb"].wide == {"end": {"improved": "improved"}}
    assert (study.endpoints["improved"].baseline, study.endpoints["improved"].direction) == (False, "higher")
    assert "When was this measured: improved?" in text
    assert fits(study)


def test_baseline_in_a_column_of_its_own_is_a_covariate(tmp_path: Path) -> None:
    body = [f"{i},{1 + i % 2},{i % 5},{time},{(i + time) % 5}" for i in range(1, 13) for time in (1, 3, 5)]
    study, text = proposed(tmp_path, ra=rows("id,trt,baseline,time,y", *body))
    assert study.endpoints["y"].analyses["ancova_value"]["covariates"] == ["baseline"]
    assert study.arms.levels["arm1"].values == ("1",)
    assert "Is one of the visits (Time 1, Time 3, Time 5) the baseline?" in text
    assert fits(study)


def test_several_forms_join_by_subject(tmp_path: Path) -> None:
    people = range(1, 21)
    demographics = rows(
        "SUBJID,SITE,AGE,SEX,ARM,RANDDT,FIRST_DOSE_DATE",
        *(
            f"{i:03d},{1 + (i // 2) % 2},{60 + i},{'FM'[i % 2]},{('Placebo', 'MSC')[i % 2]},"
            f"2021-03-{i:02d},2021-04-{i:02d}"
            for i in people
        ),
    )
    visits = (("Baseline", "03"), ("Week 4", "05"), ("Unscheduled", "06"))
    walk = rows(
        "SUBJID,VISIT,PERFDAT,WALK",
        *(
            f"{i:03d},{label},2021-{month}-{i:02d},{'unable' if i == 4 else 5 + (i + int(month)) % 4}"
            for i in people
            for label, month in visits
        ),
    )
    lab = rows(
        "SUBJID,VISIT,LBDAT,LBTESTCD,LBORRES",
        *(
            f"{i:03d},{label},2021-{month}-{i:02d},{test},{'<0.5' if i == 5 else 1 + (i + int(month)) % 6}"
            for i in people
            for label, month in (("Baseline", "03"), ("WK4", "05"))
            for test in ("IL6", "CRP")
        ),
    )
    study, _ = proposed(tmp_path, dm=demographics, walk=walk, lab=lab)
    assert {name: table.subject for name, table in study.tables.items()} == dict.fromkeys(
        ("dm", "lab", "walk"), "SUBJID"
    )
    assert study.visits["week4"].values == ("WK4", "Week 4")
    assert study.tables["walk"].unplanned == ("Unscheduled",)
    assert study.tables["walk"].columns["WALK"].codes == {"unable": "unable"}
    assert study.endpoints["walk"].unable is not None and study.endpoints["walk"].unable.rule == "worst"
    assert study.tables["lab"].duplicates.key == ("SUBJID", "VISIT", "LBTESTCD")
    assert {study.endpoints[name].where for name in ("il6", "crp")} == {"LBTESTCD == 'IL6'", "LBTESTCD == 'CRP'"}
    assert study.endpoints["il6"].below == "half"
    assert study.subjects.randomized.column == "RANDDT" and study.subjects.first_dose.column == "FIRST_DOSE_DATE"
    assert set(study.populations) == {"itt", "safety"}
    assert set(study.subjects.strata) == {"SITE"}
    assert fits(study)


def test_two_tables_that_write_one_label_for_two_visits(tmp_path: Path) -> None:
    weekly = rows(
        "id,arm,week,pain",
        *(f"{i},{'placebo' if i % 2 else 'new'},{t},{(i + t) % 9}" for i in range(1, 13) for t in (0, 1, 2)),
    )
    monthly = rows("id,month,gait", *(f"{i},{t},{(i + t) % 9 + 0.5}" for i in range(1, 13) for t in (0, 1)))
    study, _ = proposed(tmp_path, a=weekly, b=monthly)
    assert study.tables["b"].columns["month"].values == {"1": "month1"}
    rehearsal = rehearse(study, "trial.yaml")
    assert set(rehearsal.records["gait"]["AVISIT"]) == {"baseline", "month1"}
    assert fits(study)


def test_codes_for_missing_are_proposed_and_asked_about(tmp_path: Path) -> None:
    body = [
        f"{i},{'placebo' if i % 2 else 'new'},{w},{(i + w) % 5 + 1 if i > 3 else 99},{999 if i == 12 else 20 + i}"
        for i in range(1, 13)
        for w in (0, 4)
    ]
    study, text = proposed(tmp_path, form=rows("id,arm,week,mood,bmi", *body))
    assert study.tables["form"].columns["mood"].codes == {"99": "missing"}
    assert "Do these codes mean what `codes` says (missing, unable, refused)? mood (99)" in text
    assert fits(study)


def test_instrument_items_become_scores(tmp_path: Path) -> None:
    items = [f"q{n}" for n in range(1, 16)]
    body = [
        f"{i},{'placebo' if i % 2 else 'new'},{w}," + ",".join(str((i * n + w) % 2) for n in range(15))
        for i in range(1, 13)
        for w in (0, 4)
    ]
    study, _ = proposed(tmp_path, mood=rows(f"id,arm,week,{','.join(items)}", *body))
    assert study.instruments["gds15"].table == "mood"
    assert study.endpoints["gds15_gds15"].score == "GDS15"
    assert fits(study)


def test_no_arm_is_said_and_what_can_be_written_is(tmp_path: Path) -> None:
    body = [f"P{i},{w},{i * 1.5 + w}" for i in range(1, 13) for w in (0, 4)]
    study, text = proposed(tmp_path, form=rows("id,week,weight_kg", *body))
    assert study.subjects.planned.column == "TODO_ARM"
    assert "Which column holds the randomized arm? Looked for" in text
    assert any("TODO_ARM" in problem for problem in rehearse(study, "trial.yaml").problems)


def test_no_outcome_is_a_question_too(tmp_path: Path) -> None:
    body = [f"P{i},{'placebo' if i % 2 else 'new'},name {i}" for i in range(1, 13)]
    study, text = proposed(tmp_path, form=rows("id,arm,remark", *body))
    assert study.endpoints["todo_outcome"].column == "TODO_OUTCOME"
    assert "Which column is the outcome? Looked for" in text


def test_time_until_an_event_is_not_analysed_as_a_mean(tmp_path: Path) -> None:
    body = [f"{i},{'placebo' if i % 2 else 'new'},{i * 11 + 3},{i % 2},{50 + i}" for i in range(1, 21)]
    study, text = proposed(tmp_path, surv=rows("id,rx,futime,death,age", *body))
    assert set(study.endpoints) == {"death"}
    assert study.endpoints["death"].direction == "lower"
    assert "futime: a time until an event" in flat(text)
    assert "Proposed is only whether the event happened (death, 0 or 1)" in flat(text)
    assert "a risk difference by least squares until a binary model is chosen; censoring is ignored" in flat(text)


def test_a_time_whose_event_is_not_proposed_says_so(tmp_path: Path) -> None:
    body = [f"{i},{'placebo' if i % 2 else 'new'},{i * 11 + 3},{i % 2},{i * 3 % 8},{i * 7}" for i in range(1, 21)]
    study, text = proposed(tmp_path, block=rows("id,arm,med_duration,med_censor,score,theatre_time", *body))
    assert set(study.endpoints) == {"score"}
    assert "Nothing is proposed of it. Whether the event happened (med_censor) can be" in flat(text)
    assert "only whether the event happened" not in flat(text)
    assert "not proposed: med_censor, theatre_time." in flat(text)


UNNAMED = rows("id,trt,bili,entry.dt,last.dt", *(
    f"{i},{'placebo' if i % 2 else 'new'},{i * 1.5},2021-03-{i:02d},2022-05-{i:02d}"
    for i in range(1, 21)))  # fmt: skip


def test_a_number_that_nothing_calls_an_outcome_is_not_proposed(tmp_path: Path) -> None:
    study, text = proposed(tmp_path, form=UNNAMED)
    assert set(study.endpoints) == {"todo_outcome"}
    assert "Nothing but being a number or yes/no speaks for: bili." in flat(text)


def test_dates_are_asked_about_and_the_entry_is_the_randomization(tmp_path: Path) -> None:
    study, text = proposed(tmp_path, form=UNNAMED)
    assert study.subjects.randomized is not None and study.subjects.randomized.column == "entry_dt"
    assert "Taken for randomization: entry.dt (`randomized`). Not read: last.dt." in flat(text)


def test_days_without_visits_become_windows(tmp_path: Path) -> None:
    body = [f"{i},{'placebo' if i % 2 else 'new'},{day + (i % 5 if day else 0)},{(i * day) % 17}"
            for i in range(1, 21) for day in (0, 60, 180)]  # fmt: skip
    study, text = proposed(tmp_path, form=rows("id,arm,day,weight", *body))
    assert {visit: plan.window for visit, plan in study.visits.items()} == {
        "baseline": (-28, 0), "day62": (1, 122), "day182": (123, 241)}  # fmt: skip
    endpoint = study.endpoints["weight"]
    assert (endpoint.windowing, endpoint.baseline) == ("by_day", True)
    assert "its days gather at day 62, day 182" in flat(text)
    assert fits(study)
    assert set(rehearse(study, "trial.yaml").records["weight"]["AVISIT"]) == set(study.visits)


def test_rows_of_events_are_asked_about_and_nothing_is_made_of_them(tmp_path: Path) -> None:
    body = [
        f"{i},{'placebo' if i % 2 else 'new'},{i * 3 + k * 40},{i * 3 + k * 40 + 9}"
        for i in range(1, 13)
        for k in (0, 1)
    ]
    study, text = proposed(tmp_path, form=rows("id,arm,ivstart,ivstop", *body))
    assert (study.tables["form"].visit, study.tables["form"].wide) == ("TODO_VISIT", {})
    assert "ivstart, ivstop. If they are visits, name the column of the visit in place of TODO_VISIT" in flat(text)


def test_the_arm_in_other_units_is_no_covariate(tmp_path: Path) -> None:
    body = [f"{i},{(0, 5, 20)[i % 3]},{(1, 2, 3)[i % 3]},{50 + i},{i % 2}" for i in range(1, 31)]
    study, _ = proposed(tmp_path, form=rows("id,Baseline.age.of.cells,arm,age,relapse", *body))
    assert set(study.subjects.covariates) == {"age"}


def test_a_doubtful_arm_says_todo_until_it_is_confirmed(tmp_path: Path) -> None:
    body = [f"{i},{i % 3},{50 + i},{i % 2}" for i in range(1, 31)]
    study, text = proposed(tmp_path, form=rows("id,cells.group.of.three,age,relapse", *body))
    assert study.subjects.planned.column == "cells_group_of_three"
    assert "TODO: a stand-in; if it is the randomized arm, delete this comment. cells.group.of.three" in flat(text)


@pytest.mark.parametrize(
    ("header", "described"),
    [
        ("age", True), ("bl_score", True), ("prior_relapse", True), ("marital_status", True), ("pre_pain", True),
        ("Birth.outcome", False), ("Pre.eclamp", False), ("preg_ended", False), ("height_at_death", False),
        ("HIV.status", False),
    ],
)  # fmt: skip
def test_what_describes_subjects_at_baseline(header: str, described: bool) -> None:
    assert is_described(header) is described


@pytest.mark.parametrize(
    ("name", "direction"),
    [("relapse", "lower"), ("Recurrence", "lower"), ("status", "lower"), ("preterm", "lower"),
     ("opioid_total", "lower"), ("pain", "lower"), ("walk", "higher"), ("bili", "higher")],
)  # fmt: skip
def test_which_way_is_better(tmp_path: Path, name: str, direction: str) -> None:
    assert better_when(name, None)[0] == direction


def test_directions_are_asked_about_whether_a_word_says_them_or_not(tmp_path: Path) -> None:
    _, text = proposed(tmp_path, pain=LONG)
    assert "Which way is better? Taken: lower in pain." in flat(text)


def test_pairs_of_numbered_columns_are_asked_about_and_not_read(tmp_path: Path) -> None:
    body = [f"{i},{'placebo' if i % 2 else 'new'},{i % 2},{i},{i + 1},{i + 2},{i + 3}" for i in range(1, 13)]
    study, text = proposed(tmp_path, form=rows("id,arm,relapse,OAA1,OCR1,OAA5,OCR5", *body))
    assert set(study.endpoints) == {"relapse"}
    assert "Do the numbers at the end of OAA1, OAA5; OCR1, OCR5 mean visits? Taken: no" in flat(text)


def test_columns_told_apart_by_signs_alone_are_asked_about(tmp_path: Path) -> None:
    body = [f"{i},{'placebo' if i % 2 else 'new'},{i},{i + 1},{i + 2},{i + 3}" for i in range(1, 13)]
    study, text = proposed(tmp_path, form=rows("id,arm,BL.AA,V5.AA,BL..AA,V5..AA", *body))
    assert study.tables["form"].wide == {"baseline": {"AA": "BL.AA"}, "visit5": {"AA": "V5.AA"}}
    assert study.subjects.covariates == {}
    assert "What are BL..AA, V5..AA? Not read" in flat(text)
    assert "Do the numbers in V5.AA name visits of the plan? Taken: yes." in flat(text)
    assert study.endpoints["aa"].label == "AA"


def test_long_reasons_are_wrapped(tmp_path: Path) -> None:
    header = ",".join(f"measure{name}_{when}" for name in "abcdefghijk" for when in ("pre", "4w"))
    body = [f"{i},{'placebo' if i % 2 else 'new'}," + ",".join(str(i % 7 + k) for k in range(22)) for i in range(1, 13)]
    _, text = proposed(tmp_path, form=rows(f"id,arm,{header}", *body))
    assert max(len(line) for line in text.splitlines()[1:] if line.lstrip().startswith("#")) <= 110


def test_crossover_is_refused(tmp_path: Path) -> None:
    body = [
        f"{i},{period},{'placebo' if (i + period) % 2 else 'drug'},{i + period}"
        for i in range(1, 13)
        for period in (1, 2)
    ]
    with pytest.raises(ProposalError, match="crossover design: it is not analysable"):
        proposed(tmp_path, cross=rows("subject,period,treatment,score", *body))


def test_cluster_randomization_is_refused(tmp_path: Path) -> None:
    body = [f"{v * 10 + i},{v},{'control' if v % 2 else 'net'},{i % 3}" for v in range(1, 9) for i in range(5)]
    with pytest.raises(ProposalError, match="cluster design \\(village was randomized"):
        proposed(tmp_path, nets=rows("id,village,arm,outcome", *body))


def test_sites_with_both_arms_are_strata_not_clusters(tmp_path: Path) -> None:
    body = [f"{v * 20 + i},{v},{'control' if i % 2 else 'net'},{i % 3}" for v in range(1, 5) for i in range(12)]
    study, _ = proposed(tmp_path, nets=rows("id,site,arm,outcome", *body))
    assert set(study.subjects.strata) == {"site"}
    assert fits(study)


@pytest.mark.parametrize(
    ("levels", "reference", "sure"),
    [
        (("drug X", "placebo"), "placebo", True),
        (("CBT", "Cont", "FT"), "Cont", True),
        (("0_placebo", "1_indomethacin"), "0_placebo", True),
        (("BtheB", "TAU"), "TAU", True),
        (("C", "T"), "C", True),
        (("Observation", "Levamisole"), "Observation", True),
        (("CBT", "FT"), "CBT", False),
        (("1", "0"), "0", False),
        (("1", "2"), "1", False),
    ],
)
def test_which_arm_is_the_reference(levels: tuple[str, ...], reference: str, sure: bool) -> None:
    found, _, told = reference_of(levels)
    assert (found, told) == (reference, sure)


@pytest.mark.parametrize(
    ("header", "levels", "is_arm"),
    [
        ("treatment", ("TAU", "BtheB"), True),
        ("drug", ("No", "Yes"), False),
        ("drug", ("placebo", "x"), True),
        ("rx", ("1", "2"), True),
        ("therastent", ("0_no", "1_yes"), False),
        ("racegrp", ("black", "white"), False),
        ("country", ("c1", "c2"), False),
    ],
)
def test_what_looks_like_an_arm(header: str, levels: tuple[str, ...], is_arm: bool) -> None:
    assert (arm_score(header, levels) >= ARM_ENOUGH) is is_arm


def test_columns_that_may_be_outcomes_are_asked_about(tmp_path: Path) -> None:
    body = [f"{i},{'placebo' if i % 2 else 'new'},{i % 2},{i % 5}" for i in range(1, 13)]
    study, text = proposed(tmp_path, form=rows("id,arm,relapse,zeta", *body))
    assert set(study.endpoints) == {"relapse"}
    assert "Is one of these an outcome too? No name or time says so, and they are not proposed: zeta." in flat(text)
