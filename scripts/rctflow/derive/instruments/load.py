"""Read an instrument file and check it: all problems in one error, each with its key path and the nearest name."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any

import yaml

from rctflow.derive.instruments import value_sets
from rctflow.derive.instruments.check import check_steps
from rctflow.derive.instruments.model import Covariate, Instrument, InstrumentError, Item, Option, Score, suggest
from rctflow.derive.instruments.problems import NAME, Problems

FOLDER = Path(__file__).resolve().parents[4] / "workflow" / "instruments"
TYPES = ("continuous", "ordinal", "class")
DIRECTIONS = ("higher", "lower", "none")
_TOP = ("label", "licence", "sources", "notes", "items", "covariates", "options", "steps", "scores")


def available() -> list[str]:
    """The names of the instruments that ship with the workflow."""
    return sorted(path.stem for path in FOLDER.glob("*.yaml"))


def find_instrument(name: str | Path) -> Path:
    """The file of an instrument: a shipped name, or a path.

    Raises InstrumentError with the names that there are.
    """
    if isinstance(name, str) and NAME.fullmatch(name):
        shipped = FOLDER / f"{name}.yaml"
        if shipped.exists():
            return shipped
        raise InstrumentError(f"no instrument {name!r}.{suggest(name, available())} Or give the path of a YAML file.")
    path = Path(name)
    if not path.is_file():
        raise InstrumentError(f"{path}: no such instrument file. Shipped by name: {', '.join(available())}.")
    return path


def load_instrument(path: str | Path) -> Instrument:
    """The instrument of a shipped name or a YAML file.

    Raises InstrumentError with every problem of the file, one per line: the file, the key path, what is wrong and the
    remedy.
    """
    found = find_instrument(path)
    return _load(found, found.stat().st_mtime_ns)


@lru_cache(maxsize=32)
def _load(path: Path, changed: int) -> Instrument:
    problems = Problems(path)
    data = _read(path)
    problems.mapping("", data, _TOP, required=("label", "licence", "sources", "items", "steps", "scores"))
    if problems:
        raise problems.error()
    items = _items(data["items"], problems)
    covariates = _covariates(data.get("covariates") or {}, problems)
    options = _options(data.get("options") or {}, path, problems)
    checked = check_steps(data["steps"], items, covariates, options, path, problems)
    scores = _scores(data["scores"], {*items, *checked.made}, problems)
    if problems:
        raise problems.error()
    sources = data["sources"] if isinstance(data["sources"], list) else [data["sources"]]
    return Instrument(
        name=path.stem,
        path=path,
        label=str(data["label"]),
        licence=str(data["licence"]),
        sources=tuple(map(str, sources)),
        items=items,
        covariates=covariates,
        options=options,
        steps=tuple(checked.steps),
        scores=scores,
    )


class _Loader(yaml.SafeLoader):
    """YAML that refuses a key given twice (YAML itself would silently keep the last)."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
        seen: set[Any] = set()
        for key_node, _ in node.value:
            if key_node.tag == "tag:yaml.org,2002:merge":
                continue
            key = self.construct_object(key_node, deep=True)
            if key in seen:
                raise yaml.constructor.ConstructorError(
                    None, None, f"the key {key!r} stands twice", key_node.start_mark
                )
            seen.add(key)
        return super().construct_mapping(node, deep)


def _read(path: Path) -> dict[str, Any]:
    try:
        data = yaml.load(path.read_text(encoding="utf-8"), Loader=_Loader)
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        place = f" line {mark.line + 1}, column {mark.column + 1}:" if mark else ""
        raise InstrumentError(f"{path}:{place} not valid YAML: {getattr(error, 'problem', error)}") from None
    except UnicodeDecodeError as error:
        raise InstrumentError(f"{path}: not UTF-8 (byte {error.start}); save it as UTF-8.") from None
    if not isinstance(data, dict):
        raise InstrumentError(f"{path}: an instrument is a mapping with the keys {', '.join(_TOP)}.")
    return data


