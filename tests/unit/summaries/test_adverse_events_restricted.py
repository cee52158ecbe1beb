"""Adverse events of restricted data: no number of fewer than k patients, nor a difference that tells of fewer.

The reader here knows everything that is printed, which levels lie within which, and who adds up to whom.
"""

from dataclasses import replace
from functools import cache
from itertools import pairwise

import pytest
from rctflow.disclosure import disclosable
from rctflow.results import SUPPRESSED, write_results
from rctflow.summaries.adverse_events.levels import RARE
from rctflow.summaries.adverse_events.summary import summarize_adverse_events
from rctflow.summaries.sources import Sources

from tests.unit.summaries.test_adverse_event_summary import PLAIN, STUDY, by_loops, drawn

K = 5
RESTRICTED = replace(STUDY, small_cells=K)
SETTINGS = replace(PLAIN, by_term=("emergent", "related", "serious", "reaction"))


@cache
def published(seed, patients=60, events=260):
    adsl, adae = drawn(seed, patients, events)
    rows = summarize_adverse_events(Sources(adsl, datasets={"adae": adae}), RESTRICTED, SETTINGS)
    return adsl, adae, disclosable(rows, K)


def shown(rows) -> dict[tuple[str, str, str], float]:
    return {
        (row.analysis, row.contrast or row.group, row.statistic): row.value for row in rows if row.value is not None
    }


@pytest.mark.parametrize("seed", range(8))
def test_no_small_number_and_no_small_difference_is_shown(seed, tmp_path):
    adsl, _, rows = published(seed)
    write_results(rows, tmp_path / "rows.csv")
    told = shown(rows)
    for arm in STUDY.arms:
        size = ((adsl["TRT01A"] == arm) & (adsl["SAFFL"] == "Y")).sum()
        n = {level: value for (level, who, name), value in told.items() if (who, name) == (arm, "n")}
        assert all(value == 0 or value >= K for value in n.values())
        assert all(value in (0, size) or size - value >= K for value in n.values())
        for level, value in n.items():
            for other, wider in n.items():
                if within(level, other):
                    assert wider - value == 0 or wider - value >= K or value == 0, (arm, level, other)


def within(level: str, other: str) -> bool:
    """Whether the patients of a level are among those of another, as every reader knows."""
    subset, _, place = level.partition(":")
    wider, _, around = other.partition(":")
    if "grade" in (subset, wider) or level == other:
        return wider in ("any", "emergent") and not around and level != other and subset not in ("any", wider)
    subsets = {"any": {"any"}, "emergent": {"any", "emergent"}}.get(subset, {"any", "emergent", subset})
    subsets |= {"related", "serious"} if subset == "related_serious" else set()
    return wider in subsets and (not around or place == around or place.startswith(f"{around}/"))


@pytest.mark.parametrize("seed", range(8))
def test_everything_of_a_hidden_arm_and_level_is_hidden(seed):
    _, _, rows = published(seed)
    hidden = {(row.analysis, row.group) for row in rows if row.statistic == "n" and row.note == SUPPRESSED}
    assert hidden
    for row in rows:
        arms = row.contrast.split(" - ") if row.contrast else [row.group]
        if any((row.analysis, arm) in hidden for arm in arms):
            assert (row.value, row.note, row.method) == (None, SUPPRESSED, "")


@pytest.mark.parametrize("seed", range(8))
def test_worst_grades_tell_nothing_that_the_overview_hides(seed):
    told = shown(published(seed)[2])
    for arm in STUDY.arms:
        grades = {level for level, who, name in told if level.startswith("grade:") and (who, name) == (arm, "n")}
        assert len(grades) in (0, 4)


@pytest.mark.parametrize("seed", range(8))
def test_patients_with_and_without_a_related_event_add_up_to_nothing_small(seed):
    told = shown(published(seed)[2])
    for arm in STUDY.arms:
        every, without = (told.get((level, arm, "n")) for level in ("emergent", "not_related"))
        if every is not None and without is not None:
            assert every - without == 0 or every - without >= K


def test_no_totals_over_arms_and_no_events_of_terms():
    _, _, rows = published(1)
    assert not [row for row in rows if not row.group and not row.contrast]
    assert not [
        row
        for row in rows
        if row.statistic == "events" and ":" in row.analysis and not row.analysis.startswith("grade")
    ]


@pytest.mark.parametrize("seed", range(4))
def test_numbers_of_events_in_the_overview_tell_of_no_few(seed):
    told = shown(published(seed)[2])
    for arm in STUDY.arms:
        counts = [told.get((level, arm, "events")) for level in ("any", "emergent", "related")]
        for wide, narrow in pairwise(value for value in counts if value is not None):
            assert wide == narrow or wide - narrow >= K
        assert all(value is None or value == 0 or value >= K for value in counts)


@pytest.mark.parametrize("seed", range(4))
def test_names_of_terms_that_few_patients_had_are_not_told(seed):
    _, adae, rows = published(seed, patients=30, events=60)
    few = adae[adae["TRTEMFL"].eq("Y")].groupby("AEDECOD")["USUBJID"].nunique()
    rare = set(few.index[few < K])
    assert rare
    assert not [row.analysis for row in rows if row.analysis.rpartition("/")[2] in rare]
    assert [row for row in rows if RARE in row.analysis]


@pytest.mark.parametrize("seed", range(4))
def test_what_is_shown_is_true(seed):
    adsl, adae, rows = published(seed, patients=200, events=900)
    slow, told = by_loops(adsl, adae), shown(rows)
    counts = {key: value for key, value in told.items() if key[2] == "n" and key[0] in {level for level, _ in slow}}
    assert len(counts) > 20
    for (level, arm, _), value in counts.items():
        assert slow.get((level, arm), (0,))[0] == value


def test_terms_are_in_the_order_of_the_alphabet_not_of_their_numbers():
    _, _, rows = published(3)
    levels = list(dict.fromkeys(row.analysis for row in rows if row.analysis.startswith("emergent:")))
    named = [level for level in levels if RARE not in level]
    assert named == sorted(named)
