"""A form of a blinded study: what tells the arm is replaced as soon as it is read, before anything is written.

Every later room sees the form as the site would have written it under the dummy allocation, or with letters for arms.
A patient whose rows name two arms still has two afterwards, so that a dry run finds the faults that the data have.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from typing import Any

from rctflow.ingest.cells import Faults, recognize, type_column
from rctflow.ingest.raw import IngestError, RawForm, declared_headers, listed
from rctflow.ingest.settings import ArmColumn, Ingest

REDACTED = "[arm]"
FEWEST = 10  # patients from which rows sorted by arm are no accident
OFTEN = 10  # one cell in so many that is a treatment's name and nothing else: the column says what was given


def read_allocation(files: Iterable[str | Path]) -> dict[str, str]:
    """Patient -> arm of the dummy allocation (blinding/allocation.csv); empty without a file."""
    import csv

    found: dict[str, str] = {}
    for path in files:
        with Path(path).open(encoding="utf-8", newline="") as file:
            found |= {row["USUBJID"]: row["ARM"] for row in csv.DictReader(file)}
    return found


def blind_form(
    form: RawForm, settings: Ingest, allocation: Mapping[str, str], *, where: str
) -> tuple[RawForm, dict[str, Any]]:
    """The form without what tells the arm, and what was done to which column; as it is when nothing is blinded.

    allocation: patient -> arm, of a dummy allocation. Raises IngestError, which never shows an arm: for a text that is
    no declared arm, a patient whom the allocation does not know, rows that are sorted by arm (their numbers would tell
    it), and a further column that says the treatment in part.
    """
    import pyarrow as pa

    blind = settings.blind
    if blind is None:
        return form, {}
    columns, told = dict(form.columns), {"replaced": sorted(blind.arms), "hidden": sorted(blind.hide)}
    for name, arm in blind.arms.items():
        here = f"{where}.columns.{name}"
        columns[arm.column.column] = _replaced(form, arm, settings, allocation, where=here)
    hidden = [header for name in blind.hide for header in _headers(name, settings)]
    columns |= {header: pa.array([""] * len(form.rows), pa.string()) for header in hidden}
    seen = {header for name in blind.keys for header in _headers(name, settings)}
    seen |= {*hidden, *(arm.column.column for arm in blind.arms.values())}
    redacted = _redacted({name: text for name, text in columns.items() if name not in seen}, blind.words)
    _refuse_telling({name: columns[name] for name in redacted}, blind.words, settings.table, where=where)
    counts = {name: n for name, (_, n) in redacted.items()}
    columns |= {name: text for name, (text, _) in redacted.items()}
    return replace(form, columns=columns), told | {"redacted": counts}


def _headers(name: str, settings: Ingest) -> list[str]:
    """The headers in the file of one of the study's columns."""
    place = (f"columns.{name}", f".{name}")
    return [
        h
        for h, at in declared_headers(settings).items()
        if at == place[0] or (at.startswith("wide.") and at.endswith(place[1]))
    ]


def _replaced(form: RawForm, arm: ArmColumn, settings: Ingest, allocation: Mapping[str, str], *, where: str) -> Any:
    import pyarrow as pa

    assert settings.blind is not None
    text = form.columns[arm.column.column]
    cells = recognize(text, arm.column, settings.missing)
    filled = cells.open.to_pylist()
    armed = zip(cells.text.to_pylist(), filled, strict=True)
    true = [_arm(cell, arm) if given and cell not in arm.others else "" for cell, given in armed]
    strange = [row for row, one in zip(form.rows, true, strict=True) if one is None]
    if strange:
        raise IngestError(
            f"{where}: {len(strange)} cells name no declared arm (rows {listed(strange)}; their text is withheld while "
            "the study is blinded). Correct the form, declare how it writes the arms under arms.levels, or leave those "
            "who have no arm out by name (where: ARM != 'Screen Failure', under subjects.planned or actual)."
        )
    known = [one or "" for one in true]
    if settings.blind.by == "masked":
        shown = known
    else:
        shown = _dummy(_subjects(form, settings), known, list(arm.written), allocation, where=where)
    texts = zip(text.to_pylist(), shown, strict=True)
    return pa.array([arm.written[one] if one else cell for cell, one in texts], pa.string())


