"""Laboratory and vital signs: every count against a path by hand, and what restricted data hide."""

from dataclasses import replace
from statistics import mean, median, stdev

import numpy as np
import pandas as pd
import pytest
from rctflow.derive.findings.records import derive_findings
from rctflow.derive.findings.settings import Findings, Measure
from rctflow.derive.settings import Window
from rctflow.disclosure import disclosable
from rctflow.results import write_results
from rctflow.summaries.findings import summarize_laboratory, summarize_vital_signs
from rctflow.summaries.liver import QUADRANTS, listed_peaks
from rctflow.summaries.settings import SummaryPopulation, SummaryStudy
from rctflow.summaries.settings_findings import FindingsSummary, Liver
from rctflow.summaries.sources import Sources

ARMS = ("placebo", "msc")
TESTS = {"ALT": (10, 40), "AST": (10, 40), "BILI": (3, 20)}
VISITS = {
    "baseline": Window(0, 0, -14, 0, baseline=True),
    "week2": Window(1, 14, 7, 21),
    "week4": Window(2, 28, 22, 35),
}
STUDY = SummaryStudy("demo", ARMS, {"safety": SummaryPopulation("SAFFL", "actual")}, ("safety",))
SETTINGS = FindingsSummary(
    "adlb",
    "safety",
    tuple(TESTS),
    tuple(VISITS),
    liver=Liver(),
    units=dict.fromkeys(TESTS, "U/L"),
    baseline_visit="baseline",
)


def trial(seed=1, n=60):
    """ADSL and a clean laboratory form: some patients without baseline, some visits unplanned, values far and wide."""
    rng = np.random.default_rng(seed)
    names = [f"S{i:03d}" for i in range(n)]
    first = pd.Timestamp("2024-01-10")
    adsl = pd.DataFrame(
        {
            "USUBJID": names,
            "TRT01P": "placebo",
            "TRT01A": [ARMS[i % 2] for i in range(n)],
            "SAFFL": ["N" if i % 17 == 0 else "Y" for i in range(n)],
            "RANDDT": first,
            "TRTSDT": first,
        }
    )
    rows = []
    for name in names:
        for visit, day in (("baseline", 0), ("week2", 14), ("", 18), ("week4", 28)):
            if rng.random() < 0.15:
                continue
            for test, (low, high) in TESTS.items():
                value = None if rng.random() < 0.05 else round(float(np.exp(rng.normal(np.log(high) - 0.5, 0.9))), 1)
                rows.append((name, visit, first + pd.Timedelta(days=day), test, value, low, high))
    names = ["USUBJID", "VISIT", "ADT", "LBTESTCD", "LBORRES", "LOW", "HIGH"]
    table = pd.DataFrame(rows, columns=names).assign(DAY=np.nan, SRCROW=range(1, len(rows) + 1))
    tests = {test: Measure(test, "U/L", marked_high_times=3, marked_below=12) for test in TESTS}
    settings = Findings("lab", tests, "LBTESTCD", "LBORRES", "LOW", "HIGH", visits=VISITS, windowing="nominal")
    return table, adsl, Sources(adsl, datasets={"adlb": derive_findings(table, adsl, settings)})


@pytest.fixture(scope="module")
def made():
    table, adsl, sources = trial()
    rows = summarize_laboratory(sources, STUDY, SETTINGS)
    return table, adsl, {(r.analysis, r.visit, r.group, r.statistic): r for r in rows}, rows


def by_patient(table, adsl, test):
    """Patient -> (arm, baseline, [(day, visit, value), ...] after it), from the form alone, row by row."""
    arms = {r.USUBJID: r.TRT01A for r in adsl.itertuples() if r.SAFFL == "Y"}
    found = {}
    for r in table.itertuples():
        if r.USUBJID not in arms or test != r.LBTESTCD or r.LBORRES != r.LBORRES:
            continue
        patient = found.setdefault(r.USUBJID, [arms[r.USUBJID], None, []])
        if r.VISIT == "baseline":
            patient[1] = r.LBORRES
        else:
            patient[2].append((r.ADT, r.VISIT, r.LBORRES))
    return found


def word(value, limits):
    return "missing" if value is None else "LOW" if value < limits[0] else "HIGH" if value > limits[1] else "NORMAL"


