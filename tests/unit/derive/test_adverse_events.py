"""ADAE: small tables in, small tables out; onset dates that are known in part; what cannot be true."""

from dataclasses import replace

import pandas as pd
import pytest
from rctflow.derive.adverse_events.records import derive_adverse_events
from rctflow.derive.adverse_events.settings import AdverseEvents, Criterion, Doses, Emergence, Severity
from rctflow.derive.errors import DeriveError

PLAIN = AdverseEvents(
    table="ae",
    term="TERM",
    preferred="PT",
    system="SOC",
    start="START",
    end="END",
    grade=Severity("GRADE"),
    related=Criterion("REL", ("related", "possibly"), ("unrelated",)),
    serious=Criterion("SER", ("Y",), ("N",)),
    fatal=Criterion("OUT", ("fatal",)),
    subjects="dm",
    population="SAFFL",
)
FIRST_DOSE = "2024-03-10"


def subjects(**changes: str) -> pd.DataFrame:
    """P1 and P2 were treated on 10 March, P3 never; changes: further dates of P1."""
    adsl = pd.DataFrame(
        {
            "STUDYID": pd.array(["trial"] * 3, dtype="str"),
            "USUBJID": pd.array(["P1", "P2", "P3"], dtype="str"),
            "TRT01A": pd.array(["msc", "placebo", None], dtype="str"),
            "TRTSDT": pd.to_datetime([FIRST_DOSE, FIRST_DOSE, None]).astype("datetime64[us]"),
            "SAFFL": pd.array(["Y", "Y", "N"], dtype="str"),
        }
    )
    dates = {name: pd.to_datetime([date, None, None]).astype("datetime64[us]") for name, date in changes.items()}
    return adsl.assign(**dates)


def events(*rows: dict) -> pd.DataFrame:
    """A clean table: by default an unrelated grade 1 headache of P1 that starts on 12 March and has no end."""
    plain = {
        "USUBJID": "P1",
        "TERM": "head ache",
        "PT": "Headache",
        "SOC": "Nervous",
        "START": "2024-03-12",
        "START_DTF": "",
        "TIME": "",
        "END": None,
        "END_DTF": "",
        "GRADE": 1.0,
        "REL": "unrelated",
        "SER": "N",
        "OUT": "recovered",
    }
    table = pd.DataFrame([plain | row for row in rows] or [plain]).iloc[: len(rows)]
    for name in ("START", "END"):
        table[name] = pd.to_datetime(table[name]).astype("datetime64[us]")
    texts = [name for name in table.columns if name not in ("START", "END", "GRADE")]
    table["GRADE"] = table["GRADE"].astype("float64")
    return table.astype(dict.fromkeys(texts, "str")).assign(SRCROW=[float(n + 1) for n in range(len(table))])


def doses(*rows: tuple[str, str, str]) -> pd.DataFrame:
    """Doses: subject, date, time."""
    table = pd.DataFrame(list(rows), columns=["USUBJID", "DAY", "TIME"]).astype("str")
    return table.assign(DAY=pd.to_datetime(table["DAY"]).astype("datetime64[us]"))


def derived(*rows: dict, adsl=None, ex=None, **changes) -> tuple[pd.DataFrame, pd.DataFrame]:
    tables = {"ae": events(*rows), "dm": pd.DataFrame({"USUBJID": ["P1", "P2", "P3", "SCREENED"]}), "ex": ex}
    return derive_adverse_events(tables, subjects() if adsl is None else adsl, replace(PLAIN, **changes))