def _arm(text: str, arm: ArmColumn) -> str | None:
    if arm.column.type in ("number", "integer"):
        try:
            return arm.texts.get(f"{float(text.replace(',', '.')):.15g}")
        except ValueError:
            return None
    return arm.texts.get(text)


def _dummy(
    subjects: list[str], true: list[str], arms: list[str], allocation: Mapping[str, str], *, where: str
) -> list[str]:
    """The dummy arm of each row, "" where none was written; a patient's second true arm becomes the next dummy arm."""
    of_patient: dict[str, list[str]] = {}
    for subject, arm in zip(subjects, true, strict=True):
        if arm and arm not in of_patient.setdefault(subject, []):
            of_patient[subject].append(arm)
    unknown = [subject for subject, found in of_patient.items() if found and subject not in allocation]
    if unknown:
        raise IngestError(
            f"{where}: {listed(unknown)} have an arm, but no place in the dummy allocation: in the subjects' table "
            "they have no row, or nothing in the column that tells the order of randomization (randomization.order). "
            "Complete that form."
        )
    first = [found[0] for found in of_patient.values() if found]
    changes = sum(one != other for one, other in pairwise(first))
    if len(first) >= FEWEST and changes == len(set(first)) - 1 > 0:
        raise IngestError(
            f"{where}: the rows of the form are sorted by arm, so that row numbers (SRCROW) would tell it. Sort the "
            "form by patient or by date of entry before it is read."
        )
    place = {arm: i for i, arm in enumerate(arms)}
    return [
        arms[(place[allocation[subject]] + of_patient[subject].index(arm)) % len(arms)] if arm else ""
        for subject, arm in zip(subjects, true, strict=True)
    ]


def _subjects(form: RawForm, settings: Ingest) -> list[str]:
    """USUBJID of each row, as cleaning will write it."""
    from rctflow.identity import label_text

    assert settings.blind is not None
    name = settings.blind.keys[0]
    if name == "SRCROW":
        return [str(row) for row in form.rows]
    header = settings.columns[name].column or name
    typed = type_column(form.columns[header], name, header, form.rows, settings, Faults())[name]
    return label_text(typed).fillna("").tolist()


def _redacted(columns: dict[str, Any], words: tuple[str, ...]) -> dict[str, tuple[Any, int]]:
    """Columns in which a treatment is named: their text without the names, and the number of such cells."""
    import pyarrow.compute as pc

    if not words:
        return {}
    pattern = rf"(?i)\b{_any_of(words)}\b"
    found = {name: pc.sum(pc.match_substring_regex(text, pattern)).as_py() or 0 for name, text in columns.items()}
    return {name: (pc.replace_substring_regex(columns[name], pattern, REDACTED), n) for name, n in found.items() if n}


def _refuse_telling(columns: dict[str, Any], words: tuple[str, ...], table: str, *, where: str) -> None:
    """Refuses a column that names the treatment of each row, when some of its names are not known.

    Of PLACEBO and XANOMELINE, say, with arms called Placebo and Xanomeline Low Dose, the second would stay.
    """
    import pyarrow.compute as pc

    alone = rf"(?i)^\s*{_any_of(words)}\s*$"
    for header, text in columns.items():
        named = pc.sum(pc.match_substring_regex(text, alone)).as_py() or 0
        filled = pc.sum(pc.match_substring_regex(text, r"\S")).as_py() or 0
        if filled > named >= filled / OFTEN:
            raise IngestError(
                f"{where}: column {header!r} is the name of a treatment in {named} of {filled} cells. The others say "
                "something else, so that what is left of it would tell the arm. Hide it (blinding: {hide: "
                f"{{{table}: [...]}}}}), or declare its other names too, under arms.levels.<arm>.values."
            )


def _any_of(words: tuple[str, ...]) -> str:
    longest_first = sorted(words, key=lambda word: (-len(word), word))
    return f"({'|'.join(re.escape(word) for word in longest_first)})"
