"""CDISC Dataset-JSON 1.1: one dataset per file, columns described, rows as arrays.

Source: CDISC, Dataset-JSON Version 1.1 (2024), "Dataset-JSON elements and attributes".
"""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path
from typing import Any

import pandas as pd

from rctflow.outputs import write_text
from rctflow.submission.frames import Dataset
from rctflow.submission.settings import Standard, Variable
from rctflow.version import VERSION

STANDARD = "1.1.0"
TYPES = {"text": "string", "integer": "integer", "float": "float", "date": "date"}


def write_dataset_json(dataset: Dataset, standard: Standard, path: Path) -> None:
    """Write a dataset; A missing number or date is null, a missing text ""."""
    name, day = dataset.contents.name, date.fromisoformat(standard.date)
    document = {
        "datasetJSONCreationDateTime": f"{day:%Y-%m-%d}T00:00:00",
        "datasetJSONVersion": STANDARD,
        "fileOID": f"{standard.id}/{name}",
        "originator": "rctflow",
        "sourceSystem": {"name": "rctflow", "version": VERSION},
        "studyOID": f"ST.{standard.id}",
        "metaDataVersionOID": "MDV.ADAM",
        "metaDataRef": "define.xml",
        "itemGroupOID": f"IG.{name}",
        "records": len(dataset.table),
        "name": name,
        "label": dataset.contents.label,
        "columns": [_column(dataset, variable) for variable in dataset.variables],
        "rows": [list(row) for row in zip(*(_cells(dataset.table[v.name], v) for v in dataset.variables), strict=True)],
    }
    write_text(json.dumps(document, ensure_ascii=False, separators=(",", ":")) + "\n", path)


def _column(dataset: Dataset, variable: Variable) -> dict[str, Any]:
    keys = dataset.contents.keys
    described: dict[str, Any] = {
        "itemOID": f"IT.{dataset.contents.name}.{variable.name}",
        "name": variable.name,
        "label": variable.label,
        "dataType": TYPES[variable.type],
    }
    if variable.type == "text":
        described["length"] = dataset.length(variable)
    if variable.type == "date":
        described |= {"targetDataType": "integer", "displayFormat": "DATE9."}
    if variable.name in keys:
        described["keySequence"] = keys.index(variable.name) + 1
    return described


def _cells(values: pd.Series, variable: Variable) -> list[Any]:
    if variable.type == "text":
        return values.tolist()
    missing = values.isna()
    if variable.type == "date":
        found: list[Any] = values.dt.strftime("%Y-%m-%d").tolist()
    elif variable.type == "integer":
        found = [int(value) for value in values.where(~missing, 0)]
    else:
        found = [float(f"{value:.15g}") + 0.0 for value in values.where(~missing, 0)]
    return [None if absent else value for value, absent in zip(found, missing, strict=True)]