def _items(groups: Any, problems: Problems) -> dict[str, Item]:
    """Items, from a list of groups: ``ids`` share codes or range; numbers and columns run parallel to ids."""
    items: dict[str, Item] = {}
    for index, group in enumerate(problems.sequence("items", groups)):
        place = f"items[{index}]"
        allowed = ("ids", "codes", "range", "unit", "optional", "numbers", "columns")
        if not problems.mapping(place, group, allowed, required=("ids",)):
            continue
        ids = [group["ids"]] if isinstance(group["ids"], str) else list(group["ids"])
        codes = problems.number_list(f"{place}.codes", group.get("codes", []))
        limits = problems.number_list(f"{place}.range", group.get("range", []))
        if bool(codes) == bool(limits) or (limits and (len(limits) != 2 or limits[0] > limits[1])):
            problems.add(place, "needs either codes: [1, 2, 3] or range: [lowest, highest]")
            continue
        parallel = {key: problems.parallel(f"{place}.{key}", group.get(key), ids) for key in ("numbers", "columns")}
        for position, id_ in enumerate(ids):
            if problems.new_name(f"{place}.ids", id_, items):
                low, high = limits or (float("-inf"), float("inf"))
                items[id_] = Item(
                    id=id_,
                    codes=tuple(codes),
                    low=low,
                    high=high,
                    unit=str(group.get("unit", "")),
                    optional=bool(group.get("optional", False)),
                    number=parallel["numbers"][position],
                    columns=parallel["columns"][position],
                )
    return items


def _covariates(data: Any, problems: Problems) -> dict[str, Covariate]:
    covariates = {}
    for name, entry in problems.entries("covariates", data):
        if problems.mapping(f"covariates.{name}", entry or {}, ("label", "values")):
            entry = entry or {}
            covariates[name] = Covariate(name, str(entry.get("label", "")), tuple(map(str, entry.get("values", []))))
    return covariates


def _options(data: Any, path: Path, problems: Problems) -> dict[str, Option]:
    options = {}
    for name, entry in problems.entries("options", data):
        place = f"options.{name}"
        if not problems.mapping(place, entry, ("label", "choices", "choices_from", "default"), required=("label",)):
            continue
        choices = entry.get("choices") or {}
        if "choices_from" in entry:
            files = [problems.file(f"{place}.choices_from", path, file) for file in entry["choices_from"]]
            choices = dict.fromkeys(value_sets.names(file for file in files if file), "")
        if not isinstance(choices, Mapping) or not choices:
            problems.add(f"{place}.choices", "needs choices: {name: what it means, ...}")
            continue
        choices = {str(choice): str(meaning) for choice, meaning in choices.items()}
        default = entry.get("default")
        if default is not None and str(default) not in choices:
            problems.add(f"{place}.default", f"{default!r} is not a choice.{suggest(str(default), choices)}")
        options[name] = Option(name, str(entry["label"]), choices, None if default is None else str(default))
    return options


def _scores(data: Any, known: set[str], problems: Problems) -> dict[str, Score]:
    scores = {}
    for name, entry in problems.entries("scores", data):
        place = f"scores.{name}"
        allowed = ("label", "unit", "range", "direction", "type", "labels")
        if not problems.mapping(place, entry, allowed, required=("label", "direction", "type")):
            continue
        if name not in known:
            problems.add(place, f"no step makes {name!r}.{suggest(name, sorted(known))}")
        problems.word(f"{place}.type", entry["type"], TYPES)
        problems.word(f"{place}.direction", entry["direction"], DIRECTIONS)
        limits = problems.number_list(f"{place}.range", entry.get("range", []))
        if limits and len(limits) != 2:
            problems.add(f"{place}.range", "needs [lowest, highest]")
            continue
        labels = entry.get("labels") or {}
        if entry["type"] == "class" and not labels:
            problems.add(place, "a class score needs labels: {0: robust, 1: pre-frail, ...}")
        scores[name] = Score(
            id=name,
            label=str(entry["label"]),
            type=str(entry["type"]),
            direction=str(entry["direction"]),
            unit=str(entry.get("unit", "")),
            range=(limits[0], limits[1]) if limits else None,
            labels={float(number): str(text) for number, text in labels.items()},
        )
    return scores
