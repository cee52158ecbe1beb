"""Disposition, deviations, exposure, medication: small tables by hand, the pilot's by another path."""

import numpy as np
import pandas as pd
import pytest
from rctflow.disclosure import disclosable
from rctflow.results import SUPPRESSED
from rctflow.summaries.deviations import summarize_deviations
from rctflow.summaries.disposition import summarize_disposition
from rctflow.summaries.exposure import exposure_per_patient, summarize_exposure
from rctflow.summaries.medication import periods, summarize_medication
from rctflow.summaries.rows import SummaryError
from rctflow.summaries.settings import Reason, SummaryPopulation, SummaryStudy
from rctflow.summaries.settings_course import Deviations, Disposition, Exposure, Medication, Phase, Sites
from rctflow.summaries.sites import summarize_sites
from rctflow.summaries.sources import Sources
from scipy.stats import fisher_exact

ADSL = pd.DataFrame(
    {
        "USUBJID": ["1", "2", "3", "4", "5"],
        "TRT01P": ["p", "p", "d", "d", "d"],
        "TRT01A": ["p", "p", "d", "d", None],
        "TRTSDT": pd.to_datetime(["2024-01-10"] * 4 + [None]),
        "TRTEDT": pd.to_datetime(["2024-03-10"] * 4 + [None]),
        "RANDFL": "Y",
        "ITTFL": "Y",
        "SAFFL": ["Y", "Y", "Y", "Y", "N"],
        "EOSSTT": ["COMPLETED", "DISCONTINUED", "COMPLETED", "DISCONTINUED", None],
        "DCSREAS": [None, "Death", None, "", None],
        "WEEK4": ["Y", "N", "Y", "Y", "N"],
    }
)
STUDY = SummaryStudy(
    "demo", ("p", "d"), {"itt": SummaryPopulation("ITTFL"), "safety": SummaryPopulation("SAFFL", "actual")}
)


def found(rows):
    """(analysis, statistic) -> (p, d, all)."""
    cells = {}
    for row in rows:
        cells.setdefault((row.analysis, row.statistic), {})[row.group] = row.value
    return {name: tuple(of.get(arm) for arm in ("p", "d", "")) for name, of in cells.items()}


def dates(*texts):
    return pd.to_datetime(list(texts))


def test_disposition():
    milestones = (Reason("Week 4", "WEEK4 == 'Y'"),)
    settings = Disposition("itt", "EOSSTT", "DCSREAS", ("COMPLETED",), milestones, "fisher")
    cells = found(summarize_disposition(Sources(ADSL), STUDY, settings))
    assert cells["status", "n"] == (2, 3, 5)
    assert cells["status", "n:Completed the study"] == (1, 1, 2)
    assert cells["status", "percent:Completed the study"] == (50, pytest.approx(100 / 3), 40)
    assert cells["status", "n:Left the study early"] == (1, 1, 2)
    assert cells["status", "n:End of study unknown"] == (0, 1, 1)
    assert cells["reason", "n:Death"] == (1, 0, 1)
    assert cells["reason", "n:Reason not recorded"] == (0, 1, 1)
    assert cells["milestones", "n_with:Week 4"] == (1, 2, 3)
    assert cells["status", "p_value"] == (None, None, pytest.approx(1.0))


def test_disposition_of_the_pilot_is_its_adsl_counted(shared):
    import pyreadstat

    data = pyreadstat.read_xport(str(shared / "data/cdiscpilot/adam/adsl.xpt"))[0]
    study = SummaryStudy("pilot", tuple(sorted(set(data["TRT01P"]))), {"itt": SummaryPopulation("ITTFL")})
    settings = Disposition("itt", "DCDECOD", "DCREASCD", ("COMPLETED",))
    rows = summarize_disposition(Sources(data), study, settings)
    slow = data[data["DCDECOD"].ne("COMPLETED")].groupby(["DCREASCD", "TRT01P"]).size()
    mine = {
        (row.statistic.partition(":")[2], row.group): row.value
        for row in rows
        if row.analysis == "reason" and row.statistic.startswith("n:") and row.group and row.value
    }
    assert mine == slow.to_dict()
    completed = [row.value for row in rows if row.statistic == "n:Completed the study"]
    assert sorted(completed) == [25, 27, 58, 110]  # as in the published table 14-1.01


