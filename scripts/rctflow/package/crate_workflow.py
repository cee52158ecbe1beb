"""The workflow of the crate as a plan: parameters, steps, and how the steps are connected.

A parameter stands for an output of a rule, for what a rule reads of one other rule's output, or for what comes from
outside. Files are examples of it, and refer back.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property

from rctflow.package.account import Account
from rctflow.package.crate_entities import (
    PYTHON_LANGUAGE,
    SNAKEMAKE_LANGUAGE,
    Entity,
    author_id,
    licence_id,
    reference,
    uri,
)
from rctflow.package.rules import Rule

BIOSCHEMAS = "https://bioschemas.org/profiles/ComputationalWorkflow/1.0-RELEASE"


@dataclass(frozen=True)
class Plan:
    """Parameters of the workflow with their examples. examples: parameter -> ids of files or values."""

    account: Account
    examples: dict[str, list[str]] = field(default_factory=dict)
    names: dict[str, str] = field(default_factory=dict)

    @classmethod
    def of(cls, account: Account, ids: dict[str, str]) -> Plan:
        """The plan of a run. ids: path as the run knew it -> id in the crate."""
        plan = cls(account)
        plan._add("#in/config", "study config", ids[account.about.config])
        for job in account.jobs:
            for path in job.outputs:
                plan._add(plan.output_parameter(path), f"{account.source(path)} (output)", ids[path])
            for path in job.inputs:
                if (source := account.source(path)) != "code":
                    plan._add(f"#{job.rule}/in/{source}", f"{source} (input of {job.rule})", ids[path])
                    if path not in account.makers:
                        plan._add(f"#in/{source}", f"{source} files", ids[path])
        for path in account.declared:
            plan._add(f"#out/{account.source(path)}", f"{account.source(path)} (result)", ids[path])
        for number, job in enumerate(account.jobs):
            for position in job.params:
                parameter = f"#{job.rule}/param/{position}"
                plan._add(parameter, f"params {position} of {job.rule}", value_id(account, number, position))
        return plan

    def _add(self, parameter: str, name: str, example: str) -> None:
        self.names.setdefault(parameter, name)
        examples = self.examples.setdefault(parameter, [])
        if example not in examples:
            examples.append(example)

    def output_parameter(self, path: str) -> str:
        """The parameter that an output is an example of."""
        rule, output = self.account.source(path).split(".", 1)
        return f"#{rule}/out/{output}"

    @cached_property
    def parameters_of(self) -> dict[str, list[str]]:
        """Example -> the parameters that it stands for."""
        found: dict[str, list[str]] = {}
        for parameter, examples in self.examples.items():
            for example in examples:
                found.setdefault(example, []).append(parameter)
        return found

    def starting(self, prefix: str) -> list[str]:
        """Parameters whose id begins with ``prefix``."""
        return [parameter for parameter in self.examples if parameter.startswith(prefix)]

    def formal_parameters(self) -> list[Entity]:
        """FormalParameter entities."""
        return [
            {
                "@id": parameter,
                "@type": "FormalParameter",
                "additionalType": "Text" if "/param/" in parameter else "File",
                "name": self.names[parameter],
                "workExample": reference(*examples),
            }
            for parameter, examples in self.examples.items()
        ]

    def inputs_of(self, rule: str) -> dict[str, str]:
        """Input parameter of a rule -> the parameter that feeds it, of another rule or of the whole workflow."""
        found = {}
        for parameter in self.starting(f"#{rule}/in/"):
            maker, _, output = parameter.removeprefix(f"#{rule}/in/").partition(".")
            found[parameter] = f"#{maker}/out/{output}" if output else f"#in/{maker}"
        return found

    def results(self) -> dict[str, str]:
        """Result parameter of the whole workflow -> the parameter of the rule that makes it."""
        return {
            parameter: "#{}/out/{}".format(*parameter.removeprefix("#out/").split(".", 1))
            for parameter in self.starting("#out/")
        }


def value_id(account: Account, number: int, position: str) -> str:
    """The id of one parameter's value in one job."""
    return f"{job_id(account, number)}/param/{position}"


