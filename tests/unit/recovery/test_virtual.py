"""Trials in memory are what the workflow derives from the forms of the same patients."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from rctflow.derive.plan import analysis_flag, event_column
from rctflow.propose.rehearsal import rehearse
from rctflow.recovery.virtual import EVENT_OF, trial_of, virtual_settings, virtual_trial
from rctflow.simulate.cohort import enrol, follow
from rctflow.simulate.potential import PotentialOutcomes
from rctflow.simulate.sections import ByArm
from rctflow.simulate.seeds import Draws
from rctflow.study.rooms import records_settings

SEED = 31
ENDPOINTS = ("sf36_pcs", "sppb", "il17", "eq_vas")
COMPARED = ["USUBJID", "AVISIT", "AVISITN", "ADY", "AVAL", "AVALC", "BASE", "CHG", "ABLFL", "ANL01FL", "DTYPE"]


@pytest.fixture(scope="module")
def both(study, eventful):
    """The same patients through forms, ingest, clean and derive, and in memory."""
    source = study.source.model_copy(update={"settings": eventful, "seed": SEED})
    rehearsal = rehearse(study.model_copy(update={"source": source}), "config/config.yaml")
    assert not rehearsal.problems
    return rehearsal, trial_of(follow(eventful, SEED, enrol(eventful, SEED)))


def test_subjects_are_those_that_the_forms_give(both):
    rehearsal, trial = both
    columns = ["USUBJID", "TRT01P", "STRSITE", "STRSEX", "RANDFL", "ITTFL"]
    columns += ["RANDSEQ", *(event_column(event) for event in EVENT_OF.values())]
    pd.testing.assert_frame_equal(trial.adsl[columns], rehearsal.adsl[columns], check_dtype=False)
    assert trial.adsl[event_column("rescue")].notna().sum() > 3


@pytest.mark.parametrize("endpoint", ENDPOINTS)
def test_records_are_those_that_the_forms_give(both, study, endpoint):
    rehearsal, trial = both
    derived, made = rehearsal.records[endpoint], trial.records(endpoint, records_settings(study, endpoint))
    flags = [name for name in derived if name.startswith("ANL01FL_")]
    key = ["USUBJID", "AVISITN", "DTYPE"]
    derived, made = (
        table[COMPARED + flags].sort_values(key, kind="stable", ignore_index=True) for table in (derived, made)
    )
    derived["AVALC"] = derived["AVALC"].where(derived["AVALC"] != "unable in part", "")  # told by the form alone
    assert (derived["DTYPE"] != "").any()
    pd.testing.assert_frame_equal(made, derived, check_dtype=False, rtol=1e-12)


def test_records_have_the_values_of_the_truth_where_nothing_is_missing(study, eventful):
    """What the strategies make of the records of a trial is what the truth says of the same patients."""
    nobody = replace(eventful.intercurrent_events, dropout=ByArm(0.0, 0.0))
    settings = replace(eventful, intercurrent_events=nobody)
    subjects = enrol(settings, SEED)
    draws = Draws(SEED, ["both"], len(subjects))
    trial = trial_of(follow(settings, SEED, subjects, draws))
    potential = [PotentialOutcomes(settings, draws, trial.cohort.female, arm) for arm in (False, True)]
    treated = trial.adsl["TRT01P"].eq("msc").to_numpy()
    records = trial.records("sf36_pcs", records_settings(study, "sf36_pcs"))
    visits = list(settings.visits)
    for name in ("physical_health", "events_as_failure", "while_treated"):
        strategies = study.estimands[name].strategies
        values = [arm.values("sf36_pcs", strategies, study.endpoints["sf36_pcs"].failure) for arm in potential]
        true = np.where(treated[:, None], values[1], values[0])
        counted = records[records[analysis_flag(name)] == "Y"]
        assert len(counted) == true.size
        for i, subject in enumerate(trial.adsl["USUBJID"]):
            shown = counted[counted["USUBJID"] == subject].set_index("AVISIT")["AVAL"].reindex(visits)
            np.testing.assert_allclose(shown, true[i], err_msg=f"{name} {subject}")


def test_hypothetical_leaves_out_what_the_truth_replaces(study, eventful):
    trial = trial_of(follow(eventful, SEED, enrol(eventful, SEED)))
    records = trial.records("sf36_pcs", records_settings(study, "sf36_pcs"))
    counted = records[records[analysis_flag("without_events")] == "Y"]
    first = trial.adsl.set_index("USUBJID")[[event_column(event) for event in EVENT_OF.values()]].min(axis=1)
    assert (counted["ADY"] <= counted["USUBJID"].map(first).fillna(np.inf)).all()
    assert len(counted) < len(records[records["ANL01FL"] == "Y"])


def test_a_trial_is_the_same_whatever_the_others_are(study):
    settings = virtual_settings(study.source.settings)
    one, again, other = (virtual_trial(settings, 5, number) for number in (3, 3, 4))
    np.testing.assert_array_equal(one.scores["sf36_pcs"], again.scores["sf36_pcs"])
    assert not np.array_equal(one.scores["sf36_pcs"], other.scores["sf36_pcs"])
    assert (one.adsl["TRT01P"] == one.adsl["TRT01A"]).all()


def test_a_larger_trial_has_every_stratum_so_many_times(study):
    settings = virtual_settings(study.source.settings, 3)
    assert sum(stratum.size for stratum in settings.strata) == 90
    assert len(virtual_trial(settings, 5, 0).adsl) == 90