def test_deviations_count_participants_once_and_every_deviation():
    dv = pd.DataFrame(
        {
            "USUBJID": ["1", "1", "3", "4", "4", "99"],
            "TERM": ["late", "late", "dose", "late", None, "late"],
            "CLASS": ["Minor", "Minor", "Major", "Minor", "Minor", "Minor"],
        }
    )
    settings = Deviations("dv", "TERM", "CLASS", ("Major", "Minor", "Critical"), "itt")
    rows = summarize_deviations(Sources(ADSL, tables={"dv": dv}), STUDY, settings)
    cells = found(rows)
    assert cells["any", "n_with"] == (1, 2, 3)
    assert cells["any", "events"] == (2, 3, 5)
    assert cells["class", "n_with:Critical"] == (0, 0, 0)
    assert cells["class", "n_with:Minor"] == (1, 1, 2)
    assert cells["Minor", "n_with:late"] == (1, 1, 2)
    assert cells["Minor", "events:late"] == (2, 1, 3)
    assert cells["Minor", "n_with:no term"] == (0, 1, 1)
    assert cells["Major", "percent_with:dose"] == (0, pytest.approx(100 / 3), 20)
    assert list(dict.fromkeys(row.analysis for row in rows)) == ["any", "class", "Major", "Minor"]


EX = pd.DataFrame(
    {"USUBJID": ["1", "1", "2", "3"], "DAT": dates("2024-01-10", "2024-02-08", "2024-01-10", "2024-01-11"),
     "DOSE": [5.0, 7, 5, None], "OK": ["Y", "Y", "Y", "Y"]}
)  # fmt: skip


def test_exposure_to_single_doses():
    settings = Exposure("ex", "DAT", dose="DOSE", unit="mg", planned_doses=2, population="safety")
    cells = found(summarize_exposure(Sources(ADSL, tables={"ex": EX}), STUDY, settings))
    assert cells["doses_given", "n:0"] == (0, 1, 1)
    assert cells["doses_given", "n:1"] == (1, 1, 2)
    assert cells["doses_given", "n:2"] == (1, 0, 1)
    assert cells["doses", "mean"] == (1.5, 0.5, 1)
    assert cells["compliance", "mean"] == (75, 25, 50)
    assert cells["cumulative_dose", "mean"] == (8.5, None, 8.5)
    assert cells["cumulative_dose", "n_missing"] == (0, 2, 2)
    assert cells["duration", "max"] == (30, 1, 30)
    assert ("average_daily_dose", "mean") not in cells


def test_exposure_to_intervals_is_that_of_the_pilots_adsl(shared):
    """Outside numbers: CUMDOSE, AVGDD and TRTDUR of the study's own ADSL, for all 254 patients."""
    import pyreadstat

    folder = shared / "data/cdiscpilot"
    adsl = pyreadstat.read_xport(str(folder / "adam/adsl.xpt"))[0]
    adsl["TRTEDT"] = pd.to_datetime(adsl["TRTEDT"])
    ex = pyreadstat.read_xport(str(folder / "sdtm/ex.xpt"))[0]
    for column in ("EXSTDTC", "EXENDTC"):
        ex[column] = pd.to_datetime(ex[column].replace("", None))
    settings = Exposure("ex", "EXSTDTC", end="EXENDTC", missing_end="TRTEDT", dose="EXDOSE", unit="mg")
    mine = exposure_per_patient(Sources(adsl, tables={"ex": ex}), settings).reindex(adsl["USUBJID"])
    for name, column in (("cumulative_dose", "CUMDOSE"), ("duration", "TRTDUR"), ("average_daily_dose", "AVGDD")):
        assert np.abs(mine[name].to_numpy() - adsl[column].to_numpy()).max() < 0.051  # AVGDD is rounded to 0.1 there


def test_an_interval_that_ends_before_it_starts_names_the_patient():
    ex = EX.assign(END=dates("2024-01-09", "2024-02-09", "2024-01-11", "2024-01-12"))
    with pytest.raises(SummaryError, match=r"dosing ends before it starts in form ex: 1\. Correct"):
        summarize_exposure(Sources(ADSL, tables={"ex": ex}), STUDY, Exposure("ex", "DAT", end="END", population="itt"))


