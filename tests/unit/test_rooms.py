"""Rooms know only themselves and what lies at the top of the package."""

import ast

import pytest
from rctflow.package.rules import read_rules

ROOMS = (
    "simulate",
    "ingest",
    "clean",
    "derive",
    "models",
    "inference",
    "summaries",
    "figures",
    "tables",
    "report",
    "plan",
    "package",
    "compare",
    "second",
    "submission",
)
SHARED = {"expressions", "proportions"}  # not rooms: what several rooms compute with


def imported(file):
    for node in ast.walk(ast.parse(file.read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module


@pytest.mark.parametrize("room", ROOMS)
def test_a_room_imports_no_other_room(root, room):
    folder = root / "scripts/rctflow" / room
    allowed = {room, "__pycache__", *SHARED, *(("models",) if room == "inference" else ())}  # it wraps models
    packages = {p.name for p in (root / "scripts/rctflow").iterdir() if p.is_dir()} - allowed
    assert folder.is_dir()
    for file in folder.rglob("*.py"):
        strangers = [
            name for name in imported(file) if name.split(".")[:1] == ["rctflow"] and name.split(".")[1] in packages
        ]
        assert strangers == [], file


def test_what_rooms_share_imports_no_room(root):
    for file in (file for name in SHARED for file in (root / "scripts/rctflow" / name).rglob("*.py")):
        named = [name for name in imported(file) if name.split(".")[:1] == ["rctflow"]]
        assert [name for name in named if name.split(".")[1] not in (*SHARED, "errors", "results")] == [], file


def test_adapters_hold_no_logic(root):
    for file in (root / "scripts").glob("*.py"):
        lines = file.read_text().splitlines()
        assert len(lines) <= 35, file
        kinds = {type(node) for node in ast.walk(ast.parse(file.read_text()))}
        assert not kinds & {ast.If, ast.While, ast.FunctionDef, ast.ClassDef, ast.Try}, file


def test_the_architecture_names_every_part_of_the_package_and_every_rule(root):
    text = (root / "docs/architecture.md").read_text()
    parts = [path.name for path in (root / "scripts/rctflow").iterdir() if not path.name.startswith("__")]
    rules = [rule.name for rule in read_rules(root) if not rule.name.startswith("summary_")]
    assert len(parts) > 30
    assert len(rules) > 20
    assert [name for name in (*parts, *rules) if f"`{name}`" not in text and f"`{name}/`" not in text] == []


def test_unit_tests_have_names_of_their_own(root):
    """pytest cannot collect two files of one name from folders that are no packages."""
    names = [path.name for path in (root / "tests/unit").rglob("*.py") if path.name != "conftest.py"]
    assert len(names) > 200
    assert sorted({name for name in names if names.count(name) > 1}) == []