def job_id(account: Account, number: int) -> str:
    """The id of a job's action: its rule and its wildcard; its number too where two jobs share these."""
    job = account.jobs[number]
    name = f"#job/{job.rule}" + (f"/{uri(job.wildcard)}" if job.wildcard else "")
    alike = [n for n, other in enumerate(account.jobs) if (other.rule, other.wildcard) == (job.rule, job.wildcard)]
    return name if alike[0] == number else f"{name}/{alike.index(number) + 1}"


def workflow_properties(account: Account, plan: Plan, version: str) -> Entity:
    """What the Snakefile is, besides a file."""
    connections = [_connection_id(target) for target in plan.results()]
    return {
        "@type": ["File", "SoftwareSourceCode", "ComputationalWorkflow", "HowTo"],
        "name": account.citation.title,
        "conformsTo": reference(BIOSCHEMAS),
        "programmingLanguage": reference(SNAKEMAKE_LANGUAGE),
        "version": version,
        "url": account.citation.url or "data/Snakefile",
        "creator": reference(*(author_id(author) for author in account.citation.authors)),
        "license": reference(licence_id(account.citation.licence)),
        "input": reference(*plan.starting("#in/")),
        "output": reference(*plan.starting("#out/")),
        "hasPart": reference(*dict.fromkeys(tool_id(account, rule) for rule in account.steps)),
        "step": reference(*(step_id(rule.name) for rule in account.steps)),
        "connection": reference(*connections),
        "softwareRequirements": reference(*(one.page for one in account.software)),
    }


def tool_id(account: Account, rule: Rule) -> str:
    """The id of the tool of a rule's jobs: its script, or the script as this rule uses it where several share one."""
    script = uri(account.place(rule.script))
    alone = sum(other.script == rule.script for other in account.steps) == 1
    return script if alone else f"{script}#{rule.name}"


def tools(account: Account, plan: Plan, version: str) -> dict[str, Entity]:
    """What the tools are, by their ids; a script of several rules is each rule's tool with that rule's parameters."""
    found = {}
    for rule in account.steps:
        script, tool = uri(account.place(rule.script)), tool_id(account, rule)
        properties = script_properties(rule, plan, version)
        if tool == script:
            properties["@type"] = ["File", "SoftwareSourceCode"]
        else:
            properties |= {"@id": tool, "name": f"{rule.script} as {rule.name}", "isBasedOn": reference(script)}
        found[tool] = properties
    return found


def script_properties(rule: Rule, plan: Plan, version: str) -> Entity:
    """What a rule's script is: the tool of the rule's jobs."""
    return {
        "@type": "SoftwareSourceCode",
        "description": rule.purpose,
        "programmingLanguage": reference(PYTHON_LANGUAGE),
        "version": version,
        "url": f"data/{rule.script}",
        "input": reference(*plan.inputs_of(rule.name), *plan.starting(f"#{rule.name}/param/")),
        "output": reference(*plan.starting(f"#{rule.name}/out/")),
    }


def steps(account: Account, plan: Plan) -> list[Entity]:
    """One HowToStep per rule that ran, in the order of the data's walk."""
    found = []
    for position, rule in enumerate(account.steps, start=1):
        connections = [_connection_id(target) for target in plan.inputs_of(rule.name)]
        step = {
            "@id": step_id(rule.name),
            "@type": "HowToStep",
            "name": rule.name,
            "description": f"{rule.purpose} ({rule.file}, line {rule.line})",
            "position": str(position),
            "workExample": reference(tool_id(account, rule)),
        }
        found.append(step | ({"connection": reference(*connections)} if connections else {}))
    return found


def connections(account: Account, plan: Plan) -> list[Entity]:
    """ParameterConnections: from what feeds a rule to its input, and from a rule's output to the workflow's results."""
    ends = {target: source for rule in account.steps for target, source in plan.inputs_of(rule.name).items()}
    return [
        {
            "@id": _connection_id(target),
            "@type": "ParameterConnection",
            "sourceParameter": reference(source),
            "targetParameter": reference(target),
        }
        for target, source in (ends | plan.results()).items()
    ]


def step_id(rule: str) -> str:
    """The id of a rule's step."""
    return f"#step/{rule}"


def _connection_id(target: str) -> str:
    return f"#connection/{target.removeprefix('#')}"