def test_days_of_exposure_count_whole_whatever_the_hours():
    """From the evening of the 10th to the morning of the 12th are three days of dosing."""
    ex = pd.DataFrame({"USUBJID": ["1"], "DAT": dates("2024-01-10T20:00"), "END": dates("2024-01-12T08:00")})
    exposed = exposure_per_patient(Sources(ADSL, tables={"ex": ex}), Exposure("ex", "DAT", end="END"))
    assert exposed.loc["1"].to_dict() == {"doses": 3, "duration": 3}


CM = pd.DataFrame(
    [
        ("1", "before, ended", "2023-01-01", "2024-01-09", "N"),
        ("1", "until the day of the dose", "2023-01-01", "2024-01-10", "N"),
        ("2", "during", "2024-02-01", "2024-02-03", "N"),
        ("2", "ongoing", "2023-01-01", None, "Y"),
        ("3", "no dates", None, None, "N"),
        ("3", "after treatment", "2024-04-01", None, "Y"),
        ("5", "never dosed", "2023-01-01", None, "Y"),
    ],
    columns=["USUBJID", "TRT", "START", "END", "ONGO"],
).assign(START=lambda t: pd.to_datetime(t["START"]), END=lambda t: pd.to_datetime(t["END"]), START_DTF=["D"] + [""] * 6)
MEDICATION = Medication("cm", "TRT", "START", "END", ongoing="ONGO == 'Y'", population="safety")


def test_medication_before_and_during_treatment():
    prior, concomitant = periods(CM, ADSL, MEDICATION)
    assert prior.tolist() == [True, True, False, True, False, False, False]
    assert concomitant.tolist() == [False, True, True, True, True, False, False]


def test_medication_by_term_and_what_is_not_known_of_its_dates():
    rows = summarize_medication(Sources(ADSL, tables={"cm": CM}), STUDY, MEDICATION)
    cells = found(rows)
    assert cells["prior", "n_with"] == (2, 0, 2)
    assert cells["concomitant", "n_with"] == (2, 1, 3)
    assert cells["concomitant/terms", "n_with:no dates"] == (0, 1, 1)
    assert cells["dates", "n_records"] == (4, 2, 6)
    assert cells["dates", "n_records:missing start"] == (0, 1, 1)
    assert cells["dates", "n_records:missing end"] == (0, 1, 1)
    assert cells["dates", "n_records:partial start"] == (1, 0, 1)


def test_medication_of_the_pilot_by_class_and_term_is_a_plain_count(shared):
    import pyreadstat

    folder = shared / "data/cdiscpilot"
    adsl = pyreadstat.read_xport(str(folder / "adam/adsl.xpt"))[0]
    adsl = adsl.assign(TRTSDT=pd.to_datetime(adsl["TRTSDT"]), TRTEDT=pd.to_datetime(adsl["TRTEDT"]))
    cm = pyreadstat.read_xport(str(folder / "sdtm/cm.xpt"))[0]
    full = cm["CMSTDTC"].str.len().ge(10)
    cm = cm[full].assign(START=pd.to_datetime(cm["CMSTDTC"][full].str[:10]))
    cm["END"] = pd.to_datetime(cm["CMENDTC"].str[:10].where(cm["CMENDTC"].str.len().ge(10)))
    arms = tuple(sorted(set(adsl["TRT01P"])))
    study = SummaryStudy("pilot", arms, {"safety": SummaryPopulation("SAFFL")})
    settings = Medication("cm", "CMDECOD", "START", "END", category="CMCLAS", population="safety")
    rows = summarize_medication(Sources(adsl, tables={"cm": cm}), study, settings)
    slow = {}
    first, last, arm = (dict(zip(adsl["USUBJID"], adsl[c], strict=True)) for c in ("TRTSDT", "TRTEDT", "TRT01P"))
    for row in cm.itertuples():
        if row.USUBJID not in first:
            continue
        ended = not pd.isna(row.END) and first[row.USUBJID] > row.END
        if not ended and not last[row.USUBJID] < row.START:
            key = (row.CMCLAS.strip() or "not coded", row.CMDECOD.strip() or "not coded", arm[row.USUBJID])
            slow.setdefault(key, set()).add(row.USUBJID)
    mine = {
        (row.analysis.removeprefix("concomitant/"), row.statistic.removeprefix("n_with:"), row.group): row.value
        for row in rows
        if row.analysis.startswith("concomitant/") and row.statistic.startswith("n_with:") and row.group and row.value
    }
    assert mine == {key: len(ids) for key, ids in slow.items()}
    assert len(mine) > 30


