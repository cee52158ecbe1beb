"""The code that a rule's result depends on is found from the imports."""

import os
from pathlib import Path

import pytest
from rctflow.study import code
from rctflow.study.code import code_files


def write(folder, files):
    for name, text in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)


def forget():
    for cached in (code._files, code._imports, code._known, code.code_files, code.code_of):
        cached.cache_clear()


def closure(tmp_path, monkeypatch, files, *modules):
    packages = {str(p / "__init__.py"): "" for name in files for p in Path(name).parents if p.name}
    write(tmp_path, packages | files)
    monkeypatch.setattr(code, "SCRIPTS", tmp_path)
    monkeypatch.chdir(tmp_path)
    forget()
    try:
        return set(code_files("job", *modules))
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


def test_the_list_of_the_code_is_written_when_a_hash_changed_and_only_then(tmp_path, monkeypatch):
    closure(tmp_path, monkeypatch, {"job.py": "from rctflow.a import x", "rctflow/a.py": ""})
    monkeypatch.setattr(code, "SCRIPTS", tmp_path)
    monkeypatch.setattr(code.atexit, "register", lambda *_: None)
    seen = []
    for edit in (None, ("rctflow/a.py", ""), ("rctflow/a.py", "x = 1"), ("job.py", "import json")):
        if edit:
            write(tmp_path, dict([edit]))
        forget()
        path = tmp_path / code.code_of("job")
        seen.append((path.name, path.stat().st_mtime_ns, path.stat().st_ino, path.read_text()))
    forget()
    assert seen[0] == seen[1]
    assert seen[2][0] == seen[0][0] and seen[2][3] != seen[0][3]
    assert seen[3][0] != seen[0][0]  # another set of files: another name, so that Snakemake sees another input
    assert [line.split("  ")[1] for line in seen[0][3].splitlines()] == [
        "job.py",
        "rctflow/__init__.py",
        "rctflow/a.py",
    ]


def test_an_endpoint_does_not_depend_on_the_config_code(root, monkeypatch):
    monkeypatch.chdir(root)
    for script in ("form", "subjects", "fit", "displays", "report"):
        assert not [file for file in code_files(script) if "/study/" in file or "/commands/" in file]


def test_imports_inside_conditions_loops_and_handlers_are_followed(tmp_path, monkeypatch):
    text = "try:\n    from rctflow.a import x\nexcept ImportError:\n    from rctflow.b import x\n"
    text += "with f():\n    import rctflow.c\n"
    files = {"job.py": text + "if y:\n    pass\nelse:\n    from rctflow import d\n"}
    files |= {f"rctflow/{name}.py": "" for name in "abcde"}
    found = closure(tmp_path, monkeypatch, files)
    assert found == {"job.py", "rctflow/__init__.py", *(f"rctflow/{name}.py" for name in "abcd")}


def test_what_a_text_imports_is_remembered_by_its_content_alone(tmp_path, monkeypatch):
    """An edit that keeps size and time stamp of the file is seen; what was found before is not searched again."""
    monkeypatch.setattr(code.atexit, "register", lambda *_: None)
    files = {"job.py": "from rctflow.a import x", "rctflow/a.py": "", "rctflow/b.py": ""}
    assert "rctflow/a.py" in closure(tmp_path, monkeypatch, files)
    before = (tmp_path / "job.py").stat()
    found = code._known()
    (tmp_path / ".snakemake").mkdir()
    for path in ("job.py", "rctflow/a.py"):
        code._imports(tmp_path / path)
    code._remember(code._known(), 0)
    forget()
    assert code._known() and code._known() is not found
    (tmp_path / "job.py").write_text("from rctflow.b import x")
    os.utime(tmp_path / "job.py", ns=(before.st_atime_ns, before.st_mtime_ns))
    assert code._imports(tmp_path / "job.py") == ("rctflow.b", "rctflow.b.x")
    monkeypatch.setattr(code, "imports_in", lambda source: pytest.fail("searched again"))
    assert code._imports(tmp_path / "rctflow/a.py") == ()
    forget()


def test_remembered_imports_are_those_of_the_syntax_tree(root, monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    (tmp_path / ".snakemake").mkdir()
    modules = sorted((root / "scripts").rglob("*.py"))
    forget()
    first = {path: code._imports(path) for path in modules}
    code._remember(code._known(), 0)
    forget()
    assert len(modules) > 100
    assert {path: code._imports(path) for path in modules} == first
    assert first == {path: tuple(code.imports_in(path.read_bytes())) for path in modules}
    forget()


@pytest.mark.parametrize("damaged", ["", "[1]", '{"a": '])
def test_a_damaged_memory_is_forgotten(tmp_path, monkeypatch, damaged):
    monkeypatch.chdir(tmp_path)
    write(tmp_path, {".snakemake/rctflow_imports.json": damaged})
    forget()
    assert code._known() == {}
    forget()