@pytest.mark.parametrize("test", TESTS)
def test_values_and_changes_by_visit(made, test):
    table, adsl, found, _ = made
    patients = by_patient(table, adsl, test)
    for arm in ARMS:
        for visit in ("week2", "week4"):
            pairs = [(p[1], v) for p in patients.values() if p[0] == arm for _, at, v in p[2] if at == visit]
            values = [v for _, v in pairs]
            changes = [v - base for base, v in pairs if base is not None]
            for prefix, numbers in (("", values), ("change_", changes)):
                row = {name: found[test, visit, arm, prefix + name].value for name in ("n", "mean", "sd", "median")}
                expected = [len(numbers), mean(numbers), stdev(numbers), median(numbers)]
                assert list(row.values()) == pytest.approx(expected)
                ends = [found[test, visit, arm, prefix + name].value for name in ("min", "max")]
                assert ends == [min(numbers), max(numbers)]
    assert (test, "baseline", "msc", "change_n") not in found


def test_the_last_value_until_a_visit_is_that_of_the_last_visit_with_one(made):
    table, adsl, _, _ = made
    settings = replace(SETTINGS, last_until="week4")
    rows = {
        (r.visit, r.group, r.statistic): r.value
        for r in summarize_laboratory(trial()[2], STUDY, settings)
        if r.analysis == "ALT"
    }
    patients = by_patient(table, adsl, "ALT").values()
    for arm in ARMS:
        planned = [[(at, v) for at, visit, v in p[2] if visit] for p in patients if p[0] == arm]
        last = [max(values)[1] for values in planned if values]
        assert rows["last", arm, "n"] == len(last)
        assert rows["last", arm, "mean"] == pytest.approx(mean(last))


@pytest.mark.parametrize("test", TESTS)
def test_shifts_to_the_worst_and_the_last(made, test):
    table, adsl, found, _ = made
    limits = TESTS[test]
    counts = {}
    for arm, base, after in by_patient(table, adsl, test).values():
        if not after:
            continue
        words = {word(v, limits) for _, _, v in after}
        both = {"LOW", "HIGH"} <= words
        worst = "LOW and HIGH" if both else "LOW" if "LOW" in words else "HIGH" if "HIGH" in words else "NORMAL"
        last = word(max(after)[2], limits)
        for kind, to in (("worst", worst), ("last", last)):
            key = (f"{test}:{kind}", arm, f"n:{word(base, limits)} to {to}")
            counts[key] = counts.get(key, 0) + 1
            counts[key[0], arm, "n"] = counts.get((key[0], arm, "n"), 0) + 1
    ours = {(a, g, s): r.value for (a, _, g, s), r in found.items() if a.startswith(test + ":") and s[:1] == "n"}
    ours = {key: value for key, value in ours.items() if value and not key[0].endswith("abnormal")}
    assert ours == counts


@pytest.mark.parametrize("test", TESTS)
def test_patients_with_abnormal_results(made, test):
    table, adsl, found, _ = made
    low, high = TESTS[test]
    for arm in ARMS:
        patients = [p for p in by_patient(table, adsl, test).values() if p[0] == arm and p[2]]
        values = [(base, [v for _, _, v in after]) for _, base, after in patients]
        expected = {
            "n": len(values),
            "n:low": sum(base is not None and base >= low and any(v < low for v in vs) for base, vs in values),
            "n:high": sum(base is not None and base <= high and any(v > high for v in vs) for base, vs in values),
            "n:markedly_low": sum(any(v < 12 for v in vs) for _, vs in values),
            "n:markedly_high": sum(any(v > 3 * high for v in vs) for _, vs in values),
        }
        assert {name: found[f"{test}:abnormal", "", arm, name].value for name in expected} == expected
        assert found[f"{test}:abnormal", "", arm, "n:markedly_high"].method == "> 3 x upper limit"