def test_one_row_per_event_of_the_population_with_adam_names():
    adae, ledger = derived(
        {"USUBJID": "P2", "START": "2024-03-08", "END": "2024-03-11", "GRADE": 3, "REL": "possibly", "SER": "Y"},
        {},
        {"USUBJID": "P3"},
        {"USUBJID": "SCREENED"},
    )
    assert adae[["USUBJID", "TRTA", "AEDECOD", "AEBODSYS", "AETERM"]].to_numpy().tolist() == [
        ["P1", "msc", "Headache", "Nervous", "head ache"],
        ["P2", "placebo", "Headache", "Nervous", "head ache"],
    ]
    assert adae[["ASTDY", "AENDY", "ADURN"]].fillna(0).to_numpy().tolist() == [[3, 0, 0], [-2, 2, 4]]
    assert adae[["TRTEMFL", "PREFL", "AREL", "AESER", "AETOXGR"]].to_numpy().tolist() == [
        ["Y", "", "N", "N", "1"],
        ["N", "Y", "Y", "Y", "3"],
    ]
    assert adae[["SRCDOM", "SRCSEQ"]].to_numpy().tolist() == [["ae", 2], ["ae", 1]]
    assert ledger[["subject", "rule", "severity"]].to_numpy().tolist() == [
        ["P3", "not_in_population", "note"],
        ["SCREENED", "not_in_population", "note"],
    ]


def test_no_event_at_all():
    adae, ledger = derived()
    assert len(adae) == len(ledger) == 0
    assert {"TRTEMFL", "AOCCPFL", "AREACTFL"} <= set(adae.columns)


@pytest.mark.parametrize(
    ("start", "flag", "end", "emergent", "in_doubt", "imputed"),
    [
        ("2024-03-10", "", None, "Y", "", "2024-03-10"),
        ("2024-03-09", "", None, "N", "", "2024-03-09"),
        ("2024-03-01", "D", None, "Y", "Y", "2024-03-10"),  # some day of March: the first dose lies in it
        ("2024-02-01", "D", None, "N", "", "2024-02-01"),
        ("2024-04-01", "D", None, "Y", "", "2024-04-01"),
        ("2024-01-01", "M", None, "Y", "Y", "2024-03-10"),  # some day of 2024
        ("2023-01-01", "M", None, "N", "", "2023-01-01"),
        ("2024-07-01", "M", None, "Y", "Y", "2024-03-10"),  # the year completed by its middle
        (None, "", None, "Y", "Y", "2024-03-10"),  # nothing is known
        (None, "", "2024-03-05", "N", "", None),  # but it was over before the first dose
        ("2024-03-01", "D", "2024-03-05", "N", "", "2024-03-01"),
    ],
)
def test_an_onset_known_in_part_is_emergent_when_it_can_be(start, flag, end, emergent, in_doubt, imputed):
    adae, _ = derived({"START": start, "START_DTF": flag, "END": end})
    row = adae.iloc[0]
    assert (row["TRTEMFL"], row["TRTEMIFL"]) == (emergent, in_doubt)
    assert (None if pd.isna(row["ASTDT"]) else row["ASTDT"].date().isoformat()) == imputed
    assert row["ASTDTF"] == ("Y" if start is None and imputed else flag)
    assert pd.isna(row["ADURN"]) or not flag


@pytest.mark.parametrize(("time", "emergent"), [("09:59:00", "N"), ("10:00:00", "Y"), ("", "Y"), ("00:00:00", "N")])
def test_on_the_day_of_the_first_dose_its_time_decides_where_it_is_known(time, emergent):
    given = {"ex": doses(("P1", FIRST_DOSE, "10:00:00")), "doses": Doses("ex", "DAY", start_time="TIME")}
    adae, _ = derived({"START": FIRST_DOSE, "TIME": time}, start_time="TIME", **given)
    assert adae["TRTEMFL"].tolist() == [emergent]


@pytest.mark.parametrize(
    ("start", "flag", "emergent", "follow_up"),
    [("2024-05-09", "", "Y", ""), ("2024-05-10", "", "N", "Y"), ("2024-05-01", "D", "Y", "")],
)
def test_the_time_at_risk_ends_after_the_last_dose(start, flag, emergent, follow_up):
    given = {"ex": doses(("P1", FIRST_DOSE, ""), ("P1", "2024-04-09", "")), "doses": Doses("ex", "DAY")}
    adae, _ = derived({"START": start, "START_DTF": flag}, emergent=Emergence(30), **given)
    assert adae[["TRTEMFL", "FUPFL"]].to_numpy().tolist() == [[emergent, follow_up]]


