"""What archives are told: ``.zenodo.json`` for Zenodo, and the description of the bag (bag-info.txt)."""

from __future__ import annotations

import json
import re
from html import escape
from typing import Any

from rctflow.package.about import Author
from rctflow.package.account import Account
from rctflow.package.crate_entities import publisher_name

_DOI = re.compile(r"\b10\.\d{4,9}/[^\s;,\"<>]+")
_NCT = re.compile(r"^NCT\d{8}$")


def zenodo_json(account: Account) -> str:
    """The text of ``.zenodo.json`` (deposit metadata of Zenodo's REST interface)."""
    about = account.about
    document: dict[str, Any] = {
        "access_right": "open",
        "creators": [_creator(author) for author in account.authors],
        "description": f"<p>{escape(description(account))}</p>",
        "keywords": keywords(account),
        "language": "eng",
        "license": about.package.licence.lower(),
        "related_identifiers": _related(account),
        "title": about.name,
        "upload_type": "dataset",
        "version": about.package.version or account.citation.version,
    }
    return json.dumps({key: value for key, value in document.items() if value}, indent=1, ensure_ascii=False) + "\n"


def bag_description(account: Account) -> dict[str, str]:
    """Fields of bag-info.txt that say what the bag is (RFC 8493, 2.2.2); empty ones are left out by the writer."""
    contact = account.authors[0]
    return {
        "Source-Organization": publisher_name(account),
        "Contact-Name": contact.name if contact.is_person else "",
        "External-Description": description(account),
        "External-Identifier": account.about.registration,
        "Internal-Sender-Identifier": account.about.study,
    }


def description(account: Account) -> str:
    """One paragraph: what the study is, and what the package holds."""
    about = account.about
    stamp = "".join(f"{stamp}. " for stamp in about.stamps)
    held = "without patient data" if about.restricted else "with data"
    study = (about.description or about.title).rstrip(".")
    return f"{stamp}{study}. Reproducibility package {held}: code as run, locked environment, results and their proof."


def keywords(account: Account) -> list[str]:
    """Those of the workflow, and what the package is."""
    own = ["reproducibility package", "RO-Crate", *(["synthetic data"] if account.about.synthetic else [])]
    return list(dict.fromkeys([*account.citation.keywords, *own]))


def _creator(author: Author) -> dict[str, str]:
    creator = {"affiliation": author.affiliation, "name": author.name, "orcid": author.orcid}
    return {key: value for key, value in creator.items() if value}


def _related(account: Account) -> list[dict[str, str]]:
    """Article and registration, where they have an identifier that resolves; a synthetic study only names them."""
    relation = "references" if account.about.synthetic else "isSupplementTo"
    found = [doi.rstrip(".)") for doi in _DOI.findall(f"{account.about.reference} {account.about.registration}")]
    if _NCT.match(account.about.registration):
        found.append(f"https://clinicaltrials.gov/study/{account.about.registration}")
    return [{"identifier": identifier, "relation": relation} for identifier in found]
