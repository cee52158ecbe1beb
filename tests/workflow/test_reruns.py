"""The exact set of jobs that each kind of edit starts."""

import os
import time
from dataclasses import replace

import pytest
from rctflow.results import read_results, write_results

pytestmark = pytest.mark.workflow

ENDPOINTS = ("walk", "crp", "hb")
FLOW, QUALITY = ("summary_flow", "summary_figure:flow"), ("summary_data_quality", "query_list")
SUMMARIES = {"reconcile", "summary_populations", "summary_baseline", *FLOW, *QUALITY}


def each(rule: str, names=ENDPOINTS) -> set[str]:
    return {f"{rule}:{name}" for name in names}


def test_nothing_changed(checkout):
    assert checkout.plan() == set()


def test_a_label_edited_redraws_only(checkout):
    config = checkout.config()
    config["endpoints"]["crp"]["label"] = "C-reactive protein"
    checkout.configure(config)
    assert checkout.plan() == {"displays:crp", "overview", "report", "resolved_config"}


def test_a_covariate_of_one_endpoint_edited(checkout):
    config = checkout.config()
    config["endpoints"]["hb"]["analyses"] = {
        "ancova": {"use": "ancova", "covariates": ["AGE"]},
        "descriptive": {"use": "descriptive"},
    }
    checkout.configure(config)
    assert checkout.plan() == {"fit:hb", "displays:hb", "second", "overview", "report", "resolved_config"}


def test_an_endpoint_added(checkout):
    config = checkout.config()
    config["endpoints"]["hb_again"] = config["endpoints"]["hb"] | {"label": "Haemoglobin again"}
    checkout.configure(config)
    assert checkout.plan() == {
        *("fit:hb_again", "displays:hb_again"),
        *("second", "overview", "report", "resolved_config"),
    }


def test_an_endpoint_removed_is_named_and_kept(checkout):
    config = checkout.config()
    del config["endpoints"]["hb"]
    checkout.configure(config)
    assert checkout.plan() == {"second", "overview", "report", "resolved_config"}
    told = checkout.run()
    assert told.returncode == 0, told.stderr
    assert "results/tiny/endpoints/hb belongs to no endpoint" in told.stdout
    assert (checkout.folder / "results/tiny/endpoints/hb/results.csv").exists()


def test_a_visit_added(checkout):
    config = checkout.config()
    config["visits"]["week12"] = {"label": "Week 12", "day": 84, "window": [71, 98]}
    checkout.configure(config)
    of_visits = each("form", ("walk", "blood")) | each("fit") | each("displays")
    assert checkout.plan() == of_visits | {*FLOW, *QUALITY, "second", "overview", "report", "resolved_config"}


def test_a_population_added(checkout):
    config = checkout.config()
    config["populations"]["older"] = {"label": "Older", "where": "AGE >= 66"}
    checkout.configure(config)
    of_adsl = {"subjects", "second"} | SUMMARIES | each("fit") | each("displays")
    assert checkout.plan() == of_adsl | {"overview", "report", "resolved_config"}


def test_what_is_reconciled_edited_compares_again_and_refits_nothing(checkout):
    config = checkout.config()
    config["summaries"] = {"flow": {"forms": {"randomized": {"table": "subjects"}}}}
    checkout.configure(config)
    assert checkout.plan() == {"reconcile", *FLOW, "report", "resolved_config"}
    assert checkout.plan("endpoint_walk") == {"reconcile"}
    config["summaries"] = {"flow": {"exclusions": {"itt": [{"label": "Too young", "where": "AGE < 18"}]}}}
    checkout.configure(config)
    assert checkout.plan() == {*FLOW, "report", "resolved_config"}


def test_a_shared_module_edited(checkout):
    module = checkout.folder / "scripts/rctflow/derive/windows.py"
    module.write_text(module.read_text() + "\n# edited\n")
    assert checkout.plan() == (
        {"subjects"} | each("fit") | each("displays") | SUMMARIES | {"second", "overview", "report"}
    )


def test_a_template_edited_redraws_the_report(checkout):
    template = checkout.folder / "scripts/rctflow/report/report.css"
    template.write_text(template.read_text() + "\n/* edited */\n")
    assert checkout.plan() == {"report"}


def test_a_model_edited_refits(checkout):
    module = checkout.folder / "scripts/rctflow/models/ancova.py"
    module.write_text(module.read_text() + "\n# edited\n")
    assert checkout.plan() == each("fit") | each("displays") | {*FLOW, "second", "overview", "report"}


