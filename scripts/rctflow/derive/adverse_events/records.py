"""ADAE: one row per adverse event of the patients of one population (safety, as a rule)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TextIO

import pandas as pd

from rctflow.derive.adverse_events import findings, onset
from rctflow.derive.adverse_events.occurrence import flag_occurrences
from rctflow.derive.adverse_events.settings import AdverseEvents, Criterion
from rctflow.derive.errors import DeriveError, located
from rctflow.derive.notes import write_notes
from rctflow.derive.sources import as_text, require_columns, select_rows, table_of
from rctflow.ledger import entries, gather

NOT_CODED = "(not coded)"
ANSWERS = {"related": "AREL", "serious": "AESER", "withdrawal": "AEWDFL", "fatal": "AESDTH"}
"""Criterion -> the variable of ADAE that says whether it is met (Y/N; "" where it is not declared)."""
LEADING = ("STUDYID", "USUBJID", "TRTA", "TRTSDT", "AESEQ", "AETERM", "AEDECOD", "AEBODSYS", "ASTDT", "ASTDTF", "ASTTM")


def derive_adverse_events(
    tables: Mapping[str, pd.DataFrame],
    adsl: pd.DataFrame,
    settings: AdverseEvents,
    where: str = "",
    log: TextIO | None = None,
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """ADAE, and the ledger of what is in doubt in it (rctflow.ledger). population of the settings: its ADSL flag.

    ADAE: STUDYID, USUBJID, TRTA (arm really received), TRTSDT, AESEQ, AETERM, AEDECOD, AEBODSYS, ASTDT, ASTDTF, ASTTM,
    AENDT, AENDTF, ASTDY, AENDY, ADURN (days), TRTEMFL (Y/N), TRTEMIFL, PREFL, FUPFL, AETOXGR or AESEV and ASEVN (its
    number), AREL, AESER, AEWDFL, AESDTH (Y/N), the columns these came from, AREACTFL, AREACTHR, AREACTSR, occurrence
    flags (occurrence.py), ``keep``, SRCDOM, SRCSEQ. log: gets the notes.
    Raises DeriveError for an unknown column and for findings that end the run (settings.CHECKS), naming the patients.
    """
    with located(where):
        doses = onset.read_doses(dict(tables), settings.doses)
        events = _events(tables, settings)
        began = onset.onset_span(events, settings)
        dates = onset.derive_dates(events, began, adsl, settings)
        answers = _answers(events, settings)
        found = [findings.find_strangers(events, _known(tables, adsl, settings), settings)]
        found += findings.find_values(events, settings)
        found += findings.find_impossible_dates(events, adsl, settings)
        found += findings.find_contradictions(events, answers, adsl, settings)
        told = findings.judge(found, events, settings)
        emergent = onset.flag_emergent(events, began, doses, adsl, settings)
        reactions = onset.flag_reactions(events, began, doses, settings)
        whole = pd.concat([_identified(events, adsl, settings), dates, emergent, answers, reactions], axis=1)
        member = events["USUBJID"].isin(adsl.loc[adsl[settings.population].eq("Y"), "USUBJID"])
        adae = flag_occurrences(whole[member].sort_values(["USUBJID", "ASTDT", "AESEQ", "SRCSEQ"], kind="stable"))
        message = f"The patient is not in the population ({settings.population} Y); the event is not in ADAE."
        told += entries(events, ~member, settings.table, "not_in_population", "note", message)
    write_notes(_notes(adae, int((~member).sum()), settings), log)
    return _ordered(adae, events, settings), gather(told)


def _events(tables: Mapping[str, pd.DataFrame], settings: AdverseEvents) -> pd.DataFrame:
    table = table_of(tables, settings.table, "adverse_events")
    named = [settings.term, settings.start, settings.preferred, settings.system, settings.start_time, settings.end]
    named += [settings.sequence, settings.emergent.flag, *settings.keep]
    named += [criterion.column for criterion in settings.criteria.values()]
    named += [settings.grade.column] if settings.grade else []
    require_columns(table, settings.table, [name for name in named if name], "adverse_events")
    return select_rows(table, settings.table, settings.where, "adverse_events").reset_index(drop=True)


def _known(tables: Mapping[str, pd.DataFrame], adsl: pd.DataFrame, settings: AdverseEvents) -> set[str]:
    everybody = table_of(tables, settings.subjects, "adverse_events.subjects")
    return {*everybody["USUBJID"], *adsl["USUBJID"]}


def _identified(events: pd.DataFrame, adsl: pd.DataFrame, settings: AdverseEvents) -> pd.DataFrame:
    """Who had which event: STUDYID to AEBODSYS, SRCDOM, SRCSEQ."""
    subjects = adsl.set_index("USUBJID")
    term = _words(events, settings.term)
    preferred = _words(events, settings.preferred) if settings.preferred else term
    system = _words(events, settings.system) if settings.system else pd.Series("", events.index, dtype="str")
    number = events.groupby("USUBJID").cumcount().astype("float64") + 1
    columns = {
        "STUDYID": pd.Series(adsl["STUDYID"].iloc[0], events.index, dtype="str"),
        "USUBJID": events["USUBJID"].astype("str"),
        "TRTA": events["USUBJID"].astype("str").map(subjects["TRT01A"].astype("str")).astype("str"),
        "TRTSDT": onset.of_patients(subjects["TRTSDT"], events["USUBJID"]),
        "AESEQ": events[settings.sequence].astype("float64") if settings.sequence else number,
        "AETERM": term,
        "AEDECOD": preferred.mask(preferred.eq(""), term),
        "AEBODSYS": system.mask(system.eq(""), NOT_CODED if settings.system else ""),
        "SRCDOM": pd.Series(settings.table, events.index, dtype="str"),
        "SRCSEQ": events["SRCROW"].astype("float64"),
    }
    return pd.DataFrame(columns)


def _words(events: pd.DataFrame, column: str) -> pd.Series:
    return as_text(events[column]).fillna("").astype("str")


def _answers(events: pd.DataFrame, settings: AdverseEvents) -> pd.DataFrame:
    """AREL, AESER, AEWDFL, AESDTH (Y/N, "" where not declared), AETOXGR or AESEV, ASEVN."""
    out = pd.DataFrame(index=events.index)
    for name, variable in ANSWERS.items():
        criterion = settings.criteria.get(name)
        out[variable] = _met(events, criterion) if criterion else pd.Series("", events.index, dtype="str")
    numbers = pd.Series(float("nan"), events.index)
    if settings.grade:
        written = events[settings.grade.column]
        order = {word: float(place) for place, word in enumerate(settings.grade.order, start=1)}
        if not order and not pd.api.types.is_numeric_dtype(written):
            raise DeriveError(
                f"adverse_events.grade: column {settings.grade.column!r} of table {settings.table!r} holds words. "
                "Declare its type as integer, or list its words from mild to worst under `order`."
            )
        numbers = written.map(order).astype("float64") if order else written.astype("float64")
        out["AESEV" if order else "AETOXGR"] = as_text(written).fillna("").astype("str")
    return out.assign(ASEVN=numbers)


def _met(events: pd.DataFrame, criterion: Criterion) -> pd.Series:
    """(n,) Y/N."""
    values = as_text(events[criterion.column]).fillna("")
    met = values.isin(criterion.counts) | (values.eq("") & (criterion.missing == "counts"))
    return pd.Series("N", events.index, dtype="str").mask(met, "Y")


def _ordered(adae: pd.DataFrame, events: pd.DataFrame, settings: AdverseEvents) -> pd.DataFrame:
    """The variables in their order; columns that ADAE names itself are not repeated."""
    written = [criterion.column for criterion in settings.criteria.values()]
    further = [name for name in dict.fromkeys([*written, *settings.keep]) if name not in adae]
    adae = pd.concat([adae, events.loc[adae.index, further]], axis=1)
    last = ["SRCDOM", "SRCSEQ"]
    middle = [name for name in adae.columns if name not in (*LEADING, *last)]
    return adae[[*LEADING, *middle, *last]].reset_index(drop=True)


def _notes(adae: pd.DataFrame, left_out: int, settings: AdverseEvents) -> Iterable[str]:
    emergent = adae["TRTEMFL"].eq("Y")
    yield f"{len(adae)} events of {adae['USUBJID'].nunique()} patients; {emergent.sum()} are treatment-emergent."
    yield f"{adae['TRTEMIFL'].eq('Y').sum()} of these because the known part of the onset allows it."
    if left_out:
        yield f"{left_out} events of patients who are not in the population ({settings.population} Y) are left out."
