"""The two computations share no module but the contracts that are listed here."""

import pytest
from rctflow.models.registry import MODELS, modules_of
from rctflow.second.registry import PATHS, second_modules
from rctflow.study import code
from rctflow.study.code import code_files

PACKAGE = "scripts/rctflow/__init__.py"
ERROR = "scripts/rctflow/errors.py"
DOORS = {f"scripts/rctflow/{name}.py" for name in ("job", "outputs", "results", "settings", "spreadsheets")}
"""How a job logs, how files are written whole, the result row, texts in CSV, params made settings: nothing computed."""


@pytest.fixture(autouse=True)
def in_the_checkout(root, monkeypatch):
    monkeypatch.chdir(root)


def closure(*modules):
    return {path.relative_to(code.SCRIPTS.parent).as_posix() for path in code._closure(modules)}


@pytest.mark.parametrize("model", PATHS)
def test_a_second_path_shares_only_the_class_of_errors_with_the_first(model):
    first = closure(*modules_of([model]), "rctflow.models.endpoint", "rctflow.models.select")
    second = closure(*second_modules([model]))
    assert first & second == {PACKAGE, ERROR}
    assert not [path for path in second if "/second/" not in path and path not in (PACKAGE, ERROR)]


def test_the_jobs_share_the_doors_between_rooms_and_nothing_else():
    first, second = set(code_files("fit", *modules_of(MODELS))), set(code_files("second", *second_modules(PATHS)))
    assert first & second == {PACKAGE, ERROR} | DOORS


def test_the_paths_use_other_functions_of_the_libraries(root):
    texts = {path: (root / path).read_text() for path in closure(*second_modules(PATHS))}
    for name in ("stdtr", "stdtrit", "statsmodels."):
        assert not [path for path, text in texts.items() if name in text]
    assert "svd(" not in texts["scripts/rctflow/second/ancova.py"]  # the first path of which is a decomposition by it
    assert "eigh(" not in texts["scripts/rctflow/second/sandwich.py"]
