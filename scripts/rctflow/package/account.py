"""Everything that the package's own documents (crate, README, deposit) are made from."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import PurePosixPath

from rctflow.code_hashes import is_code_list
from rctflow.package.about import About, Author, authors_of
from rctflow.package.bag import PAYLOAD
from rctflow.package.citation import Citation
from rctflow.package.jobs import Job
from rctflow.package.manifest import RawForm
from rctflow.package.rules import Output, Rule
from rctflow.package.software import Software
from rctflow.package.zipped import Measured

CODE = (".py", ".j2", ".css")
LOCK = ".lock.json"


def is_code(path: str) -> bool:
    """Whether an input is code, tables that stand beside modules and lists of code included."""
    return path.endswith(CODE) or PurePosixPath(path).parts[:1] == ("scripts",) or is_code_list(path)


@dataclass(frozen=True)
class Account:
    """A finished run and what became of its files.

    files: path from the package's root (data/..., README.md) -> its size and hash. declared: the study's results, from
    the project folder. moved: path as the run knew it -> path in the project folder of the package, where they differ.
    raw: raw form as the config names it -> what it is. machine: what the run's machine was. rules: those of the
    workflow; jobs: those that ran.
    """

    about: About
    citation: Citation
    rules: tuple[Rule, ...]
    jobs: tuple[Job, ...]
    files: Mapping[str, Measured]
    declared: tuple[str, ...]
    software: tuple[Software, ...]
    machine: Mapping[str, str] = field(default_factory=dict)
    moved: Mapping[str, str] = field(default_factory=dict)
    raw: Mapping[str, RawForm] = field(default_factory=dict)

    def place(self, path: str) -> str:
        """Where a file of the run stands in the package, from its root."""
        return f"{PAYLOAD}{self.moved.get(path, path)}"

    @cached_property
    def authors(self) -> tuple[Author, ...]:
        """Who answers for the study."""
        return authors_of(self.about, self.citation.authors)

    @cached_property
    def makers(self) -> dict[str, Job]:
        """Output -> the job that made it."""
        return {output: job for job in self.jobs for output in job.outputs}

    @cached_property
    def rule_of(self) -> dict[str, Rule]:
        """Rules by name."""
        return {rule.name: rule for rule in self.rules}

    @cached_property
    def steps(self) -> tuple[Rule, ...]:
        """The rules that ran, each after those that it reads from; otherwise in the order of the workflow."""
        reads: dict[str, set[str]] = {}
        for job in self.jobs:
            made = {self.makers[path].rule for path in job.inputs if path in self.makers}
            reads.setdefault(job.rule, set()).update(made - {job.rule})
        waiting = [rule for rule in self.rules if rule.name in reads]
        ordered: list[Rule] = []
        while waiting:
            done = {rule.name for rule in ordered}
            following = next((rule for rule in waiting if reads[rule.name] <= done), waiting[0])
            waiting.remove(following)
            ordered.append(following)
        return tuple(ordered)

    def output(self, path: str) -> tuple[Rule, Output] | None:
        """The rule that made a file, and as which of its outputs; None for what no job made."""
        job = self.makers.get(path)
        rule = self.rule_of.get(job.rule) if job else None
        output = rule.output_of(path) if rule else None
        return (rule, output) if rule and output else None

    def source(self, path: str) -> str:
        """What a job's input is: an output (``fit.results``), or given (raw, instrument, lock, code)."""
        if made := self.output(path):
            return f"{made[0].name}.{made[1].name}"
        if path in self.makers:
            return f"{self.makers[path].rule}.output"
        if is_code(path):
            return "code"
        if path.endswith(LOCK):
            return "lock"
        return "instrument" if PurePosixPath(path).parts[:1] == ("workflow",) else "raw"

    @property
    def start(self) -> float:
        """When the first job began (epoch seconds)."""
        return min(job.start for job in self.jobs)

    @property
    def end(self) -> float:
        """When the last job ended (epoch seconds)."""
        return max(job.end for job in self.jobs)
