"""The lists of the code that jobs ran: the input of a rule that stands for its script and every module behind it.

One line per file, as ``sha256sum`` writes and checks it: hash, two spaces, path from the project folder.
"""

from __future__ import annotations

from collections.abc import Mapping

FOLDER = ".snakemake/code"


def is_code_list(path: str) -> bool:
    """Whether an input is such a list."""
    return path.startswith(f"{FOLDER}/")


def list_text(hashes: Mapping[str, str]) -> str:
    """The text of a list. hashes: SHA-256 by path."""
    return "".join(f"{sha256}  {path}\n" for path, sha256 in sorted(hashes.items()))


def listed(text: str) -> dict[str, str]:
    """SHA-256 by path, of a list's text."""
    return {path: sha256 for sha256, _, path in (line.partition("  ") for line in text.splitlines())}
