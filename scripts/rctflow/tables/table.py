"""A printed table whose every cell knows the result rows that it shows; as HTML fragment and as CSV."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from html import escape

from rctflow.display import stamps_of
from rctflow.results import Result, number
from rctflow.spreadsheets import guarded

CSV_COLUMNS = (
    *("data", "table", "line", "column", "printed"),
    *("statistic", "value", "unit", "status", "note", "result_id"),
)
LETTERS = "abcdefghijklmnopqrstuvwxyz"


@dataclass(frozen=True)
class Cell:
    """What is printed, the rows behind it and the footnotes that it needs.

    head: it names its line; span: how many lines it names. link: an address within the report.
    """

    text: str
    results: tuple[Result, ...] = ()
    notes: tuple[str, ...] = ()
    head: bool = False
    span: int = 1
    link: str = ""


@dataclass
class Table:
    """A table: caption, column heads, lines of cells, sections (line index -> words above it) and notes below.

    anchors: each cell can be addressed by the result_id of its first row (one table of a page per result).
    """

    name: str
    caption: str
    heads: tuple[str, ...]
    lines: list[list[Cell]]
    sections: dict[int, str] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)
    synthetic: bool = False
    blinded: str = ""
    anchors: bool = True

    def footnotes(self) -> dict[str, str]:
        """The text of each footnote of the cells -> its mark (a, b, ...), in the order of reading."""
        texts = dict.fromkeys(note for line in self.lines for cell in line for note in cell.notes)
        return {text: _mark(i) for i, text in enumerate(texts)}

    def to_html(self) -> str:
        """One ``figure`` element that holds the table and its notes; everything from the data is escaped.

        A cell's ``data-results`` names its result rows, so that each printed number leads to the number behind it.
        """
        marks = self.footnotes()
        stamps = (f" <strong>{escape(stamp)}</strong>" for stamp in stamps_of(self.synthetic, self.blinded))
        caption = escape(self.caption) + "".join(stamps)
        heads = "".join(f'<th scope="col">{escape(head)}</th>' for head in self.heads)
        parts = [
            f'<figure class="table" id="table-{escape(self.name)}">',
            '<div class="scroll" tabindex="0">',
            "<table>",
        ]
        parts += [f"<caption>{caption}</caption>", f"<thead><tr>{heads}</tr></thead>", "<tbody>"]
        for i, line in enumerate(self.lines):
            if i in self.sections:
                words = escape(self.sections[i])
                parts.append(f'<tr class="section"><th colspan="{len(self.heads)}" scope="colgroup">{words}</th></tr>')
            parts.append(f"<tr>{''.join(_cell(cell, marks, self.anchors) for cell in line)}</tr>")
        parts += ["</tbody>", "</table>", "</div>"]
        parts += [f'<p class="note">{escape(note)}</p>' for note in self.notes]
        parts += [f'<p class="note"><sup>{mark}</sup> {escape(text)}</p>' for text, mark in marks.items()]
        return "\n".join([*parts, "</figure>", ""])

    def to_csv(self) -> str:
        """One line per result row behind a cell: where it stands, what is printed, and the unrounded value.

        Column data says SYNTHETIC on each line of a table of synthetic data, else real; and how the arms are blinded.
        """
        return csv_of([self])

    def csv_lines(self) -> Iterator[tuple[str, ...]]:
        """The lines of the CSV file without its head."""
        data = ", ".join(["SYNTHETIC" if self.synthetic else "real", *stamps_of(False, self.blinded)])
        above: dict[int, str] = {}
        for line in self.lines:
            first = len(self.heads) - len(line)
            above |= {first + j: cell.text for j, cell in enumerate(line) if cell.head}
            label = " | ".join(above[column] for column in sorted(above))
            for j, cell in enumerate(line):
                for row in cell.results:
                    value = (row.statistic, number(row.value), row.unit, row.status, row.note, row.result_id)
                    yield (data, self.name, label, self.heads[first + j], cell.text, *value)


def csv_of(tables: Iterable[Table]) -> str:
    """Tables as one CSV text; the column table says which line belongs to which."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(CSV_COLUMNS)
    for table in tables:
        writer.writerows([guarded(cell) for cell in line] for line in table.csv_lines())
    return text.getvalue()


def _cell(cell: Cell, marks: dict[str, str], anchors: bool) -> str:
    text = escape(cell.text)
    if cell.link:
        text = f'<a href="{escape(cell.link)}">{text}</a>'
    text += "".join(f" <sup>{marks[note]}</sup>" for note in cell.notes)
    if cell.head:
        span = f' rowspan="{cell.span}"' if cell.span > 1 else ""
        return f'<th scope="{"rowgroup" if cell.span > 1 else "row"}"{span}>{text}</th>'
    names = [escape(row.result_id) for row in cell.results]
    if not names:
        return f"<td>{text}</td>"
    anchor = f' id="{names[0]}"' if anchors else ""
    return f'<td{anchor} data-results="{" ".join(names)}">{text}</td>'


def _mark(index: int) -> str:
    """a, b, ..., z, aa, ab, ..."""
    rest, letter = divmod(index, len(LETTERS))
    return (_mark(rest - 1) if rest else "") + LETTERS[letter]


def cell_of(text: str, results: Sequence[Result | None]) -> Cell:
    """A cell of the rows that exist, with the reason of each that is not estimable or came from a fall-back."""
    present = tuple(row for row in results if row is not None)
    return Cell(text, present, tuple(dict.fromkeys(reason for row in present if (reason := _reason(row)))))


def _reason(row: Result) -> str:
    if row.status == "ok":
        return f"{row.note}." if row.note and row.statistic == "n" else ""
    words = {"not_estimable": "Not estimable", "failed": "Failed", "fallback": "Fall-back"}[row.status]
    return f"{words}: {row.note}." if row.note else f"{words}; no reason was recorded."
