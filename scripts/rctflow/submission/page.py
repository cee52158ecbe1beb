"""One page: every variable of every dataset, by which rule it is made, by which code, from what."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from rctflow.outputs import write_text
from rctflow.submission.frames import Dataset
from rctflow.submission.settings import Standard, Variable


def write_page(
    datasets: Sequence[Dataset],
    standard: Standard,
    findings: Sequence[str],
    notes: Mapping[str, Sequence[str]],
    path: Path,
) -> None:
    """Write the page. findings: of the checks; notes: file -> what its format cannot hold."""
    folder = Path(__file__).parent
    environment = Environment(loader=FileSystemLoader(folder), autoescape=True, undefined=StrictUndefined)
    environment.globals["module"] = _module
    page = environment.get_template("variables.html.j2")
    write_text(page.render(datasets=datasets, s=standard, findings=findings, notes=notes), path)


def _module(variable: Variable) -> str:
    """The file that holds the code of a variable."""
    return f"{variable.code.partition(':')[0].replace('.', '/')}.py" if variable.code else ""
