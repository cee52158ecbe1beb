"""All standard files of a study, in one go."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

from rctflow.submission.checks import check_datasets
from rctflow.submission.dataset_json import write_dataset_json
from rctflow.submission.define import write_define
from rctflow.submission.frames import build_dataset
from rctflow.submission.page import write_page
from rctflow.submission.xpt import write_xpt

if TYPE_CHECKING:
    from pandas import DataFrame

    from rctflow.submission.settings import Standard


def write_submission(tables: Mapping[str, DataFrame], standard: Standard, folder: Path) -> None:
    """Write the datasets in each declared format, define.xml and variables.html into ``folder``.

    tables: stem of adam/*.parquet -> table. Raises SubmissionError (frames.py).
    """
    datasets = [build_dataset(contents, tables, standard) for contents in standard.datasets]
    notes: dict[str, list[str]] = {}
    for dataset in datasets:
        stem = dataset.contents.name.lower()
        if "xpt" in standard.formats:
            notes[f"{stem}.xpt"] = write_xpt(dataset, folder / f"{stem}.xpt", date.fromisoformat(standard.date))
        if "dataset_json" in standard.formats:
            write_dataset_json(dataset, standard, folder / f"{stem}.json")
    write_define(datasets, standard, folder / "define.xml")
    write_page(datasets, standard, check_datasets(datasets), notes, folder / "variables.html")
