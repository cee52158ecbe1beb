"""The default study, end to end."""

import re
import shutil

import pytest

from tests.workflow.conftest import Checkout, copy_of_checkout

pytestmark = pytest.mark.workflow

CYTOKINES = ("tnf_alpha", "il6", "il17", "il10", "hscrp")
RULES = ("fit", "resample", "displays", "leave_one_out")


@pytest.fixture(scope="module")
def frailty(root, tmp_path_factory):
    """A finished run; that of the checkout itself serves as far as Snakemake finds it up to date, file by file."""
    checkout = Checkout(copy_of_checkout(root, tmp_path_factory.mktemp("default") / "checkout"), "config/config.yaml")
    for part in ("results/frailty", *(f".snakemake/{name}" for name in ("metadata", "incomplete", "code"))):
        if (root / part).is_dir():
            shutil.copytree(root / part, checkout.folder / part, symlinks=True)
    told = checkout.run()
    assert told.returncode == 0, told.stderr
    assert told.stdout.splitlines()[-1] == "Report: results/frailty/report.html"
    return checkout


def test_everything_says_synthetic(frailty):
    results = frailty.folder / "results/frailty"
    figures = [*results.glob("endpoints/*/*.svg"), *results.glob("figures/*.svg")]
    assert len(figures) >= 2 * 20 + 1
    pages = [*results.glob("endpoints/*/table.html"), *results.glob("tables/*.html"), results / "report.html"]
    for file in [*figures, *pages]:
        assert "SYNTHETIC DATA" in file.read_text(), file
    assert all("SYNTHETIC" in file.read_text().splitlines()[1] for file in results.glob("raw/*.csv"))


def test_no_rule_reads_the_truth(root):
    lines = [line.strip() for file in (root / "workflow/rules").glob("*.smk") for line in file.read_text().splitlines()]
    named = [line for line in lines if "simulated/" in line and not line.startswith("in: ")]
    assert named == ['truth="<results>/simulated/truth.json",', 'dirt="<results>/simulated/dirt.csv",']


def test_a_changed_cytokine_form_refits_no_other_endpoint(frailty):
    form = frailty.folder / "results/frailty/raw/cytokines.csv"
    before = form.read_text()
    form.write_text(before.replace("<1.0", "1.1", 1))
    planned = frailty.plan()
    form.write_text(before)
    of_cytokines = {f"{rule}:{name}" for rule in RULES for name in CYTOKINES}
    assert planned == of_cytokines | {
        *("form:cytokines", "summary_data_quality", "query_list"),
        *("second", "multiplicity", "overview", "report", "submission"),
    }


def test_the_report_is_one_page_that_needs_nothing_else(frailty):
    page = (frailty.folder / "results/frailty/report.html").read_text()
    assert not re.findall(r"""(?:src|href)=["'](?!#|data:)""", page)
    assert page.count("<h1") == 1
