"""What happened, as actions of the crate: the run, each job, and the engine that organized them."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime

from rctflow.package.account import Account, is_code
from rctflow.package.crate_entities import Entity, author_id, reference, uri
from rctflow.package.crate_workflow import job_id, step_id, tool_id, value_id
from rctflow.package.jobs import Job
from rctflow.package.software import version_of

COMPLETED = "http://schema.org/CompletedActionStatus"
BENCHMARK = "https://snakemake.readthedocs.io/en/stable/snakefiles/rules.html#benchmark-rules"
UNITS = {"s": "SEC", "cpu_time": "SEC", "mean_load": "PERCENT"} | dict.fromkeys(
    ("max_rss", "max_vms", "max_uss", "max_pss", "io_in", "io_out"), "MebiBYTE"
)
RUN = "#run"


def moment(seconds: float) -> str:
    """Epoch seconds as ISO 8601 with milliseconds, UTC."""
    return datetime.fromtimestamp(seconds, UTC).isoformat(timespec="milliseconds")


def actions(account: Account, ids: dict[str, str], engine: str) -> list[Entity]:
    """The run, its jobs with their parameters and resources, and what organized them. engine: id of Snakemake."""
    closures = code_collections(account, ids)
    found = [_run(account, ids), *machine(account)]
    for number, job in enumerate(account.jobs):
        found += _job(account, ids, number, closures[code_of(job)]["@id"] if code_of(job) else "")
        found += _parameters(account, number)
        found += _usage(account, number)
    return [*found, *closures.values(), *_organization(account, engine)]


def job_ids(account: Account) -> list[str]:
    """Ids of the jobs' actions."""
    return [job_id(account, number) for number in range(len(account.jobs))]


def code_of(job: Job) -> tuple[str, ...]:
    """The code that a job ran: its script and all modules and templates behind it."""
    return tuple(path for path in job.inputs if is_code(path))


def code_collections(account: Account, ids: dict[str, str]) -> dict[tuple[str, ...], Entity]:
    """Code of a job -> a Collection; jobs that ran the same files share one."""
    found: dict[tuple[str, ...], Entity] = {}
    for job in account.jobs:
        code = code_of(job)
        if not code or code in found:
            continue
        rule = account.rule_of.get(job.rule)
        main = rule.script if rule and rule.script in code else code[0]
        number = 1 + sum(entity["@id"].startswith(f"#code/{job.rule}/") for entity in found.values())
        found[code] = {
            "@id": f"#code/{job.rule}/{number}",
            "@type": "Collection",
            "name": f"Code of {job.rule}" + (f" ({number})" if number > 1 else ""),
            "mainEntity": reference(ids[main]),
            "hasPart": reference(*(ids[path] for path in code)),
        }
    return found


def _agents(account: Account) -> object:
    return reference(*(author_id(author) for author in account.authors))


def _run(account: Account, ids: dict[str, str]) -> Entity:
    given = sorted({path for job in account.jobs for path in job.inputs if path not in account.makers})
    outside = [path for path in given if account.source(path) != "code"]
    facts = [entity["@id"] for entity in machine(account)]
    action = {
        "@id": RUN,
        "@type": "CreateAction",
        "name": f"Run of {account.about.name}",
        "description": f"All {len(account.jobs)} jobs of {account.about.config}, from raw forms to the report.",
        "agent": _agents(account),
        "instrument": reference("data/Snakefile"),
        "object": reference(ids[account.about.config], *(ids[path] for path in outside)),
        "result": reference(*(ids[path] for path in account.declared)),
        "startTime": moment(account.start),
        "endTime": moment(account.end),
        "actionStatus": COMPLETED,
    }
    return action | ({"environment": reference(*facts)} if facts else {})


def machine(account: Account) -> list[Entity]:
    """The facts of the machine that ran the jobs."""
    return [
        {"@id": f"#machine/{uri(name)}", "@type": "PropertyValue", "name": name, "value": str(value)}
        for name, value in sorted(account.machine.items())
    ]


def _job(account: Account, ids: dict[str, str], number: int, code: str) -> Iterator[Entity]:
    job, name = account.jobs[number], job_id(account, number)
    rule = account.rule_of[job.rule]
    data = [ids[path] for path in job.inputs if not is_code(path)]
    values = [value_id(account, number, position) for position in job.params]
    action = {
        "@id": name,
        "@type": "CreateAction",
        "name": f"{job.rule} {job.wildcard}".strip(),
        "description": rule.purpose,
        "agent": _agents(account),
        "instrument": reference(tool_id(account, rule)),
        "object": reference(*data, *values, *([code] if code else [])),
        "result": reference(*(ids[path] for path in job.outputs)),
        "startTime": moment(job.start),
        "endTime": moment(job.end),
        "actionStatus": COMPLETED,
    }
    if usage := [entity["@id"] for entity in _usage(account, number)]:
        action["resourceUsage"] = reference(*usage)
    if logs := [ids[path] for path in job.log if path in ids]:
        action["subjectOf"] = reference(*logs)
    yield action


def _parameters(account: Account, number: int) -> list[Entity]:
    job = account.jobs[number]
    return [
        {
            "@id": value_id(account, number, position),
            "@type": "PropertyValue",
            "name": f"params {position} of {job.rule}",
            "value": value,
            "exampleOfWork": reference(f"#{job.rule}/param/{position}"),
        }
        for position, value in job.params.items()
    ]


def _usage(account: Account, number: int) -> list[Entity]:
    """The columns of the job's benchmark, in their order and as they were written."""
    return [
        {
            "@id": f"{job_id(account, number)}/usage/{uri(column)}",
            "@type": "PropertyValue",
            "name": column,
            "value": value,
            "propertyID": BENCHMARK,
            "unitCode": f"https://qudt.org/vocab/unit/{UNITS.get(column, 'UNITLESS')}",
        }
        for column, value in account.jobs[number].benchmark.items()
    ]


def _organization(account: Account, engine: str) -> list[Entity]:
    """Snakemake's part: one ControlAction per job, and the OrganizeAction that holds them."""
    controls = [
        {
            "@id": name.replace("#job/", "#control/", 1),
            "@type": "ControlAction",
            "name": f"Start {name.removeprefix('#job/')}",
            "instrument": reference(step_id(job.rule)),
            "object": reference(name),
            "actionStatus": COMPLETED,
        }
        for name, job in zip(job_ids(account), account.jobs, strict=True)
    ]
    organize = {
        "@id": "#organize",
        "@type": "OrganizeAction",
        "name": f"Snakemake {version_of(account.software, 'snakemake')}".strip(),
        "agent": _agents(account),
        "instrument": reference(engine),
        "object": reference(*(control["@id"] for control in controls)),
        "result": reference(RUN),
        "startTime": moment(account.start),
        "endTime": moment(account.end),
        "actionStatus": COMPLETED,
    }
    return [organize, *controls]
