"""Counts, rates and intervals of adverse events: against plain loops, published limits and each other."""

from collections import defaultdict
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from rctflow.results import write_results
from rctflow.summaries.adverse_events.poisson import garwood
from rctflow.summaries.adverse_events.settings import AdverseEventSummary
from rctflow.summaries.adverse_events.summary import summarize_adverse_events
from rctflow.summaries.rows import SummaryError
from rctflow.summaries.settings import SummaryPopulation, SummaryStudy
from rctflow.summaries.sources import Sources

STUDY = SummaryStudy("trial", ("placebo", "low", "high"), {"safety": SummaryPopulation("SAFFL", "actual")})
PLAIN = AdverseEventSummary(
    population="safety",
    by_term=("emergent", "serious"),
    fisher=True,
    answered=("related", "serious", "severe", "withdrawal", "fatal", "reaction"),
)
START = pd.Timestamp("2024-01-01")


def drawn(seed: int, patients: int = 40, events: int = 160) -> tuple[pd.DataFrame, pd.DataFrame]:
    """ADSL and ADAE of a made-up trial; a tenth of its patients is not in the safety population."""
    rng = np.random.default_rng(seed)
    names = [f"P{n:03d}" for n in range(patients)]
    starts = START + pd.to_timedelta(rng.integers(0, 60, patients), unit="D")
    adsl = pd.DataFrame(
        {
            "USUBJID": names,
            "TRT01A": rng.choice(["placebo", "low", "high"], patients),
            "SAFFL": rng.choice(["Y", "N"], patients, p=[0.9, 0.1]),
            "TRTSDT": starts,
            "EOSDT": starts + pd.to_timedelta(rng.integers(50, 200, patients), unit="D"),
        }
    )
    who = rng.integers(0, patients, events)
    flags = {name: rng.choice(["Y", "N"], events, p=[p, 1 - p]) for name, p in RATES.items()}
    adae = pd.DataFrame(
        {
            "USUBJID": adsl["USUBJID"].to_numpy()[who],
            "AEBODSYS": (systems := rng.choice(["Heart", "Gut", "Skin"], events)),
            "AEDECOD": [f"{system} {n}" for system, n in zip(systems, rng.integers(1, 4, events), strict=True)],
            "ASTDT": adsl["TRTSDT"].to_numpy()[who] + pd.to_timedelta(rng.integers(-5, 150, events), unit="D"),
            "ASEVN": rng.choice([1.0, 2.0, 3.0, np.nan], events),
            "AREACTFL": rng.choice(["Y", ""], events, p=[0.2, 0.8]),
            **flags,
        }
    )
    adae["AETOXGR"] = adae["ASEVN"].map("{:g}".format).replace("nan", "")
    member = adae["USUBJID"].isin(adsl.loc[adsl["SAFFL"].eq("Y"), "USUBJID"])
    return adsl, adae[member].reset_index(drop=True)


FLAGS = {"related": "AREL", "serious": "AESER", "withdrawal": "AEWDFL", "fatal": "AESDTH"}
RATES = {"TRTEMFL": 0.8, "AREL": 0.4, "AESER": 0.15, "AEWDFL": 0.1, "AESDTH": 0.05}


def values(adsl, adae, settings=PLAIN, study=STUDY) -> dict[tuple[str, str, str], float | None]:
    rows = summarize_adverse_events(Sources(adsl, datasets={"adae": adae}), study, settings)
    return {(row.analysis, row.contrast or row.group, row.statistic): row.value for row in rows}


