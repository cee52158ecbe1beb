"""Standard files: a small ADSL and two small BDS tables in, datasets, XPT, Dataset-JSON, define.xml and a page out."""

import json
from datetime import date
from importlib import import_module

import pandas as pd
import pyreadstat
import pytest
from hypothesis import given
from hypothesis import strategies as st
from rctflow.submission.catalogue import catalogue, standard_labels
from rctflow.submission.checks import check_datasets
from rctflow.submission.dataset_json import write_dataset_json
from rctflow.submission.define import define_xml
from rctflow.submission.frames import SubmissionError, build_dataset
from rctflow.submission.names import LONGEST, short_names
from rctflow.submission.settings import Contents, Parameter, Standard, Variable
from rctflow.submission.write import write_submission
from rctflow.submission.xpt import _ascii, write_xpt

FLAG = "ANL01FL_WHATEVER_HAPPENED"
ADSL = pd.DataFrame(
    {
        "STUDYID": ["s"] * 3,
        "USUBJID": ["01", "02", "03"],
        "TRT01P": ["control", "active", "active"],
        "TRT01A": ["control", "active", None],
        "RANDDT": pd.to_datetime(["2020-01-01", "2020-02-29", None]),
        "AGE": [70.0, None, 71.5],
        "CENTRE_NAME": ["Zürich", "Köln", ""],
    }
)
BDS = pd.DataFrame(
    {
        "STUDYID": ["s"] * 4,
        "USUBJID": ["01", "01", "02", "02"],
        "PARAMCD": ["WALKING_SPEED"] * 4,
        "PARAM": ["x"] * 4,
        "AVISIT": ["start", "end", "start", ""],
        "AVISITN": [0.0, 1.0, 0.0, None],
        "ADY": [1.0, 30.0, -1.0, 99.0],
        "AVAL": [0.1, 0.3, 1 / 3, None],
        "BASE": [0.1, 0.1, 1 / 3, 1 / 3],
        "CHG": [None, 0.2, None, None],
        "ABLFL": ["Y", "", "Y", ""],
        "DTYPE": [""] * 4,
        FLAG: ["Y", "Y", "Y", ""],
        "SRCSEQ": [1.0, 2.0, 3.0, 4.0],
    }
)
TABLES = {"adsl": ADSL, "walking_speed": BDS}
AGE = Variable("AGE", "AGE", "Age", "float", place="subjects.covariates.AGE")
CENTRE = Variable("CENTRE_NAME", "CENTRENA", "Name of the centre", place="subjects.covariates.CENTRE_NAME")
SUBJECTS = Contents("ADSL", "Subjects", "ADSL", ("adsl",), "One record per subject", ("USUBJID",), (AGE, CENTRE))
WALK = Contents(
    *("ADWALK", "Walking", "BDS", ("walking_speed",), "One record per subject and visit"),
    keys=("USUBJID", "PARAMCD", "AVISITN", "ADY"),
    further=(Variable(FLAG, "ANL02FL", "Whatever happened", rule="All.", code="derive.estimands:apply_strategies"),),
    parameters=(Parameter("walking_speed", "WALKINGS", "Walking speed (m/s)", "4 m / time", "endpoints.walking"),),
)
STANDARD = Standard(
    id="s",
    study="s (SYNTHETIC DATA)",
    title="A trial",
    date="2021-05-04",
    formats=("xpt", "dataset_json"),
    arms=(("control", "Usual care"), ("active", "Exercise")),
    visits=(("start", "Start"), ("end", "Month 1")),
    datasets=(SUBJECTS, WALK),
)


@given(st.lists(st.from_regex(r"[a-z][a-z0-9_]{0,20}", fullmatch=True), unique=True))
def test_short_names_are_short_and_different(names):
    short = short_names(names, taken=("ADSL",))
    assert list(short) == names
    assert len({*short.values(), "ADSL"}) == len(names) + 1
    assert all(0 < len(name) <= LONGEST for name in short.values())


