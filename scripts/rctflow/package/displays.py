"""The list of tables and figures: which file, made by which rule, written by which line of which script."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import PurePosixPath

from rctflow.package.account import Account

KINDS = {".svg": "Figure", ".html": "Table", ".csv": "Rows"}
CLEANING = "clean"


@dataclass(frozen=True)
class Display:
    """A result that somebody reads. place: of the rule (file:line); script: and the line that writes the result."""

    kind: str
    title: str
    path: str
    rule: str
    place: str
    script: str


def displays(account: Account) -> list[Display]:
    """All figures, tables and result rows of the study, those of the whole study first, then by endpoint."""
    labels = {outcome.id: outcome.label for outcome in account.about.outcomes}
    shown = [path for path in account.declared if path.endswith(tuple(KINDS)) and f"/{CLEANING}/" not in path]
    found = [display for path in shown if (display := _display(account, path, labels))]
    order = {label: number for number, label in enumerate(labels.values(), start=1)}
    return sorted(found, key=lambda display: (order.get(display.title.partition(": ")[0], 0), display.path))


def _display(account: Account, path: str, labels: dict[str, str]) -> Display | None:
    made = account.output(path)
    if made is None or account.place(path) not in account.files:
        return None
    rule, output = made
    wildcard = account.makers[path].wildcard
    file = PurePosixPath(path)
    what = file.parent.name if file.stem == "results" and wildcard not in labels else file.stem
    return Display(
        kind="Report" if path.endswith("/report.html") else next(k for end, k in KINDS.items() if path.endswith(end)),
        title=f"{labels[wildcard]}: {what}" if wildcard in labels else what,
        path=path,
        rule=rule.name,
        place=f"{rule.file}:{rule.line}",
        script=f"{rule.script}:{output.line}" if output.line else rule.script,
    )