def test_a_second_path_edited_computes_again_and_refits_nothing(checkout):
    module = checkout.folder / "scripts/rctflow/second/ancova.py"
    module.write_text(module.read_text() + "\n# edited\n")
    assert checkout.plan() == {"second", "report"}


def test_a_wrong_number_ends_the_run_before_the_report(checkout):
    path, report = (
        checkout.folder / "results/tiny/endpoints/walk/results.csv",
        checkout.folder / "results/tiny/report.html",
    )
    wrong, before = "walk.ancova.itt.week8.drug-placebo.estimate", report.stat().st_mtime_ns
    write_results([replace(r, value=1.25) if r.result_id == wrong else r for r in read_results(path)], path)
    told = checkout.snakemake(check=False)
    assert told.returncode
    assert f"{wrong}: first 1.25, second " in told.stdout + told.stderr
    assert report.stat().st_mtime_ns == before


def test_a_script_merely_touched(checkout):
    later = time.time() + 5
    for script in (checkout.folder / "scripts").glob("*.py"):
        os.utime(script, (later, later))
    assert checkout.plan() == set()


def test_a_raw_form_replaced_refits_only_its_endpoints(checkout):
    form = checkout.folder / "data/blood.csv"
    form.write_text(form.read_text().replace("<0.5", "0.7"))
    of_blood = {"form:blood"} | each("fit", ("crp", "hb")) | each("displays", ("crp", "hb"))
    assert checkout.plan() == of_blood | {*QUALITY, "second", "overview", "report"}


def test_what_waits_for_a_replaced_form_is_brought_up_to_date_too(checkout):
    """Snakemake alone passes over whatever waits for a job that is to run: walk would keep its old analysis."""
    config = checkout.config()
    config["endpoints"]["walk"]["analyses"] = {"ancova": {"use": "ancova", "covariates": ["AGE"]}}
    checkout.configure(config)
    form = checkout.folder / "data/blood.csv"
    form.write_text(form.read_text().replace("<0.5", "0.7"))
    assert checkout.plan() == {
        *("form:blood", *QUALITY, *FLOW, "second", "overview", "report", "resolved_config"),
        *(each("fit") | each("displays")),
    }
    checkout.snakemake()
    assert checkout.plan() == set()


@pytest.mark.parametrize(
    ("result", "jobs"),
    [
        ("endpoints/walk/results.csv", {"fit:walk", "displays:walk", *FLOW, "second", "overview", "report"}),
        ("endpoints/walk/profile.svg", {"displays:walk", "report"}),
        ("clean/blood.ledger.csv", None),
        ("report.html", {"report"}),
    ],
)
def test_a_result_deleted_is_made_again(checkout, result, jobs):
    before = (checkout.folder / "results/tiny" / result).read_bytes()
    (checkout.folder / "results/tiny" / result).unlink()
    if jobs is not None:
        assert checkout.plan() == jobs
    checkout.snakemake()
    assert (checkout.folder / "results/tiny" / result).read_bytes() == before


def test_one_endpoint_is_brought_up_to_date_and_no_other(checkout):
    config = checkout.config()
    for endpoint in config["endpoints"].values():
        endpoint["analyses"] = {"ancova": {"use": "ancova", "confidence": 0.9}}
    checkout.configure(config)
    assert checkout.plan("endpoint_walk") == {"fit:walk", "displays:walk"}
    told = checkout.run("endpoint_walk")
    assert told.returncode == 0, told.stderr
    assert "as of the last full run" in told.stdout
    assert checkout.plan("endpoint_walk") == set()
    assert checkout.plan("endpoint_crp") == {"fit:crp", "displays:crp"}


def test_installed_copies_never_shadow_the_checkout(checkout, tmp_path, monkeypatch):
    shadow = tmp_path / "site/rctflow/__init__.py"
    shadow.parent.mkdir(parents=True)
    shadow.write_text("raise RuntimeError('the installed copy was imported')")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path / "site"))
    checkout.snakemake("--forcerun", "overview")


def test_a_target_that_is_not_there_is_answered_in_one_line(checkout):
    told = checkout.run("endpoint_wlk")
    assert told.returncode == 1
    assert told.stderr.startswith("ERROR: ./run endpoint_wlk: no such verb or endpoint. Did you mean 'endpoint_walk'?")
    assert told.stderr.count("\n") == 1


def test_a_dry_run_stays_readable(checkout):
    config = checkout.config()
    config["endpoints"]["crp"]["label"] = "C-reactive protein"
    checkout.configure(config)
    told = checkout.run("-n")
    assert told.returncode == 0
    assert max(map(len, told.stdout.splitlines())) <= 410
