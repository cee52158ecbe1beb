"""A blinded run: nothing that it writes depends on who really received what, and only a record ends it."""

from __future__ import annotations

import csv
import gzip
import json
import re
import shutil
import zipfile
from pathlib import Path

import pandas as pd
import pytest
import yaml

from tests.tiny import tiny_config, with_adverse_events, with_findings, write_config, write_data
from tests.workflow.conftest import STUDY, Checkout, copy_of_checkout

pytestmark = pytest.mark.workflow

# Two true allocations of the tiny study's patients, neither sorted nor each other's mirror image.
TRUE = ("PDDPPDPDDPDP", "DDPPDDPPPDPD")
ARMS = {"placebo": ("Placebo", "PLA-7731"), "drug": ("Drug", "RX-9902")}
RECORD = ("benchmarks", "logs")  # times; logs are compared for what they say, below


def blinded_study(root: Path, folder: Path, true: str, mode: str, seed: int = 5) -> Checkout:
    """A checkout with the tiny study, its arms ``true``, written so that a grep can find them, an exposure form, and
    adverse events, one of which says the arm.
    """
    copy_of_checkout(root, folder)
    write_data(folder / "data")
    config = with_adverse_events(tiny_config(), folder / "data")
    config["summaries"]["adverse_events"]["sort_arm"] = "drug"
    config["subjects"]["covariates"]["EOSSTT"] = {"table": "subjects", "column": "STATUS"}
    config["summaries"] |= {
        **{"flow": {}, "disposition": {}, "sites": {"site": "SITE"}, "data_quality": {"site": "SITE"}},
        "exposure": {"table": "exposure", "start": "DAT", "dose": "DOSE", "unit": "mg", "population": "itt"},
        "medication": {"table": "cm", "term": "TAKEN", "start": "DAT", "end": "END", "population": "itt"},
    }
    config = with_findings(config)
    for arm, (label, value) in ARMS.items():
        config["arms"]["levels"][arm] = {"label": label, "values": [value], "description": f"{label} daily"}
    written = {"P": ARMS["placebo"][1], "D": ARMS["drug"][1]}
    lines = (folder / "data/subjects.csv").read_text().splitlines()
    rows = [line.split(",") for line in lines[1:]]
    for number, row in enumerate(rows):
        row[1] = written[true[number]]
        row.append("DISCONTINUED" if number % 4 == 0 else "COMPLETED")
    text = "\n".join([f"{lines[0]},STATUS", *(",".join(row) for row in rows)])
    (folder / "data/subjects.csv").write_text(text + "\n")
    doses = [
        f"{row[0]},{row[1]},{50 if 'RX' in row[1] else 0},gave {row[1]} by hand,K{i:03d},2024-01-01"
        for i, row in enumerate(rows)
    ]
    (folder / "data/exposure.csv").write_text("\n".join(["ID,TRT,DOSE,NOTE,KIT,DAT", *doses]) + "\n")
    taken = [f"{row[0]},{row[1]} at home,2024-01-0{i % 3 + 1},UNK" for i, row in enumerate(rows) if i % 2]
    (folder / "data/cm.csv").write_text("\n".join(["ID,TAKEN,DAT,END", *taken]) + "\n")
    with (folder / "data/ae.csv").open("a", encoding="utf-8") as form:
        form.write(f"S04,1,rash after {written[true[3]]},Rash,Skin,2024-01-20,,2,Y,stopped\n")
    date = {"type": "date", "partial": "first"}
    config["tables"]["cm"] = {"file": "cm.csv", "subject": "ID", "columns": {"TAKEN": {}, "DAT": date, "END": date}}
    config["tables"]["cm"]["columns"]["END"] = date | {"codes": {"UNK": "unknown"}}
    config["tables"]["subjects"]["columns"]["STATUS"] = {}
    columns = {"TRT": {"required": True}, "DOSE": {"type": "number", "required": True}, "NOTE": {}}
    columns["DAT"] = {"type": "date"}
    config["tables"]["exposure"] = {"file": "exposure.csv", "subject": "ID", "columns": columns, "constant": ["TRT"]}
    config["subjects"]["actual"] = {"table": "exposure", "column": "TRT"}
    config["subjects"]["covariates"]["DOSE"] = {"table": "exposure", "column": "DOSE"}
    config["randomization"] = {"blocks": [4, 2], "sequence": "in_turn", "order": "ID"}
    config["blinding"] = {"mode": mode, "seed": seed, "hide": {"exposure": ["DOSE"]}}
    write_config(config, folder / STUDY)
    return Checkout(folder)


