"""The CDISC pilot's table 14-5.01, cell by cell as printed, from its SDTM data and from its own ADAE."""

import json
from dataclasses import replace

import pytest
from rctflow.rounding import rounded
from rctflow.summaries.adverse_events.settings import AdverseEventSummary
from rctflow.summaries.adverse_events.summary import summarize_adverse_events
from rctflow.summaries.settings import SummaryPopulation, SummaryStudy
from rctflow.summaries.sources import Sources

from tests.unit.pilot_events import ARMS, day, pilot_adae, pilot_subjects, transport

STUDY = SummaryStudy("pilot", tuple(ARMS.values()), {"safety": SummaryPopulation("SAFFL", "actual")})
AS_PUBLISHED = AdverseEventSummary(
    population="safety", systems="alphabet", terms="frequency", sort_arm="high", fisher=True, answered=("serious",)
)


def from_sdtm(shared):
    return pilot_subjects(shared), pilot_adae(shared)[0]


def from_adam(shared):
    """The pilot's own ADSL and ADAE."""
    adsl, adae = transport(shared, "adam/adsl"), transport(shared, "adam/adae")
    adsl = adsl.assign(TRT01A=adsl["TRT01A"].map(ARMS), TRTSDT=day(adsl["TRTSDT"].astype("str")), EOSDT=None)
    severity = adae["AESEV"].map({"MILD": 1.0, "MODERATE": 2.0, "SEVERE": 3.0})
    given = {
        "AREL": "",
        "AEWDFL": "",
        "AREACTFL": "",
        "ASEVN": severity,
        "ASTDT": day(adae["ASTDT"].fillna("").astype("str")),
    }
    return adsl.drop(columns="EOSDT"), adae.assign(**given)


@pytest.fixture(scope="module", params=[from_sdtm, from_adam], ids=["SDTM", "ADaM"])
def found(request, shared):
    adsl, adae = request.param(shared)
    rows = summarize_adverse_events(Sources(adsl, datasets={"adae": adae}), STUDY, AS_PUBLISHED)
    return {(row.analysis, row.contrast or row.group, row.statistic): row.value for row in rows}


def printed(found, level):
    """A line as the pilot prints it: n (%), [events] of each arm, p-values with * below 0.15."""
    line = []
    for arm in STUDY.arms:
        n = found[level, arm, "n"]
        percent = f"{rounded(found[level, arm, 'percent'], 1):>4}"
        line += [f"{n:g} ({percent}%)", f"[{found[level, arm, 'events']:g}]"] if n else ["0", ""]
    for arm in STUDY.arms[1:]:
        p = found.get((level, f"{arm} - placebo", "p_value"))
        known = p is not None and (found[level, arm, "n"] or found[level, "placebo", "n"])
        line.append("" if not known else ">.99" if p > 0.99 else rounded(p, 3) + "*" * (p < 0.15))
    return line


def test_table_14_5_01_as_printed(found, shared):
    published = json.loads((shared / "reference/cdiscpilot/published.json").read_text())["tables"]["14-5.01"]["rows"]
    levels = [level for level, arm, name in found if level.startswith("emergent") and (arm, name) == ("", "n")]
    assert len(levels) == len(published) - 2 == 254
    for level, (label, *cells) in zip(levels, published[2:], strict=True):
        place = level.partition(":")[2]
        assert label in (place, place.partition("/")[2]) or (level, label) == ("emergent", "ANY BODY SYSTEM")
        assert printed(found, level) == cells, level


def test_serious_events(found):
    """Three events of two patients; counted by hand in SDTM AE (AESER Y, on or after the first dose)."""
    serious = {
        level: [found[level, arm, "n"] for arm in STUDY.arms] for level, *_ in found if level.startswith("serious")
    }
    assert serious["serious"] == [0, 1, 2]
    assert len(serious) > 1


def test_any_statistic_is_the_same_from_both_sources(shared):
    both = []
    for source in (from_sdtm, from_adam):
        adsl, adae = source(shared)
        settings = replace(AS_PUBLISHED, answered=("serious", "severe", "fatal"))
        adae = adae.assign(AESDTH=adae["AEOUT"].eq("FATAL").map({True: "Y", False: "N"}))
        rows = summarize_adverse_events(Sources(adsl, datasets={"adae": adae}), STUDY, settings)
        told = ("n", "events", "percent", "estimate", "p_value", "ci_low")
        both.append({row.result_id: row.value for row in rows if row.statistic in told})
    assert both[0] == both[1]
