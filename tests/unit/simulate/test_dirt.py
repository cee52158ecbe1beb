"""Each kind of dirt is there exactly as declared, is in the manifest, and can be undone with it."""

from dataclasses import replace

import pandas as pd
import pytest
from pandas.testing import assert_frame_equal
from rctflow.simulate.dirt import MANIFEST
from rctflow.simulate.dirt_sections import ImpossibleValue, MissingItems, PartialDate, no_dirt
from rctflow.simulate.settings import SimulationSettings
from rctflow.simulate.trial import simulate_forms

SEED = 2025


@pytest.fixture(scope="module")
def dirt(trial):
    return trial.dirt


def only(settings, **kinds):
    return replace(settings, dirt=replace(no_dirt(), **kinds))


def cases(manifest, kind):
    return manifest[manifest["kind"] == kind]


def cell(forms, line):
    return forms[line["form"]][line["column"]].iloc[line["row"] - 1]


def test_the_manifest_says_what_stands_in_the_file(trial, dirt):
    assert list(dirt) == MANIFEST
    for _, line in dirt[dirt["column"] != ""].iterrows():
        assert cell(trial.forms, line) == line["written_value"]
        assert trial.forms[line["form"]]["SUBJID"].iloc[line["row"] - 1] == line["subject"]


def test_undoing_the_manifest_gives_the_clean_forms(settings, trial):
    clean, _, _ = simulate_forms(only(settings, misallocated_patients=1), SEED)
    mended = {name: frame.copy() for name, frame in trial.forms.items()}
    extra = {name: [] for name in mended}
    for _, line in trial.dirt.iterrows():
        row = line["row"] - 1
        if line["kind"] == "exact_duplicate":
            extra[line["form"]].append(row)
        elif line["kind"] != "misallocated":
            mended[line["form"]].loc[row, line["column"]] = line["true_value"]
        if line["kind"] == "changed_duplicate":
            extra[line["form"]].append(row + 1)
    for name, frame in mended.items():
        assert_frame_equal(frame.drop(index=extra[name]).reset_index(drop=True), clean[name])


def test_counts_are_exactly_as_declared(settings, dirt):
    declared = settings.dirt
    assert cases(dirt, "misallocated")["subject"].nunique() == declared.misallocated_patients
    assert len(cases(dirt, "impossible_value")) == len(declared.impossible_values)
    assert len(cases(dirt, "grip_in_pounds").drop_duplicates(["form", "row"])) == declared.grip_in_pounds
    assert len(cases(dirt, "height_in_metres")) == declared.height_in_metres
    assert len(cases(dirt, "creatinine_in_mg_dl")) == declared.creatinine_in_mg_dl
    assert len(cases(dirt, "partial_date")) == sum(dates.count for dates in declared.partial_dates)
    assert len(cases(dirt, "changed_duplicate")) == sum(d.count for d in declared.changed_duplicates)
    assert cases(dirt, "exact_duplicate")["form"].value_counts().to_dict() == declared.exact_duplicates


def test_a_late_visit_is_late_on_every_form_and_by_as_many_days_as_declared(settings, trial, dirt):
    late = cases(dirt, "out_of_window")
    days = late.merge(
        trial.forms["ex"].query("INFNO == '1'")[["SUBJID", "EXDAT"]], left_on="subject", right_on="SUBJID"
    )
    by_visit = {}
    for _, line in days.iterrows():
        row = trial.forms[line["form"]].iloc[line["row"] - 1]
        by_visit.setdefault((line["subject"], row["VISIT"][0] + row["VISIT"][-1]), []).append(line)
    assert len(by_visit) == settings.dirt.out_of_window_visits
    targets = {f"{v.label[0]}{v.label[-1]}": v for v in list(settings.visits.values())[1:]}
    low, high = settings.dirt.out_of_window_days
    for (_, label), lines in by_visit.items():
        assert {line["form"] for line in lines} == {
            "sf36", "eq5d", "tug", "walk", "grip", "sppb", "fried", "cytokines", "lab", "vs",
        }  # fmt: skip
        dates = {pd.to_datetime(line["written_value"], dayfirst="/" in line["written_value"]) for line in lines}
        assert len(dates) == 1
        beyond = (dates.pop() - pd.to_datetime(lines[0]["EXDAT"])).days - targets[label].day - targets[label].tolerance
        assert low <= beyond <= high


