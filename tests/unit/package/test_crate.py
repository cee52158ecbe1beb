"""The crate of a small run: what refers to what, what is lossless, and what differs between runs."""

import json
import re
from collections import Counter
from dataclasses import replace
from urllib.parse import unquote

import pytest
from accounts import BENCHMARK, JOBS, RESULTS, WORKFLOW, about, account, job, packaged, person
from hypothesis import given
from hypothesis import strategies as st
from rctflow.package.about import Author
from rctflow.package.crate import crate, crate_json
from rctflow.package.crate_actions import moment
from rctflow.package.crate_entities import media_type, uri
from rctflow.package.errors import PackageError

WEB = ("https://", "http://")


def graph(**changes):
    return {entity["@id"]: entity for entity in crate(account(**changes))["@graph"]}


def many(value):
    return value if isinstance(value, list) else [value]


def ids(value):
    return [one["@id"] for one in many(value)]


def referred(value):
    if isinstance(value, dict):
        here = [value["@id"]] if set(value) == {"@id"} else []
        return here + [name for entry in value.values() for name in referred(entry)]
    return [name for entry in value for name in referred(entry)] if isinstance(value, list) else []


def test_every_reference_leads_somewhere_and_every_id_stands_once():
    entities = crate(account())["@graph"]
    assert Counter(entity["@id"] for entity in entities).most_common(1)[0][1] == 1
    known = {entity["@id"] for entity in entities}
    assert [name for name in referred(entities) if name not in known and not name.startswith(WEB)] == []


def test_files_and_parameters_refer_to_each_other():
    entities = graph()
    parameters = [entity for entity in entities.values() if entity["@type"] == "FormalParameter"]
    assert parameters
    for parameter in parameters:
        for example in ids(parameter["workExample"]):
            assert parameter["@id"] in ids(entities[example]["exampleOfWork"]), (parameter["@id"], example)
    for name, entity in entities.items():
        for parameter in ids(entity["exampleOfWork"]) if "exampleOfWork" in entity else []:
            assert name in ids(entities[parameter]["workExample"])


def test_steps_follow_the_walk_of_the_data_and_not_the_order_of_the_files():
    entities = graph()
    positions = {entity["name"]: entity["position"] for entity in entities.values() if entity["@type"] == "HowToStep"}
    assert positions == {"form": "1", "fit": "2", "report": "3"}


def test_connections_lead_from_a_rules_output_to_the_input_of_the_next():
    entities = graph()
    pairs = {
        (entity["sourceParameter"]["@id"], entity["targetParameter"]["@id"])
        for entity in entities.values()
        if entity["@type"] == "ParameterConnection"
    }
    assert pairs == {
        ("#in/raw", "#form/in/raw"),
        ("#form/out/clean", "#fit/in/form.clean"),
        ("#fit/out/results", "#report/in/fit.results"),
        ("#fit/out/results", "#out/fit.results"),
        ("#report/out/0", "#out/report.0"),
    }
    for source, target in pairs:
        assert source in entities and target in entities
    assert ids(entities["#step/fit"]["connection"]) == ["#connection/fit/in/form.clean"]


def test_an_action_has_the_jobs_files_values_code_times_and_resources():
    entities = graph()
    fit = entities["#job/fit/walk"]
    assert ids(fit["object"]) == [f"data/{RESULTS}/clean/walk.parquet", "#job/fit/walk/param/1", "#code/fit/1"]
    assert ids(fit["result"]) == [f"data/{RESULTS}/endpoints/walk/results.csv"]
    assert entities["#job/fit/walk/param/1"]["value"] == "'config/t.yaml'"
    assert ids(entities["#code/fit/1"]["hasPart"]) == ["data/scripts/fit.py", "data/scripts/rctflow/errors.py"]
    assert fit["instrument"] == {"@id": "data/scripts/fit.py"}
    assert (fit["startTime"], fit["endTime"]) == ("2023-11-14T22:13:20.000+00:00", "2023-11-14T22:13:29.000+00:00")
    assert ids(fit["subjectOf"]) == [f"data/{RESULTS}/logs/fit.log"]


def test_the_benchmark_of_every_job_can_be_written_again_from_its_action():
    entities = graph()
    for action in (entity for name, entity in entities.items() if re.fullmatch(r"#job/\w+(/\w+)?", name)):
        usage = [entities[name] for name in ids(action["resourceUsage"])]
        assert {value["name"]: value["value"] for value in usage} == BENCHMARK
        assert [value["name"] for value in usage] == list(BENCHMARK)


def test_jobs_of_one_rule_that_ran_other_code_have_a_collection_of_their_own():
    other = replace(JOBS[0], inputs=(*JOBS[0].inputs, "scripts/rctflow/models/mmrm.py"))
    entities = graph(jobs=(other, *JOBS[1:]))
    assert ids(entities["#job/fit/crp"]["object"])[-1] == "#code/fit/1"
    assert ids(entities["#job/fit/walk"]["object"])[-1] == "#code/fit/2"
    assert "data/scripts/rctflow/models/mmrm.py" in ids(entities["#code/fit/1"]["hasPart"])
    assert set(ids(entities["./"]["mentions"])) >= {"#code/fit/1", "#code/fit/2"}


def test_two_jobs_of_one_rule_and_wildcard_stay_two():
    again = job("form", ("data/late.csv",), (f"{RESULTS}/clean/late.parquet",), "walk")
    entities = graph(jobs=(*JOBS, again))
    assert ids(entities["#job/form/walk"]["object"])[0] == "data/data/walk.csv"
    assert ids(entities["#job/form/walk/2"]["object"])[0] == "data/data/late.csv"