def outputs(folder: Path) -> dict[str, bytes]:
    """Every file of the results but the run's times."""
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    return {str(p.relative_to(folder)): p.read_bytes() for p in files if p.relative_to(folder).parts[0] not in RECORD}


def words(path: Path) -> str:
    """All that a reader can find in a file: its text, or every cell and the metadata of a Parquet file."""
    if path.suffix == ".parquet":
        import pyarrow.parquet as pq

        table = pq.read_table(path)
        return " ".join(map(str, [*table.column_names, *table.to_pylist(), pq.read_schema(path).metadata]))
    if path.suffix == ".xlsx":
        with zipfile.ZipFile(path) as book:
            return " ".join(book.read(name).decode("utf-8") for name in book.namelist())
    raw = path.read_bytes()
    return (gzip.decompress(raw) if path.suffix == ".gz" else raw).decode("utf-8")


def mentions(folder: Path, names: tuple[str, ...]) -> list[str]:
    """Files under ``folder`` that name one of ``names``, whatever the case, as a whole word; their own names too."""
    pattern = re.compile(rf"(?<![A-Za-z0-9])({'|'.join(map(re.escape, names))})(?![A-Za-z0-9])", re.I)
    files = [path for path in folder.rglob("*") if path.is_file()]
    return [str(p.relative_to(folder)) for p in files if pattern.search(words(p)) or pattern.search(p.name)]


@pytest.fixture(scope="module")
def dummies(root, tmp_path_factory) -> list[Checkout]:
    """The tiny study run blinded under two true allocations, with one dummy seed."""
    folder = tmp_path_factory.mktemp("dummy")
    studies = [blinded_study(root, folder / f"{i}", true, "dummy") for i, true in enumerate(TRUE)]
    for study in studies:
        study.snakemake()
    return studies


@pytest.fixture(scope="module")
def masked(root, tmp_path_factory) -> Checkout:
    """The tiny study run with masked arms."""
    study = blinded_study(root, tmp_path_factory.mktemp("masked") / "a", TRUE[0], "masked")
    study.snakemake()
    return study


def test_no_output_of_a_dry_run_depends_on_the_true_allocation(dummies):
    first, second = (outputs(study.folder / "results/tiny_blinded") for study in dummies)
    assert first.keys() == second.keys() and len(first) > 40
    assert [name for name in first if first[name] != second[name]] == []
    logs = [outputs(study.folder / "results/tiny_blinded/logs") for study in dummies]
    assert logs[0] == logs[1]


def test_the_blinded_study_has_every_summary_that_could_tell(dummies):
    """What the comparison above compares: tables of patients by arm, with somebody in them, figures and listings."""
    folder = dummies[0].folder / "results/tiny_blinded"
    for name in ("flow", "disposition", "sites", "exposure", "medication", "laboratory", "data_quality"):
        found = pd.read_csv(folder / f"summaries/{name}/results.csv", keep_default_na=False)
        assert (pd.to_numeric(found["value"]) > 0).any(), name
    drawn = ("summaries/laboratory/edish.svg", "summaries/flow/diagram.svg", "summaries/adverse_events/terms.svg")
    for name in (*drawn, "summaries/laboratory/liver.csv", "listings/adverse_events.csv", "listings/queries.xlsx"):
        assert (folder / name).exists(), name


