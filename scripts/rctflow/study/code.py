"""Which files a script's result depends on: the script and every rctflow module that it imports, directly or not.

Snakemake's own `code` trigger sees only the script's time stamp. Here a list of these files with their hashes is an
input: an edit of an imported module changes the list and reruns its jobs, and a file merely touched reruns none.
"""

from __future__ import annotations

import ast
import atexit
import json
import os
from collections.abc import Iterable, Iterator
from functools import cache
from hashlib import sha256
from pathlib import Path

from rctflow.code_hashes import FOLDER, list_text
from rctflow.outputs import write_json, write_text

SCRIPTS = Path(__file__).resolve().parents[2]
BESIDE = (".j2", ".css", ".yaml")
KNOWN = Path(".snakemake") / "rctflow_imports.json"  # hash of a source text -> what it imports: never out of date


@cache
def code_of(script: str, *modules: str) -> str:
    """The list of what ``scripts/<script>.py`` and the named modules run, as a rule's input; written when it changed.

    Its name tells the set of files, so that rules that run the same files share it.
    """
    files = code_files(script, *modules)
    path = Path(FOLDER) / f"{script}-{sha256(' '.join(files).encode()).hexdigest()[:8]}.sha256"
    text = list_text({file: sha256(Path(file).read_bytes()).hexdigest() for file in files})
    if not path.is_file() or path.read_text(encoding="utf-8") != text:
        write_text(text, path)
    return path.as_posix()


@cache
def code_files(script: str, *modules: str) -> list[str]:
    """Paths, from the working directory, of ``scripts/<script>.py``, the named modules, and all that these import.

    Templates and tables beside a module belong to it.
    """
    start = SCRIPTS / f"{script}.py"
    found = {start, *_closure([*_imports(start), *modules])}
    found |= {file for path in found - {start} for file in path.parent.iterdir() if file.suffix in BESIDE}
    return sorted(Path(os.path.relpath(path)).as_posix() for path in found)


def _closure(modules: Iterable[str]) -> set[Path]:
    found: set[Path] = set()
    waiting = [path for module in modules for path in _files(module)]
    while waiting:
        path = waiting.pop()
        if path not in found:
            found.add(path)
            waiting += [file for module in _imports(path) for file in _files(module)]
    return found


@cache
def _files(module: str) -> tuple[Path, ...]:
    """The file of a module and the ``__init__`` of every package above it (importing runs those too)."""
    parts = module.split(".")
    packages = [SCRIPTS.joinpath(*parts[:depth], "__init__.py") for depth in range(1, len(parts) + 1)]
    candidates = [*packages, SCRIPTS.joinpath(*parts).with_suffix(".py")]
    return tuple(path for path in candidates if path.is_file())


@cache
def _imports(path: Path) -> tuple[str, ...]:
    """rctflow modules that a file imports anywhere, functions included; those for type checkers alone are left out.

    To parse every module took a tenth of a run with nothing to do, so what a text imports is remembered by its hash.
    """
    source, known = path.read_bytes(), _known()
    key = sha256(_this_module() + source).hexdigest()
    if key not in known:
        known[key] = imports_in(source)
    return tuple(known[key])


@cache
def _this_module() -> bytes:
    """This file's text: an edit of how imports are found forgets what was found."""
    return Path(__file__).read_bytes()


@cache
def _known() -> dict[str, list[str]]:
    """What earlier runs in this folder found; what this one adds is written when it ends."""
    try:
        known = dict(json.loads(KNOWN.read_text(encoding="utf-8")))
    except (OSError, ValueError, TypeError):  # none yet, or damaged
        known = {}
    atexit.register(_remember, known, len(known))
    return known


def _remember(known: dict[str, list[str]], before: int) -> None:
    if len(known) > before and KNOWN.parent.is_dir():
        write_json(known, KNOWN)


def imports_in(source: bytes) -> list[str]:
    """rctflow modules that a source text imports where it runs, sorted."""
    tree = ast.parse(source)
    return sorted({name for node in _running(tree) for name in _names(node) if name.split(".")[0] == "rctflow"})


def _running(tree: ast.AST) -> Iterator[ast.AST]:
    """The nodes of a module that run: all but what stands under ``if TYPE_CHECKING``."""
    waiting = [tree]
    while waiting:
        node = waiting.pop()
        yield node
        if isinstance(node, ast.If) and _is_for_type_checkers(node.test):
            waiting += node.orelse
        elif isinstance(node, ast.stmt | ast.mod | ast.excepthandler | ast.match_case):  # imports are statements
            waiting += [child for child in ast.iter_child_nodes(node) if not isinstance(child, ast.expr)]


def _is_for_type_checkers(test: ast.expr) -> bool:
    name = test.attr if isinstance(test, ast.Attribute) else test.id if isinstance(test, ast.Name) else ""
    return name == "TYPE_CHECKING"


def _names(node: ast.AST) -> list[str]:
    if isinstance(node, ast.Import):
        return [alias.name for alias in node.names]
    if isinstance(node, ast.ImportFrom) and node.module and not node.level:
        return [node.module, *(f"{node.module}.{alias.name}" for alias in node.names)]
    return []