def test_two_runs_differ_in_actions_and_the_day_alone():
    slow = tuple(replace(one, start=one.start + 1e6, end=one.end + 2e6, benchmark={"s": "9"}) for one in JOBS)
    before, after = graph(machine={"cpu": "a"}), graph(jobs=slow, machine={"cpu": "b", "memory": "1"})
    changed = {name for name in before | after if before.get(name) != after.get(name)}
    kinds = {str((before | after)[name]["@type"]) for name in changed - {"./"}}
    assert kinds == {"CreateAction", "OrganizeAction", "PropertyValue"}
    assert before["./"] == after["./"] | {"datePublished": before["./"]["datePublished"]}


def test_the_order_in_which_files_come_in_is_not_seen():
    first = account()
    second = replace(first, files=dict(reversed(first.files.items())))
    assert crate_json(first) == crate_json(second)


def test_synthetic_data_are_called_so_and_real_ones_are_not():
    told, real = graph()["./"], graph(about=about(synthetic=False, description="Two arms."))["./"]
    assert told["name"] == "A trial (SYNTHETIC DATA)" and "SYNTHETIC DATA" in told["description"]
    assert real["name"] == "A trial" and real["description"] == "Two arms."


def test_authors_of_the_study_come_before_those_of_the_workflow():
    assert graph()["./"]["author"] == {"@id": "#organization/The%20authors"}
    authors = (person("Zoë O'Neil", 'Clinic "North" <1>', "0000-0001-2345-6789"), person("李明"))
    entities = graph(about=about(package=packaged(authors=authors)))
    assert ids(entities["./"]["author"]) == ["https://orcid.org/0000-0001-2345-6789", "#person/%E6%9D%8E%E6%98%8E"]
    clinic = entities[entities["https://orcid.org/0000-0001-2345-6789"]["affiliation"]["@id"]]
    assert clinic["name"] == 'Clinic "North" <1>'
    assert entities["./"]["publisher"] == {"@id": clinic["@id"]}


def test_a_publisher_is_an_organization_even_when_nobody_names_one():
    alone = replace(WORKFLOW, authors=(Author("Ann Other"),))
    entities = graph(citation=alone)
    assert entities[entities["./"]["publisher"]["@id"]]["@type"] == "Organization"


def test_what_a_restricted_package_withholds_is_named_and_not_located():
    outside = job("form", ("/elsewhere/trial/walk.csv",), (f"{RESULTS}/clean/walk.parquet",), "walk")
    entities = graph(
        jobs=(*JOBS[:3], outside, JOBS[4]), without=("/elsewhere/trial/walk.csv", f"{RESULTS}/clean/walk.parquet")
    )
    withheld = {name for name in entities if name.startswith("#withheld/")}
    assert withheld == {"#withheld/walk.csv", f"#withheld/{RESULTS}/clean/walk.parquet"}
    assert "/elsewhere" not in json.dumps(list(entities.values()))
    assert "sha256" not in entities["#withheld/walk.csv"]


def test_a_raw_form_from_outside_stands_where_it_was_packed():
    outside = job("form", ("/elsewhere/walk 100%.csv",), (f"{RESULTS}/clean/walk.parquet",), "walk")
    moved = {"/elsewhere/walk 100%.csv": f"{RESULTS}/raw/walk 100%.csv"}
    entities = graph(jobs=(*JOBS[:3], outside, JOBS[4]), moved=moved)
    assert ids(entities["#job/form/walk"]["object"])[0] == f"data/{RESULTS}/raw/walk%20100%25.csv"
    assert "/elsewhere" not in json.dumps(list(entities.values()))


def test_folders_of_machine_made_files_are_one_entity_each():
    first = account()
    some = next(iter(first.files.values()))
    entities = {
        entity["@id"]
        for entity in crate(replace(first, files={**first.files, "data/.snakemake/metadata/a": some}))["@graph"]
    }
    assert "data/.snakemake/" in entities and "data/.snakemake/metadata/a" not in entities
    assert "data/wheels/" not in entities


def test_a_package_without_its_config_or_with_an_unknown_rule_is_refused():
    with pytest.raises(PackageError, match=r"config/t\.yaml is not in the package"):
        crate(account(without=("config/t.yaml",)))
    with pytest.raises(PackageError, match="older ran, and no rule of this name"):
        crate(account(jobs=(*JOBS, job("older", (), (f"{RESULTS}/old.csv",), ""))))


@given(st.text(min_size=1))
def test_an_id_is_a_uri_that_leads_back_to_the_path(path):
    try:
        path.encode()
    except UnicodeEncodeError:
        return
    assert unquote(uri(path)) == path
    assert re.fullmatch(r"[!-~]+", uri(path)) and not set('<>"{}|\\^`#?[]') & set(uri(path))


@given(st.floats(min_value=0, max_value=4e9))
def test_moments_are_iso_8601_in_utc_to_the_millisecond(seconds):
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}\+00:00", moment(seconds))


@pytest.mark.parametrize(
    ("path", "kind"),
    [
        ("data/a.svg", "image/svg+xml"),
        ("data/a.PARQUET", "application/vnd.apache.parquet"),
        ("data/Snakefile", "text/plain"),
        ("data/a.sas7bdat", "application/octet-stream"),
    ],
)
def test_media_types(path, kind):
    assert media_type(path) == kind


def test_a_lock_of_the_plan_is_an_input_of_its_own():
    locked = replace(JOBS[4], inputs=(*JOBS[4].inputs, "config/t.lock.json"))
    entities = graph(jobs=(*JOBS[:4], locked))
    assert entities["data/config/t.lock.json"]["exampleOfWork"] == [{"@id": "#report/in/lock"}, {"@id": "#in/lock"}]
