"""What of restricted data may leave: a small DAG in, the paths that stay out."""

from __future__ import annotations

from pathlib import Path

import pytest
from rctflow.package.contents import Contents
from rctflow.package.disclosed import PATIENT_LEVEL, aggregates_of, refuse_ids, restricted, unmistakable, withheld
from rctflow.package.errors import PackageError
from rctflow.package.jobs import Job
from rctflow.package.rules import read_rules

HOME = "results/s"


def job(rule: str, outputs: tuple[str, ...], inputs: tuple[str, ...]) -> Job:
    made = tuple(f"{HOME}/{path}" for path in outputs)
    return Job(rule, made, inputs, {}, (f"{HOME}/logs/{rule}.log",), 0.0, 1.0, {}, "")


FORM = job("form", ("clean/walk.parquet", "tables/walk.json"), ("data/walk.csv",))
FIT = job("fit", ("adam/walk.parquet", "endpoints/walk/results.csv"), (f"{HOME}/clean/walk.parquet",))
DISPLAYS = job(
    "displays", ("endpoints/walk/profile.svg",), (f"{HOME}/endpoints/walk/results.csv", f"{HOME}/adam/walk.parquet")
)
CONFIG = job("resolved_config", ("config.yaml",), ("scripts/resolved_config.py",))


def test_only_declared_aggregates_of_patients_data_leave():
    held = withheld([DISPLAYS, FIT, FORM, CONFIG], {"data/walk.csv"})
    assert held == {
        "data/walk.csv",
        *(f"{HOME}/clean/walk.parquet", f"{HOME}/tables/walk.json", f"{HOME}/logs/form.log"),
        *(f"{HOME}/adam/walk.parquet", f"{HOME}/logs/fit.log"),
    }


def test_a_rule_that_nobody_declared_is_held_back():
    new = job("resample", ("endpoints/walk/draws.csv",), (f"{HOME}/clean/walk.parquet",))
    assert set(new.outputs) | set(new.log) <= withheld([FORM, new], {"data/walk.csv"})


def test_whatever_a_job_writes_beside_raw_forms_stays():
    simulate = job("simulate", ("raw/walk.csv", "simulated/truth.json"), ())
    assert f"{HOME}/simulated/truth.json" in withheld([simulate], {f"{HOME}/raw/walk.csv"})


def test_a_raw_form_outside_the_project_is_held_back_where_it_would_be_packed():
    form = job("form", ("clean/walk.parquet",), ("/elsewhere/walk.csv",))
    target = f"{HOME}/raw/walk.csv"
    found = Contents(
        (form,), {target: Path("/elsewhere/walk.csv"), "run": Path("run")}, {"/elsewhere/walk.csv": target}
    )
    kept = restricted(found, {"/elsewhere/walk.csv"})
    assert (set(kept.files), set(kept.withheld)) == ({"run"}, {target})


def test_every_rule_of_the_workflow_is_declared(root):
    undeclared = {rule.name for rule in read_rules(root) if not aggregates_of(rule.name)} - {"resolved_config"}
    assert undeclared == set(PATIENT_LEVEL), "say in package/disclosed.py whether the outputs of rules are aggregates"


def test_ids_that_any_table_may_hold_are_not_looked_for():
    assert unmistakable(["17", "1234", "PATIENT", "P001", "A1", "10023"]) == {"P001", "10023"}


def test_an_id_is_found_as_a_whole_word():
    refuse_ids({"a.csv": b"1,P0010,SUP001,2", "b.csv": b"x"}, ["P001"])
    with pytest.raises(PackageError, match=r"a\.csv names a patient \(P001\)"):
        refuse_ids({"a.csv": b'{"note": "P001 left"}'}, ["P001"])
    with pytest.raises(PackageError, match="names a patient"):
        refuse_ids({"results/P001/x.svg": b""}, ["P001"])
