"""Markdown that stays what it is, whatever a config says: escaped text and tables."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

_SPECIAL = re.compile(r"([\\`*_\[\]|])")


def plain(text: str) -> str:
    """Text on one line in which no character is read as Markdown or HTML."""
    escaped = _SPECIAL.sub(r"\\\1", " ".join(text.split()))
    return escaped.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def code(text: str) -> str:
    """A file name or another literal; as HTML where a code span would end early or split a table's cell."""
    if re.search(r"[`|]", text):
        escaped = re.sub(r"[^\w./ -]", lambda found: f"&#{ord(found[0])};", text)
        return f"<code>{escaped}</code>"
    return f"`{text}`"


def table(header: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A table of cells that are Markdown already."""
    lines = [header, ["---"] * len(header), *rows]
    return "\n".join(f"| {' | '.join(cells)} |" for cells in lines)
