"""A package of restricted data holds no patient: neither an id nor a date in any byte, nor a mark in any figure.

Ids of the tiny study and of the copy of HELP are unmistakable words (``S01`` becomes ``PAT-S01-X``): a small integer
such as HELP's own ids stands in every file by chance. They are looked for in every member of the zip, with what stands
in base64 in it, and in the members of zips and Parquet files, should there be any.
"""

from __future__ import annotations

import base64
import binascii
import csv
import io
import json
import re
import shutil
import subprocess
import sys
import zipfile
from collections import Counter
from pathlib import Path

import pytest
from rctflow.results import SUPPRESSED

from tests.tiny import tiny_config, with_adverse_events, with_findings, write_config, write_data
from tests.workflow.conftest import STUDY, Checkout, copy_of_checkout, whole

pytestmark = pytest.mark.workflow

VISIT_DATES = ("2024-01-01", "2024-01-29", "2024-02-26")
PACKED = "results/tiny/package/tiny-0.1.0.zip"
PATIENTS = 6  # per arm of the tiny study
OWN_ROWS = "results.csv"
MARKS = ("-", "/", ".", "")


def renamed(folder: Path) -> list[str]:
    """Give the patients of raw forms in ``folder`` unmistakable ids, and move their dates to a year of its own."""
    for file in folder.glob("*.csv"):
        text = re.sub(r"\bS(\d\d)\b", r"PAT-S\1-X", file.read_text())
        file.write_text(text.replace("2024-0", "1987-0"))
    return [f"PAT-S{number:02d}-X" for number in range(1, 13)]


@pytest.fixture(scope="module")
def restricted(root: Path, tmp_path_factory: pytest.TempPathFactory) -> Checkout:
    """The tiny study with restricted data, run and packaged."""
    folder = copy_of_checkout(root, tmp_path_factory.mktemp("restricted") / "checkout")
    whole(root, folder)
    write_data(folder / "data")
    config = with_findings(with_adverse_events(tiny_config(), folder / "data"))
    renamed(folder / "data")
    config["study"]["data"] = "real"
    config["package"] = {"data": "restricted", "access": "ask the trial office", "twin": {"patients": 24, "seed": 3}}
    config["endpoints"]["hb"]["analyses"].append("mmrm")
    config["analyses"]["mmrm"] = {"model": "mmrm", "populations": ["itt"]}
    write_config(config, folder / STUDY)
    checkout = Checkout(folder)
    checkout.snakemake()
    locked = checkout.run("lock", "--by", "N. N.")
    assert locked.returncode == 0, locked.stderr
    checkout.snakemake()
    told = checkout.run("package")
    assert told.returncode == 0, told.stderr
    return checkout


def members(folder: Path) -> dict[str, bytes]:
    """Path -> content of the package and, below it, of whatever is packed in base64 in a member."""
    with zipfile.ZipFile(folder / PACKED) as archive:
        held = {name: archive.read(name) for name in archive.namelist()}
    inner = {}
    for name, content in held.items():
        for place, text in enumerate(re.findall(rb"[A-Za-z0-9+/_-]{24,}={0,2}", content + b" " + name.encode())):
            try:
                decoded = base64.urlsafe_b64decode(text.replace(b"+", b"-").replace(b"/", b"_"))
            except binascii.Error:
                continue
            inner[f"{name}#{place}"] = decoded
    return held | inner


def test_the_search_finds_what_it_looks_for():
    hidden = base64.b64encode(b"a patient called PAT-S07-X stands here")
    found = re.findall(rb"[A-Za-z0-9+/_-]{24,}={0,2}", b'<image href="data:image/png;base64,' + hidden + b'"/>')
    assert b"PAT-S07-X" in base64.urlsafe_b64decode(found[-1])


def test_no_member_holds_an_id_or_a_date(restricted):
    ids = [f"PAT-S{number:02d}-X".encode() for number in range(1, 13)]
    days = [date.replace("2024", "1987").split("-") for date in VISIT_DATES]
    dates = [
        mark.join(parts).encode() for y, m, d in days for parts in ((y, m, d), (d, m, y), (m, d, y)) for mark in MARKS
    ]
    held = members(restricted.folder)
    assert any("#" in name for name in held)
    assert [(name, one) for name, content in held.items() for one in (*ids, *dates) if one in content] == []


