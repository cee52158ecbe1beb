"""The sections findings and summaries of a config proposed from CDISC data, as lines of YAML."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from rctflow.propose.findings import SUMMARIES, Measured
from rctflow.propose.sections import line


def findings_lines(findings: Sequence[Measured]) -> Iterator[str]:
    """The section findings; nothing without any."""
    if not findings:
        return
    yield from ("", "# Laboratory and vital signs: their tests as the data name them. digits: decimals in print.")
    yield "findings:"
    for one in findings:
        yield line(1, one.dataset)
        yield from (line(2, key, value) for key, value in one.body.items())
        yield "    tests:"
        yield from (line(3, key, body) for key, body in one.tests.items())


def summaries_lines(entries: Mapping[str, Mapping[str, Any]], why: Mapping[str, str]) -> Iterator[str]:
    """The section summaries, entry by entry; nothing without any. why: entry -> what is to be known of it."""
    if not entries:
        return
    yield from ("", "# Study-level results (docs/summaries.md).", "summaries:")
    for name, body in entries.items():
        if len(body) < 3:
            yield line(1, name, dict(body), why.get(name, ""))
        else:
            yield line(1, name, why=why.get(name, ""))
            yield from (line(2, key, value) for key, value in body.items())


def findings_entries(findings: Sequence[Measured], visits: Mapping[str, str]) -> dict[str, dict[str, Any]]:
    """The entries laboratory and vital_signs. visits: id -> as the data write it, in the order of the plan."""
    first = next(iter(visits), "")
    return {
        SUMMARIES[one.dataset]: one.summary([name for name in visits if name == first or visits[name] in one.usual])
        for one in findings
    }
