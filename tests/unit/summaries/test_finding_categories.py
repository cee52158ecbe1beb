"""Categories, shifts and ends of treatment: every count against loops over the records, p against other paths."""

from collections import Counter
from dataclasses import replace
from itertools import pairwise

import numpy as np
import pandas as pd
import pytest
from rctflow.derive.findings.records import derive_findings
from rctflow.derive.findings.settings import Findings, Measure, PreviousVisit, Threshold
from rctflow.derive.settings import Window
from rctflow.summaries.findings import summarize_laboratory
from rctflow.summaries.settings import SummaryPopulation, SummaryStudy
from rctflow.summaries.settings_findings import Ending, FindingsSummary, Liver, LiverShift
from rctflow.summaries.sources import Sources
from scipy import stats

ARMS = ("placebo", "low", "high")
VISITS = ("baseline", "week2", "week4", "week6")
RANGES = {"ALT": (10, 40), "AST": (10, 40), "BILI": (3, 20)}
STUDY = SummaryStudy("demo", ARMS, {"safety": SummaryPopulation("SAFFL", "actual")}, ("safety",))
SETTINGS = FindingsSummary(
    "adlb",
    "safety",
    tuple(RANGES),
    VISITS,
    ends={"end": Ending(("week2", "week4"), any_record=True), "valued": Ending(("week2", "week4"))},
    categories=("extreme", "previous", "threshold"),
    p_values=True,
    liver=Liver(shift=LiverShift(until="week4")),
    units=dict.fromkeys(RANGES, "U/L"),
    baseline_visit="baseline",
)
WORDS = ("LOW", "NORMAL", "HIGH")


def values(seed=3, n=90):
    """(patient, test) -> (arm, {visit: value, NaN or absent})."""
    rng = np.random.default_rng(seed)
    found = {}
    for i in range(n):
        for test, (_, high) in RANGES.items():
            seen = {visit for visit in VISITS if rng.random() > 0.15}
            course = {v: round(float(np.exp(rng.normal(np.log(high) - 0.6, 1.1))), 1) for v in VISITS if v in seen}
            course = {visit: np.nan if rng.random() < 0.06 else value for visit, value in course.items()}
            found[f"S{i:03d}", test] = (ARMS[i % 3], course)
    return found


def summarized(given, study=STUDY, settings=SETTINGS):
    first = pd.Timestamp("2024-01-10")
    rows = [
        (name, visit, first + pd.Timedelta(days=14 * VISITS.index(visit)), test, value, *RANGES[test])
        for (name, test), (_, course) in given.items()
        for visit, value in course.items()
    ]
    table = pd.DataFrame(rows, columns=["USUBJID", "VISIT", "ADT", "TEST", "VALUE", "LOW", "HIGH"])
    names = sorted({name for name, _ in given})
    arm_of = {name: arm for (name, _), (arm, _) in given.items()}
    adsl = pd.DataFrame({"USUBJID": names, "TRT01A": [arm_of[name] for name in names], "SAFFL": "Y"})
    adsl = adsl.assign(TRTSDT=first, RANDDT=first)
    plan = {v: Window(i, 14 * i, 14 * i, 14 * i, baseline=not i) for i, v in enumerate(VISITS)}
    tests = {test: Measure(test, "U/L") for test in RANGES}
    how = {"threshold": Threshold(0.5, 1.5), "previous": PreviousVisit(0.5), "windowing": "nominal", "visits": plan}
    made = Findings("lab", tests, "TEST", "VALUE", "LOW", "HIGH", **how)
    table = table.assign(DAY=np.nan, SRCROW=range(1, len(table) + 1))
    sources = Sources(adsl, datasets={"adlb": derive_findings(table, adsl, made)})
    return {
        (r.analysis, r.visit, r.group, r.statistic): r.value for r in summarize_laboratory(sources, study, settings)
    }


@pytest.fixture(scope="module")
def given():
    return values()


@pytest.fixture(scope="module")
def rows(given):
    return summarized(given)


def word(value, low, high):
    return "LOW" if value < low else "HIGH" if value > high else "NORMAL"


def beyond(value, low, high):
    return max(value - 1.5 * high, 0.5 * low - value)


def known(course, after=True):
    return [(v, x) for v, x in course.items() if x == x and (v != "baseline" or not after)]


def counted(rows, analysis, visit=""):
    found = {(arm, s[2:]): n for (a, v, arm, s), n in rows.items() if (a, v) == (analysis, visit) and s[:2] == "n:"}
    return {key: n for key, n in found.items() if n}


