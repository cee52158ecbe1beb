"""Problems of ``summaries`` and of derived columns of ADSL: each is found, named by its path, and has a remedy."""

import pytest

from tests.tiny import problems, tiny_config


def summarized(**summaries):
    return tiny_config() | {"summaries": summaries}


FLOW = {"screened": {"table": "subjets"}}
CASES = {
    "population": (
        {"baseline": {"population": "ittt"}},
        "summaries.baseline.population",
        "'ittt' is no population. Did you mean 'itt'?",
    ),
    "variable": (
        {"baseline": {"variables": ["AGES"]}},
        "summaries.baseline.variables",
        "ADSL has no column 'AGES'. Did you mean 'AGE'?",
    ),
    "levels": ({"baseline": {"levels": {"SEX": ["F", "M"]}}}, "summaries.baseline.levels", "no column 'SEX'"),
    "site": ({"data_quality": {"site": "CENTRE"}}, "summaries.data_quality.site", "no column 'CENTRE'"),
    "table of the screened": ({"flow": FLOW}, "summaries.flow.screened", "no such table. Did you mean 'subjects'?"),
    "table of a reconciled form": (
        {"flow": {"forms": {"treated": {"table": "ex"}}}},
        "summaries.flow.forms.treated",
        "no such table",
    ),
    "where of a reconciled form": (
        {"flow": {"forms": {"treated": {"table": "walk", "where": "SECOND > 1"}}}},
        "summaries.flow.forms.treated",
        "SECOND",
    ),
    "population of an exclusion": (
        {"flow": {"exclusions": {"pp": [{"label": "late", "where": "AGE > 1"}]}}},
        "summaries.flow",
        "'pp' is no population",
    ),
    "where of an exclusion": (
        {"flow": {"exclusions": {"itt": [{"label": "late", "where": "WEIGHT > 1"}]}}},
        "summaries.flow.exclusions.itt",
        "WEIGHT",
    ),
    "where of a milestone": (
        {"disposition": {"milestones": [{"label": "half", "where": "VISITS > 1"}]}},
        "summaries.disposition.milestones",
        "VISITS",
    ),
    "table of exposure": ({"exposure": {"table": "doses", "start": "DATE"}}, "summaries.exposure", "no such table"),
    "column of medication": (
        {"medication": {"table": "blood", "term": "DRUG", "start": "DATE", "end": "DATE"}},
        "summaries.medication",
        "'DRUG'",
    ),
    "deviations without a form": ({"deviations": {}}, "summaries.deviations", "declare `protocol_deviations`"),
}


@pytest.mark.parametrize("case", CASES)
def test_what_is_not_there_is_named(tmp_path, case):
    summaries, path, words = CASES[case]
    found = problems(summarized(**summaries), tmp_path)
    place = next((one for one in found if one.startswith(path)), None)
    assert place is not None, found
    assert words in found[place]


DERIVED = {
    "no way": ({"label": "Nothing"}, "subjects.derived.X", "exactly one of bmi, duration, ranges and cases"),
    "two ways": ({"bmi": ["AGE", "AGE"], "duration": ["START", "START"]}, "subjects.derived.X", "it has bmi, duration"),
    "one column of a bmi": ({"bmi": ["AGE"]}, "subjects.derived.X.bmi", "weight in kg and height in cm"),
    "one date": ({"duration": ["RANDDT"]}, "subjects.derived.X.duration", "from and to"),
    "ranges of nothing": ({"ranges": ["<65", ">=65"]}, "subjects.derived.X.of", "ranges of"),
    "range": ({"of": "AGE", "ranges": ["young"]}, "subjects.derived.X.ranges", "young"),
    "unknown column": ({"of": "AGED", "ranges": ["<65", ">=65"]}, "subjects.derived.X", "Did you mean 'AGE'?"),
    "case that calls": (
        {"cases": [{"label": "old", "where": "len(AGE) > 1"}]},
        "subjects.derived.X.cases",
        "function call is not allowed",
    ),
}


@pytest.mark.parametrize("case", DERIVED)
def test_a_derived_column_says_how_and_from_what(tmp_path, case):
    entry, path, words = DERIVED[case]
    config = tiny_config()
    config["subjects"]["derived"] = {"X": entry}
    found = problems(config, tmp_path)
    assert words in found.get(path, found)
