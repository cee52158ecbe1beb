"""docs/models.md lists every model of the registry, once, with everything that a reader must know of it."""

import re

from rctflow.models.registry import MODELS

COLUMNS = ["model", "formula", "source", "assumes", "checked against"]


def test_every_model_has_a_complete_line_and_a_section(root):
    text = (root / "docs/models.md").read_text(encoding="utf-8")
    section = text.split("## All of them at a glance")[1].split("\n## ")[0]
    head, rest = section.split("|---|---|---|---|---|\n")
    assert [cell.strip() for cell in head.strip().splitlines()[-1].strip("|").split("|")] == COLUMNS
    lines = [line for line in rest.split("\n\n")[0].splitlines() if line]
    cells = [[cell.strip() for cell in line.strip("|").split("|")] for line in lines]
    assert [re.fullmatch(r"\[`(\w+)`\]\(#\1\)", row[0])[1] for row in cells] == list(MODELS)
    assert all(len(row) == len(COLUMNS) and all(row) for row in cells)
    assert all(f"\n## {model}\n" in text for model in MODELS)
