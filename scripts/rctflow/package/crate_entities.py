"""Entities of the crate that stand by themselves: files, people, organizations, licences, software."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import PurePosixPath
from typing import Any
from urllib.parse import quote

from rctflow.package.about import Author
from rctflow.package.account import Account
from rctflow.package.bag import PAYLOAD
from rctflow.package.software import Software, version_of
from rctflow.package.zipped import Measured

Entity = dict[str, Any]
FORMATS = {
    ".cff": "application/yaml",
    ".css": "text/css",
    ".csv": "text/csv",
    ".gz": "application/gzip",
    ".html": "text/html",
    ".json": "application/json",
    ".md": "text/markdown",
    ".parquet": "application/vnd.apache.parquet",
    ".png": "image/png",
    ".py": "text/x-python",
    ".svg": "image/svg+xml",
    ".toml": "application/toml",
    ".tsv": "text/tab-separated-values",
    ".whl": "application/zip",
    ".xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    ".yaml": "application/yaml",
    ".yml": "application/yaml",
}
TEXTS = {"", ".cfg", ".in", ".j2", ".lock", ".log", ".smk", ".txt"}
SNAKEMAKE_LANGUAGE = "https://w3id.org/workflowhub/workflow-ro-crate#snakemake"
PYTHON_LANGUAGE = "https://www.python.org/"


def uri(path: str) -> str:
    """A path from the package's root as an RO-Crate 1.1 id: a relative URI, percent-encoded UTF-8."""
    return quote(path, safe="/!$&'()*+,;=:@~")


def reference(*ids: str) -> Any:
    """References to entities: one alone stands without a list, as RO-Crate 1.1 recommends."""
    return one_or_many([{"@id": name} for name in dict.fromkeys(ids)])


def one_or_many(values: Iterable[Any]) -> Any:
    """The values as JSON-LD compacts them."""
    found = list(values)
    return found[0] if len(found) == 1 else found


def media_type(path: str) -> str:
    """The media type that a file's ending says."""
    suffix = PurePosixPath(path).suffix.lower()
    return FORMATS.get(suffix, "text/plain" if suffix in TEXTS else "application/octet-stream")


def file_entity(path: str, file: Measured) -> Entity:
    """A file of the package with its media type, bytes and sha256."""
    return {
        "@id": uri(path),
        "@type": "File",
        "name": path.removeprefix(PAYLOAD),
        "encodingFormat": media_type(path),
        "contentSize": str(file.bytes),
        "sha256": file.sha256,
    }


def withheld_entity(path: str) -> Entity:
    """A file that the run had and the package has not (restricted data): known by its place in the project alone."""
    place = PurePosixPath(path)
    return {
        "@id": f"#withheld/{uri(place.name if place.is_absolute() else path)}",
        "@type": "File",
        "name": place.name,
        "encodingFormat": media_type(path),
        "description": "Not in this package; see the section on data availability in README.md.",
    }


def people(account: Account) -> list[Entity]:
    """Authors, their affiliations, and the publisher, each once."""
    found = {entity["@id"]: entity for author in account.authors for entity in _author(author)}
    publisher = _organization(publisher_name(account))
    return list(({publisher["@id"]: publisher} | found).values())


def author_id(author: Author) -> str:
    """A person's ORCID, else an id of the crate made from the name."""
    if author.orcid:
        return f"https://orcid.org/{author.orcid}"
    return f"#person/{uri(author.name)}" if author.is_person else organization_id(author.name)


def organization_id(name: str) -> str:
    """An id of the crate made from an organization's name."""
    return f"#organization/{uri(name)}"


def publisher_name(account: Account) -> str:
    """The publisher that the config names, else the first organization of an author, of the study or the workflow."""
    if account.about.package.publisher:
        return account.about.package.publisher
    authors = (*account.authors, *account.citation.authors)
    organizations = (author.affiliation if author.is_person else author.name for author in authors)
    return next((name for name in organizations if name), account.citation.title)


def _author(author: Author) -> list[Entity]:
    if not author.is_person:
        return [_organization(author.name)]
    entity = {"@id": author_id(author), "@type": "Person", "name": author.name}
    if not author.affiliation:
        return [entity]
    return [entity | {"affiliation": reference(organization_id(author.affiliation))}, _organization(author.affiliation)]


def _organization(name: str) -> Entity:
    """An organization; its name is all that the config knows, so the page about it is the one that names it."""
    return {"@id": organization_id(name), "@type": "Organization", "name": name, "url": "README.md"}


def licence_id(licence: str) -> str:
    """The SPDX page of a licence."""
    return f"https://spdx.org/licenses/{uri(licence)}"


def licences(account: Account) -> list[Entity]:
    """The licences of data and results, and of the workflow."""
    of_data, of_code = account.about.package.licence, account.citation.licence
    purposes = {of_code: "Licence of the workflow (see LICENSE)."}
    purposes[of_data] = "Licence of data and results." if of_data != of_code else "Licence of everything."
    return [
        {"@id": licence_id(name), "@type": "CreativeWork", "name": name, "description": purposes[name]}
        for name in sorted(purposes)
        if name
    ]


def software_entities(software: tuple[Software, ...]) -> list[Entity]:
    """The locked environment, and the two languages of the workflow."""
    return [
        {
            "@id": SNAKEMAKE_LANGUAGE,
            "@type": "ComputerLanguage",
            "name": "Snakemake",
            "alternateName": "SMK",
            "identifier": reference("https://snakemake.github.io"),
            "url": reference("https://snakemake.github.io"),
            "version": version_of(software, "snakemake"),
        },
        {"@id": PYTHON_LANGUAGE, "@type": "ComputerLanguage", "name": "Python", "url": reference(PYTHON_LANGUAGE)},
        *(_application(one) for one in software),
    ]


def _application(software: Software) -> Entity:
    entity = {
        "@id": software.page,
        "@type": "SoftwareApplication",
        "name": software.name,
        "softwareVersion": software.version,
        "url": reference(software.page),
    }
    return entity | ({"description": f"Installed only where {software.marker}"} if software.marker else {})