def by_loops(adsl, adae) -> dict[tuple[str, str], tuple[int, int, float]]:
    """Level and arm -> patients, events, days at risk until first events, by looking at one patient after the other."""
    found: dict = defaultdict(lambda: [0, 0, 0.0])
    events = adae.to_dict("records")
    for patient in adsl[adsl["SAFFL"] == "Y"].to_dict("records"):
        days = (patient["EOSDT"] - patient["TRTSDT"]).days + 1
        mine = [event for event in events if event["USUBJID"] == patient["USUBJID"]]
        levels = defaultdict(list)
        for event in mine:
            day = min(max((event["ASTDT"] - patient["TRTSDT"]).days + 1, 1), days)
            if event["TRTEMFL"] != "Y":
                continue
            levels["emergent"].append(day)
            for prefix in ["emergent"] + ["serious"] * (event["AESER"] == "Y"):
                levels[f"{prefix}:{event['AEBODSYS']}"].append(day)
                levels[f"{prefix}:{event['AEBODSYS']}/{event['AEDECOD']}"].append(day)
            for level, flag in (
                ("related", "AREL"),
                ("serious", "AESER"),
                ("withdrawal", "AEWDFL"),
                ("fatal", "AESDTH"),
            ):
                if event[flag] == "Y":
                    levels[level].append(day)
            if event["AREL"] == "Y" and event["AESER"] == "Y":
                levels["related_serious"].append(day)
            if event["ASEVN"] >= 3:
                levels["severe"].append(day)
            if event["AREACTFL"] == "Y":
                levels["reaction"].append(day)
        for arm in (patient["TRT01A"], ""):
            found["population", arm][0] += 1
            found["population", arm][2] += days
            for level, onsets in levels.items():
                found[level, arm][0] += 1
                found[level, arm][1] += len(onsets)
                found[level, arm][2] -= days - min(onsets)  # lost after the first event
    return found


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_patients_events_and_time_at_risk_are_those_of_plain_loops(seed):
    adsl, adae = drawn(seed)
    ours, slow = values(adsl, adae), by_loops(adsl, adae)
    levels = {level for level, _ in slow} - {"population"}
    assert {level for level, _, _ in ours if not level.startswith(("grade", "any", "not_rel"))} == levels | {
        "population"
    }
    for level in levels:
        for arm in (*STUDY.arms, ""):
            n, events, lost = slow.get((level, arm), (0, 0, 0.0))
            of, _, days = slow["population", arm]
            assert (ours[level, arm, "n"], ours[level, arm, "events"]) == (n, events)
            assert ours[level, arm, "percent"] == pytest.approx(100 * n / of)
            assert ours[level, arm, "rate"] == pytest.approx(100 * n / ((days + lost) / 365.25))
            assert ours[level, arm, "event_rate"] == pytest.approx(100 * events / (days / 365.25))


def test_worst_grades_add_up_to_the_patients_with_an_event():
    adsl, adae = drawn(4)
    ours = values(adsl, adae)
    grades = [level for level, arm, name in ours if level.startswith("grade:") and arm == "" and name == "n"]
    assert grades == ["grade:1", "grade:2", "grade:3", "grade:not graded"]
    for arm in (*STUDY.arms, ""):
        assert sum(ours[grade, arm, "n"] for grade in grades) == ours["emergent", arm, "n"]
    emergent = adae[adae["TRTEMFL"].eq("Y") & adae["USUBJID"].isin(adsl.loc[adsl["TRT01A"].eq("low"), "USUBJID"])]
    assert ours["grade:3", "low", "n"] == emergent.groupby("USUBJID")["ASEVN"].max().eq(3).sum()


def test_related_and_not_related_patients_add_up():
    ours = values(*drawn(5))
    for arm in (*STUDY.arms, ""):
        assert ours["related", arm, "n"] + ours["not_related", arm, "n"] == ours["emergent", arm, "n"]


def test_a_study_without_an_event_says_nought_with_its_limit():
    adsl = pd.DataFrame(
        {
            "USUBJID": [f"P{n}" for n in range(30)],
            "TRT01A": ["placebo"] * 15 + ["low"] * 15,
            "SAFFL": "Y",
            "TRTSDT": START,
            "EOSDT": START + pd.Timedelta(days=364),
        }
    )
    ours = values(adsl, drawn(1)[1].iloc[:0], study=replace(STUDY, arms=("placebo", "low")))
    assert (ours["emergent", "low", "n"], ours["emergent", "low", "events"]) == (0, 0)
    assert ours["emergent", "low", "ci_low"] == 0
    assert ours["emergent", "low", "ci_high"] == pytest.approx(100 * (1 - 0.025 ** (1 / 15)))
    assert (
        round(ours["emergent", "low", "ci_high"], 1) == 21.8
    )  # two-sided 95 %: one-sided 97.5 %; one-sided 95 % is 18.1
    assert ours["emergent", "low", "rate_ci_high"] == pytest.approx(100 * 3.688879 / (15 * 365 / 365.25), rel=1e-6)
    assert ours["emergent", "low - placebo", "estimate"] == 0
    assert ours["emergent", "low - placebo", "ci_high"] == pytest.approx(-ours["emergent", "low - placebo", "ci_low"])
    assert ("emergent", "low - placebo", "p_value") not in ours


@pytest.mark.parametrize(
    ("x", "low", "high"),
    [
        ("0", "0", "3.689"),
        ("1", "0.0253", "5.572"),
        ("2", "0.242", "7.225"),
        ("5", "1.623", "11.668"),
        ("10", "4.795", "18.390"),
        ("50", "37.111", "65.919"),
    ],
)
def test_exact_poisson_limits_are_those_of_printed_tables(x, low, high):
    """95 % limits of a Poisson count as statistical tables print them."""
    for ours, printed in zip(garwood(int(x), 0.95), (low, high), strict=True):
        assert f"{ours:.{len(printed.partition('.')[2])}f}" == printed


def test_exact_poisson_limits_leave_the_tails_that_they_should():
    from scipy.stats import poisson

    for x in (1, 4, 17):
        low, high = garwood(x, 0.9)
        assert poisson.sf(x - 1, low) == pytest.approx(0.05)
        assert poisson.cdf(x, high) == pytest.approx(0.05)