def test_a_short_name_stays_what_it_is():
    found = short_names(["tug", "walk4m_speed", "walk4m_speed_b", "sf36_pcs"])
    assert list(found.values()) == ["TUG", "WALK4MSP", "WALK4MS2", "SF36_PCS"]


def test_arms_and_visits_are_printed_and_numbered():
    walk = build_dataset(WALK, TABLES, STANDARD).table
    assert walk[["TRTP", "TRTPN", "TRTAN"]].values.tolist()[::2] == [["Usual care", 1, 1], ["Exercise", 2, 2]]
    assert walk["AVISIT"].tolist() == ["Start", "Month 1", "", "Start"]  # outside all windows first, as SAS sorts
    assert set(walk["PARAMCD"]) == {"WALKINGS"}
    subjects = build_dataset(SUBJECTS, TABLES, STANDARD).table
    assert subjects["TRT01A"].tolist() == ["Usual care", "Exercise", ""]
    assert subjects["TRT01AN"].isna().tolist() == [False, False, True]


def test_a_variable_that_nobody_described_is_an_error():
    with pytest.raises(SubmissionError, match="ADSL has variables that nobody described: NEW"):
        build_dataset(SUBJECTS, {"adsl": ADSL.assign(NEW=1)}, STANDARD)


def test_a_transport_file_gives_back_what_went_in(tmp_path):
    walk = build_dataset(WALK, TABLES, STANDARD)
    assert write_xpt(walk, tmp_path / "adwalk.xpt", date(2021, 5, 4)) == []
    read, about = pyreadstat.read_xport(tmp_path / "adwalk.xpt")
    assert about.table_name == "ADWALK"
    assert about.column_names_to_labels["AVAL"] == "Analysis Value"
    assert read["AVAL"].tolist()[:2] == pytest.approx([0.1, 0.3], rel=1e-15)
    assert read["USUBJID"].tolist() == walk.table["USUBJID"].tolist()
    subjects = build_dataset(SUBJECTS, TABLES, STANDARD)
    notes = write_xpt(subjects, tmp_path / "adsl.xpt", date(2021, 5, 4))
    read, _ = pyreadstat.read_xport(tmp_path / "adsl.xpt")
    assert read["RANDDT"].tolist()[:2] == [date(2020, 1, 1), date(2020, 2, 29)]
    assert read["CENTRENA"].tolist() == ["Zurich", "Koln", ""]
    assert notes == ["CENTRENA: 2 texts have letters outside ASCII, written by similar ones or as ?"]


def test_signs_and_typographic_marks_become_similar_ones_in_a_transport_file():
    assert [_ascii(text) for text in ("patient’s “µg”", "≥ 38 °C", "Größe", "10–20 ± 3", "患者")] == [
        'patient\'s "ug"',
        ">= 38 degC",
        "Grosse",
        "10-20 +/- 3",
        "??",
    ]


def test_a_text_too_long_for_a_transport_file_is_cut_and_told(tmp_path):
    long = build_dataset(SUBJECTS, {"adsl": ADSL.assign(CENTRE_NAME="x" * 201)}, STANDARD)
    assert write_xpt(long, tmp_path / "adsl.xpt", date(2021, 5, 4)) == [
        "CENTRENA: 3 texts are longer than 200 bytes and cut"
    ]


def test_dataset_json_holds_what_went_in(tmp_path):
    write_dataset_json(build_dataset(SUBJECTS, TABLES, STANDARD), STANDARD, tmp_path / "adsl.json")
    found = json.loads((tmp_path / "adsl.json").read_text())
    names = [column["name"] for column in found["columns"]]
    rows = [dict(zip(names, row, strict=True)) for row in found["rows"]]
    assert (found["datasetJSONVersion"], found["records"], found["name"]) == ("1.1.0", 3, "ADSL")
    assert [row["RANDDT"] for row in rows] == ["2020-01-01", "2020-02-29", None]
    assert [(row["AGE"], row["CENTRENA"]) for row in rows] == [(70, "Zürich"), (None, "Köln"), (71.5, "")]
    assert rows[0]["TRT01PN"] == 1


