"""What goes wrong on the way from the patient to the export: one function per kind, each change in the manifest.

Counts are exact: the rows with the lowest draws are struck. Every row has its draw from its own patient and kind, so
that another form changes nothing here, and another patient at most takes a place. No row is struck by two kinds.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from rctflow.simulate.dirt_sections import ChangedDuplicate, ImpossibleValue, MissingItems, PartialDate
from rctflow.simulate.seeds import generator
from rctflow.simulate.settings import SimulationSettings, unknown
from rctflow.simulate.visit_forms import DATE_FORMATS

MANIFEST = ["kind", "form", "row", "subject", "column", "true_value", "written_value"]
KEYS = {"STUDYID", "SITEID", "SUBJID", "VISIT", "ENTRYDT"}
VISIT_DATES = {
    "sf36": ("QSDAT", "dmy"),
    "eq5d": ("QSDAT", "iso"),
    "tug": ("PERFDAT", "dmy"),
    "walk": ("PERFDAT", "dmy"),
    "grip": ("PERFDAT", "dmy"),
    "sppb": ("PERFDAT", "dmy"),
    "fried": ("FRDAT", "iso"),
    "cytokines": ("LBDAT", "iso"),
    "lab": ("LBDAT", "iso"),
    "vs": ("VSDAT", "dmy"),
}
POUNDS_PER_KG = 2.20462
UMOL_PER_MG_DL = 88.42  # creatinine


@dataclass
class Export:
    """The forms on their way out; rows keep their index label (a duplicate gets label + 0.5) until the end."""

    settings: SimulationSettings
    seed: int
    forms: dict[str, pd.DataFrame]
    manifest: list[tuple[str, str, float, str, str, str, str]] = field(default_factory=list)
    struck: set[tuple[str, float]] = field(default_factory=set)

    def luck(self, kind: str, form: str) -> NDArray[np.float64]:
        """One uniform draw per row, from its patient."""
        subjects = self.forms[form]["SUBJID"]
        drawn = np.empty(len(subjects))
        for subject, rows in subjects.groupby(subjects, sort=True).indices.items():
            drawn[rows] = generator(self.seed, str(subject), "dirt", kind, form).random(len(rows))
        return drawn

    def choose(self, kind: str, form: str, count: int, where: NDArray[np.bool_] | None = None) -> list[float]:
        """Labels of ``count`` untouched rows. Raises ValueError when fewer are there."""
        frame = self.forms[form]
        free = np.array([(form, label) not in self.struck for label in frame.index], dtype=bool)
        rows = np.flatnonzero(free if where is None else free & where)
        if len(rows) < count:
            raise ValueError(f"dirt: {count} times {kind} in form {form}, but only {len(rows)} rows can take it.")
        order = rows[np.argsort(self.luck(kind, form)[rows], kind="stable")][:count]
        return [float(label) for label in frame.index[np.sort(order)]]

    def write(self, kind: str, form: str, label: float, column: str, value: str) -> None:
        """Put ``value`` into one cell and note it."""
        frame = self.forms[form]
        true = str(frame.at[label, column])
        self.note(kind, form, label, column, true, value)
        frame.at[label, column] = value

    def note(self, kind: str, form: str, label: float, column: str, true: str, written: str) -> None:
        """One line of the manifest."""
        self.manifest.append((kind, form, label, str(self.forms[form].at[label, "SUBJID"]), column, true, written))
        self.struck.add((form, label))


def is_number(cells: pd.Series) -> NDArray[np.bool_]:
    """Where a cell holds a number."""
    return pd.to_numeric(cells, errors="coerce").notna().to_numpy()


def note_misallocated(export: Export) -> None:
    """The misallocated patients, whom the generator treated with the other arm, in the manifest."""
    planned = dict(zip(export.forms["rand"]["SUBJID"], export.forms["rand"]["ARMP"], strict=True))
    infusions = export.forms["ex"]
    for label in infusions.index[infusions["EXTRT"] != ""]:
        subject, given = str(infusions.at[label, "SUBJID"]), str(infusions.at[label, "EXTRT"])
        if given != planned[subject]:
            export.note("misallocated", "ex", float(label), "EXTRT", planned[subject], given)


def write_impossible_value(export: Export, value: ImpossibleValue) -> None:
    """One cell outside what can be."""
    where = is_number(export.forms[value.form][value.column])
    for label in export.choose(f"impossible_value {value.column}", value.form, 1, where):
        export.write("impossible_value", value.form, label, value.column, value.written)


def slip_grip_to_pounds(export: Export, count: int) -> None:
    """All six trials of a form in pounds under the unit kg."""
    columns = ["GRIPR1", "GRIPR2", "GRIPR3", "GRIPL1", "GRIPL2", "GRIPL3"]
    for label in export.choose("grip_in_pounds", "grip", count, is_number(export.forms["grip"]["GRIPR1"])):
        for column in columns:
            cell = str(export.forms["grip"].at[label, column])
            if cell.replace(".", "", 1).isdigit():
                export.write("grip_in_pounds", "grip", label, column, f"{float(cell) * POUNDS_PER_KG:.1f}")


def slip_height_to_metres(export: Export, count: int) -> None:
    """Height on the frailty form in metres instead of centimetres."""
    for label in export.choose("height_in_metres", "fried", count):
        centimetres = float(str(export.forms["fried"].at[label, "HEIGHT"]))
        export.write("height_in_metres", "fried", label, "HEIGHT", f"{centimetres / 100:.2f}")


def slip_creatinine_to_mg_dl(export: Export, count: int) -> None:
    """Creatinine in mg/dL under the unit umol/L."""
    where = (export.forms["lab"]["LBTESTCD"] == "CREAT").to_numpy()
    for label in export.choose("creatinine_in_mg_dl", "lab", count, where):
        value = float(str(export.forms["lab"].at[label, "LBORRES"]))
        export.write("creatinine_in_mg_dl", "lab", label, "LBORRES", f"{value / UMOL_PER_MG_DL:.2f}")


def blur_dates(export: Export, dates: PartialDate) -> None:
    """Dates of which a part is unknown."""
    style = "iso" if export.forms[dates.form][dates.column].str.match(r"\d{4}-").any() else "dmy"
    where = export.forms[dates.form][dates.column].str.match(r"[\d/-]{10}$").to_numpy()
    for label in export.choose(f"partial_date {dates.column} {dates.written}", dates.form, dates.count, where):
        day = datetime.strptime(str(export.forms[dates.form].at[label, dates.column]), DATE_FORMATS[style])
        parts = {"year": f"{day.year}", "month": f"{day.month:02d}", "day": f"{day.day:02d}"}
        export.write("partial_date", dates.form, label, dates.column, dates.written.format(**parts))


def shift_out_of_window(export: Export, count: int) -> None:
    """Visits after their window: every form of that patient and visit carries the late date."""
    visits = list(export.settings.visits.values())
    later = {visit.label: visit for visit in visits[1:]}
    where = export.forms["vs"]["VISIT"].isin(later).to_numpy()
    low, high = export.settings.dirt.out_of_window_days
    for label in export.choose("out_of_window", "vs", count, where):
        subject, visit = str(export.forms["vs"].at[label, "SUBJID"]), later[str(export.forms["vs"].at[label, "VISIT"])]
        first = str(export.forms["ex"].loc[export.forms["ex"]["SUBJID"] == subject, "EXDAT"].iloc[0])
        extra = int(generator(export.seed, subject, "dirt", "late by", visit.label).integers(low, high + 1))
        day = datetime.fromisoformat(first) + timedelta(days=visit.day + visit.tolerance + extra)
        for form, (column, style) in VISIT_DATES.items():
            frame = export.forms[form]
            at_visit = (frame["SUBJID"] == subject) & frame["VISIT"].isin([visit.label, visit.lab_label])
            for row in frame.index[at_visit]:
                export.write("out_of_window", form, float(row), column, day.strftime(DATE_FORMATS[style]))


def duplicate_exactly(export: Export, form: str, count: int) -> None:
    """Records exported twice, the same in every column."""
    for label in export.choose("exact_duplicate", form, count):
        frame = export.forms[form]
        _insert(export, form, frame.loc[[label]].rename(index={label: label + 0.5}))
        export.note("exact_duplicate", form, label + 0.5, "", "", "")
        export.struck.add((form, label))


def duplicate_with_change(export: Export, duplicate: ChangedDuplicate) -> None:
    """Records entered twice: first with a wrong value, then (later ENTRYDT) right."""
    form, column = duplicate.form, duplicate.column
    where = is_number(export.forms[form][column])
    for label in export.choose(f"changed_duplicate {column}", form, duplicate.count, where):
        frame = export.forms[form]
        right = frame.loc[[label]].rename(index={label: label + 0.5})
        entered = datetime.fromisoformat(str(frame.at[label, "ENTRYDT"])) + timedelta(days=7)
        right["ENTRYDT"] = entered.strftime("%Y-%m-%d")
        true = str(frame.at[label, column])
        decimals = len(true.partition(".")[2])
        export.write("changed_duplicate", form, label, column, f"{float(true) * duplicate.factor:.{decimals}f}")
        _insert(export, form, right)
        export.struck.add((form, label + 0.5))


def _insert(export: Export, form: str, row: pd.DataFrame) -> None:
    export.forms[form] = pd.concat([export.forms[form], row]).sort_index(kind="stable")


def omit_items(export: Export, missing: MissingItems) -> None:
    """Cells left out, each with the declared probability; only of rows that nothing else has struck."""
    frame = export.forms[missing.form]
    dates = {VISIT_DATES[missing.form][0]} if missing.form in VISIT_DATES else set()
    columns = missing.columns or tuple(column for column in frame.columns if column not in KEYS | dates)
    for column in columns:
        for position in np.flatnonzero(export.luck(f"missing {column}", missing.form) < missing.rate):
            label = float(frame.index.to_numpy()[position])
            if (missing.form, label) not in export.struck and frame.at[label, column] != "":
                subject, true = str(frame.at[label, "SUBJID"]), str(frame.at[label, column])
                export.manifest.append(("missing_item", missing.form, label, subject, column, true, missing.written))
                frame.at[label, column] = missing.written


def check_declared(settings: SimulationSettings, forms: dict[str, pd.DataFrame]) -> None:
    """Raise ValueError when dirt is declared for a form or column that no form has."""
    dirt = settings.dirt
    cells = [(value.form, value.column) for value in dirt.impossible_values]
    cells += [(dates.form, dates.column) for dates in dirt.partial_dates]
    cells += [(duplicate.form, duplicate.column) for duplicate in dirt.changed_duplicates]
    cells += [(missing.form, column) for missing in dirt.missing_items for column in missing.columns]
    for form in (*(form for form, _ in cells), *dirt.exact_duplicates, *(m.form for m in dirt.missing_items)):
        if form not in forms:
            raise ValueError(f"dirt: form {unknown(form, forms)}")
    for form, column in cells:
        if column not in forms[form]:
            raise ValueError(f"dirt: form {form}: column {unknown(column, forms[form].columns.tolist())}")


def soil(
    settings: SimulationSettings, seed: int, forms: dict[str, pd.DataFrame]
) -> tuple[dict[str, pd.DataFrame], pd.DataFrame]:
    """The forms with all declared dirt, and the manifest; ``row`` counts the rows of the written file from 1."""
    floating = {name: frame.set_axis(np.arange(len(frame), dtype=float), axis=0) for name, frame in forms.items()}
    check_declared(settings, forms)
    export, dirt = Export(settings, seed, floating), settings.dirt
    note_misallocated(export)
    for value in dirt.impossible_values:
        write_impossible_value(export, value)
    slip_grip_to_pounds(export, dirt.grip_in_pounds)
    slip_height_to_metres(export, dirt.height_in_metres)
    slip_creatinine_to_mg_dl(export, dirt.creatinine_in_mg_dl)
    for dates in dirt.partial_dates:
        blur_dates(export, dates)
    shift_out_of_window(export, dirt.out_of_window_visits)
    for duplicate in dirt.changed_duplicates:
        duplicate_with_change(export, duplicate)
    for form, count in dirt.exact_duplicates.items():
        duplicate_exactly(export, form, count)
    for missing in dirt.missing_items:
        omit_items(export, missing)
    rows = {name: {label: k for k, label in enumerate(frame.index, start=1)} for name, frame in export.forms.items()}
    lines = [(kind, form, rows[form][label], *rest) for kind, form, label, *rest in export.manifest]
    manifest = pd.DataFrame(lines, columns=MANIFEST).astype({column: str for column in MANIFEST if column != "row"})
    return {name: frame.reset_index(drop=True) for name, frame in export.forms.items()}, manifest