def test_true_arms_differ_where_nothing_is_blinded(dummies):
    """The comparison above can fail: without blinding the two allocations give other results."""
    results = []
    for study in dummies:
        config = study.config() | {"blinding": {"mode": "none"}}
        write_config(config | {"study": config["study"] | {"id": "open"}}, study.folder / "config/open.yaml")
        Checkout(study.folder, "config/open.yaml").snakemake("results/open/endpoints/walk/results.csv")
        results.append((study.folder / "results/open/endpoints/walk/results.csv").read_bytes())
    assert results[0] != results[1]


def test_the_arms_of_a_dry_run_are_those_of_the_dummy_allocation(dummies):
    folder = dummies[0].folder / "results/tiny_blinded"
    allocation = pd.read_csv(folder / "blinding/allocation.csv")
    adsl = pd.read_parquet(folder / "adam/adsl.parquet")
    assert adsl["TRT01P"].tolist() == adsl["TRT01A"].tolist() == allocation["ARM"].tolist()
    for _, stratum in allocation.sort_values("ORDER").groupby("STRATUM"):
        blocks = stratum["ARM"].tolist()
        assert sorted(blocks[:4]) == ["drug", "drug", "placebo", "placebo"]
    true = ["placebo" if arm == "P" else "drug" for arm in TRUE[0]]
    assert adsl["TRT01P"].tolist() != true
    assert adsl["DOSE"].isna().all()


def test_the_rule_that_draws_never_reads_the_arms(dummies):
    """The params of the rule name no column with an arm."""
    records = {}
    for file in (dummies[0].folder / ".snakemake/metadata").rglob("*"):
        if file.is_file():
            record = json.loads(file.read_text())
            records[record["rule"]] = record
    params = " ".join(map(str, records["allocation"]["params"]))
    assert "'SITE'" in params and "'ARM'" not in params and "TRT" not in params


def test_words_and_hidden_columns_are_gone(dummies):
    folder = dummies[0].folder / "results/tiny_blinded"
    source = pd.read_parquet(folder / "tables/exposure.parquet")
    assert set(source["NOTE"]) == {"gave [arm] by hand"}
    assert source["DOSE"].isna().all()
    told = json.loads((folder / "tables/exposure.json").read_text())
    assert told["blinded"] == {"replaced": ["TRT"], "hidden": ["DOSE"], "redacted": {"NOTE": 12}}
    assert set(pd.read_parquet(folder / "tables/cm.parquet")["TAKEN"]) == {"[arm] at home"}
    assert told["sha256"] is None and told["bytes"] is None


def test_everything_blinded_says_so(dummies):
    folder = dummies[0].folder / "results/tiny_blinded"
    stamp = "SYNTHETIC DATA, BLINDED: DUMMY ALLOCATION"
    for file in folder.rglob("results.csv"):
        with file.open(encoding="utf-8", newline="") as rows:
            assert {row["study"] for row in csv.DictReader(rows)} <= {f"tiny ({stamp})"}
    assert set(pd.read_parquet(folder / "adam/adsl.parquet")["STUDYID"]) == {f"tiny ({stamp})"}
    for file in (folder / "report.html", *folder.rglob("table.html"), folder / "tables/overview.html"):
        assert "BLINDED: DUMMY ALLOCATION" in file.read_text(encoding="utf-8")
    for file in folder.rglob("table.csv"):
        assert all("BLINDED: DUMMY ALLOCATION" in line for line in file.read_text().splitlines()[1:])
    assert not (dummies[0].folder / "results/tiny").exists()


def test_masked_arms_leave_no_trace(masked):
    names = tuple(name for arm, words_of in ARMS.items() for name in (arm, *words_of))
    folder = masked.folder / "results/tiny_masked"
    assert mentions(folder, names) == []
    adsl = pd.read_parquet(folder / "adam/adsl.parquet")
    a, b = (set(adsl["USUBJID"][adsl["TRT01P"] == arm]) for arm in ("arm_a", "arm_b"))
    placebo = {f"S{number:02d}" for number, arm in enumerate(TRUE[0], start=1) if arm == "P"}
    assert placebo in (a, b) and len(a) + len(b) == 12
    with (folder / "endpoints/walk/results.csv").open(encoding="utf-8", newline="") as rows:
        found = list(csv.DictReader(rows))
    assert {row["contrast"] for row in found} == {"", "arm_b - arm_a"}
    assert {row["study"] for row in found} == {"tiny (SYNTHETIC DATA, BLINDED: ARMS MASKED)"}