def test_a_flag_of_the_data_stands_when_it_is_named():
    table = events({}, {"START": "2024-01-01"}).assign(GIVEN=["N", "Y"]).astype({"GIVEN": "str"})
    tables = {"ae": table, "dm": pd.DataFrame({"USUBJID": ["P1"]})}
    adae, _ = derive_adverse_events(tables, subjects(), replace(PLAIN, emergent=Emergence(flag="GIVEN")))
    assert adae.set_index("SRCSEQ")["TRTEMFL"].to_dict() == {1: "N", 2: "Y"}


@pytest.mark.parametrize(
    ("start", "time", "reaction", "hours", "basis"),
    [
        ("2024-04-09", "10:30:00", "Y", 0.5, "time"),
        ("2024-04-10", "10:00:00", "Y", 24.0, "time"),
        ("2024-04-10", "10:01:00", "", None, ""),
        ("2024-04-09", "09:00:00", "", None, ""),  # an hour before the second infusion, a month after the first
        ("2024-04-10", "", "Y", None, "date"),  # the day after: it can have been within 24 h
        ("2024-04-11", "", "", None, ""),
    ],
)
def test_infusion_reactions_by_time_or_by_day(start, time, reaction, hours, basis):
    given = doses(("P1", FIRST_DOSE, "10:00:00"), ("P1", "2024-04-09", "10:00:00"))
    declared = {"doses": Doses("ex", "DAY", start_time="TIME"), "start_time": "TIME", "reaction_hours": 24}
    adae, _ = derived({"START": start, "TIME": time}, ex=given, **declared)
    row = adae.iloc[0]
    assert (row["AREACTFL"], row["AREACTSR"]) == (reaction, basis)
    assert row["AREACTHR"] == hours if hours is not None else pd.isna(row["AREACTHR"])


def test_first_occurrences_and_the_first_of_the_highest_grade():
    adae, _ = derived(
        {"START": "2024-03-20", "GRADE": 3},
        {"START": "2024-03-12", "GRADE": 1},
        {"START": "2024-03-13", "GRADE": 2, "PT": "Migraine"},
        {"START": "2024-03-01", "GRADE": 5, "OUT": "fatal"},  # before the first dose: no occurrence
        {"START": "2024-03-14", "GRADE": None, "PT": "Nausea", "SOC": "Gut"},
        fatal=None,
    )
    by_row = adae.set_index("SRCSEQ").sort_index()
    first = {flag: [int(n) for n in by_row.index[by_row[flag].eq("Y")]] for flag in by_row if flag.startswith("AOCC")}
    assert first == {
        "AOCCFL": [2],
        "AOCCSFL": [2, 5],
        "AOCCPFL": [2, 3, 5],
        "AOCCIFL": [1],
        "AOCCSIFL": [1],
        "AOCCPIFL": [1, 3],
    }


def test_words_of_severity_have_an_order():
    table = events({}, {}).assign(SEV=["SEVERE", "MILD"]).astype({"SEV": "str"})
    tables = {"ae": table, "dm": pd.DataFrame({"USUBJID": ["P1"]})}
    adae, _ = derive_adverse_events(tables, subjects(), replace(PLAIN, grade=Severity("SEV", ("MILD", "SEVERE"))))
    assert adae[["AESEV", "ASEVN"]].to_numpy().tolist() == [["SEVERE", 2], ["MILD", 1]]


