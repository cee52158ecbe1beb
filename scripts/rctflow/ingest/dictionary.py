"""What the columns of a form mean: labels and code lists from a dictionary beside it."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

from rctflow.ingest.damage import DAMAGE
from rctflow.ingest.define_xml import read_define
from rctflow.ingest.raw import IngestError, RawForm, Variable
from rctflow.ingest.settings import Ingest


def with_dictionary(form: RawForm, dictionary: Path | None, settings: Ingest, *, where: str) -> RawForm:
    """The form with what ``dictionary`` says of its columns: a define.xml, or a SAS format catalog (sas7bcat).

    The file's own labels stay where the dictionary has none. Raises IngestError for a dictionary of another kind.
    """
    if dictionary is None or dictionary == form.path:
        return form
    where = f"{where}.dictionary"
    if not dictionary.is_file():
        raise IngestError(f"{where}: there is no file {dictionary}. Put it there, or mend the path.")
    kind = dictionary.suffix.lower()
    if kind == ".xml":
        names = dict.fromkeys(name for name in (settings.member, form.path.stem, settings.table) if name)
        told = read_define(dictionary, names, table=settings.table, where=where)
    elif kind == ".sas7bcat":
        told = _catalog(dictionary, form, where=where)
    else:
        raise IngestError(
            f"{where}: {dictionary.name} is neither a define.xml nor a SAS format catalog (.sas7bcat). The dictionary "
            f"of an export is read with tables.{settings.table}.format: redcap or castor."
        )
    variables = dict(form.variables) | {
        name: _merged(form.variables.get(name, Variable()), variable) for name, variable in told.items()
    }
    return replace(form, variables=variables)


def _merged(own: Variable, told: Variable) -> Variable:
    return replace(
        told,
        label=own.label or told.label,
        format=own.format or told.format,
        codes=told.codes or own.codes,
        missing=own.missing or told.missing,
    )


def _catalog(path: Path, form: RawForm, *, where: str) -> dict[str, Variable]:
    """Column -> the labels that the catalog has for its format; they name values and list them not."""
    import pyreadstat

    from rctflow.ingest.statistical import code_texts

    try:
        _, about = pyreadstat.read_sas7bcat(path)
    except (pyreadstat.ReadstatError, pyreadstat.PyreadstatError, *DAMAGE) as error:
        raise IngestError(
            f"{where}: {path.name} cannot be read as a format catalog ({error}). Export it again."
        ) from None
    formats = {name.lstrip("$").upper(): labels for name, labels in about.value_labels.items()}
    told = {}
    for name, variable in form.variables.items():
        shown = re.sub(r"\d*\.?\d*$", "", variable.format.lstrip("$").upper())
        labels = formats.get(shown) or formats.get(variable.format.lstrip("$").upper().rstrip(".")) or {}
        told[name] = Variable(codes=code_texts(labels))
    return told
