"""What goes in: what the declared results come from, and nothing else."""

import pytest
from rctflow.package.contents import contents, is_inside
from rctflow.package.errors import PackageError
from rctflow.package.jobs import Job

CONFIG = "config/t.yaml"


def job(rule, outputs, inputs, wildcard=""):
    log = f"results/t/logs/{rule}/{wildcard}.log" if wildcard else f"results/t/logs/{rule}.log"
    return Job(rule, tuple(outputs), tuple(inputs), {}, (log,), 1.0, 2.0, {}, wildcard)


FORM = job("form", ["results/t/clean/walk.parquet", "results/t/tables/walk.json"], ["data/walk.csv", "scripts/form.py"])
FIT = job("fit", ["results/t/walk.csv"], ["results/t/clean/walk.parquet", "scripts/fit.py"], "walk")
REMOVED = job("fit", ["results/t/grip.csv"], ["results/t/clean/walk.parquet", "scripts/fit.py"], "grip")


@pytest.fixture
def folder(tmp_path):
    def touch(*paths):
        for path in paths:
            (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
            (tmp_path / path).write_text(path)

    for each in (FORM, FIT, REMOVED):
        touch(*each.outputs, *each.inputs, *each.log)
    touch(CONFIG, "config/other.yaml", "run", "Snakefile", "workflow/rules/fit.smk", "scripts/rctflow/a.py")
    touch(
        "scripts/.fit.py.swp", "scripts/patients.xlsx", "workflow/.ipynb_checkpoints/x.yaml", "notes.txt", "data/b.csv"
    )
    touch(
        "scripts/rctflow/__pycache__/a.cpython-311.pyc", "results/t/benchmarks/form.tsv", "results/t/old.csv", "data/b"
    )
    return tmp_path


def packed(folder, jobs=(FORM, FIT, REMOVED), declared=("results/t/walk.csv",), raw=None):
    return contents(folder, "results/t", CONFIG, declared, jobs, raw or {})


def test_only_what_the_results_come_from_and_the_workflow(folder):
    found = packed(folder)
    assert [(j.rule, j.wildcard) for j in found.jobs] == [("fit", "walk"), ("form", "")]
    assert list(found.files) == [
        "Snakefile",
        "config/t.yaml",
        "data/walk.csv",
        "results/t/clean/walk.parquet",
        "results/t/logs/fit/walk.log",
        "results/t/logs/form.log",
        "results/t/tables/walk.json",
        "results/t/walk.csv",
        "run",
        "scripts/fit.py",
        "scripts/form.py",
        "scripts/rctflow/a.py",
        "workflow/rules/fit.smk",
    ]
    assert found.moved == {}


def test_the_order_of_jobs_and_results_changes_nothing(folder):
    declared = ("results/t/tables/walk.json", "results/t/walk.csv")
    one, other = packed(folder, declared=declared), packed(folder, (REMOVED, FIT, FORM), declared[::-1])
    assert one == other
    assert list(one.files) == list(other.files)


def test_a_raw_form_outside_the_folder_moves_in(folder, tmp_path_factory):
    outside = tmp_path_factory.mktemp("trial") / "walk.csv"
    outside.write_text("1")
    form = job("form", FORM.outputs, [str(outside), "scripts/form.py"])
    found = packed(folder, (form, FIT), raw={str(outside): "walk.csv"})
    assert found.moved == {str(outside): "results/t/raw/walk.csv"}
    assert found.files["results/t/raw/walk.csv"].read_text() == "1"
    assert str(outside) not in found.files


def test_a_raw_form_inside_the_folder_stays_where_it_is(folder):
    assert packed(folder, raw={"data/walk.csv": "walk.csv"}).moved == {}


@pytest.mark.parametrize("path", ["/elsewhere/own.yaml", "../own.yaml", ".venv/own.yaml", "config/../../own.yaml"])
def test_another_file_outside_the_folder_is_refused_with_the_remedy(folder, path):
    fit = job("fit", FIT.outputs, [*FIT.inputs, path], "walk")
    with pytest.raises(PackageError, match=r"rule fit read .*own\.yaml.*copy it to config/"):
        packed(folder, (FORM, fit))


def test_a_result_that_no_job_made_is_refused(folder):
    with pytest.raises(PackageError, match=r"no record of how results/t/old\.csv was made"):
        packed(folder, declared=("results/t/old.csv",))


def test_a_file_that_is_gone_is_refused(folder):
    (folder / "results/t/tables/walk.json").unlink()
    with pytest.raises(PackageError, match=r"results/t/tables/walk\.json is not there any more"):
        packed(folder)


def test_own_files_of_a_study_are_packed_wherever_they_stand_in_the_folder(folder):
    (folder / "mine").mkdir()
    (folder / "mine/hook.py").write_text("")
    fit = job("fit", FIT.outputs, [*FIT.inputs, "mine/hook.py"], "walk")
    assert "mine/hook.py" in packed(folder, (FORM, fit)).files


@pytest.mark.parametrize(("path", "inside"), [("a/b", True), ("/a", False), ("../a", False), (".venv/a", False)])
def test_inside(path, inside):
    assert is_inside(path) == inside
