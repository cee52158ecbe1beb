"""The code that a rule's result depends on is found from the imports."""

from pathlib import Path

from rctflow.study import code
from rctflow.study.code import code_of


def write(folder, files):
    for name, text in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)


def forget():
    for cached in (code._files, code._imports, code.code_of):
        cached.cache_clear()


def closure(tmp_path, monkeypatch, files, *modules):
    packages = {str(p / "__init__.py"): "" for name in files for p in Path(name).parents if p.name}
    write(tmp_path, packages | files)
    monkeypatch.setattr(code, "SCRIPTS", tmp_path)
    monkeypatch.chdir(tmp_path)
    forget()
    try:
        return set(code_of("job", *modules))
    finally:
        forget()


def test_imports_are_followed_into_functions_but_not_for_type_checkers(tmp_path, monkeypatch):
    found = closure(
        tmp_path,
        monkeypatch,
        {
            "job.py": "from rctflow.room import work",
            "rctflow/room/__init__.py": "",
            "rctflow/room/work.py": "def f():\n    from rctflow.deep import g\n"
            "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    from rctflow.never import T\n",
            "rctflow/deep.py": "import numpy",
            "rctflow/never.py": "",
            "rctflow/other.py": "",
        },
    )
    assert found == {
        "job.py",
        "rctflow/__init__.py",
        "rctflow/room/__init__.py",
        "rctflow/room/work.py",
        "rctflow/deep.py",
    }


def test_modules_chosen_by_the_config_are_added(tmp_path, monkeypatch):
    files = {"job.py": "import json", "rctflow/models/a.py": "from rctflow.shared import x", "rctflow/shared.py": ""}
    found = closure(tmp_path, monkeypatch, files, "rctflow.models.a")
    assert {"rctflow/models/a.py", "rctflow/shared.py"} <= found


def test_an_endpoint_does_not_depend_on_the_config_code(root, monkeypatch):
    monkeypatch.chdir(root)
    for script in ("form", "subjects", "fit", "displays", "report"):
        assert not [file for file in code_of(script) if "/study/" in file or "/commands/" in file]


def test_imports_inside_conditions_loops_and_handlers_are_followed(tmp_path, monkeypatch):
    text = "try:\n    from rctflow.a import x\nexcept ImportError:\n    from rctflow.b import x\n"
    text += "with f():\n    import rctflow.c\n"
    files = {"job.py": text + "if y:\n    pass\nelse:\n    from rctflow import d\n"}
    files |= {f"rctflow/{name}.py": "" for name in "abcde"}
    found = closure(tmp_path, monkeypatch, files)
    assert found == {"job.py", "rctflow/__init__.py", *(f"rctflow/{name}.py" for name in "abcd")}