def test_swapping_two_arms_turns_the_difference_around():
    adsl, adae = drawn(6)
    two = replace(STUDY, arms=("placebo", "low"))
    swapped = adsl.assign(TRT01A=adsl["TRT01A"].map({"placebo": "low", "low": "placebo", "high": "high"}))
    ours, turned = values(adsl, adae, study=two), values(swapped, adae, study=two)
    for level in ("emergent", "serious", "emergent:Gut"):
        here, there = (
            {n: v[level, "low - placebo", n] for n in ("estimate", "ci_low", "ci_high")} for v in (ours, turned)
        )
        assert here["estimate"] == pytest.approx(-there["estimate"])
        assert here["ci_low"] == pytest.approx(-there["ci_high"])
        assert ours[level, "low", "n"] == turned[level, "placebo", "n"]


def test_the_order_of_records_changes_nothing():
    adsl, adae = drawn(7)
    assert values(adsl.sample(frac=1, random_state=1), adae.sample(frac=1, random_state=2)) == values(adsl, adae)


def test_an_event_written_twice_is_two_events_of_one_patient():
    adsl, adae = drawn(8)
    twice = pd.concat([adae, adae], ignore_index=True)
    once, doubled = values(adsl, adae), values(adsl, twice)
    for (level, arm, name), value in once.items():
        if name in ("n", "percent", "rate", "estimate"):
            assert doubled[level, arm, name] == value
        if name == "events":
            assert doubled[level, arm, name] == 2 * value


def test_terms_are_sorted_by_patients_or_by_alphabet():
    adsl, adae = drawn(9)

    def printed(**changes):
        return [k[0] for k in values(adsl, adae, replace(PLAIN, **changes)) if k[1:] == ("", "n") and ":" in k[0]]

    emergent = [level for level in printed(terms="alphabet", systems="alphabet") if level.startswith("emergent")]
    assert emergent == sorted(emergent, key=lambda level: (level.partition("/")[0], level))
    by_arm = [level for level in printed(sort_arm="high") if level.startswith("emergent") and "/" not in level]
    counts = values(adsl, adae)
    assert by_arm == sorted(by_arm, key=lambda level: (-counts[level, "high", "n"], level))


def test_only_what_adae_answers_is_counted():
    ours = values(*drawn(1), replace(PLAIN, answered=("serious",), fisher=False))
    levels = {level.partition(":")[0] for level, _, _ in ours}
    assert levels == {"population", "any", "emergent", "serious", "grade"}
    assert not any(name == "p_value" for _, _, name in ours)


def test_without_the_end_of_the_study_rates_are_not_estimable_and_say_why():
    adsl, adae = drawn(1)
    rows = summarize_adverse_events(Sources(adsl.drop(columns="EOSDT"), datasets={"adae": adae}), STUDY, PLAIN)
    rates = [row for row in rows if row.statistic.startswith(("rate", "event_rate"))]
    assert rates and all(row.value is None and "time at risk" in row.note for row in rates)
    assert all(row.value is not None for row in rows if row.statistic in ("n", "percent", "events"))


def test_time_at_risk_ends_with_death_and_after_the_last_dose():
    adsl, adae = drawn(1)
    ends = adsl.assign(TRTEDT=adsl["TRTSDT"] + pd.Timedelta(days=9), DTHDT=pd.NaT)
    ends.loc[ends["USUBJID"].eq("P000"), "DTHDT"] = ends["TRTSDT"].iloc[0] + pd.Timedelta(days=4)
    ours = values(ends, adae, replace(PLAIN, days_after_last_dose=20))
    members = adsl["SAFFL"].eq("Y").sum()
    days = 30 * members - 25 * (adsl["SAFFL"].iloc[0] == "Y")
    assert ours["population", "", "person_years"] == pytest.approx(days / 365.25)


def test_terms_that_look_like_formulas_or_markup_are_rows_like_others(tmp_path):
    adsl, adae = drawn(1)
    words = ["=1+1", "+cmd", "@x", "-2", 'a, "b"', "<script>alert(1)</script>", "a/b", "a\nb", "HEAD ACHE", "HEADACHE"]
    adae["AEDECOD"] = [words[n % len(words)] for n in range(len(adae))]
    rows = summarize_adverse_events(Sources(adsl, datasets={"adae": adae}), STUDY, PLAIN)
    write_results(rows, tmp_path / "rows.csv")  # refuses two rows of one name
    told = {row.analysis.partition("/")[2] for row in rows if row.analysis.startswith("emergent:Gut/")}
    assert {term.replace("\N{NO-BREAK SPACE}", " ") for term in told} <= set(words) and len(told) > 5


def test_an_unknown_population_is_an_error():
    with pytest.raises(SummaryError, match=r"'nobody' is not a population\. One of: safety"):
        values(*drawn(1), replace(PLAIN, population="nobody"))
