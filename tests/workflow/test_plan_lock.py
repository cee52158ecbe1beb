"""The plan lock in a real run: what it reruns, what it says, when it refuses."""

import json
import re
import shutil

import pytest

from tests.workflow.conftest import Checkout
from tests.workflow.test_reruns import each

pytestmark = pytest.mark.workflow

PRINTED = each("displays") | {"overview", "report"}
LINE = re.compile(r"Analysis plan: [^<]*")


def lines_of(checkout, *files):
    results = checkout.folder / "results/tiny"
    return [LINE.findall((results / file).read_text())[0].strip() for file in files]


def locked(checkout):
    told = checkout.run("lock", "--by", "N. N.")
    assert told.returncode == 0, told.stderr
    return json.loads((checkout.folder / "config/tiny.lock.json").read_text())


def run(checkout):
    told = checkout.run()
    assert told.returncode == 0, told.stderr


@pytest.fixture(scope="module")
def run_after_lock(finished, tmp_path_factory):
    """The finished study, locked and run again."""
    folder = tmp_path_factory.mktemp("locked") / "checkout"
    shutil.copytree(finished, folder, symlinks=True)
    locked(Checkout(folder))
    run(Checkout(folder))
    return folder


@pytest.fixture
def after_lock(run_after_lock, tmp_path):
    """A copy of it that the test may change."""
    shutil.copytree(run_after_lock, tmp_path / "checkout", symlinks=True)
    return Checkout(tmp_path / "checkout")


def test_locking_reruns_no_model_and_a_label_unlocks_nothing(checkout):
    walk, report = "endpoints/walk/table.html", "report.html"
    assert lines_of(checkout, walk, report) == ["Analysis plan: not locked."] * 2
    told = checkout.run("lock", "--review")
    assert told.stdout.startswith("Population itt: 12 in, 0 out\nProtocol deviations: 0\n"), told.stderr
    assert not (checkout.folder / "config/tiny.lock.json").exists()
    results = {file: file.read_bytes() for file in checkout.folder.glob("results/tiny/endpoints/*/results.csv")}
    lock = locked(checkout)
    assert lock["review"]["populations"]["itt"]["members"] == [f"S{i:02d}" for i in range(1, 13)]
    assert checkout.plan() == PRINTED
    run(checkout)
    assert checkout.plan() == set()
    assert {file: file.read_bytes() for file in results} == results
    start = (
        f"Analysis plan: locked {lock['locked']['at'][:10]} by N. N. (sha256 {lock['sha256'][:12]}); unchanged since"
    )
    assert lines_of(checkout, walk, report) == [f"{start} in what bears on this table.", f"{start}."]
    config = checkout.config()
    config["endpoints"]["crp"]["label"] = "C-reactive protein"
    checkout.configure(config)
    assert checkout.plan() == {"displays:crp", "overview", "report", "resolved_config"}
    run(checkout)
    assert lines_of(checkout, report) == [f"{start}."]


def test_an_analysis_edited_after_the_lock_is_told_where_it_bears(after_lock):
    config = after_lock.config()
    config["endpoints"]["hb"]["analyses"] = {
        "ancova": {"use": "ancova", "covariates": ["AGE"]},
        "descriptive": {"use": "descriptive"},
    }
    after_lock.configure(config)
    assert after_lock.plan() == {"fit:hb", "displays:hb", "second", "overview", "report", "resolved_config"}
    run(after_lock)
    hb, walk, report = lines_of(after_lock, "endpoints/hb/table.html", "endpoints/walk/table.html", "report.html")
    assert "; changed since in what bears on this table (1 deviation from the plan; the report" in hb
    assert walk.endswith("; unchanged since in what bears on this table.")
    assert "; changed since (1 deviation from the plan)." in report
    page = (after_lock.folder / "results/tiny/report.html").read_text()
    assert "<li>endpoints.hb.analyses.ancova.covariates: [] -&gt; [&#34;AGE&#34;]</li>" in page


def test_a_decision_of_cleaning_and_members_after_the_lock_are_told(after_lock):
    for form, old, new in (
        ("walk", "S01,Baseline,2024-01-01,", "S01,Baseline,2024-01-01,9"),
        ("subjects", "S12,P", "S13,P"),
    ):
        file = after_lock.folder / f"data/{form}.csv"
        text = file.read_text()
        assert old in text
        file.write_text(text.replace(old, new, 1))
    for form in ("walk", "blood"):
        file = after_lock.folder / f"data/{form}.csv"
        file.write_text(file.read_text().replace("S12,", "S13,"))
    run(after_lock)
    page = (after_lock.folder / "results/tiny/report.html").read_text()
    assert "<li>population itt: 12 -&gt; 12 members; + S13, - S12 (not in ADSL)</li>" in page
    assert re.search(
        r"<li>outlier decision new since the lock: walk, S01, SECONDS: 9[\d.]+ -&gt; missing \(range\)</li>", page
    )


def test_a_study_that_is_not_up_to_date_is_not_locked(checkout):
    config = checkout.config()
    config["endpoints"]["hb"]["below"] = "half"
    checkout.configure(config)
    told = checkout.run("lock", "--by", "N. N.")
    assert told.returncode == 1
    assert (
        "no finished, up-to-date run of config/tiny.yaml. Make it with ./run --config study=config/tiny.yaml"
        in told.stderr
    )
    assert not list((checkout.folder / "config").glob("*.lock.json"))


def test_locking_again_needs_a_reason_and_keeps_it(after_lock):
    first = json.loads((after_lock.folder / "config/tiny.lock.json").read_text())
    refused = after_lock.run("lock", "--by", "N. N.")
    assert refused.returncode == 1
    assert "config/tiny.lock.json: the plan is locked since" in refused.stderr and "--again REASON" in refused.stderr
    assert json.loads((after_lock.folder / "config/tiny.lock.json").read_text()) == first
    config = after_lock.config()
    config["endpoints"]["hb"]["mcid"] = 4
    after_lock.configure(config)
    run(after_lock)
    told = after_lock.run("lock", "--by", "M. M.", "--again", "amendment 2")
    assert told.returncode == 0, told.stderr
    second = json.loads((after_lock.folder / "config/tiny.lock.json").read_text())
    (earlier,) = second["history"]
    assert (earlier["reason"], earlier["sha256"], earlier["locked"]["by"]) == ("amendment 2", first["sha256"], "N. N.")
    assert earlier["changes"] == ["endpoints.hb.mcid: null -> 4"]
    assert second["sha256"] != first["sha256"]


def test_a_lock_edited_by_hand_stops_the_run(after_lock):
    file = after_lock.folder / "config/tiny.lock.json"
    file.write_text(file.read_text().replace('"unit": "s"', '"unit": "min"'))
    told = after_lock.run()
    assert told.returncode == 1
    assert "config/tiny.lock.json: the plan or the review in it is not the one that was locked" in told.stderr
