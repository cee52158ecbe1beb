"""The trial as exported: randomized as declared, written as declared, the same bytes each time."""

import csv
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from pandas.testing import assert_frame_equal
from rctflow.simulate.cohort import enrol, follow
from rctflow.simulate.course import NEVER
from rctflow.simulate.dirt_sections import no_dirt
from rctflow.simulate.sections import LabTest, Stratum
from rctflow.simulate.settings import SimulationSettings
from rctflow.simulate.trial import simulate_forms, write_trial
from rctflow.study.load import load_study

SEED = 2025
HEAD = ["STUDYID", "SITEID", "SUBJID"]
COLUMNS = {
    "dm": "ICDAT BRTHYY AGE SEX HEIGHT WEIGHT LIVALONE COMORB",
    "rand": "RANDNO RANDDT STRATUM STRSITE STRSEX BLOCKNO BLOCKSZ ARMP",
    "ex": "INFNO EXOCCUR EXDAT EXSTTIM EXENTIM EXTRT EXDOSE EXDOSU EXVOL EXREACT EXREASND",
    "ds": "DSDAT DSDECOD DSREAS DSTRT",
    "ice": "ICETERM ICEDAT ICEDESC",
    "dv": "DVSPID DVDAT DVTERM DVCLASS",
    "sf36": "VISIT QSDAT GH1 HT PF01 PF02 PF03 PF04 PF05 PF06 PF07 PF08 PF09 PF10 RP1 RP2 RP3 RP4 RE1 RE2 RE3 SF1 BP1 "
    "BP2 VT1 MH1 MH2 MH3 VT2 MH4 VT3 MH5 VT4 SF2 GH2 GH3 GH4 GH5",
    "eq5d": "VISIT QSDAT EQMO EQSC EQUA EQPD EQAD EQVAS",
    "tug": "VISIT PERFDAT TUG1 TUG2 TUGAID",
    "walk": "VISIT PERFDAT WALKDIST WALK1 WALK2",
    "grip": "VISIT PERFDAT GRIPDOM GRIPR1 GRIPR2 GRIPR3 GRIPL1 GRIPL2 GRIPL3 GRIPU",
    "sppb": "VISIT PERFDAT SBS SEMI TAND GAIT1 GAIT2 CHAIR5",
    "fried": "VISIT FRDAT WTLOSSKG WTLOSSPC CESD7 CESD20 KCALWK WALK15FT GRIPKG HEIGHT WEIGHT BMI",
    "cytokines": "VISIT LBDAT TNFA IL6 IL17 IL10 HSCRP",
    "lab": "VISIT LBDAT LBTESTCD LBTEST LBORRES LBORRESU LBORNRLO LBORNRHI",
    "vs": "VISIT VSDAT SYSBP DIABP PULSE TEMP RESP WEIGHT",
    "ae": "AESPID AETERM AEDECOD AEBODSYS AESTDAT AEENDAT AETOXGR AEREL AESER AEOUT AEACN",
    "cm": "CMSPID CMTRT CMINDC CMDOSE CMDOSU CMDOSFRQ CMSTDAT CMENDAT CMONGO",
}
ISO = {"rand": "RANDDT", "ex": "EXDAT", "ds": "DSDAT", "ice": "ICEDAT", "eq5d": "QSDAT", "fried": "FRDAT",
       "cytokines": "LBDAT", "lab": "LBDAT", "ae": "AESTDAT"}  # fmt: skip
DMY = {"dm": "ICDAT", "dv": "DVDAT", "sf36": "QSDAT", "tug": "PERFDAT", "walk": "PERFDAT", "grip": "PERFDAT",
       "sppb": "PERFDAT", "vs": "VSDAT", "cm": "CMSTDAT"}  # fmt: skip


def bytes_of(folder):
    return {path.name: path.read_bytes() for path in sorted(folder.iterdir())}


