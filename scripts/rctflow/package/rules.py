"""What the workflow's rules say of themselves, read from the Snakefile and workflow/rules/*.smk as text.

The lists of the package (steps, programs, tables and figures) are made from this, so that none of them is typed twice.
Only what stands there literally is read: names, docstrings, scripts, file names of outputs. Nothing is executed.
"""

from __future__ import annotations

import ast
import os
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from rctflow.errors import RctflowError

_HEADER = re.compile(r"^(?P<indent>\s*)(?:rule|checkpoint)\s+(?P<name>\w+)\s*:")
_SECTION = re.compile(r"^(\s+)(?P<name>[a-z_]+):\s*(?P<rest>.*)$")
_DOCSTRING = re.compile(r'^\s*"""(?P<text>.*?)"""', re.DOTALL)
_PLACE = re.compile(r"<(\w+)>|\{(\w+)[^}]*\}")


@dataclass(frozen=True)
class Output:
    """One output of a rule: its name (the number when it has none) and file name with <places> and {wildcards}.

    line: of the script that writes it (0 when the script does not name it).
    """

    name: str
    pattern: str
    line: int = 0

    def matches(self, path: str) -> bool:
        """Whether ``path`` is a file of this output: a place may be any folders, a wildcard any part of a name."""
        parts, end = [], 0
        for place in _PLACE.finditer(self.pattern):
            parts += [re.escape(self.pattern[end : place.start()]), ".+" if place[1] else "[^/]+"]
            end = place.end()
        return re.fullmatch("".join(parts) + re.escape(self.pattern[end:]), path) is not None


@dataclass(frozen=True)
class Rule:
    """A rule: what it is for, where it stands, which script it runs (from the project folder), what it makes."""

    name: str
    purpose: str
    file: str
    line: int
    script: str
    outputs: tuple[Output, ...] = ()

    def output_of(self, path: str) -> Output | None:
        """The output that ``path`` is a file of: of several that match, the one that says most."""
        found = [output for output in self.outputs if output.matches(path)]
        return max(found, key=lambda output: len(output.pattern), default=None)


def read_rules(folder: Path) -> tuple[Rule, ...]:
    """The rules of the project in ``folder`` that run a script, in the order of the Snakefile's includes.

    Raises RctflowError when a file that the Snakefile includes is missing.
    """
    files = ["Snakefile", *re.findall(r'^\s*include:\s*"([^"]+)"', _text(folder, "Snakefile"), re.MULTILINE)]
    return tuple(rule for file in files for rule in _rules_of(folder, file) if rule.script)


def _rules_of(folder: Path, file: str) -> Iterator[Rule]:
    lines = _text(folder, file).splitlines()
    for number, line in enumerate(lines):
        if header := _HEADER.match(line):
            body = _indented(lines[number + 1 :], len(header["indent"]))
            sections = _sections(body)
            script = _script(file, sections.get("script", ""))
            outputs = tuple(_outputs(sections.get("output", ""), _text(folder, script) if script else ""))
            yield Rule(header["name"], _docstring(body), file, number + 1, script, outputs)


def _text(folder: Path, file: str) -> str:
    try:
        return (folder / file).read_text(encoding="utf-8")
    except OSError as error:
        raise RctflowError(f"{file}: {error.strerror}; the package describes the workflow from this file") from None


def _indented(lines: list[str], indent: int) -> list[str]:
    for number, line in enumerate(lines):
        if line.strip() and len(line) - len(line.lstrip()) <= indent:
            return lines[:number]
    return lines


def _docstring(body: list[str]) -> str:
    found = _DOCSTRING.match("\n".join(body))
    return " ".join(found["text"].split()) if found else ""


def _sections(body: list[str]) -> dict[str, str]:
    """Directive -> its text; a directive stands at the indent of the rule's first line."""
    first = next((line for line in body if line.strip()), "")
    depth = len(first) - len(first.lstrip())
    found: dict[str, list[str]] = {}
    current: list[str] = []
    for line in body:
        head = _SECTION.match(line)
        if head and len(head[1]) == depth:
            current = found.setdefault(head["name"], [])
            current.append(head["rest"])
        else:
            current.append(line)
    return {name: "\n".join(lines) for name, lines in found.items()}


def _script(file: str, section: str) -> str:
    named = next((text for _, argument in _arguments(section) for text in _texts(argument)), "")
    return os.path.normpath(Path(file).parent / named) if named else ""


def _outputs(section: str, script: str) -> Iterator[Output]:
    for name, argument in _arguments(section):
        pattern = next(_texts(argument), "")
        if pattern:
            yield Output(name, pattern, _line_of(script, name))


def _arguments(section: str) -> list[tuple[str, ast.expr]]:
    """A directive's arguments in their order, by name or by number; those that cannot be read are left out."""
    try:
        call = ast.parse(f"f({section}\n)", mode="eval").body
    except SyntaxError:
        return []
    assert isinstance(call, ast.Call)
    numbered = [(str(number), argument) for number, argument in enumerate(call.args)]
    return numbered + [(keyword.arg or "", keyword.value) for keyword in call.keywords]


def _texts(node: ast.AST) -> Iterator[str]:
    """The literal texts in an expression."""
    found = (inner.value for inner in ast.walk(node) if isinstance(inner, ast.Constant))
    return (value for value in found if isinstance(value, str))


def _line_of(script: str, output: str) -> int:
    """The last line of the script that names the output: it is written there."""
    name = rf"\[{output}\]" if output.isdigit() else rf"\.{output}\b"
    found = re.compile(rf"snakemake\.output{name}")
    return max((number for number, line in enumerate(script.splitlines(), 1) if found.search(line)), default=0)