def test_which_letter_is_which_comes_from_the_seed_alone(masked):
    from rctflow.plan.blinded import masked_arms

    assert {masked_arms(["placebo", "drug"], seed)["drug"] for seed in range(8)} == {"A", "B"}
    folder = masked.folder / "results/tiny_masked"
    before = outputs(folder)
    config = masked.config()
    levels = config["arms"]["levels"]
    config["arms"] = {"reference": "drug", "levels": {arm: levels[arm] for arm in ("drug", "placebo")}}
    config["arms"]["levels"]["drug"]["colour"] = "red"
    masked.configure(config)
    masked.snakemake()
    assert [name for name, content in outputs(folder).items() if content != before[name]] == []


def test_a_blinded_check_shows_no_true_counts(dummies, masked):
    told = [study.run("check").stdout for study in dummies]
    assert told[0] == told[1] and "BLINDED: DUMMY ALLOCATION" in told[0]
    said = masked.run("check").stdout
    assert "arm_a" in said and not re.search(r"\b(drug|placebo|PLA-7731|RX-9902)\b", said, re.I)


def simulated_forms(root: Path, folder: Path, swap: set[str]) -> Checkout:
    """The default study's simulated forms as files, the arms of some patients swapped in every form that tells them."""
    from rctflow.simulate.settings import SimulationSettings
    from rctflow.simulate.trial import simulate_forms

    copy_of_checkout(root, folder)
    forms, _, _ = simulate_forms(SimulationSettings(), 2025)
    other = {"Placebo": "hUC-MSC", "hUC-MSC": "Placebo"}
    for form, column in (("rand", "ARMP"), ("ex", "EXTRT")):
        chosen = forms[form]["SUBJID"].isin(swap)
        forms[form].loc[chosen, column] = forms[form].loc[chosen, column].replace(other)
    given = forms["ex"]["EXTRT"].ne("")
    forms["ex"].loc[given, "EXDOSE"] = forms["ex"].loc[given, "EXTRT"].map({"Placebo": "0", "hUC-MSC": "71.5"})
    (folder / "data").mkdir()
    for name, form in forms.items():
        form.to_csv(folder / f"data/{name}.csv", index=False, lineterminator="\n")
    config = yaml.safe_load((root / "config/config.yaml").read_text(encoding="utf-8"))
    config |= {"source": {"kind": "files", "folder": "data"}, "endpoints": {"tug": config["endpoints"]["tug"]}}
    config["blinding"] |= {"mode": "dummy"}
    config.pop("multiplicity", None)
    config.pop("estimands", None)
    write_config(config, folder / STUDY)
    return Checkout(folder)


def test_no_output_of_the_simulated_trial_depends_on_who_received_what(root, tmp_path):
    swapped = [set(), {"01-101", "01-103", "01-204", "02-101", "02-106", "02-202"}]
    found = []
    for i, swap in enumerate(swapped):
        study = simulated_forms(root, tmp_path / str(i), swap)
        study.snakemake()
        found.append(outputs(study.folder / "results/frailty_blinded"))
    raw = [(tmp_path / str(i) / "data/rand.csv").read_bytes() for i in range(2)]
    assert raw[0] != raw[1]
    assert found[0].keys() == found[1].keys()
    assert [name for name in found[0] if found[0][name] != found[1][name]] == []


def test_a_blinded_study_is_not_packaged(dummies):
    refused = dummies[0].run("package")
    assert refused.returncode == 1 and "the study is blinded, and its raw forms tell the true arms" in refused.stderr


