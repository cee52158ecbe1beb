"""The workflow's rules as text."""

import pytest
from rctflow.errors import RctflowError
from rctflow.package.rules import Output, Rule, read_rules

SNAKEFILE = '''"""A workflow."""
include: "workflow/rules/a.smk"


rule all:
    """Everything."""
    input:
        "x",


for name in ("a", "b"):

    rule:
        name:
            f"endpoint_{name}"
        input:
            "y",
'''
RULES = '''"""Room a."""

if simulated:

    rule simulate:
        """Write the forms,
        and their truth."""
        input:
            code=code_of("simulate"),
        output:
            forms=expand("<results>/raw/{form}", form=forms()),  # all of them
            truth="<results>/truth.json",
        log:
            "<logs>/simulate.log",
        params:
            output="not an output",
        script:
            "../../scripts/simulate.py"


rule fit:
    input:
        lambda wildcards: dag.table(wildcards.endpoint),
    output:
        report("<results>/{endpoint}.svg", category="{endpoint}"),
        "<results>/{endpoint}.csv",
    script:
        "../../scripts/fit.py"
'''


@pytest.fixture
def project(tmp_path):
    files = {
        "Snakefile": SNAKEFILE,
        "workflow/rules/a.smk": RULES,
        "scripts/simulate.py": "a = 1\nwrite(snakemake.output.forms[0])\nwrite(snakemake.output.truth)\n",
        "scripts/fit.py": "draw(snakemake.output[0])\nwrite(snakemake.output[1])\n",
    }
    for name, text in files.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text)
    return tmp_path


def test_rules_that_run_a_script_are_read(project):
    assert read_rules(project) == (
        Rule(
            "simulate",
            "Write the forms, and their truth.",
            "workflow/rules/a.smk",
            5,
            "scripts/simulate.py",
            (Output("forms", "<results>/raw/{form}", 2), Output("truth", "<results>/truth.json", 3)),
        ),
        Rule(
            "fit",
            "",
            "workflow/rules/a.smk",
            21,
            "scripts/fit.py",
            (Output("0", "<results>/{endpoint}.svg", 1), Output("1", "<results>/{endpoint}.csv", 2)),
        ),
    )


def test_a_missing_include_is_named(project):
    (project / "workflow/rules/a.smk").unlink()
    with pytest.raises(RctflowError, match=r"workflow/rules/a\.smk: No such file"):
        read_rules(project)


@pytest.mark.parametrize(
    ("pattern", "path", "matches"),
    [
        ("<results>/clean/{table}.parquet", "results/t/clean/walk.parquet", True),
        ("<results>/clean/{table}.parquet", "results/t/clean/a/walk.parquet", False),
        ("<results>/clean/{table}.parquet", "results/t/clean/walk_parquet", False),
        ("<results>/report.html", "results/t/report.html", True),
        ("<results>/report.html", "results/t/report.html.gz", False),
    ],
)
def test_an_output_knows_its_files(pattern, path, matches):
    assert Output("0", pattern).matches(path) is matches


def test_of_two_outputs_that_match_the_more_telling_one_counts():
    ledger, table = Output("ledger", "<results>/{table}.ledger.csv"), Output("table", "<results>/{table}.csv")
    rule = Rule("form", "", "a.smk", 1, "scripts/form.py", (table, ledger))
    assert rule.output_of("results/t/walk.ledger.csv") == ledger
    assert rule.output_of("results/t/walk.csv") == table
    assert rule.output_of("results/t/walk.txt") is None


def test_every_rule_of_this_workflow_says_what_it_is_for_and_where_it_writes(root):
    rules = read_rules(root)
    assert {"form", "subjects", "fit", "displays", "report"} <= {rule.name for rule in rules}
    for rule in rules:
        assert rule.purpose and rule.outputs, rule
        assert (root / rule.file).read_text().splitlines()[rule.line - 1].split() == ["rule", f"{rule.name}:"]
        script = (root / rule.script).read_text().splitlines()
        for output in rule.outputs:
            assert output.line == 0 or "snakemake.output" in script[output.line - 1], (rule.name, output)