@pytest.mark.parametrize(
    ("known", "levels"),
    [({"ANRLO"}, {"n:low"}), ({"ANRHI"}, {"n:high"}), (set(), set()), ({"ANRIND"}, {"n:low", "n:high"})],
)
def test_nobody_is_counted_as_normal_of_a_test_without_a_limit(known, levels):
    _, _, sources = trial()
    unknown = {"ANRLO": np.nan, "ANRHI": np.nan, "ANRIND": "", "TRTEMFL": "", "CRIT1": "", "CRIT2": ""}
    adlb = sources.datasets["adlb"].assign(**{name: value for name, value in unknown.items() if name not in known})
    told = summarize_vital_signs(replace(sources, datasets={"adlb": adlb}), STUDY, replace(SETTINGS, liver=None))
    found = {row.statistic for row in told if row.analysis == "ALT:abnormal"}
    assert {name for name in found if name.startswith("n:")} == levels
    assert ("n" in found) == bool(levels)


def test_hys_law_counts_are_those_of_the_list(made):
    table, adsl, found, _ = made
    alt, ast, bili = (by_patient(table, adsl, test) for test in TESTS)
    counts = {arm: dict.fromkeys(QUADRANTS, 0) for arm in ARMS}
    for patient in bili:
        transaminase = [v / 40 for source in (alt, ast) for _, _, v in source.get(patient, (0, 0, []))[2]]
        bilirubin = [v / 20 for _, _, v in bili[patient][2]]
        if transaminase and bilirubin:
            place = (max(transaminase) >= 3) + 2 * (max(bilirubin) > 2)
            counts[bili[patient][0]][QUADRANTS[place]] += 1
    ours = {arm: {q: found["liver", "", arm, f"n:{q}"].value for q in QUADRANTS} for arm in ARMS}
    assert ours == counts
    assert counts["msc"]["hys_law"]
    listed = listed_peaks(trial()[2], STUDY, SETTINGS)
    assert listed["QUADRANT"].tolist() == sorted(listed["QUADRANT"], key=QUADRANTS.index, reverse=True)
    assert listed.groupby(["ARM", "QUADRANT"]).size()["msc", "hys_law"] == counts["msc"]["hys_law"]


def test_zero_has_its_exact_upper_limit():
    """0 of 15: 21.8 %."""
    _, adsl, sources = trial(2, 32)
    calm = sources.datasets["adlb"].assign(CRIT2FL="N")
    rows = summarize_vital_signs(Sources(adsl, datasets={"adlb": calm}), STUDY, SETTINGS)
    found = {(r.analysis, r.group, r.statistic): r.value for r in rows}
    assert found["ALT:abnormal", "msc", "n"] == 15
    assert round(found["ALT:abnormal", "msc", "exact_ci_high:markedly_high"], 1) == 21.8
    assert {r.endpoint for r in rows} == {"vital_signs"}


def test_rows_can_be_written(made, tmp_path):
    write_results(made[3], tmp_path / "results.csv")


def test_restricted_data_show_no_small_count_and_no_table_that_gives_one_away(made):
    sources = trial()[2]
    restricted = SummaryStudy("demo", ARMS, STUDY.populations, STUDY.order, small_cells=5)
    rows = disclosable(summarize_laboratory(sources, restricted, SETTINGS), 5)
    assert {r.analysis.partition(":")[2] for r in rows} == {"", "worst"}
    counts = [r for r in rows if r.statistic.startswith(("n", "change_n")) and r.value is not None]
    assert counts
    assert not [r for r in counts if 0 < r.value < 5]
    assert not [r for r in rows if r.statistic.endswith(("min", "max")) or r.statistic.startswith("exact_ci")]
    whole = {(r.analysis, r.group, r.statistic): r.value for r in rows if r.analysis == "ALT:worst"}
    for arm in ARMS:  # what is hidden is at least two counts, or none: one alone follows from the total
        hidden = [key for key, value in whole.items() if key[1] == arm and value is None and key[2].startswith("n")]
        assert len(hidden) != 1


def test_blinded_arms_are_counted_as_they_are_shown(made):
    """Groups follow TRT01A of ADSL alone, which a blinded study codes."""
    _, adsl, sources = trial()
    coded = adsl.assign(TRT01A=adsl["TRT01A"].map({"placebo": "a", "msc": "b"}))
    study = SummaryStudy("demo", ("a", "b"), STUDY.populations, STUDY.order)
    rows = summarize_laboratory(Sources(coded, datasets=sources.datasets), study, SETTINGS)
    assert {r.group for r in rows} == {"a", "b"}
    assert [r.value for r in rows] == [r.value for r in made[3]]
