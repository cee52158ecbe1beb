"""The section subjects proposed for ADaM data, and the columns of ADSL that it and the summaries read."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from rctflow.propose.adam import Adam
from rctflow.propose.sections import line

COVARIATES = ("AGE", "SEX", "RACE", "ETHNIC", "BMIBL", "WEIGHTBL", "HEIGHTBL")
DATES = {
    "randomized": ("RANDDT",),
    "first_dose": ("TRTSDT",),
    "last_dose": ("TRTEDT",),
    "end_of_study": ("EOSDT", "RFENDT"),
    "death": ("DTHDT",),
    "birth": ("BRTHDT",),
}
FLAGS = {
    "ITTFL": ("itt", "Intention to treat", "INITT"),
    "SAFFL": ("safety", "Safety", "INSAFETY"),
    "FASFL": ("full_analysis", "Full analysis set", "INFULL"),
    "EFFFL": ("efficacy", "Efficacy", "INEFFICACY"),
    "PPROTFL": ("per_protocol", "Per protocol", "INPERPROTOCOL"),
    "COMPLFL": ("completers", "Completers", "INCOMPLETERS"),
}
AMOUNTS = {
    "cumulative_dose": ("CUMDOSE", "TOTDOSE"),
    "duration": ("TRTDURD", "TRTDUR"),
    "average_daily_dose": ("AVGDD", "AVGDOSE"),
}  # those of ADSL are the sponsor's own names, but for TRTDURD


def subject_columns(found: Adam) -> list[str]:
    """The columns of ADSL that are read."""
    wanted = ["TRT01P", *([actual(found)] if actual(found) else []), *dates(found).values()]
    wanted += [*found.strata(), *described(found), *sites(found).values(), *amounts(found).values()]
    wanted += [*(column for column, _ in status(found).values()), *flags_of(found), *completed(found)]
    return list(dict.fromkeys(wanted))


def described(found: Adam) -> list[str]:
    """What ADSL has that describes subjects at baseline."""
    return [name for name in COVARIATES if name in found.subjects.headers]


def sites(found: Adam) -> dict[str, str]:
    """The entry sites of the section summaries."""
    named = {"site": "SITEID", "pooled": "SITEGR1"}
    there = {key: name for key, name in named.items() if name in found.subjects.headers}
    return there if "site" in there else {}


def amounts(found: Adam) -> dict[str, str]:
    """What ADSL has of exposure, per subject, where no data set has doses."""
    if found.doses is not None:
        return {}
    chosen = {key: next((name for name in names if _is_number(found, name)), "") for key, names in AMOUNTS.items()}
    return {key: name for key, name in chosen.items() if name}


def _is_number(found: Adam, name: str) -> bool:
    look = found.look(name)
    return look is not None and look.numeric


def completed(found: Adam) -> list[str]:
    """ADSL's flags of who completed a week (COMP24FL)."""
    return [name for name in found.subjects.headers if re.fullmatch(r"COMP\d+FL", name)]


def dates(found: Adam) -> dict[str, str]:
    """The dates of the section subjects -> the column of ADSL."""
    chosen = {key: next((name for name in names if found.is_date(name)), "") for key, names in DATES.items()}
    return {key: name for key, name in chosen.items() if name}


def actual(found: Adam) -> str:
    """TRT01A, when it names the same arms."""
    look = found.look("TRT01A")
    return "TRT01A" if look is not None and set(look.levels) <= {*found.arms, *found.others} else ""


def status(found: Adam) -> dict[str, tuple[str, str]]:
    """How and why the study, and its treatment, ended -> the column of ADSL, and the rows that count."""
    named = ("EOSSTT", "DCSREAS", "EOTSTT", "DCTREAS")
    there: dict[str, tuple[str, str]] = {name: (name, "") for name in named if name in found.subjects.headers}
    if "EOSSTT" not in there and "DCDECOD" in found.subjects.headers:
        there |= {"EOSSTT": ("DCDECOD", ""), "DCSREAS": ("DCDECOD", "DCDECOD != 'COMPLETED'")}
    return there


def flags_of(found: Adam) -> list[str]:
    """ADSL's flags of populations."""
    return [name for name in FLAGS if name in found.subjects.headers]


def subjects_lines(found: Adam) -> Iterator[str]:
    """The lines of the section."""
    table = found.subjects.id
    no_arm = " and ".join(f"{{0}} != {other!r}" for other in found.others)

    def source(column: str, *, is_arm: bool = False) -> dict[str, str]:
        where = {"where": no_arm.format(column)} if is_arm and no_arm else {}
        return {"table": table, "column": column} | where

    yield "subjects:"
    yield line(1, "table", table)
    yield line(1, "planned", source("TRT01P", is_arm=True))
    if actual(found):
        yield line(1, "actual", source("TRT01A", is_arm=True))
    for key, column in dates(found).items():
        yield line(1, key, source(column))
    if found.strata():
        yield "  strata:"
        yield from (line(2, name, source(name)) for name in found.strata())
    taken = {name: source(name) for name in (*described(found), *sites(found).values(), *amounts(found).values())}
    taken |= {name: _end_source(found, name) for name in status(found)}
    if taken:
        yield "  covariates:"
        yield from (line(2, name, body) for name, body in taken.items())
    flags = {FLAGS[name][2]: name for name in flags_of(found)}
    flags |= {own_flag(name): name for name in completed(found)}
    if flags:
        yield "  flags:"
        for ours, name in flags.items():
            yield line(2, ours, {"table": table, "where": f"{name} == 'Y'"}, f"{name} as ADSL has it")


def own_flag(flag: str) -> str:
    """The name of a flag of ADSL among ours: INCOMP24 of COMP24FL."""
    return f"IN{flag.removesuffix('FL')}"


def _end_source(found: Adam, name: str) -> dict[str, Any]:
    """Where the status or reason stands; reasons that stand in the place of a status become one."""
    column, where = status(found)[name]
    source: dict[str, Any] = {"table": found.subjects.id, "column": column} | ({"where": where} if where else {})
    if column != name and not where and (look := found.look(column)) is not None:
        source["map"] = {level: level if level == "COMPLETED" else "DISCONTINUED" for level in look.levels}
    return source