@pytest.mark.parametrize(
    ("row", "dates", "words"),
    [
        ({"USUBJID": "P9"}, {}, r"not in table 'dm'.*P9 \(row 1 of table 'ae'\)"),
        ({"START": "2024-06-02"}, {"DTHDT": "2024-06-01"}, r"starts after the patient died.*P1 \(row 1 "),
        ({"START": "1939-06-02"}, {"BRTHDT": "1940-01-01"}, r"before the patient was born.*P1 \(row 1 "),
        ({"REL": "unsure"}, {}, r"undeclared value 'unsure'.*P1 \(row 1 .*adverse_events\.related"),
    ],
)
def test_what_cannot_be_true_ends_the_run_and_names_the_patients(row, dates, words):
    with pytest.raises(DeriveError, match=words):
        derived(row, {}, adsl=subjects(**dates))


def test_all_findings_that_end_the_run_stand_in_one_message():
    with pytest.raises(DeriveError) as raised:
        derived({"USUBJID": "P9"}, {"START": "2024-06-02"}, {"START": "2024-06-03"}, adsl=subjects(DTHDT="2024-06-01"))
    first, second = str(raised.value).splitlines()
    assert "P9 (row 1 of" in first and "P1 (rows 2, 3 of" in second


def test_an_event_of_the_month_of_death_is_no_contradiction():
    adae, ledger = derived({"START": "2024-06-01", "START_DTF": "D"}, adsl=subjects(DTHDT="2024-06-01"))
    assert len(adae) == 1 and ledger.empty


@pytest.mark.parametrize(
    ("row", "dates", "rule", "column"),
    [
        ({"END": "2024-03-11"}, {}, "ends_before_start", "END"),
        ({"END": "2024-06-02"}, {"DTHDT": "2024-06-01"}, "ends_after_death", "END"),
        ({"START": None}, {}, "start_missing", "START"),
        ({"PT": ""}, {}, "not_coded", "PT"),
        ({"SER": ""}, {}, "answer_missing", "SER"),
        ({"GRADE": None}, {}, "answer_missing", "GRADE"),
        ({"OUT": "fatal", "GRADE": 5}, {"DTHDT": ""}, "fatal_without_death", "OUT"),
        ({"GRADE": 5}, {}, "fatal_grade", "GRADE"),
    ],
)
def test_what_is_in_doubt_is_a_query_and_stops_when_the_config_says_so(row, dates, rule, column):
    adae, ledger = derived(row, adsl=subjects(**dates))
    assert len(adae) == 1
    assert ledger[["subject", "column", "rule", "severity"]].to_numpy().tolist() == [["P1", column, rule, "query"]]
    with pytest.raises(DeriveError, match="P1"):
        derived(row, adsl=subjects(**dates), checks={rule: "stop"})
    assert derived(row, adsl=subjects(**dates), checks={rule: "ignore"})[1].empty


def test_an_imputed_end_is_not_after_death():
    adae, _ = derived({"END": "2024-06-30", "END_DTF": "D"}, adsl=subjects(DTHDT="2024-06-12"))
    assert adae["AENDT"].dt.date.astype(str).tolist() == ["2024-06-12"]
    assert adae["ADURN"].isna().all()


def test_terms_stay_data():
    words = ['=HYPERLINK("http://x")', "a, b", 'said "no"', "<script>alert(1)</script>", "\N{GREEK SMALL LETTER ALPHA}"]
    adae, _ = derived(*({"TERM": term, "PT": ""} for term in words), checks={"not_coded": "ignore"})
    assert adae["AETERM"].tolist() == adae["AEDECOD"].tolist() == words


def test_the_order_of_rows_changes_nothing_but_numbers_of_records():
    rows = [{"START": f"2024-03-{day:02d}", "GRADE": day % 3 + 1, "PT": f"T{day % 2}"} for day in range(8, 20)]
    forward, _ = derived(*rows)
    backward, _ = derived(*rows[::-1])
    told = ["ASTDT", "AEDECOD", "TRTEMFL", "AOCCFL", "AOCCSFL", "AOCCPFL", "AOCCIFL", "AOCCPIFL"]
    pd.testing.assert_frame_equal(forward[told], backward[told])
