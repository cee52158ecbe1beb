"""ro-crate-metadata.json: the run as a Provenance Run Crate 0.5 (RO-Crate 1.1).

Written without a library: the order of entities and keys is fixed, so that equal runs give equal bytes. This file is
the run record of the package: times, machine and resources stand here and nowhere else.
Source: RO-Crate 1.1 (w3id.org/ro/crate/1.1); Workflow Run RO-Crate profiles 0.5 (w3id.org/ro/wfrun); Workflow RO-Crate
1.0.
"""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

from rctflow.package.account import Account
from rctflow.package.bag import PAYLOAD
from rctflow.package.crate_actions import RUN, actions, code_collections, job_ids
from rctflow.package.crate_entities import (
    Entity,
    author_id,
    file_entity,
    licence_id,
    licences,
    organization_id,
    people,
    publisher_name,
    reference,
    software_entities,
    uri,
    withheld_entity,
)
from rctflow.package.crate_workflow import (
    BIOSCHEMAS,
    Plan,
    connections,
    steps,
    tools,
    workflow_properties,
)
from rctflow.package.errors import PackageError
from rctflow.package.manifest import RECORD

CRATE = "https://w3id.org/ro/crate/1.1"
WORKFLOW_CRATE = "https://w3id.org/workflowhub/workflow-ro-crate/1.0"
PROFILES = {
    "https://w3id.org/ro/wfrun/process/0.5": ("Process Run Crate", "0.5"),
    "https://w3id.org/ro/wfrun/workflow/0.5": ("Workflow Run Crate", "0.5"),
    "https://w3id.org/ro/wfrun/provenance/0.5": ("Provenance Run Crate", "0.5"),
    WORKFLOW_CRATE: ("Workflow RO-Crate", "1.0"),
}
_RUN_TERMS = "https://w3id.org/ro/terms/workflow-run#"
TERMS = ("ParameterConnection", "connection", "environment", "resourceUsage", "sha256", "sourceParameter")
FOLDERS = {
    f"{PAYLOAD}.snakemake/": "Snakemake's records, by which it knows that nothing is to be done; times are constants.",
    f"{PAYLOAD}wheels/": "The packages of the locked environment, for a machine without a network.",
}


def crate_json(account: Account) -> str:
    """The text of ro-crate-metadata.json. Raises PackageError when the study's config or a script is not packed."""
    return json.dumps(crate(account), indent=1, ensure_ascii=False) + "\n"


def crate(account: Account) -> dict[str, Any]:
    """The JSON-LD document: context and graph."""
    _check(account)
    ids = _ids(account)
    plan = Plan.of(account, ids)
    version = account.citation.version or "0"
    engine = next((one.page for one in account.software if one.name == "snakemake"), "https://snakemake.github.io")
    files = _files(account, plan, ids, version)
    graph = [
        _descriptor(),
        _root(account, files),
        *_contexts(),
        *people(account),
        *licences(account),
        *software_entities(account.software),
        *files,
        *plan.formal_parameters(),
        *steps(account, plan),
        *connections(account, plan),
        *actions(account, ids, engine),
    ]
    terms = {term: f"{_RUN_TERMS}{term}" for term in (*TERMS, "targetParameter")}
    return {"@context": [f"{CRATE}/context", terms], "@graph": graph}


def _check(account: Account) -> None:
    needed = ["Snakefile", account.about.config, *(rule.script for rule in account.steps)]
    if missing := [path for path in needed if account.place(path) not in account.files]:
        raise PackageError(f"{missing[0]} is not in the package, and the run cannot be described without it")
    if unknown := sorted({job.rule for job in account.jobs} - set(account.rule_of)):
        raise PackageError(f"{unknown[0]} ran, and no rule of this name is in workflow/rules; start ./run again")


def _ids(account: Account) -> dict[str, str]:
    """Path as the run knew it -> id in the crate; what is not in the package gets an id of the crate's own."""
    of_jobs = {path for job in account.jobs for path in (*job.inputs, *job.outputs, *job.log)}
    places = {path: account.place(path) for path in (*of_jobs, *account.declared, account.about.config)}
    return {
        path: uri(place) if place in account.files else withheld_entity(path)["@id"]
        for path, place in sorted(places.items())
    }


def _descriptor() -> Entity:
    return {
        "@id": RECORD,
        "@type": "CreativeWork",
        "conformsTo": reference(CRATE, WORKFLOW_CRATE),
        "about": reference("./"),
    }


def _root(account: Account, files: list[Entity]) -> Entity:
    about, described = account.about, account.about.description
    stamps = ["SYNTHETIC DATA: every patient was simulated."] * about.synthetic
    stamps += [f"{about.blinded}."] * bool(about.blinded)
    collections = code_collections(account, _ids(account)).values()
    root = {
        "@id": "./",
        "@type": "Dataset",
        "name": about.name,
        "description": " ".join([described or about.name, *stamps]),
        "datePublished": datetime.fromtimestamp(account.end, UTC).date().isoformat(),
        "version": about.package.version or account.citation.version,
        "license": reference(licence_id(about.package.licence)),
        "author": reference(*(author_id(author) for author in account.authors)),
        "publisher": reference(organization_id(publisher_name(account))),
        "conformsTo": reference(*PROFILES),
        "mainEntity": reference(f"{PAYLOAD}Snakefile"),
        "hasPart": reference(*(entity["@id"] for entity in files)),
        "mentions": reference(RUN, *job_ids(account), *(entity["@id"] for entity in collections)),
    }
    stated = {"identifier": about.registration, "citation": about.reference}
    return root | {key: value for key, value in stated.items() if value}


def _contexts() -> list[Entity]:
    profiles = {**PROFILES, BIOSCHEMAS: ("ComputationalWorkflow profile of Bioschemas", "1.0-RELEASE")}
    return [
        {"@id": page, "@type": "CreativeWork", "name": name, "version": version}
        for page, (name, version) in profiles.items()
    ]


def _files(account: Account, plan: Plan, ids: dict[str, str], version: str) -> list[Entity]:
    """Every file of the package but this one; folders of machine-made files stand as one entity each."""
    single = [path for path in sorted(account.files) if not path.startswith(tuple(FOLDERS)) and path != RECORD]
    entities = {uri(path): file_entity(path, account.files[path]) for path in single}
    withheld = [withheld_entity(path) for path, name in ids.items() if name.startswith("#")]
    entities |= {entity["@id"]: entity for entity in withheld}
    for name, entity in entities.items():
        if parameters := plan.parameters_of.get(name):
            entity["exampleOfWork"] = reference(*parameters)
    entities[f"{PAYLOAD}Snakefile"] |= workflow_properties(account, plan, version)
    for tool, properties in tools(account, plan, version).items():
        entities[tool] = entities.get(tool, {}) | properties
    if readme := entities.get("README.md"):
        readme["about"] = reference("./")
    return [*entities.values(), *_folders(account)]


def _folders(account: Account) -> list[Entity]:
    return [
        {"@id": folder, "@type": "Dataset", "name": folder, "description": text}
        for folder, text in FOLDERS.items()
        if any(path.startswith(folder) for path in account.files)
    ]