def test_forms_hold_exactly_the_declared_columns_as_text(trial):
    assert {name: list(frame) for name, frame in trial.forms.items()} == {
        name: [*HEAD, *columns.split(), "ENTRYDT"] for name, columns in COLUMNS.items()
    }
    for name, frame in trial.forms.items():
        assert frame.map(lambda cell: isinstance(cell, str)).all(axis=None), name


def test_every_row_of_every_form_says_synthetic(trial):
    for name, frame in trial.forms.items():
        assert len(frame) > 0, name
        assert set(frame["STUDYID"]) == {"SYNTHETIC-FRAILTY"}, name
    assert trial.truth["note"].startswith("SYNTHETIC DATA")


def test_the_arm_stands_only_on_the_randomization_list_and_the_infusions(clean):
    for name, frame in clean.forms.items():
        for column in frame:
            if frame[column].isin(["Placebo", "hUC-MSC", "placebo", "msc"]).any():
                assert (name, column) in {("rand", "ARMP"), ("ex", "EXTRT")}


@pytest.mark.parametrize(("dates", "pattern"), [(ISO, r"\d{4}-\d{2}-\d{2}"), (DMY, r"\d{2}/\d{2}/\d{4}")])
def test_each_form_keeps_one_date_format(clean, dates, pattern):
    for form, column in dates.items():
        written = clean.forms[form][column]
        assert written[written != ""].str.fullmatch(pattern).all(), form


def test_arms_are_balanced_in_all_and_at_the_end_of_each_block(clean):
    rand = clean.forms["rand"]
    assert rand["ARMP"].value_counts().to_dict() == {"Placebo": 15, "hUC-MSC": 15}
    for _, block in rand.groupby(["STRATUM", "BLOCKNO"]):
        assert len(block) == int(block["BLOCKSZ"].iloc[0])
        assert (block["ARMP"] == "Placebo").sum() == len(block) / 2


def test_strata_have_the_declared_sizes_and_block_sizes_follow_each_other(clean, settings):
    rand = clean.forms["rand"]
    declared = {f"{s.site}/{s.sex}": s.size for s in settings.strata}
    assert rand["STRATUM"].value_counts().to_dict() == declared
    sizes = rand.drop_duplicates(["STRATUM", "BLOCKNO"]).groupby("STRATUM")["BLOCKSZ"].agg(list).to_dict()
    assert sizes == {"01/F": ["4", "2"], "01/M": ["4", "2", "4"], "02/F": ["4", "2", "4"], "02/M": ["4"]}


def test_any_seed_gives_arms_that_differ_by_at_most_half_a_block(settings):
    uneven = replace(settings, strata=(Stratum("01", "F", 7), Stratum("02", "M", 5)))
    for seed in range(20):
        for stratum in uneven.strata:
            arms = [s.planned for s in enrol(uneven, seed) if s.stratum == stratum]
            assert abs(arms.count("msc") - arms.count("placebo")) <= 2


def test_clean_visits_lie_in_their_windows(clean, settings):
    first = clean.forms["ex"].query("INFNO == '1'").set_index("SUBJID")["EXDAT"].pipe(pd.to_datetime)
    visits = {visit.lab_label: visit for visit in settings.visits.values()}
    lab = clean.forms["cytokines"]
    days = (pd.to_datetime(lab["LBDAT"]) - lab["SUBJID"].map(first)).dt.days
    for label, day in zip(lab["VISIT"], days, strict=True):
        assert abs(day - visits[label].day) <= visits[label].tolerance
    assert days[lab["VISIT"] == "BL"].between(-28, -1).all()


def test_infusions_are_thirty_days_apart_or_say_why_not(clean):
    ex = clean.forms["ex"].set_index(["SUBJID", "INFNO"])
    first, second = (pd.to_datetime(ex.xs(k, level="INFNO")["EXDAT"]) for k in ("1", "2"))
    gap = (second - first).dt.days
    assert gap.dropna().between(27, 33).all()
    given = ex["EXOCCUR"] == "Y"
    assert ((ex["EXREASND"] == "") == given).all()
    assert ((ex["EXDAT"] != "") == given).all()