def test_small_cells_of_deviations_are_hidden_and_rare_terms_not_named():
    adsl = pd.DataFrame({"USUBJID": [f"{i:02d}" for i in range(40)], "TRT01P": ["p", "d"] * 20, "ITTFL": "Y"})
    adsl["TRT01A"] = adsl["TRT01P"]
    dv = pd.DataFrame({"USUBJID": adsl["USUBJID"][:21], "TERM": "late", "CLASS": "Minor"})
    dv.loc[20, "TERM"] = "lost his leg"
    study = SummaryStudy("demo", ("p", "d"), {"itt": SummaryPopulation("ITTFL")}, small_cells=5)
    settings = Deviations("dv", "TERM", "CLASS", population="itt")
    rows = disclosable(summarize_deviations(Sources(adsl, tables={"dv": dv}), study, settings), 5)
    assert not any("leg" in row.result_id for row in rows)
    assert all(row.value is None or row.value == 0 or row.value >= 5 for row in rows if not row.unit)
    few = dv.assign(TERM="late")[dv.index < 12].query("USUBJID not in ['00', '02', '04']")
    rows = disclosable(summarize_deviations(Sources(adsl, tables={"dv": few}), study, settings), 5)
    hidden = {(row.statistic, row.group) for row in rows if row.note == SUPPRESSED}
    assert {("n_with:late", "p"), ("percent_with:late", "p")} <= hidden


def forty_in_two_arms():
    adsl = pd.DataFrame({"USUBJID": [f"{i:02d}" for i in range(40)], "TRT01P": ["p", "d"] * 20, "ITTFL": "Y"})
    adsl = adsl.assign(TRT01A=adsl["TRT01P"], TRTSDT=pd.Timestamp("2024-01-10"))
    study = SummaryStudy("demo", ("p", "d"), {"itt": SummaryPopulation("ITTFL")}, small_cells=5)
    return adsl, study


def test_restricted_medication_cannot_be_subtracted():
    """Of 12 in arm p with a drug of class A, 10 have drug a: that 2 have another one alone is not told, by no route."""
    adsl, study = forty_in_two_arms()
    p, d = adsl["USUBJID"][::2].tolist(), adsl["USUBJID"][1::2].tolist()
    taken = [(i, "a") for i in p[:10]] + [(i, "b") for i in p[4:12]] + [(i, "a") for i in d[:8]]
    cm = pd.DataFrame(taken, columns=["USUBJID", "TERM"]).assign(
        CLASS="A", START=pd.Timestamp("2024-01-01"), END=pd.Timestamp("2024-03-01")
    )
    cm.loc[cm["USUBJID"].isin(p[10:12]), "END"] = pd.Timestamp("2024-01-05")  # these two not during treatment
    settings = Medication("cm", "TERM", "START", "END", "CLASS", population="itt", periods=("concomitant", "recorded"))
    rows = disclosable(summarize_medication(Sources(adsl, tables={"cm": cm}), study, settings), 5)
    cells = found(rows)
    assert cells["recorded", "n_with:A"] == (12, 8, None)
    assert cells["recorded/A", "n_with:a"] == (None, 8, None)  # 12 - 10
    assert cells.get(("recorded/A", "n_with:b"), (None,))[0] is None  # 12 - 8
    assert cells["concomitant", "n_with:A"] == (None, 8, None)  # 12 - 10
    assert cells["recorded", "percent_with:A"][2] is None and ("recorded", "n_with:A", "") not in {
        (row.analysis, row.statistic, row.group) for row in rows
    }