@pytest.fixture(scope="module")
def plain(root, tmp_path_factory) -> Checkout:
    """A dry run of one endpoint, without the forms that only summaries read."""
    study = blinded_study(root, tmp_path_factory.mktemp("plain") / "checkout", TRUE[0], "dummy")
    config = study.config()
    config["endpoints"] = {"walk": config["endpoints"]["walk"]}
    for part in ("adverse_events", "findings", "summaries"):
        del config[part]
    for table in ("ae", "cm", "blood"):
        del config["tables"][table]
    study.configure(config)
    study.snakemake()
    return study


@pytest.fixture
def own(plain, tmp_path) -> Checkout:
    """A copy of it that the test may change."""
    shutil.copytree(plain.folder, tmp_path / "own", symlinks=True)
    return Checkout(tmp_path / "own")


def test_unblinding_needs_a_lock_and_happens_once(own):
    record = own.folder / "config/tiny.unblinding.json"
    refused = own.run("unblind", "--by", "A. Person")
    assert refused.returncode == 1 and "the analysis plan is not locked" in refused.stderr and not record.exists()
    assert own.run("lock", "--by", "A. Person").returncode == 0
    own.snakemake()
    config = own.config()
    config["endpoints"]["walk"]["unable"]["value"] = 59
    own.configure(config)
    refused = own.run("unblind", "--by", "A. Person")
    assert refused.returncode == 1 and "changed since the lock" in refused.stderr and not record.exists()
    config["endpoints"]["walk"]["unable"]["value"] = 60
    own.configure(config)
    done = own.run("unblind", "--by", "A. Person")
    assert done.returncode == 0, done.stderr
    written = json.loads(record.read_text())
    lock = json.loads((own.folder / "config/tiny.lock.json").read_text())
    assert (written["by"], written["plan"], written["without_lock"]) == ("A. Person", "locked", False)
    assert written["lock"] == lock["sha256"] and written["mode"] == "dummy"
    again = own.run("unblind", "--by", "B. Person", "--without-lock")
    assert again.returncode == 1 and "happens once" in again.stderr
    assert json.loads(record.read_text()) == written


def test_after_unblinding_the_true_arms_are_analysed_and_the_report_says_who(own):
    done = own.run("unblind", "--by", "A. Person", "--without-lock")
    assert done.returncode == 0, done.stderr
    assert json.loads((own.folder / "config/tiny.unblinding.json").read_text())["without_lock"] is True
    ran = own.run()
    assert ran.returncode == 0, ran.stderr
    adsl = pd.read_parquet(own.folder / "results/tiny/adam/adsl.parquet")
    assert adsl["TRT01P"].tolist() == ["placebo" if arm == "P" else "drug" for arm in TRUE[0]]
    assert set(adsl["STUDYID"]) == {"tiny (SYNTHETIC DATA)"}
    page = (own.folder / "results/tiny/report.html").read_text(encoding="utf-8")
    for said in (page, ran.stdout):
        assert "Unblinded by A. Person at " in said and "WITHOUT A PLAN LOCK (not locked)" in said
    assert "BLINDED: DUMMY" not in page
    assert (own.folder / "results/tiny_blinded/report.html").exists()


def test_an_edit_cannot_end_blinding_in_silence(own):
    own.configure(own.config() | {"blinding": {"mode": "none"}})
    ran = own.run()
    assert ran.returncode == 0, ran.stderr
    page = (own.folder / "results/tiny/report.html").read_text(encoding="utf-8")
    for said in (page, ran.stdout):
        assert "BLINDING ENDED WITHOUT A RECORD: blinded results are in results/tiny_blinded" in said


def test_a_study_that_is_not_blinded_plans_no_allocation(checkout):
    told = checkout.snakemake("-n", "--forceall")
    assert "allocation" not in told.stdout.replace("allocation=", "")
    refused = checkout.run("unblind", "--by", "A. Person")
    assert refused.returncode == 1 and "the study is not blinded" in refused.stderr