def test_define_conforms_by_its_library(tmp_path):
    from odmlib.define_2_1.rules.metadata_schema import MetadataSchema
    from odmlib.define_loader import XMLDefineLoader
    from odmlib.loader import ODMLoader
    from odmlib.oid_generator import create_oid_checker

    loader = ODMLoader(XMLDefineLoader(model_package="define_2_1", ns_uri="http://www.cdisc.org/ns/def/v2.1"))
    text = define_xml([build_dataset(contents, TABLES, STANDARD) for contents in STANDARD.datasets], STANDARD)
    (tmp_path / "define.xml").write_text(text)
    loader.open_odm_document(str(tmp_path / "define.xml"))
    metadata, references = loader.MetaDataVersion(), create_oid_checker("define_2_1")
    assert metadata.verify_conformance(MetadataSchema())
    assert metadata.verify_order()
    assert metadata.verify_oids(references)
    assert references.check_oid_refs()
    assert [group.Name for group in metadata.ItemGroupDef] == ["ADSL", "ADWALK"]
    assert "Walking speed (m/s)" in text


def test_checks_find_what_breaks_the_guide():
    sound = [build_dataset(contents, TABLES, STANDARD) for contents in STANDARD.datasets]
    expected = "ADSL: the guide expects SITEID, AGEU, SEX, RACE, ARM, SAFFL, ITTFL, TRTSDT, TRTEDT, which the config "
    assert check_datasets(sound) == [f"{expected}does not derive"]
    broken = BDS.assign(USUBJID="", CHG=7.0, ABLFL="?", AVISITN=0.0)
    found = check_datasets([build_dataset(WALK, {"adsl": ADSL, "walking_speed": broken}, STANDARD)])
    assert found == [
        "ADWALK: 4 records have no USUBJID",
        "ADWALK: ABLFL has values other than Y, N and empty: ?",
        "ADWALK: AVISIT and AVISITN are not one to one",
        "ADWALK: CHG is not AVAL - BASE on 3 records",
    ]


def test_the_same_tables_make_the_same_bytes(tmp_path):
    shuffled = {name: table.sample(frac=1, random_state=1) for name, table in TABLES.items()}
    for folder, tables in (("a", TABLES), ("b", TABLES), ("c", shuffled)):
        (tmp_path / folder).mkdir()
        write_submission(tables, STANDARD, tmp_path / folder)
    names = sorted(file.name for file in (tmp_path / "a").iterdir())
    assert names == [*("adsl.json", "adsl.xpt", "adwalk.json", "adwalk.xpt", "define.xml", "variables.html")]
    for name in names:
        assert len({(tmp_path / folder / name).read_bytes() for folder in "abc"}) == 1, name


def test_the_page_leads_from_a_variable_to_its_code(tmp_path):
    write_submission(TABLES, STANDARD, tmp_path)
    page = (tmp_path / "variables.html").read_text()
    assert "s (SYNTHETIC DATA)" in page
    assert "derive/estimands.py" in page
    assert "endpoints.walking" in page


def test_every_described_variable_names_code_that_exists():
    for kind, variables in catalogue().items():
        for variable in variables:
            assert len(variable.name) <= LONGEST, (kind, variable.name)
            assert 0 < len(variable.label) <= 40, (kind, variable.name)
            assert variable.rule or variable.origin != "Derived", (kind, variable.name)
            module, _, function = variable.code.partition(":")
            assert not function or hasattr(import_module(f"rctflow.{module}"), function), (kind, variable.name)
    assert all(len(label) <= 40 for label in standard_labels().values())


def test_every_variable_of_the_records_is_described():
    from rctflow.derive.findings.records import LAYOUT as FINDINGS
    from rctflow.derive.records import LAYOUT
    from rctflow.derive.subjects import FIXED, FURTHER_DATES

    described = {kind: {variable.source for variable in variables} for kind, variables in catalogue().items()}
    assert set(LAYOUT) <= described["BDS"]
    assert set(FINDINGS) <= described["FINDINGS"]
    assert {*FIXED, *FURTHER_DATES} <= described["ADSL"]