def test_events_on_forms_agree_with_each_other_and_with_the_truth(clean):
    forms, courses = clean.forms, clean.truth["subjects"]
    assert all(course["planned"] == course["actual"] for course in courses.values())
    gone = set(forms["ds"].loc[forms["ds"]["DSDECOD"] == "Discontinued", "SUBJID"])
    assert gone == {subject for subject, course in courses.items() if {"dropout", "death"} & set(course)}
    terms = {
        "stopped": "Treatment stopped, visits continued",
        "missed": "Second infusion missed",
        "rescue": "Rescue treatment",
    }
    for event, term in terms.items():
        struck = {subject for subject, course in courses.items() if event in course}
        assert set(forms["ice"].loc[forms["ice"]["ICETERM"] == term, "SUBJID"]) == struck != set()


def test_nobody_has_records_after_leaving(clean):
    last = clean.forms["ds"].set_index("SUBJID")["DSDAT"].pipe(pd.to_datetime)
    for form, column in (("cytokines", "LBDAT"), ("ice", "ICEDAT"), ("ae", "AESTDAT"), ("eq5d", "QSDAT")):
        frame = clean.forms[form]
        assert (pd.to_datetime(frame[column]) <= frame["SUBJID"].map(last)).all(), form


def test_a_death_is_written_on_every_form_that_asks_for_it():
    from rctflow.simulate.sections import ByArm

    base = SimulationSettings(dirt=no_dirt())
    deadly = replace(base, intercurrent_events=replace(base.intercurrent_events, death=ByArm(0.2, 0.2)))
    forms, _, _ = simulate_forms(deadly, SEED)
    dead = set(forms["ds"].loc[forms["ds"]["DSREAS"] == "Death", "SUBJID"])
    assert len(dead) > 5
    assert set(forms["ice"].loc[forms["ice"]["ICETERM"] == "Death", "SUBJID"]) == dead
    assert set(forms["ae"].loc[forms["ae"]["AEOUT"] == "Fatal", "SUBJID"]) == dead


def test_cells_hold_the_measurements_of_the_cohort(settings):
    plain = replace(settings, dirt=no_dirt(), measurement=replace(settings.measurement, refused=0.0))
    forms, _, cohort = simulate_forms(plain, SEED)
    rows = {subject.subject: i for i, subject in enumerate(cohort.subjects)}
    labels = [visit.label for visit in settings.visits.values()]
    for form, columns, name in (("tug", ["TUG1", "TUG2"], "tug"), ("walk", ["WALK1", "WALK2"], "walk"),
                                ("eq5d", ["EQMO", "EQSC", "EQUA", "EQPD", "EQAD"], "eq5d")):  # fmt: skip
        frame = forms[form]
        at = cohort.values[name][frame["SUBJID"].map(rows), frame["VISIT"].map(labels.index)]
        read = frame[columns].apply(pd.to_numeric, errors="coerce").to_numpy()
        np.testing.assert_allclose(read, at, atol=1e-9)
        words = frame[columns].to_numpy()[np.isnan(at)]
        assert set(words) <= set(settings.measurement.unable_written)


def test_unable_and_refused_are_written_in_several_spellings(settings):
    many = replace(settings, strata=(Stratum("01", "F", 300),), dirt=no_dirt())
    forms, _, _ = simulate_forms(many, SEED)
    words = set(forms["tug"]["TUG1"][pd.to_numeric(forms["tug"]["TUG1"], errors="coerce").isna()])
    assert words == {*settings.measurement.unable_written, *settings.measurement.refused_written}
    stances = forms["sppb"]
    failed = pd.to_numeric(stances["SBS"], errors="coerce") < 10
    assert set(stances.loc[failed, "SEMI"]) == {settings.measurement.not_attempted_written}


