"""The participants of the flow, counted twice: where two counts differ, the run stops and the patients are named.

A flow diagram whose numbers do not add up is the first thing that a reviewer finds; here it is never drawn. What ADSL
and the forms tell is compared before anything is modelled (``reconciled``), what the endpoints tell with the flow.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Any

from rctflow.expressions import parse
from rctflow.settings import settings_from
from rctflow.summaries.exposure import exposure_per_patient
from rctflow.summaries.rows import SummaryError, named, require
from rctflow.summaries.settings import Flow, Screening, SummaryStudy
from rctflow.summaries.settings_course import Exposure
from rctflow.summaries.sources import Sources

if TYPE_CHECKING:
    from pandas import DataFrame, Series


class ReconciliationError(SummaryError):
    """Two counts of the same participants differ."""


def reconcile(sources: Sources, study: SummaryStudy, settings: Flow, treated: Series | None) -> None:
    """Raise ReconciliationError, with every mismatch and its patients, unless

    - everybody randomized stands in the form of those screened, where one is declared;
    - everybody in ADSL is randomized once, to an arm of the study;
    - everybody treated has an actual arm of the study;
    - members of a population are randomized;
    - nobody completed the study and has a reason for having left it;
    - those whom a declared form says to be randomized, treated, completed or discontinued are those of ADSL;
    - everybody with an analysed value is in ADSL;
    - the endpoints' result rows count as many randomized as ADSL has.
    """
    adsl = sources.adsl
    found = [
        *_arms(adsl, study, treated),
        *_populations(adsl, study),
        *_ends(adsl, settings),
        *_screened(sources, settings),
        *_forms(sources, settings, treated),
        *_records(sources),
        *_results(sources, study),
    ]
    if found:
        raise ReconciliationError("the participant flow does not add up:\n" + "\n".join(f"- {one}" for one in found))


def reconciled(params: Mapping[str, Any], sources: Sources) -> str:
    """What ADSL and the forms agree on, a line each; raises ReconciliationError, as ``reconcile`` does, unless they do,
    and SummaryError when dosing ends before it starts.

    params: SummaryStudy (``study``), Flow (``flow``) and Exposure (``exposure``; empty without a form of doses), as dag
    gives them. The lines hold no count, so that data may be restricted.
    """
    study, settings = settings_from(SummaryStudy, params["study"]), settings_from(Flow, params["flow"])
    reconcile(sources, study, settings, treated_of(sources.adsl[sources.adsl["RANDFL"].eq("Y")], settings))
    if params["exposure"]:
        exposure_per_patient(sources, settings_from(Exposure, params["exposure"]))
    forms = {"screened": settings.screened.table} if settings.screened else {}
    forms |= {name: form.table for name, form in sorted(settings.forms.items())}
    agreed = ["ADSL within itself", *(f"ADSL and {table}: who is {name}" for name, table in forms.items())]
    agreed += ["no dosing ends before it starts"] if params["exposure"] else []
    return "".join(f"{line}\n" for line in agreed)


def treated_of(randomized: DataFrame, settings: Flow) -> Series | None:
    """Whether each participant received any treatment; None when the data do not tell."""
    if settings.treated:
        require(randomized, [settings.treated], "ADSL")
        return randomized[settings.treated].eq("Y")
    dated = randomized["TRTSDT"].notna()
    return dated if dated.any() else None


def screened_rows(sources: Sources, declared: Screening) -> DataFrame:
    """The rows of those assessed for eligibility."""
    rows = sources.tables[declared.table]
    return rows[parse(declared.where).evaluate(rows)] if declared.where else rows


def _told(what: str, ids: Iterable[object], remedy: str) -> Iterator[str]:
    told = named(ids)
    if told:
        yield f"{what}: {told}. {remedy}"


def _arms(adsl: DataFrame, study: SummaryStudy, treated: Series | None) -> Iterator[str]:
    ids = adsl["USUBJID"]
    yield from _told("more than one row in ADSL", ids[ids.duplicated()], "Correct the form of subjects.")
    randomized = adsl["RANDFL"].eq("Y")
    lost = ids[randomized & ~adsl["TRT01P"].isin(study.arms)]
    yield from _told("randomized, to no arm of the study", lost, "Declare the arm, or correct subjects.planned.")
    if treated is not None:
        lost = ids[treated.reindex(adsl.index, fill_value=False) & ~adsl["TRT01A"].isin(study.arms)]
        yield from _told(
            "treated, with no arm of the study", lost, "Correct subjects.actual, or the date of first dose."
        )


def _populations(adsl: DataFrame, study: SummaryStudy) -> Iterator[str]:
    for name, population in study.populations.items():
        stray = adsl["USUBJID"][adsl[population.flag].eq("Y") & ~adsl["RANDFL"].eq("Y")]
        yield from _told(f"in population {name}, not randomized", stray, f"Correct populations.{name}.where.")


def _ends(adsl: DataFrame, settings: Flow) -> Iterator[str]:
    if settings.status not in adsl.columns or settings.reason not in adsl.columns:
        return
    completed = adsl[settings.status].isin(settings.completed)
    why = adsl[settings.reason].astype("str").fillna("")
    both = completed & why.ne("") & ~why.str.upper().isin([word.upper() for word in settings.completed])
    remedy = f"Correct {settings.status} or {settings.reason} in the form."
    yield from _told("completed the study, with a reason for leaving it", adsl["USUBJID"][both], remedy)


def _screened(sources: Sources, settings: Flow) -> Iterator[str]:
    """Who was randomized without having been screened: screened would not be randomized and others."""
    if settings.screened:
        known = set(screened_rows(sources, settings.screened)["USUBJID"])
        randomized = sources.adsl["USUBJID"][sources.adsl["RANDFL"].eq("Y")]
        what = f"randomized, not in form {settings.screened.table} of those screened"
        yield from _told(what, set(randomized) - known, "Correct the form, or summaries.flow.screened.")


def _forms(sources: Sources, settings: Flow, treated: Series | None) -> Iterator[str]:
    adsl = sources.adsl
    counted = {"randomized": adsl["RANDFL"].eq("Y")}
    if treated is not None:
        counted["treated"] = treated.reindex(adsl.index, fill_value=False)
    if settings.status in adsl.columns:
        status = adsl[settings.status]
        counted["completed"] = status.isin(settings.completed)
        counted["discontinued"] = status.notna() & status.ne("") & ~counted["completed"]
    for name, form in sorted(settings.forms.items()):
        if name not in counted:
            raise SummaryError(f"summaries.flow.forms.{name}: ADSL does not tell who is {name}; leave it out")
        table = sources.tables[form.table]
        rows = table[parse(form.where).evaluate(table)] if form.where else table
        here, there = set(adsl["USUBJID"][counted[name]]), set(rows["USUBJID"].dropna())
        remedy = f"Correct the form, or summaries.flow.forms.{name}."
        yield from _told(f"{name} in ADSL, not in form {form.table}", here - there, remedy)
        yield from _told(f"{name} in form {form.table}, not in ADSL", there - here, remedy)


def _records(sources: Sources) -> Iterator[str]:
    known = set(sources.adsl["USUBJID"])
    for endpoint, bds in sorted(sources.records.items()):
        require(bds, ["USUBJID", "ANL01FL"], f"BDS of {endpoint}")
        strangers = set(bds["USUBJID"][bds["ANL01FL"].eq("Y")]) - known
        yield from _told(f"analysed in {endpoint}, not in ADSL", strangers, "Run the endpoint again.")


def _results(sources: Sources, study: SummaryStudy) -> Iterator[str]:
    """Result rows of endpoints say how many were randomized; ADSL must agree, arm by arm."""
    randomized = sources.adsl[sources.adsl["RANDFL"].eq("Y")]
    for endpoint, rows in sorted(sources.results.items()):
        said = {
            (row.group, int(row.value))
            for row in rows
            if row.statistic == "n_randomized" and row.group in study.arms and row.value is not None
        }
        for arm, n in sorted(said):
            members = randomized["USUBJID"][randomized["TRT01P"].eq(arm)]
            if len(members) != n:
                what = f"{endpoint} has {n} randomized to {arm}, ADSL {len(members)}"
                yield from _told(what, members, "Run the endpoint again.")
