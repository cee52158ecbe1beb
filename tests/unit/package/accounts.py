"""A small finished run, made by hand: one form, one endpoint, three rules, four jobs."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from rctflow.package.about import About, Author, Outcome, Seed
from rctflow.package.account import Account
from rctflow.package.citation import Citation
from rctflow.package.jobs import Job
from rctflow.package.manifest import RawForm
from rctflow.package.rules import Output, Rule
from rctflow.package.settings import Package, Person
from rctflow.package.software import Software
from rctflow.package.zipped import Measured

RESULTS = "results/t"
RULES = (
    Rule(
        "report",
        "One page.",
        "workflow/rules/report.smk",
        7,
        "scripts/report.py",
        (Output("0", "<results>/report.html", 9),),
    ),
    Rule(
        "form",
        "Read and clean one form.",
        "workflow/rules/forms.smk",
        8,
        "scripts/form.py",
        (Output("clean", "<results>/clean/{table}.parquet", 23),),
    ),
    Rule(
        "fit",
        "Fit one endpoint.",
        "workflow/rules/fit.smk",
        3,
        "scripts/fit.py",
        (Output("results", "<results>/endpoints/{endpoint}/results.csv", 22),),
    ),
)
BENCHMARK = {"s": "1.50", "h:m:s": "0:00:01", "max_rss": "108.41", "io_out": "0.00", "mean_load": "0.00"}


def job(rule: str, inputs: tuple[str, ...], outputs: tuple[str, ...], wildcard: str, **changes: Any) -> Job:
    """A job that ran for a second and a half."""
    inputs = tuple(sorted((f"scripts/{rule}.py", "scripts/rctflow/errors.py", *inputs)))
    log = (f"{RESULTS}/logs/{rule}.log",)
    made = Job(rule, outputs, inputs, {"1": "'config/t.yaml'"}, log, 1.7e9, 1.7e9 + 1.5, BENCHMARK, wildcard)
    return replace(made, **changes)


JOBS = (
    job("fit", (f"{RESULTS}/clean/blood.parquet",), (f"{RESULTS}/endpoints/crp/results.csv",), "crp"),
    job("fit", (f"{RESULTS}/clean/walk.parquet",), (f"{RESULTS}/endpoints/walk/results.csv",), "walk", end=1.7e9 + 9),
    job("form", ("data/blood.csv",), (f"{RESULTS}/clean/blood.parquet",), "blood"),
    job("form", ("data/walk.csv",), (f"{RESULTS}/clean/walk.parquet",), "walk", params={"1": "{'seed': 7}"}),
    job(
        "report",
        tuple(f"{RESULTS}/endpoints/{name}/results.csv" for name in ("crp", "walk")),
        (f"{RESULTS}/report.html",),
        "",
    ),
)
WORKFLOW = Citation("rctflow", "0.1.0", "MIT", (Author("The authors", is_person=False),), ("trial",))
DECLARED = (f"{RESULTS}/report.html", *(f"{RESULTS}/endpoints/{name}/results.csv" for name in ("crp", "walk")))


def about(**changes: Any) -> About:
    """A synthetic study with two endpoints and one seed."""
    outcomes = (Outcome("walk", "Walk", "primary"), Outcome("crp", "CRP", "secondary"))
    told = About(
        "t", "A trial", "config/t.yaml", RESULTS, synthetic=True, outcomes=outcomes, seeds=(Seed("source.seed", 7),)
    )
    return replace(told, **changes)


def account(*, without: tuple[str, ...] = (), **changes: Any) -> Account:
    """The run, with every file that its jobs name in the package but those ``without``."""
    jobs: tuple[Job, ...] = changes.get("jobs", JOBS)
    moved: dict[str, str] = changes.get("moved", {})
    study: About = changes.get("about", about())
    named = {path for job in jobs for path in (*job.inputs, *job.outputs, *job.log)}
    named |= {"Snakefile", study.config}
    files = {f"data/{moved.get(path, path)}": Measured(len(path), "ab" * 32) for path in named - set(without)}
    made = Account(
        about=study,
        citation=WORKFLOW,
        rules=RULES,
        jobs=jobs,
        files=files | {"README.md": Measured(3, "cd" * 32)},
        declared=DECLARED,
        software=(Software("numpy", "2.4.6"), Software("snakemake", "9.27.1"), Software("x", "1", "os_name == 'nt'")),
        raw={"walk.csv": RawForm("data/walk.csv", "ef" * 32, 99, 36, {"ID": "text", "SECONDS": "number"})},
    )
    return replace(made, **changes)


def packaged(**settings: Any) -> Package:
    """The config's section ``package``."""
    return Package(**settings)


def person(name: str, affiliation: str = "", orcid: str = "") -> Person:
    """An author as the config names one."""
    return Person(name, affiliation, orcid)