def test_too_weak_for_the_dynamometer_is_written_in_all_six_trials_and_on_the_frailty_form(settings):
    weak = replace(settings.measurement, grip_unable_kg=14, refused=0.0)
    forms, _, _ = simulate_forms(replace(settings, measurement=weak, dirt=no_dirt()), SEED)
    trials = forms["grip"][[f"GRIP{hand}{k}" for hand in "RL" for k in (1, 2, 3)]]
    words = trials.isin(settings.measurement.unable_written)
    assert 0 < words["GRIPR1"].sum() < len(words)
    assert (words.all(axis=1) == words.any(axis=1)).all()
    assert list(forms["fried"]["GRIPKG"].isin(settings.measurement.unable_written)) == list(words["GRIPR1"])


def test_the_default_study_shows_every_event_and_a_grip_that_could_not_be_measured(root):
    source = load_study(root / "config/config.yaml").source
    forms, _, cohort = simulate_forms(source.settings, source.seed)
    assert forms["rand"]["ARMP"].value_counts().to_dict() == {"Placebo": 15, "hUC-MSC": 15}
    course = cohort.course
    for event in ("stopped", "missed", "rescue", "death"):
        assert (getattr(course, event) < NEVER).sum() >= 1, event
    assert (course.dropout < NEVER).sum() >= 2
    assert forms["ds"]["DSREAS"].eq("Death").sum() == 1
    assert forms["grip"]["GRIPR1"].isin(source.settings.measurement.unable_written).sum() == 1


def test_below_quantification_is_written_with_the_limit(clean):
    il17 = clean.forms["cytokines"]["IL17"]
    assert (il17 == "<1.0").sum() > 5
    assert pd.to_numeric(il17[il17 != "<1.0"]).min() >= 1


def test_the_same_seed_gives_the_same_bytes_and_another_seed_does_not(settings, tmp_path, trial):
    from rctflow.simulate.trial import simulate_trial

    other = simulate_trial(replace(settings, truth_patients=2), SEED + 1)
    for name, run in (("a", trial), ("b", simulate_trial(settings, SEED)), ("c", other)):
        write_trial(run, tmp_path / name, tmp_path / name)
    a, b, c = (bytes_of(tmp_path / name) for name in "abc")
    assert a == b
    assert all(a[name] != c[name] for name in a)
    assert not any(b"\r" in content for content in a.values())


def test_free_text_survives_commas_and_quotes(trial, tmp_path):
    write_trial(trial, tmp_path, tmp_path)
    with (tmp_path / "ae.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert [row["AETERM"] for row in rows] == trial.forms["ae"]["AETERM"].tolist()
    assert any("," in row["AETERM"] for row in rows)
    assert any('"' in row["AETERM"] for row in rows)


def test_another_patient_changes_no_other_patient(settings):
    few = replace(settings, dirt=no_dirt())
    more = replace(few, strata=(*few.strata[:3], Stratum("02", "M", 5)))
    old, new = simulate_forms(few, SEED)[0], simulate_forms(more, SEED)[0]
    for name, frame in new.items():
        kept = frame[frame["SUBJID"] != "02-205"].reset_index(drop=True)
        assert_frame_equal(kept, old[name])


def test_another_laboratory_test_changes_no_other_number(settings):
    more = replace(
        settings, laboratory=(*settings.laboratory, LabTest("GLU", "Glucose", "mmol/L", (3.9, 6.1), (3.9, 6.1), 1))
    )
    calm = {"dirt": no_dirt()}
    old, new = (simulate_forms(replace(s, **calm), SEED)[0] for s in (settings, more))
    assert_frame_equal(new["lab"].query("LBTESTCD != 'GLU'").reset_index(drop=True), old["lab"])
    for name in set(old) - {"lab"}:
        assert_frame_equal(new[name], old[name])


def test_the_order_of_patients_does_not_count(settings):
    subjects = enrol(settings, SEED)
    forward, backward = follow(settings, SEED, subjects), follow(settings, SEED, subjects[::-1])
    np.testing.assert_allclose(forward.values["tug"], backward.values["tug"][::-1])