def test_restricted_deviations_cannot_be_subtracted():
    adsl, study = forty_in_two_arms()
    p = adsl["USUBJID"][::2].tolist()
    dv = pd.DataFrame({"USUBJID": [*p[:12], *p[:10]], "TERM": "late", "CLASS": ["Minor"] * 12 + ["Major"] * 10})
    settings = Deviations("dv", "TERM", "CLASS", population="itt")
    rows = disclosable(summarize_deviations(Sources(adsl, tables={"dv": dv}), study, settings), 5)
    cells = found(rows)
    assert cells["any", "n_with"] == (12, 0, None)
    assert cells["class", "n_with:Minor"] == (12, 0, None)
    assert cells.get(("class", "n_with:Major"), (None,))[0] is None  # 12 - 10
    assert cells["any", "events"] == (22, 0, 22) and ("class", "events:Minor") not in cells


def test_restricted_disposition_leaves_reasons_to_the_flow():
    """With those who left, and reasons of which some are hidden, the others could be computed."""
    adsl, study = forty_in_two_arms()
    why = ["Moved"] * 12 + ["Died"] * 3 + [None] * 25
    adsl = adsl.assign(EOSSTT=["DISCONTINUED"] * 15 + ["COMPLETED"] * 25, DCSREAS=why)
    settings = Disposition("itt", "EOSSTT", "DCSREAS", ("COMPLETED",))
    rows = disclosable(summarize_disposition(Sources(adsl), study, settings), 5)
    assert {row.analysis for row in rows} == {"status"}


def test_restricted_mean_number_of_doses_does_not_tell_who_missed_one():
    """Of 20 in arm p, 17 had two doses and 3 one: a mean of 1.85 would tell the 3."""
    adsl, study = forty_in_two_arms()
    p, d = adsl["USUBJID"][::2].tolist(), adsl["USUBJID"][1::2].tolist()
    ex = pd.DataFrame({"USUBJID": [*p, *d, *p[:17], *d], "DAT": pd.Timestamp("2024-01-10"), "DOSE": 5.0})
    settings = Exposure("ex", "DAT", dose="DOSE", unit="mg", planned_doses=2, population="itt")
    cells = found(disclosable(summarize_exposure(Sources(adsl, tables={"ex": ex}), study, settings), 5))
    assert cells["doses_given", "n:other, each rare"][0] is None
    for analysis in ("doses", "compliance", "cumulative_dose"):
        for statistic in ("mean", "sd", "median"):
            assert cells[analysis, statistic] == (None, None, None)


def test_a_phase_ends_before_the_study_does_and_for_reasons_of_its_own():
    adsl = ADSL.assign(WHY4=[None, "Death", None, "Moved", "Moved"])
    phases = (Phase("week4", "week 4", "WEEK4 == 'Y'", "WHY4"),)
    settings = Disposition("itt", "EOSSTT", "DCSREAS", ("COMPLETED",), (), "fisher", phases, ("Death", "Plague"))
    rows = summarize_disposition(Sources(adsl), STUDY, settings)
    cells = found(rows)
    assert cells["week4:status", "n:Completed week 4"] == (1, 2, 3)
    assert cells["week4:status", "n:Left before the end of week 4"] == (1, 1, 2)
    assert ("week4:status", "n:End of study unknown") not in cells
    assert cells["week4:reason", "n:Moved"] == (0, 1, 1)
    assert cells["week4:reason", "n:Death"] == (1, 0, 1)
    assert cells["reason", "n:Death"] == (1, 0, 1)
    # 1 of 2 against 0 of 3 died before week 4; 1 of 2 against 2 of 3 completed it
    assert cells["week4:reason", "p_value:Death"][2] == pytest.approx(fisher_exact([[1, 0], [1, 3]]).pvalue)
    assert cells["week4:status", "p_value"][2] == pytest.approx(fisher_exact([[1, 2], [1, 1]]).pvalue)
    nobody = next(row for row in rows if row.result_id.endswith("week4:reason.itt.all.all.p_value:Plague"))
    assert (nobody.value, nobody.status, nobody.note) == (None, "not_estimable", "nothing to compare")


