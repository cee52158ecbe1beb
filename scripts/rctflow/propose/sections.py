"""The sections of the proposed config as lines of YAML, every guess with a comment that says what was seen."""

from __future__ import annotations

import textwrap
from collections.abc import Iterable, Iterator
from typing import Any

import yaml

from rctflow.propose.names import covariate_name, identifier, without_code
from rctflow.propose.proposal import TODO_ARM, Proposal
from rctflow.propose.roles import ArmColumn, Table

REASONS_FROM, WIDTH = 60, 110


def flow(value: Any) -> str:
    """``value`` as YAML on one line."""
    text = yaml.safe_dump(value, default_flow_style=True, sort_keys=False, allow_unicode=True, width=10**6)
    return text.removesuffix("\n").removesuffix("...").strip()


def line(depth: int, key: str, value: Any = None, why: str = "") -> str:
    """``key: value   # why``, indented; without a value the key alone; a long reason stands above, wrapped."""
    indent = "  " * depth
    text = f"{indent}{flow(key)}:" + ("" if value is None else f" {flow(value)}")
    if not why:
        return text
    beside = f"{text:<{REASONS_FROM}}  # {' '.join(why.split())}"
    return beside if len(beside) <= WIDTH else "\n".join([*comment(why, f"{indent}# "), text])


def comment(text: str, mark: str, further: str = "") -> list[str]:
    """``text`` as lines of comment that begin with ``mark``, the later ones with ``further``."""
    return textwrap.wrap(
        text, WIDTH, initial_indent=mark, subsequent_indent=further or mark, break_long_words=False,
        break_on_hyphens=False,
    )  # fmt: skip


def arms_lines(proposal: Proposal) -> Iterator[str]:
    """arms: the reference and the levels of the arm column."""
    arm = proposal.arm
    ids = arm_ids(proposal)
    yield "arms:"
    yield line(1, "reference", ids[arm.reference] if arm else "arm1", arm.reference_why if arm else "TODO")
    yield "  levels:"
    if arm is None:
        for number in ("1", "2"):
            yield line(
                2, f"arm{number}", {"label": f"Arm {number}", "values": [number]}, "TODO: no arm column was found"
            )
        return
    look = proposal.table(arm.table).looks[arm.header]
    people = proposal.table(arm.table).people
    for level, arm_id in ids.items():
        n = people[look.filled[look.filled == level].index].nunique()
        label = f"Arm {level}" if level.replace(".", "").isdigit() else without_code(level)
        yield line(2, arm_id, {"label": label, "values": [level]}, f"{n} subjects")


def arm_ids(proposal: Proposal) -> dict[str, str]:
    """Level as written -> arm id."""
    ids: dict[str, str] = {}
    for level in proposal.arm.levels if proposal.arm else ():
        ids[level] = identifier(level, "arm", ids.values())
    return ids


def visits_lines(proposal: Proposal) -> Iterator[str]:
    """visits: days since baseline, windows that meet halfway, labels as the data write them (of the first table that
    has them).
    """
    yield "visits:"
    taken: set[str] = set()
    for visit in proposal.plan.visits:
        body: dict[str, Any] = {"label": visit.label, "day": visit.day, "window": list(visit.window)}
        if visit.baseline:
            body["baseline"] = True
        values = [value for value in visit.values if value.casefold() not in taken]
        taken |= {value.casefold() for value in values}
        if values:
            body["values"] = values
        yield line(1, visit.id, body, visit.why)


def subjects_lines(proposal: Proposal) -> Iterator[str]:
    """subjects: where arm, dates, strata and characteristics of each subject stand."""
    arm = proposal.arm
    home = proposal.home
    yield "subjects:"
    yield line(1, "table", home.id)
    column = proposal.names[home.id][arm.header] if arm else TODO_ARM
    yield line(1, "planned", {"table": home.id, "column": column}, _arm_reason(arm))
    for key, place in (
        ("actual", proposal.actual),
        ("randomized", proposal.randomized),
        ("first_dose", proposal.first_dose),
    ):
        if place:
            pick = {"pick": "min"} if key == "first_dose" else {}
            yield line(
                1,
                key,
                {"table": place[0], "column": proposal.names[place[0]][place[1]], **pick},
                f"by its name, {place[1]}",
            )
    strata = sources(proposal, proposal.strata)
    if strata:
        yield from _block(
            "strata",
            {
                name: (body, "few levels, one per subject, named as sites or strata are")
                for name, body in strata.items()
            },
        )
    described = sources(proposal, proposal.described)
    if described:
        yield from _block("covariates", {name: (body, "") for name, body in described.items()})


def _arm_reason(arm: ArmColumn | None) -> str:
    """What speaks for the arm column; TODO where nothing sure does."""
    if arm is None:
        return "TODO"
    confirm = "" if arm.sure else "TODO: a stand-in; if it is the randomized arm, delete this comment. "
    return f"{confirm}{arm.header}: {arm.why}"


def sources(proposal: Proposal, columns: Iterable[tuple[Table, str]]) -> dict[str, dict[str, str]]:
    """Name in ADSL -> where it stands; the first value counts where a subject has several."""
    found: dict[str, dict[str, str]] = {}
    for table, header in columns:
        column = proposal.names[table.id][header]
        name = covariate_name(column)
        several = {"pick": "first"} if table.several and table.varying(header) > 0 else {}
        found[name if name not in found else f"{name}_{table.id}"] = {"table": table.id, "column": column, **several}
    return found


def _block(key: str, entries: dict[str, tuple[dict[str, Any], str]]) -> Iterator[str]:
    yield f"  {key}:"
    for name, (body, why) in entries.items():
        yield line(2, name, body, why)


def populations_lines(proposal: Proposal) -> Iterator[str]:
    """populations: everybody randomized; who was treated, when a first dose has a date."""
    yield "populations:"
    yield line(1, "itt", {"label": "Intention to treat", "where": "RANDFL == 'Y'", "flag": "ITTFL"})
    if proposal.first_dose:
        arm = {"arm": "actual"} if proposal.actual else {}
        body = {"label": "Safety", "where": "TRTSDT != missing", "flag": "SAFFL", **arm}
        yield line(1, "safety", body, "whoever has a date of first dose")