def test_no_member_holds_an_adverse_event_of_few(restricted):
    """One patient had a serious event, a term of its own: neither is told, nor is the listing packed."""
    held = members(restricted.folder)
    assert not [name for name, content in held.items() if b"Zebra" in content]
    listing = restricted.folder / "results/tiny/listings/serious_adverse_events.csv"
    assert "Zebra bite" in listing.read_text() and not [name for name in held if "/listings/" in name]
    rows = csv.DictReader(io.StringIO(held["data/results/tiny/summaries/adverse_events/results.csv"].decode()))
    counts = {(row["analysis"], row["group"]): row for row in rows if row["statistic"] == "n"}
    assert counts["serious", "drug"]["note"] == SUPPRESSED and counts["serious", "placebo"]["value"] == "0"
    assert counts["population", "drug"]["value"] == "6"
    assert {float(row["value"] or 0) for row in counts.values()} <= {0, 5, 6}


def test_no_member_holds_a_finding_of_few(restricted):
    """Values and shifts with what may be told; the liver's peaks, patient by patient, stay with the data."""
    held, results = members(restricted.folder), restricted.folder / "results/tiny"
    rows = list(csv.DictReader(io.StringIO(held["data/results/tiny/summaries/laboratory/results.csv"].decode())))
    assert {row["analysis"].partition(":")[2] for row in rows} == {"", "worst"}
    counts = [row for row in rows if row["statistic"].startswith(("n", "change_n")) and row["value"]]
    assert {float(row["value"]) for row in counts} <= {0, 5, 6}
    assert not [row for row in rows if row["statistic"].endswith(("min", "max"))]
    assert "PAT-S01-X" in (results / "summaries/laboratory/liver.csv").read_text()
    assert (results / "summaries/laboratory/edish.svg").exists()
    assert not [name for name in held if name.endswith(("edish.svg", "liver.csv"))]
    assert "laboratory-edish" not in held["data/results/tiny/report.html"].decode()


def test_patient_level_files_stay_out(restricted):
    held = set(members(restricted.folder))
    inside = [name.partition("data/results/tiny/")[2] for name in held if name.startswith("data/results/tiny/")]
    folders = {name.split("/")[0] for name in inside}
    assert not folders & {"adam", "clean", "raw", "simulated", "benchmarks", "listings"}
    assert not [name for name in inside if name.endswith((".parquet", ".ledger.csv")) or name.startswith("logs/fit")]
    assert not [name for name in held if name.startswith("data/data/")]
    packed = {name for name in held if ".snakemake/metadata" in name}
    results = {f"results/tiny/{name}" for name in inside}
    recorded = {base64.urlsafe_b64decode(Path(name.partition("#")[0]).name).decode() for name in packed}
    assert recorded <= results


def test_the_plan_is_locked_without_the_members_of_populations(restricted):
    own = json.loads((restricted.folder / "config/tiny.lock.json").read_text())
    packed = json.loads(members(restricted.folder)["data/config/tiny.lock.json"])
    assert own["review"]["populations"]["itt"]["members"][0] == "PAT-S01-X"
    assert packed["review"]["populations"]["itt"]["n"] == 12
    assert packed["sha256"] == own["sha256"]


def test_the_archive_is_whole(restricted):
    command = [sys.executable, "scripts/rctflow/package/verify.py", PACKED, "--level", "integrity"]
    told = subprocess.run(command, cwd=restricted.folder, capture_output=True, text=True, check=False)
    assert told.returncode == 0, told.stdout + told.stderr


def test_each_raw_form_is_described_and_absent(restricted):
    told = json.loads(members(restricted.folder)["data/package.json"])
    assert set(told["raw"]) == {f"data/{form}.csv" for form in ("subjects", "walk", "blood", "ae")}
    walk = told["raw"]["data/walk.csv"]
    assert (walk["path"], walk["rows"], walk["access"]) == (None, 36, "ask the trial office")
    assert walk["columns"] == {"SECONDS": "number", "ID": "text", "VISIT": "text", "DATE": "date"}
    assert walk["bytes"] == (restricted.folder / "data/walk.csv").stat().st_size
    assert told["twin"] == {"config": "config/tiny_twin.yaml", "note": "twin/README.md"}


