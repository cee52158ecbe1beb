"""Sections of the package's README on what computes: requirements, programs, the list of tables and figures."""

from __future__ import annotations

import re
from bisect import bisect_right

from rctflow.package.about import Seed
from rctflow.package.account import Account
from rctflow.package.displays import displays
from rctflow.package.markdown import code, plain, table
from rctflow.package.rules import Rule
from rctflow.package.software import version_of

GIB = 1024.0
MEMORY = ((1, "under 1 GB"), (4, "1 to 4 GB"), (16, "4 to 16 GB"), (64, "16 to 64 GB"))
TIME = ((600, "under 10 minutes"), (3600, "10 minutes to 1 hour"), (8 * 3600, "1 to 8 hours"), (72 * 3600, "8 to 72 h"))


def requirements_section(account: Account) -> str:
    """Software with locked versions, coarse classes of memory and time (of the run packaged here), and seeds."""
    pins = ", ".join(one.pin for one in account.software)
    software = (
        f"Linux with Python 3.11 or newer. {code('data/requirements.lock')} pins every package with its hashes "
        f"(Snakemake {version_of(account.software, 'snakemake')}); {code('data/run')} and {code('verify.py')} make the "
        f"environment from it."
    )
    needs = [
        f"- Memory of the largest job: {memory_class(account)}",
        f"- Time of all jobs on one core: {time_class(account)}",
        "- Disk for the environment: about 1 GB",
    ]
    parts = ["## Computational requirements", software, "\n".join(needs), f"Locked packages: {plain(pins)}."]
    return "\n\n".join([*parts, "### Controlled randomness", _randomness(account)])


def memory_class(account: Account) -> str:
    """The class of the largest resident memory that a job was seen to use (benchmarks)."""
    seen = [float(job.benchmark["max_rss"]) for job in account.jobs if _is_number(job.benchmark.get("max_rss", ""))]
    return _class(max(seen) / GIB, MEMORY, "more than 64 GB") if seen else "not recorded"


def time_class(account: Account) -> str:
    """The class of the sum of the jobs' CPU times (benchmarks); wall times depend on what else the machine does."""
    seen = [float(job.benchmark["cpu_time"]) for job in account.jobs if _is_number(job.benchmark.get("cpu_time", ""))]
    return _class(sum(seen), TIME, "more than 72 hours") if seen else "not recorded"


def _is_number(text: str) -> bool:
    return re.fullmatch(r"\d+(\.\d*)?", text) is not None


def _class(value: float, classes: tuple[tuple[int, str], ...], beyond: str) -> str:
    place = bisect_right([limit for limit, _ in classes], value)
    return classes[place][1] if place < len(classes) else beyond


def _randomness(account: Account) -> str:
    if not account.about.seeds:
        return "No result depends on chance: the config has no seed, and no rule draws a random number."
    rows = [[code(seed.key), str(seed.value), _where_used(account, seed)] for seed in account.about.seeds]
    return table(["Key in the config", "Seed", "Used by rule"], rows)


def _where_used(account: Account, seed: Seed) -> str:
    said = re.compile(rf"'seed': {seed.value}\b|^{seed.value}$")
    used = [rule.name for rule in account.steps if any(_says(account, rule, said))]
    return ", ".join(code(name) for name in used) or "no rule of this run"


def _says(account: Account, rule: Rule, pattern: re.Pattern[str]) -> list[bool]:
    return [
        pattern.search(text) is not None
        for job in account.jobs
        if job.rule == rule.name
        for text in job.params.values()
    ]


def programs_section(account: Account) -> str:
    """One row per rule in the order of the data's walk: what it is for, reads and makes (as an ADRG lists programs)."""
    rows = [
        [
            str(number),
            code(rule.name),
            code(f"data/{rule.script}"),
            plain(rule.purpose),
            ", ".join(code(source) for source in _reads(account, rule)) or "the config",
            ", ".join(code(output.pattern) for output in rule.outputs),
            str(sum(job.rule == rule.name for job in account.jobs)),
        ]
        for number, rule in enumerate(account.steps, start=1)
    ]
    text = (
        f"Each rule of {code('data/workflow/rules')} runs one script; what computes stands in "
        f"{code('data/scripts/rctflow')}, one folder per room. {code('ro-crate-metadata.json')} says of every job "
        f"which files, values and code it read. {code('<results>')} is {code(f'data/{account.about.results}')}."
    )
    header = ["", "Rule", "Program", "Purpose", "Reads", "Makes", "Jobs"]
    return "\n\n".join(["## Description of programs", text, table(header, rows)])


def _reads(account: Account, rule: Rule) -> list[str]:
    read = {account.source(path) for job in account.jobs if job.rule == rule.name for path in job.inputs}
    return sorted(read - {"code"})


def displays_section(account: Account) -> str:
    """Every table, figure and file of result rows with its rule and the line of the script that writes it."""
    rows = [
        [
            shown.kind,
            plain(shown.title),
            code(f"data/{shown.path}"),
            code(shown.rule),
            code(shown.place),
            code(shown.script),
        ]
        for shown in displays(account)
    ]
    header = ["", "Shows", "File", "Rule", "Rule at", "Written at"]
    return "\n\n".join(["## List of tables and figures", table(header, rows)])
