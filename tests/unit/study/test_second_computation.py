"""Which analyses are computed a second time, and what the second computation is told of them."""

from rctflow.study.load import load_study
from rctflow.study.second_computation import second_settings

from tests.tiny import tiny_config, write_config


def told(tmp_path, config):
    settings = second_settings(load_study(str(write_config(config, tmp_path / "study.yaml"))))
    return settings, {(d.endpoint, d.analysis, d.population): d for d in settings.analyses}


def test_primary_and_secondary_main_analyses_at_their_primary_visit(tmp_path):
    config = tiny_config()
    config["endpoints"]["hb"]["role"] = "exploratory"
    config["endpoints"]["crp"]["primary_visit"] = "week4"
    settings, found = told(tmp_path, config)
    assert list(found) == [("walk", "ancova", "itt"), ("crp", "ancova", "itt")]
    walk, crp = found.values()
    assert (walk.role, walk.visit, crp.role, crp.visit) == ("primary", "week8", "secondary", "week4")
    assert (walk.arms, walk.factors, walk.flag, walk.arm_variable) == (
        ("placebo", "drug"),
        ("SITE",),
        "ITTFL",
        "TRT01P",
    )
    assert (walk.options, walk.counts, settings.study) == (
        {"weights": "equal", "vcov": "classical"},
        "ANL01FL",
        "tiny (SYNTHETIC DATA)",
    )


def test_the_default_chain_is_spelled_out_and_a_population_of_those_treated_has_their_arm(tmp_path):
    config = tiny_config()
    config["populations"]["treated"] = {"label": "Treated", "where": "AGE > 60", "arm": "actual"}
    config["analyses"]["mmrm"] = {"model": "mmrm", "populations": ["itt", "treated"], "log": True}
    config["endpoints"]["hb"]["analyses"] = ["mmrm"]
    _, found = told(tmp_path, config)
    first, second = found["hb", "mmrm", "itt"], found["hb", "mmrm", "treated"]
    assert first.options["chain"][0] == {"covariance": "unstructured", "df": "kenward-roger", "vcov": "model"}
    assert (second.flag, second.arm_variable, second.contrast("drug")) == ("TREATEDFL", "TRT01A", "drug / placebo")
