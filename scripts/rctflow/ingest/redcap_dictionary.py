"""The data dictionary of a REDCap project: its fields, their labels and choices, and the columns that they export."""

from __future__ import annotations

import csv
import html
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from rctflow.ingest.encodings import decode
from rctflow.ingest.raw import IngestError, Variable

# headers of a downloaded dictionary -> names that the API uses
HEADERS = {
    "Variable / Field Name": "field_name",
    "Form Name": "form_name",
    "Field Type": "field_type",
    "Field Label": "field_label",
    "Choices, Calculations, OR Slider Labels": "select_choices_or_calculations",
    "Text Validation Type OR Show Slider Number": "text_validation_type_or_show_slider_number",
}
CHOICES = ("radio", "dropdown", "checkbox")
FIXED = {"yesno": {"1": "Yes", "0": "No"}, "truefalse": {"1": "True", "0": "False"}}
CHECKED = {"0": "Unchecked", "1": "Checked"}
COMPLETE = {"0": "Incomplete", "1": "Unverified", "2": "Complete"}
NOT_EXPORTED = ("descriptive",)


@dataclass(frozen=True)
class Field:
    """One field. kind: REDCap's field type; choices: code -> label; validation: date_ymd, number, ..."""

    name: str
    form: str
    kind: str
    label: str
    choices: dict[str, str] = field(default_factory=dict)
    validation: str = ""

    def columns(self) -> Iterator[tuple[str, str, Variable]]:
        """(column of a raw export, its header in a labelled one, what it holds); a checkbox has one per choice."""
        if self.kind != "checkbox":
            yield self.name, self.label, Variable(self.label, self.validation, self.choices, bool(self.choices))
            return
        for code, choice in self.choices.items():
            label = f"{self.label} (choice={choice})"
            column = f"{self.name}___{code.lower().replace('-', '_')}"
            yield column, label, Variable(label, "checkbox", CHECKED, True)


def read_fields(path: Path, *, table: str, where: str) -> list[Field]:
    """The exported fields in their order; raises IngestError when the file is no data dictionary."""
    text = decode(path.read_bytes(), "utf-8-sig", path, table=table, where=f"{where}.dictionary")
    delimiter = ";" if text.split("\n", 1)[0].count(";") > text.split("\n", 1)[0].count(",") else ","
    records = csv.DictReader(text.splitlines(keepends=True), delimiter=delimiter)
    names = [HEADERS.get(name.strip(), name.strip()) for name in records.fieldnames or []]
    lacking = [name for name in ("field_name", "form_name", "field_type", "field_label") if name not in names]
    if lacking:
        raise IngestError(
            f"{where}.dictionary: {path.name} is no data dictionary of REDCap: it lacks {', '.join(lacking)}. Download "
            "it under Project Setup, Data Dictionary, or leave it out when the export is raw."
        )
    records.fieldnames = names
    fields = [_field(record) for record in records if record.get("field_name")]
    return [one for one in fields if one.kind not in NOT_EXPORTED]


def _field(record: dict[str, str]) -> Field:
    kind = (record["field_type"] or "").strip().lower()
    written = record.get("select_choices_or_calculations") or ""
    return Field(
        name=record["field_name"].strip(),
        form=(record["form_name"] or "").strip(),
        kind=kind,
        label=plain(record["field_label"] or ""),
        choices=_choices(written) if kind in CHOICES else FIXED.get(kind, {}),
        validation=(record.get("text_validation_type_or_show_slider_number") or "").strip(),
    )


def _choices(written: str) -> dict[str, str]:
    pairs = (choice.partition(",") for choice in re.split(r"\s*\|\s*|\s*\n\s*", written.strip()))
    return {code.strip(): plain(label) for code, _, label in pairs if code.strip()}


def plain(text: str) -> str:
    """A label without HTML, as exports write it."""
    return " ".join(html.unescape(re.sub(r"<[a-zA-Z/][^>]*>", " ", text)).split())
