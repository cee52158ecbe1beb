"""define.xml (versions 1.0, 2.0 and 2.1): labels, formats and code lists of one data set's variables."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from rctflow.ingest.raw import IngestError, ValueLevel, Variable, listed

if TYPE_CHECKING:
    from xml.etree.ElementTree import Element


def read_define(path: Path, names: Iterable[str], *, table: str, where: str) -> dict[str, Variable]:
    """Variable -> what define.xml says of it, for the first of the data sets ``names`` that it describes.

    Lists of an outside dictionary (MedDRA) have no codes here. Lists that hold only where other variables have certain
    values (ValueListDef with WhereClauseDef, from version 2.0) stand under ``within``. Raises IngestError for a file
    that is no define.xml, and when it describes none of the data sets.
    """
    from xml.etree.ElementTree import ParseError, parse

    try:
        root = parse(path).getroot()
    except (ParseError, OSError) as error:
        raise IngestError(f"{where}: {path.name} is no readable define.xml ({error}). Export it again.") from None
    groups = {group.get("Name", "").upper(): group for group in _all(root, "ItemGroupDef")}
    wanted = next((name.upper() for name in names if name.upper() in groups), None)
    if wanted is None:
        raise IngestError(
            f"{where}: {path.name} describes no data set {' or '.join(names)}. It describes: "
            f"{listed(sorted(groups), 30)}. Name one under tables.{table}.member, or remove tables.{table}.dictionary."
        )
    items = {item.get("OID"): item for item in _all(root, "ItemDef")}
    lists = {one.get("OID"): _codes(one) for one in _all(root, "CodeList")}
    found = [items.get(reference.get("ItemOID")) for reference in _all(groups[wanted], "ItemRef")]
    conditions = {one.get("OID"): one for one in _all(root, "WhereClauseDef")}
    values = {one.get("OID"): one for one in _all(root, "ValueListDef")}
    told = {}
    for item in found:
        if item is not None:
            reference = next((_attribute(one, "ValueListOID") for one in _all(item, "ValueListRef")), None)
            within = _within(values.get(reference), items, lists, conditions)
            told[item.get("Name", "")] = replace(_variable(item, lists), within=tuple(within))
    return told


def _within(
    values: Element | None,
    items: dict[str | None, Element],
    lists: dict[str | None, dict[str, str]],
    conditions: dict[str | None, Element],
) -> Iterator[ValueLevel]:
    """The code lists of a ValueListDef, each with its condition; one of several conditions (version 2.1) is enough."""
    for reference in _all(values, "ItemRef") if values is not None else ():
        item = items.get(reference.get("ItemOID"))
        codes = _variable(item, lists).codes if item is not None else {}
        for clause in _all(reference, "WhereClauseRef") if codes else ():
            condition = conditions.get(_attribute(clause, "WhereClauseOID"))
            if condition is not None:
                yield ValueLevel(tuple(_checks(condition, items)), codes)


def _checks(condition: Element, items: dict[str | None, Element]) -> Iterator[tuple[str, str, tuple[str, ...]]]:
    for check in _all(condition, "RangeCheck"):
        item = items.get(_attribute(check, "ItemOID"))
        name = item.get("Name", "") if item is not None else ""
        texts = tuple("".join(one.itertext()).strip() for one in _all(check, "CheckValue"))
        yield name, _attribute(check, "Comparator"), texts


def _all(element: Element, name: str) -> list[Element]:
    """Elements by their local name: each version of the standard has namespaces of its own."""
    return [one for one in element.iter() if isinstance(one.tag, str) and one.tag.rpartition("}")[2] == name]


def _attribute(element: Element, name: str) -> str:
    return next((value for key, value in element.attrib.items() if key.rpartition("}")[2] == name), "")


def _variable(item: Element, lists: dict[str | None, dict[str, str]]) -> Variable:
    described = [text for child in item if child.tag.endswith("}Description") for text in _all(child, "TranslatedText")]
    label = "".join(described[0].itertext()).strip() if described else _attribute(item, "Label")
    reference = next((_attribute(one, "CodeListOID") for one in _all(item, "CodeListRef")), None)
    codes = lists.get(reference, {})
    return Variable(label, _attribute(item, "DisplayFormat"), codes, listed=bool(codes))


def _codes(code_list: Element) -> dict[str, str]:
    codes = {}
    for item in [*_all(code_list, "CodeListItem"), *_all(code_list, "EnumeratedItem")]:
        value = item.get("CodedValue", "")
        words = [" ".join("".join(text.itertext()).split()) for text in _all(item, "TranslatedText")]
        codes[value] = words[0] if words and words[0] else value
    return codes
