"""``python -m rctflow.commands.package_check PACKAGE.zip``: what bagit and the RO-Crate validator say of a package.

Needs the environment of the tests (./run setup --test). No network is used: the one document that the validator wants,
the JSON-LD context of RO-Crate 1.1, is taken from the package ``rocrate``.
"""

from __future__ import annotations

import io
import json
import sys
import tempfile
import zipfile
from collections.abc import Iterable
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any

from rctflow.errors import RctflowError

CONTEXT = "https://w3id.org/ro/crate/1.1/context"
PROFILES = (
    "ro-crate-1.1",
    "workflow-ro-crate-1.0",
    "process-run-crate-0.5",
    "workflow-run-crate-0.5",
    "provenance-run-crate-0.5",
)
UNPASSABLE = "process-run-crate-0.5_5.1"  # wants http ids of code that lies in the crate (crs4/rocrate-validator#51)


@dataclass(frozen=True)
class Finding:
    """One check that found something: its id, REQUIRED or RECOMMENDED, and what it asks for."""

    check: str
    severity: str
    message: str


def main(arguments: list[str]) -> int:
    """Print what both say; returns 0 when the bag is valid and only the check that no local crate passes failed."""
    if len(arguments) != 1:
        raise RctflowError("which package? python -m rctflow.commands.package_check results/<study>/package/<name>.zip")
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch) / "package"
        unzip(Path(arguments[0]), folder)
        bag = bag_problem(folder)
        context = seeded_context(Path(scratch) / "context")
        found = {profile: validated(folder, profile, context) for profile in PROFILES}
    print("\n".join(report(bag, found)))
    return 1 if bag or any(finding.check != UNPASSABLE for each in found.values() for finding in each) else 0


def unzip(package: Path, folder: Path) -> None:
    """Unzip a package. Raises RctflowError when it is no zip."""
    try:
        with zipfile.ZipFile(package) as archive:
            archive.extractall(folder)
    except (OSError, zipfile.BadZipFile) as error:
        raise RctflowError(f"{package}: cannot be unzipped ({error})") from None


def bag_problem(folder: Path) -> str:
    """What bagit finds wrong, empty when the bag is valid."""
    import bagit

    try:
        bagit.Bag(str(folder)).validate()
    except bagit.BagError as error:
        return str(error)
    return ""


def seeded_context(cache: Path) -> Path:
    """A cache (path without its ending) that holds the RO-Crate 1.1 context as if it had been fetched.

    Raises RctflowError when the installed rocrate ships another version of it.
    """
    from importlib.resources import files

    content = (files("rocrate") / "data" / "ro-crate.jsonld").read_bytes()
    if json.loads(content).get("@id") != CONTEXT:
        raise RctflowError(f"rocrate {version('rocrate')} does not ship {CONTEXT}; install the locked test environment")
    return _cached(cache, content)


def _cached(cache: Path, content: bytes) -> Path:
    import requests
    import requests_cache
    import urllib3

    response = requests.Response()
    response.status_code, response.url = 200, CONTEXT
    response.headers["Content-Type"] = "application/ld+json"
    response.request = requests.Request("GET", CONTEXT).prepare()
    body: Any = urllib3.HTTPResponse(io.BytesIO(content), dict(response.headers), 200, preload_content=False)
    body._request_url = CONTEXT
    response.raw = body
    with requests_cache.CachedSession(str(cache), backend="sqlite") as session:
        session.cache.save_response(response)
    return cache


def validated(folder: Path, profile: str, context: Path) -> list[Finding]:
    """What the validator says of an unzipped package at RECOMMENDED, one finding per check, REQUIRED ones first.

    context: the cache that it may read; it runs offline.
    """
    from rocrate_validator.models import Severity, ValidationSettings
    from rocrate_validator.services import validate

    result = validate(
        ValidationSettings(
            rocrate_uri=str(folder),
            profile_identifier=profile,
            requirement_severity=Severity.RECOMMENDED,
            cache_path=context,
            offline=True,
        )
    )
    found = {Finding(issue.check.identifier, issue.severity.name, issue.message or "") for issue in result.get_issues()}
    return sorted(found, key=lambda finding: (finding.severity != "REQUIRED", finding.check, finding.message))


def report(bag: str, found: dict[str, list[Finding]]) -> Iterable[str]:
    """The findings as Markdown lines that depend on nothing but the package and the versions of both programs."""
    yield f"bagit {version('bagit')}: {bag or 'valid'}"
    yield ""
    yield f"rocrate-validator {version('roc-validator')}, offline:"
    yield ""
    yield "| profile | REQUIRED | RECOMMENDED |"
    yield "|---|---|---|"
    for profile, findings in found.items():
        yield f"| {profile} | {_told(findings, 'REQUIRED')} | {_told(findings, 'RECOMMENDED')} |"


def _told(findings: list[Finding], severity: str) -> str:
    told = [f"{finding.check}: {finding.message}" for finding in findings if finding.severity == severity]
    return "; ".join(told) or "no issue"


if __name__ == "__main__":
    try:
        sys.exit(main(sys.argv[1:]))
    except RctflowError as problem:
        sys.exit(f"ERROR: {problem}")
