"""Who wrote the workflow, and under which licence: CITATION.cff."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rctflow.errors import RctflowError
from rctflow.package.about import Author


@dataclass(frozen=True)
class Citation:
    """The workflow as it wants to be cited."""

    title: str
    version: str
    licence: str
    authors: tuple[Author, ...]
    keywords: tuple[str, ...] = ()
    url: str = ""


def read_citation(file: Path) -> Citation:
    """What a CITATION.cff (Citation File Format 1.2) says. Raises RctflowError when it names no title or author."""
    import yaml

    try:
        document = yaml.safe_load(file.read_text(encoding="utf-8"))
    except (OSError, yaml.YAMLError) as error:
        raise RctflowError(f"{file}: cannot be read ({error}); the package takes author and licence from it") from None
    if not isinstance(document, dict) or not document.get("title") or not document.get("authors"):
        raise RctflowError(f"{file}: names no title or no authors; both are needed (citation-file-format 1.2)")
    return Citation(
        title=str(document["title"]),
        version=str(document.get("version", "")),
        licence=str(document.get("license", "")),
        authors=tuple(_author(entry) for entry in document["authors"]),
        keywords=tuple(str(word) for word in document.get("keywords") or ()),
        url=str(document.get("repository-code") or document.get("url") or ""),
    )


def _author(entry: dict[str, Any]) -> Author:
    """A CFF author: with ``name`` an entity, else a person by given and family names."""
    person = " ".join(str(entry[key]) for key in ("given-names", "name-particle", "family-names") if entry.get(key))
    orcid = str(entry.get("orcid", "")).removeprefix("https://orcid.org/")
    return Author(str(entry.get("name") or person), str(entry.get("affiliation", "")), orcid, "name" not in entry)