def test_units_slip_by_their_factor(dirt):
    for kind, factor, rounding in (("grip_in_pounds", 2.20462, 0.06), ("height_in_metres", 0.01, 0.006),
                                   ("creatinine_in_mg_dl", 1 / 88.42, 0.006)):  # fmt: skip
        for _, line in cases(dirt, kind).iterrows():
            assert float(line["written_value"]) == pytest.approx(float(line["true_value"]) * factor, abs=rounding)


def test_missing_items_come_at_the_declared_rate(settings):
    forms, manifest, _ = simulate_forms(only(settings, missing_items=(MissingItems("sf36", 0.05),)), SEED)
    cells = len(forms["sf36"]) * 36
    n = len(cases(manifest, "missing_item"))
    assert abs(n / cells - 0.05) < 4 * (0.05 * 0.95 / cells) ** 0.5
    assert (forms["sf36"] == "").sum().sum() == n


def test_missing_items_carry_the_code_of_their_form(trial, dirt):
    missing = cases(dirt, "missing_item")
    assert set(missing.loc[missing["form"] == "cytokines", "written_value"]) == {"ND"}
    assert set(missing.loc[missing["form"] == "sf36", "written_value"]) == {""}
    assert (trial.forms["cytokines"] == "ND").sum().sum() == (missing["form"] == "cytokines").sum()


def test_partial_dates_keep_what_is_known(dirt):
    for _, line in cases(dirt, "partial_date").iterrows():
        true, written = line["true_value"], line["written_value"]
        known = [part for part in written.replace("/", "-").split("-") if part != "UNK"]
        assert written != true
        assert all(part in true.replace("/", "-").split("-") for part in known)


def test_an_exact_duplicate_follows_its_original(trial, dirt):
    for _, line in cases(dirt, "exact_duplicate").iterrows():
        frame = trial.forms[line["form"]]
        assert frame.iloc[line["row"] - 1].equals(frame.iloc[line["row"] - 2].rename(line["row"] - 1))


def test_of_a_record_entered_twice_the_later_entry_is_right(trial, dirt):
    for _, line in cases(dirt, "changed_duplicate").iterrows():
        frame, row = trial.forms[line["form"]], line["row"] - 1
        wrong, right = frame.iloc[row], frame.iloc[row + 1]
        differ = [column for column in frame if wrong[column] != right[column]]
        assert differ == [line["column"], "ENTRYDT"]
        assert right[line["column"]] == line["true_value"]
        assert right["ENTRYDT"] > wrong["ENTRYDT"]


def test_the_misallocated_patient_got_the_other_arm_at_every_infusion(trial, dirt):
    planned = trial.forms["rand"].set_index("SUBJID")["ARMP"]
    given = trial.forms["ex"].query("EXTRT != ''")
    wrong = set(given.loc[given["EXTRT"] != given["SUBJID"].map(planned), "SUBJID"])
    assert wrong == set(cases(dirt, "misallocated")["subject"])
    deviations = trial.forms["dv"]
    major = deviations[(deviations["DVTERM"] == "Infusion of the other arm given") & (deviations["DVCLASS"] == "Major")]
    assert set(major["SUBJID"]) == wrong


def test_one_kind_more_moves_no_other_kind(settings):
    slips = {"creatinine_in_mg_dl": 3, "missing_items": (MissingItems("grip", 0.02),)}
    _, alone, _ = simulate_forms(only(settings, **slips), SEED)
    _, both, _ = simulate_forms(only(settings, height_in_metres=2, **slips), SEED)
    assert_frame_equal(both[both["kind"] != "height_in_metres"].reset_index(drop=True), alone)


def test_no_dirt_leaves_no_trace(clean):
    assert clean.dirt.empty
    assert list(clean.dirt) == MANIFEST


@pytest.mark.parametrize(
    ("kinds", "message"),
    [
        ({"grip_in_pounds": 500}, "500 times grip_in_pounds in form grip, but only"),
        ({"exact_duplicates": {"eqd5": 1}}, "Did you mean 'eq5d'"),
        ({"impossible_values": (ImpossibleValue("vs", "SISBP", "1"),)}, "Did you mean 'SYSBP'"),
        ({"partial_dates": (PartialDate("ae", "AESTDAT", 99999, "UNK"),)}, "only"),
    ],
)
def test_dirt_that_cannot_be_injected_is_refused(kinds, message):
    with pytest.raises(ValueError, match=message):
        simulate_forms(only(SimulationSettings(), **kinds), SEED)
