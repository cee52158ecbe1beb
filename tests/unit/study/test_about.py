"""What a config says of its study to the package."""

from rctflow.package.about import Outcome, Seed
from rctflow.study.about import about_study
from rctflow.study.load import load_study

from tests.tiny import tiny_config, write_config


def told(tmp_path, **changes):
    return about_study(load_study(write_config(tiny_config() | changes, tmp_path / "tiny.yaml")), "config/tiny.yaml")


def test_the_study_is_told_in_the_order_of_print(tmp_path):
    about = told(tmp_path)
    assert (about.study, about.title, about.config, about.synthetic) == (
        "tiny",
        "A tiny trial",
        "config/tiny.yaml",
        True,
    )
    assert about.outcomes[0] == Outcome("walk", "Walk", "primary")
    assert {outcome.id for outcome in about.outcomes} == {"walk", "crp", "hb"}
    assert not about.simulated


def test_seeds_count_only_where_something_is_drawn_from_them(tmp_path, root):
    assert told(tmp_path).seeds == ()
    assert told(tmp_path, package={"data": "restricted", "twin": {"seed": 5}}).seeds == (Seed("package.twin.seed", 5),)
    default = about_study(load_study(root / "config/config.yaml"), "config/config.yaml")
    assert default.seeds[0] == Seed("source.seed", 2076)
    keys = [seed.key for seed in default.seeds]
    assert len(set(keys)) == len(keys)
    of_primary = [f"endpoints.sf36_pcs.analyses.{name}.resampling.seed" for name in ("mmrm", "ancova_by_visit")]
    assert [key for key in keys if ".sf36_pcs." in key] == of_primary
    assert not [key for key in keys if ".sf36_pf." in key]
    assert default.simulated