SITES = ADSL.assign(SITE=["01", "02", "01", "03", None], POOL=["01", "90", "01", "90", "90"], EFFFL=list("YYNYN"))


def test_sites_under_their_pool_add_up_to_the_population():
    study = SummaryStudy("demo", ("p", "d"), STUDY.populations | {"eff": SummaryPopulation("EFFFL")})
    rows = summarize_sites(Sources(SITES), study, Sites("SITE", "POOL", ("itt", "eff")))
    cells = {(row.analysis, row.population, row.group): row.value for row in rows}
    assert list(dict.fromkeys(row.analysis for row in rows)) == [
        *("pool:01", "pool:01/01", "pool:90", "pool:90/02", "pool:90/03", "pool:90/not recorded"),
    ]
    assert [cells["pool:01", "itt", arm] for arm in ("p", "d", "")] == [1, 1, 2]
    assert [cells["pool:01", "eff", arm] for arm in ("p", "d", "")] == [1, 0, 1]
    assert [cells["pool:90/03", "eff", arm] for arm in ("p", "d", "")] == [0, 1, 1]
    for population, size in (("itt", 5), ("eff", 3)):
        sites = [n for (place, name, arm), n in cells.items() if name == population and not arm and "/" in place]
        pools = [n for (place, name, arm), n in cells.items() if name == population and not arm and "/" not in place]
        assert sum(sites) == sum(pools) == size


def test_sites_that_are_numbers_have_no_decimal_point():
    rows = summarize_sites(Sources(ADSL.assign(SITE=[7.0, 7, 12, 12, 12])), STUDY, Sites("SITE", "", ("itt",)))
    assert {row.analysis for row in rows} == {"site:7", "site:12"}


def test_exposure_as_adsl_has_it_and_of_further_populations():
    adsl = ADSL.assign(CUM=[100.0, 54, 81, None, None], DAYS=[3.0, 2, 1, 4, None], WEEK4FL=ADSL["WEEK4"])
    study = SummaryStudy("demo", ("p", "d"), STUDY.populations | {"week4": SummaryPopulation("WEEK4FL")})
    known = {"cumulative_dose": "CUM", "duration": "DAYS"}
    settings = Exposure(adsl=known, unit="mg", population="safety", further_populations=("week4",), average_digits=1)
    rows = summarize_exposure(Sources(adsl), study, settings)
    assert settings.reads.tables == ()
    cells = {(row.population, row.analysis, row.statistic, row.group): row.value for row in rows}
    assert cells["safety", "cumulative_dose", "mean", "p"] == 77
    assert cells["safety", "average_daily_dose", "max", "p"] == 33.3
    assert cells["safety", "cumulative_dose", "n_missing", "d"] == 1
    assert cells["week4", "cumulative_dose", "mean", "p"] == 100
    assert cells["week4", "duration", "n", ""] == 3
    assert not any(analysis.startswith("doses") for _, analysis, _, _ in cells)
    given = Exposure(adsl=known | {"average_daily_dose": "DAYS"}, population="safety")
    cells = found(summarize_exposure(Sources(adsl), study, given))
    assert cells["average_daily_dose", "max"] == (3, 4, 4)


def test_the_average_daily_dose_is_rounded_as_the_pilots_adsl_rounds_it(shared):
    import pyreadstat

    adsl = pyreadstat.read_xport(str(shared / "data/cdiscpilot/adam/adsl.xpt"))[0]
    ex = pyreadstat.read_xport(str(shared / "data/cdiscpilot/sdtm/ex.xpt"))[0]
    adsl["TRTEDT"] = pd.to_datetime(adsl["TRTEDT"])
    for column in ("EXSTDTC", "EXENDTC"):
        ex[column] = pd.to_datetime(ex[column].replace("", None))
    settings = Exposure(
        "ex", "EXSTDTC", end="EXENDTC", missing_end="TRTEDT", dose="EXDOSE", unit="mg", average_digits=1
    )
    mine = exposure_per_patient(Sources(adsl, tables={"ex": ex}), settings).reindex(adsl["USUBJID"])
    assert (mine["average_daily_dose"].to_numpy() == adsl["AVGDD"].to_numpy()).all()
