"""README.md of the package: what it says, whatever the config holds, and that no run shows in it."""

from dataclasses import replace

import pytest
from accounts import JOBS, RESULTS, about, account, job, packaged, person
from hypothesis import given
from hypothesis import strategies as st
from rctflow.package.displays import displays
from rctflow.package.manifest import RawForm
from rctflow.package.markdown import code, plain, table
from rctflow.package.readme import readme
from rctflow.package.readme_programs import memory_class, time_class
from rctflow.package.settings import Deidentify
from rctflow.package.sharing import sharing_statement
from rctflow.plan_status import PlanStatus

HEADINGS = [
    "# A trial (SYNTHETIC DATA)",
    "## Overview",
    "## Data availability and provenance",
    "### Data sources",
    "## Computational requirements",
    "### Controlled randomness",
    "## Description of programs",
    "## Instructions",
    "## List of tables and figures",
    "## Data and code sharing (CONSORT 2025, item 4)",
    "## References",
]


def lines(text, start):
    return [line for line in text.splitlines() if line.startswith(start)]


def test_the_sections_of_a_replication_readme_in_their_order():
    assert lines(readme(account()), "#") == HEADINGS


def test_each_result_that_is_read_is_listed_with_rule_script_and_line():
    shown = [(one.kind, one.title, one.path, one.place, one.script) for one in displays(account())]
    fit = ("workflow/rules/fit.smk:3", "scripts/fit.py:22")
    assert shown == [
        ("Report", "report", f"{RESULTS}/report.html", "workflow/rules/report.smk:7", "scripts/report.py:9"),
        ("Rows", "Walk: results", f"{RESULTS}/endpoints/walk/results.csv", *fit),
        ("Rows", "CRP: results", f"{RESULTS}/endpoints/crp/results.csv", *fit),
    ]


def test_programs_stand_in_the_order_of_the_walk_with_what_they_read():
    rows = [
        line.split(" | ") for line in lines(readme(account()), "| ") if "scripts/" in line and "data/scripts" in line
    ]
    assert [(row[1], row[4], row[6].strip(" |")) for row in rows] == [
        ("`form`", "`raw`", "2"),
        ("`fit`", "`form.clean`", "2"),
        ("`report`", "`fit.results`", "1"),
    ]


def test_a_seed_is_listed_with_the_rules_that_were_given_it():
    assert "| `source.seed` | 7 | `form` |" in readme(account())
    assert "no seed" in readme(account(about=about(seeds=())))


def test_two_runs_of_one_study_have_one_readme():
    other = tuple(replace(one, start=one.start + 1e6, end=one.end + 1e6) for one in JOBS)
    assert readme(account(machine={"cpu": "a"})) == readme(account(jobs=other, machine={"cpu": "b"}))


@pytest.mark.parametrize(
    ("megabytes", "seconds", "memory", "time"),
    [
        ("108.41", "1.5", "under 1 GB", "under 10 minutes"),
        ("1024.0", "120", "1 to 4 GB", "10 minutes to 1 hour"),
        ("99999", "99999", "more than 64 GB", "more than 72 hours"),
        ("-", "-", "not recorded", "not recorded"),
    ],
)
def test_memory_and_time_are_classes(megabytes, seconds, memory, time):
    jobs = tuple(replace(one, benchmark={"cpu_time": seconds, "max_rss": megabytes}) for one in JOBS)
    assert (memory_class(account(jobs=jobs)), time_class(account(jobs=jobs))) == (memory, time)


def test_what_the_config_says_is_text_and_never_markup():
    told = about(title='A <b>"trial"</b> | of *two* [arms](x)\n# No heading', description="50 % & more")
    text = readme(account(about=told))
    assert lines(text, "# ") == [
        '# A &lt;b&gt;"trial"&lt;/b&gt; \\| of \\*two\\* \\[arms\\](x) # No heading (SYNTHETIC DATA)'
    ]
    assert "50 % &amp; more" in text


@given(st.lists(st.tuples(st.text(), st.text()), max_size=4))
def test_a_table_has_the_rows_and_cells_that_it_was_given(rows):
    made = table(["a", "b"], [[plain(one), code(" ".join(two.split()) or "-")] for one, two in rows]).split("\n")
    assert len(made) == len(rows) + 2
    for line in made:
        assert line.replace("\\\\", "").replace("\\|", "").count("|") == 3


def test_restricted_data_are_described_with_their_access_and_no_path():
    told = about(synthetic=False, package=packaged(data="restricted", access="Write to the board."))
    raw = {"walk.csv": RawForm(None, "ef" * 32, 99, 36, {"ID": "text"}, "Write to the board.")}
    text = readme(account(about=told, raw=raw, without=(f"{RESULTS}/report.html",)))
    assert "report.html`" not in text.split("## List of tables")[1]
    assert "/clean`" not in text and "nothing is to be done" not in text and "verify.py --data FOLDER" in text
    assert "| walk.csv | withheld: Write to the board. | 36 | 1 | 99 |" in text
    assert "no patient-level value is in this package. Write to the board." in text
    assert "restricted: patient data are not in this package" in text


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({}, "No participants: the data are synthetic"),
        ({"synthetic": False}, "Individual participant data and their dictionary"),
        (
            {"synthetic": False, "package": packaged(deidentify=Deidentify())},
            "De-identified individual participant data",
        ),
        ({"synthetic": False, "package": packaged(data="restricted", access="Ask Ann")}, "access: Ask Ann."),
        ({"synthetic": False, "package": packaged(data="restricted")}, "no way to apply for them is stated"),
    ],
)
def test_the_sharing_statement_says_what_holds(changes, says):
    statement = sharing_statement(account(about=about(**changes)))
    assert says in statement and "MIT (code) and CC-BY-4.0 (results)" in statement


def test_authors_of_the_config_are_named_with_affiliation_and_orcid():
    told = about(package=packaged(authors=(person("Ann Other", "North & Co", "0000-0001-2345-6789"),)))
    assert "Ann Other (North &amp; Co, https://orcid.org/0000-0001-2345-6789)" in readme(account(about=told))


def test_another_study_than_the_default_is_named_in_every_command():
    text = readme(account())
    assert "`./run --config study=config/t.yaml endpoint_walk`" in text
    default = job("form", ("data/walk.csv",), (f"{RESULTS}/clean/walk.parquet",), "walk")
    text = readme(account(about=about(config="config/config.yaml"), jobs=(default,)))
    assert "`./run endpoint_walk`" in text


def test_literals_that_would_end_a_code_span_or_a_cell_are_html():
    assert code("<results>/a.csv") == "`<results>/a.csv`"
    assert code(r"a\|b`c") == "<code>a&#92;&#124;b&#96;c</code>"


def test_the_status_of_the_plan_and_a_blinding_stand_at_the_top():
    assert "- Analysis plan: not locked\n" in readme(account())
    plan = PlanStatus("changed", "Analysis plan: locked 2026-01-02 by Ann; changed since.", ("model was ancova|x",))
    text = readme(account(about=about(plan=plan, blinded="BLINDED: ARMS MASKED")))
    assert "- Analysis plan: locked 2026-01-02 by Ann; changed since\n- Data: " in text
    assert "\n\nDeviations from the locked plan:\n\n- model was ancova\\|x" in text
    assert text.startswith("# A trial (SYNTHETIC DATA, BLINDED: ARMS MASKED)\n")
