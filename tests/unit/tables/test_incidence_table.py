"""The wide table of adverse events: every level and number of the rows, in a form that spreadsheets do not run."""

import csv
import io

import pytest
from rctflow.display import ArmLabel, StudyDisplay
from rctflow.results import SUPPRESSED
from rctflow.summaries.adverse_events.summary import summarize_adverse_events
from rctflow.summaries.sources import Sources
from rctflow.tables.adverse_events import incidence_csv

from tests.unit.summaries.test_adverse_event_summary import PLAIN, STUDY, drawn
from tests.unit.summaries.test_adverse_events_restricted import published

DISPLAY = StudyDisplay(arms=tuple(ArmLabel(arm, arm.capitalize()) for arm in STUDY.arms), synthetic=True)


def lines(rows):
    return list(csv.DictReader(io.StringIO(incidence_csv(rows, DISPLAY))))


def test_every_number_of_the_rows_has_its_cell():
    adsl, adae = drawn(2)
    adae["AEDECOD"] = adae["AEDECOD"].replace({"Gut 1": "=1+1", "Gut 2": "a/b", "Gut 3": "+1+1"})
    rows = summarize_adverse_events(Sources(adsl, datasets={"adae": adae}), STUDY, PLAIN)
    found = {(row.analysis, row.contrast or row.group, row.statistic): row.value for row in rows}
    told = lines(rows)
    assert len(told) == len({level for level, _, _ in found} - {"population"})
    for line in told:
        term = line["term"].removeprefix("'")
        level = ":".join(filter(None, (line["subset"], "/".join(filter(None, (line["class"], term))))))
        assert float(line["Low: n"]) == found[level, "low", "n"]
        assert float(line["Total: events"]) == found[level, "", "events"]
        assert float(line["High - Placebo: ci_high"]) == pytest.approx(
            found[level, "high - placebo", "ci_high"], rel=1e-9
        )
        assert line["data"] == "SYNTHETIC"
    assert {"'=1+1", "a/b", "'+1+1"} <= {line["term"] for line in told}


def test_what_is_suppressed_says_so():
    _, _, rows = published(1)
    told = lines(rows)
    hidden = {row.analysis for row in rows if row.note == SUPPRESSED and (row.group, row.statistic) == ("low", "n")}
    assert hidden and sum(line["Low: n"] == "suppressed" for line in told) == len(hidden)
    assert "Total: n" not in told[0]
