"""Cut and damaged files of every format: one clear error, or a form where nothing shows the damage; never a crash."""

import json
import random
import zipfile
from collections import Counter
from pathlib import Path
from typing import Any

import pandas as pd
import pyreadstat
import pytest
from rctflow.ingest.forms import ingest_form
from rctflow.ingest.raw import IngestError
from rctflow.ingest.settings import Column, Ingest

WHERE = "config/config.yaml: tables.dm"
FRAME = pd.DataFrame({"WHO": [f"S{i:03d}" for i in range(60)], "ARM": ["Pla", "Drug"] * 30, "AGE": [50.5] * 60})


def archive(path: Path) -> None:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as packed:
        packed.writestr("dm.xls", FRAME.to_csv(index=False, sep="\t"))


def dataset_json(path: Path) -> None:
    columns = [{"itemOID": name, "name": name, "label": name, "dataType": "string"} for name in FRAME]
    told = {"datasetJSONVersion": "1.1.0", "itemGroupOID": "DM", "records": len(FRAME), "name": "DM", "label": ""}
    rows = FRAME.astype(str).to_numpy().tolist()
    path.write_text(json.dumps(told | {"columns": columns, "rows": rows}), encoding="utf-8")


WRITERS: dict[str, Any] = {
    "xpt": lambda path: pyreadstat.write_xport(FRAME, path, file_format_version=5, table_name="DM"),
    "sav": lambda path: pyreadstat.write_sav(FRAME, path),
    "zsav": lambda path: pyreadstat.write_sav(FRAME, path, compress=True),
    "por": lambda path: pyreadstat.write_por(FRAME, path),
    "dta": lambda path: pyreadstat.write_dta(FRAME, path),
    "xlsx": lambda path: FRAME.to_excel(path, index=False),
    "parquet": lambda path: FRAME.to_parquet(path),
    "json": dataset_json,
    "zip": archive,
}
FORMATS = {"json": "dataset_json", "zip": "secutrial", "zsav": "sav"}


def outcome(path: Path) -> str:
    kind = path.suffix[1:]
    columns = {"WHO": Column(), "ARM": Column(), "AGE": Column("number")}
    settings = Ingest(table="dm", format=FORMATS.get(kind, kind), columns=columns, form="dm" if kind == "zip" else "")  # type: ignore[arg-type]
    try:
        ingest_form(path, settings, where=WHERE)
    except IngestError as error:
        assert str(error).startswith(WHERE)
        return "error"
    return "read"


@pytest.mark.parametrize("kind", WRITERS)
def test_a_file_that_was_cut_is_an_error(tmp_path: Path, kind: str) -> None:
    path = tmp_path / f"dm.{kind}"
    WRITERS[kind](path)
    assert outcome(path) == "read"
    whole = path.read_bytes()
    for share in (0.0, 0.01, 0.2, 0.5, 0.9, 0.97):
        path.write_bytes(whole[: int(share * len(whole))])
        assert outcome(path) == "error", share


@pytest.mark.parametrize("kind", WRITERS)
def test_flipped_bytes_never_end_in_anything_but_an_error(tmp_path: Path, kind: str) -> None:
    path = tmp_path / f"dm.{kind}"
    WRITERS[kind](path)
    whole, chance, outcomes = path.read_bytes(), random.Random(kind), Counter[str]()
    for _ in range(100):
        damaged = bytearray(whole)
        for _ in range(chance.choice([1, 1, 8])):
            at = chance.randrange(chance.choice([min(400, len(whole)), len(whole)]))
            damaged[at] ^= chance.randrange(1, 256)
        path.write_bytes(bytes(damaged))
        outcomes[outcome(path)] += 1
    assert outcomes["error"] > 0