@pytest.mark.parametrize("test", RANGES)
def test_the_category_of_the_most_extreme_value_and_change(given, rows, test):
    low, high = RANGES[test]
    extreme, previous = Counter(), Counter()
    for (_, code), (arm, course) in given.items():
        if code != test:
            continue
        if after := known(course):
            worst = max(after, key=lambda pair: round(beyond(pair[1], low, high), 6))
            extreme[arm, word(worst[1], low, high)] += 1
        changes = [b - a for (_, a), (_, b) in pairwise(course.items()) if a == a and b == b]
        if changes:
            previous[arm, word(max(changes, key=lambda c: round(abs(c), 6)), -(high - low) / 2, (high - low) / 2)] += 1
    assert counted(rows, f"{test}:extreme") == extreme
    assert counted(rows, f"{test}:previous") == previous
    table = np.array([[extreme[arm, level] for arm in ARMS] for level in WORDS])
    table = table[table.sum(axis=1) > 0]
    rng = np.random.default_rng(1)
    drawn = stats.random_table(table.sum(axis=1), table.sum(axis=0)).rvs(40_000, random_state=rng)
    distribution = stats.random_table(table.sum(axis=1), table.sum(axis=0))
    simulated = (distribution.logpmf(drawn) <= distribution.logpmf(table) + 1e-7).mean()
    assert rows[f"{test}:extreme", "", "", "p_value"] == pytest.approx(simulated, abs=0.012)  # 5 standard errors


@pytest.mark.parametrize("test", RANGES)
def test_shifts_by_the_threshold_range_at_each_visit_and_overall(given, rows, test):
    low, high = RANGES[test]
    limits = (0.5 * low, 1.5 * high)
    shifts = {visit: Counter() for visit in (*VISITS[1:], "")}
    for (_, code), (arm, course) in given.items():
        base = course.get("baseline", np.nan)
        if code != test or base != base:
            continue
        for visit, value in known(course):
            shifts[visit][arm, f"{word(base, *limits)} to {word(value, *limits)}"] += 1
        if after := known(course):
            worst = max(after, key=lambda pair: round(beyond(pair[1], low, high), 6))[1]
            shifts[""][arm, f"{word(base, *limits)} to {word(worst, *limits)}"] += 1
    for visit, expected in shifts.items():
        assert counted(rows, f"{test}:threshold", visit) == expected
        for arm in ARMS:
            of = rows[f"{test}:threshold", visit, arm, "n_from:NORMAL"]
            assert of == sum(n for (who, name), n in expected.items() if who == arm and name.startswith("NORMAL"))


def test_shifts_of_the_liver_are_of_tests_at_one_visit(given, rows):
    expected = {"transaminase": Counter(), "hys_law": Counter()}
    for name in {name for name, _ in given}:
        arm, by_test = given[name, "ALT"][0], {test: given[name, test][1] for test in RANGES}
        at = {}
        for visit in VISITS[:3]:
            times = {test: by_test[test].get(visit, np.nan) / RANGES[test][1] for test in RANGES}
            enzymes = [times[test] for test in ("ALT", "AST") if times[test] == times[test]]
            high = max(enzymes) > 1.5 if enzymes else None
            yellow = times["BILI"] > 1.5 if times["BILI"] == times["BILI"] else None
            both = False if False in (high, yellow) else None if None in (high, yellow) else True
            at[visit] = {"transaminase": high, "hys_law": both}
        for rule, counter in expected.items():
            before = at["baseline"][rule]
            after = [at[visit][rule] for visit in VISITS[1:3] if at[visit][rule] is not None]
            if before is not None and after:
                words = ["NORMAL", "HIGH"]
                counter[arm, f"{words[before]} to {words[any(after)]}"] += 1
    for rule, counter in expected.items():
        assert counted(rows, f"liver:{rule}") == counter


def test_ends_of_treatment_with_and_without_a_value(given, rows):
    for arm in ARMS:
        courses = [course for (_, test), (who, course) in given.items() if (test, who) == ("ALT", arm)]
        last = [list(seen.values())[-1] for c in courses if (seen := {v: c[v] for v in ("week2", "week4") if v in c})]
        valued = [found[-1][1] for c in courses if (found := [p for p in known(c) if p[0] != "week6"])]
        assert rows["ALT", "end", arm, "n"] == np.isfinite(last).sum()
        assert rows.get(("ALT", "end", arm, "n_missing"), 0) == np.isnan(last).sum()
        assert rows["ALT", "end", arm, "mean"] == pytest.approx(np.nanmean(last))
        assert rows["ALT", "valued", arm, "n"] == len(valued)
        assert rows["ALT", "valued", arm, "mean"] == pytest.approx(np.mean(valued))


def test_the_order_of_arms_and_patients_does_not_matter(given, rows):
    turned = summarized(dict(reversed(given.items())), study=replace(STUDY, arms=ARMS[::-1]))
    assert turned.keys() == rows.keys()
    assert [turned[key] for key in rows] == pytest.approx(list(rows.values()), rel=1e-9, nan_ok=True)


def test_tests_are_made_when_asked_for_and_restricted_data_have_none_of_it(given, rows):
    assert not [key for key in summarized(given, settings=replace(SETTINGS, p_values=False)) if key[3] == "p_value"]
    hidden = summarized(given, study=replace(STUDY, small_cells=5))
    assert not [key for key in hidden if key[0].endswith((":extreme", ":previous", ":threshold"))]
    assert not [key for key in hidden if "n_missing" in key[3] or key[1] in SETTINGS.ends or key[0][:5] == "liver"]