def marks(svg: str) -> Counter[str]:
    """How many points each marker or path of the drawing has beside text: coordinates of <use> and of lines."""
    drawing = re.sub(r"(?s)<defs>.*?</defs>", "", svg)
    found: Counter[str] = Counter()
    for name in re.findall(r'<use xlink:href="#(m[0-9a-f]+)"', drawing):
        found[f"marker {name}"] += 1
    for number, data in enumerate(re.findall(r'<path d="([^"]*)"', drawing)):
        found[f"path {number}"] = len(re.findall(r"[ML]", data))
    return found


def figures(folder: Path) -> dict[str, str]:
    held = members(folder)
    return {name: content.decode() for name, content in held.items() if name.endswith(".svg")}


def test_the_counting_of_marks_sees_patients_in_an_open_study(finished):
    file = finished / "results/tiny/endpoints/walk/trajectories.svg"
    drawn = re.findall(r'<path d="([^"]*)"', file.read_text())
    assert sum(len(re.findall("[ML]", data)) == 3 for data in drawn) >= 2 * PATIENTS  # each patient has three visits


def test_no_figure_has_a_mark_per_patient(restricted):
    for name, svg in figures(restricted.folder).items():
        if name.endswith("trajectories.svg"):
            lines = [data for data in re.findall(r'<path d="([^"]*)"', svg) if len(re.findall("[ML]", data)) == 3]
            assert len(lines) < 2 * PATIENTS, name
            assert "patients." not in svg
        if name.endswith("diagnostics.svg"):
            counts = [n for mark, n in marks(svg).items() if mark.startswith("marker")]
            assert max(counts, default=0) <= 12, name  # tick marks, and groups of at least five patients


def rows(folder: Path) -> list[dict[str, str]]:
    held = members(folder)
    return [
        row | {"file": name}
        for name, content in held.items()
        if name.endswith(OWN_ROWS)
        for row in csv.DictReader(io.StringIO(content.decode()))
    ]


def test_no_row_has_an_extreme_or_a_small_count(restricted):
    found = rows(restricted.folder)
    assert found
    assert not [row for row in found if row["statistic"].rpartition("_")[2] in ("min", "max")]
    counted = [row for row in found if re.match(r"(change_)?n($|[_:])", row["statistic"]) and row["value"]]
    assert counted
    assert [row["result_id"] for row in counted if 0 < float(row["value"]) < 5] == []
    assert {row["note"] for row in found if row["note"].startswith("suppressed")} == {SUPPRESSED}


def test_what_was_suppressed_in_rows_is_suppressed_in_tables_and_report(restricted):
    held = members(restricted.folder)
    hidden = {row["result_id"] for row in rows(restricted.folder) if row["note"] == SUPPRESSED}
    assert hidden
    for name, content in held.items():
        if name.endswith("table.csv"):
            printed = csv.DictReader(io.StringIO(content.decode()))
            assert [row["value"] for row in printed if row["result_id"] in hidden and row["value"]] == []
    assert "are suppressed in every table and figure" in held["data/results/tiny/report.html"].decode()


def test_the_twin_runs_the_whole_workflow(restricted, tmp_path):
    with zipfile.ZipFile(restricted.folder / PACKED) as archive:
        archive.extractall(tmp_path)
    shutil.rmtree(tmp_path / "data/results")
    twin = Checkout(tmp_path / "data", "config/tiny_twin.yaml")
    twin.snakemake()
    told = json.loads((tmp_path / "data/package.json").read_text())
    made = {path.relative_to(tmp_path / "data").as_posix() for path in (tmp_path / "data/results").rglob("*")}
    assert {result["path"].replace("results/tiny/", "results/tiny_twin/") for result in told["results"]} <= made
    assert "SYNTHETIC" in (tmp_path / "data/results/tiny_twin/report.html").read_text()


def test_a_patient_named_in_the_config_is_refused(restricted, tmp_path):
    folder = tmp_path / "checkout"
    shutil.copytree(restricted.folder, folder, symlinks=True)
    before = (folder / PACKED).read_bytes()
    config = folder / STUDY
    config.write_text(f"# PAT-S03-X was queried twice\n{config.read_text()}")
    checkout = Checkout(folder)
    told = checkout.run("package")
    assert told.returncode == 1
    assert f"data/{STUDY} names a patient (PAT-S03-X)" in told.stderr + told.stdout
    assert (folder / PACKED).read_bytes() == before
