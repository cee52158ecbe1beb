"""What a config was understood to mean, as text: arms, visits, populations, endpoints and ledger with their counts."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

from rctflow.plan.blinded import STAMPS
from rctflow.propose.rehearsal import Rehearsal
from rctflow.study.planned import arm_order, baseline_visit, endpoint_visits, population_flag, visit_order

if TYPE_CHECKING:
    import pandas as pd


def understood(rehearsal: Rehearsal) -> list[str]:
    """The lines of ``./run check``, without the problems."""
    study = rehearsal.study
    lines = [f"Study {study.study.id}: {study.study.title} ({study.study.data} data)"]
    if study.blinding.mode != "none":
        lines.append(f"{STAMPS[study.blinding.mode]}: the arms below are not the true ones, or do not say who they are")
    if rehearsal.adsl is not None:
        lines += _section("Arms (reference first)", _arms(rehearsal))
        lines += _section("Strata", _strata(rehearsal))
        lines += _section("Populations", _populations(rehearsal))
    lines += _section("Visits", _visits(rehearsal))
    lines += _section(f"Endpoints: subjects with a value ({'/'.join(arm_order(study))})", _endpoints(rehearsal))
    lines += _section("Ledger of changes and queries", _ledger(rehearsal))
    return lines


def _section(title: str, rows: Sequence[Sequence[Any]]) -> list[str]:
    return ["", title, *_aligned(rows)] if rows else []


def _aligned(rows: Sequence[Sequence[Any]]) -> Iterator[str]:
    """Rows as columns of equal width: texts to the left, numbers to the right."""
    texts = [["" if cell is None else str(cell) for cell in row] for row in rows]
    widths = [max((len(row[at]) for row in texts if at < len(row)), default=0) for at in range(max(map(len, texts)))]
    numbers = {at for row in rows[1:] for at, cell in enumerate(row) if isinstance(cell, int)}
    for row in texts:
        cells = [cell.rjust(widths[at]) if at in numbers else cell.ljust(widths[at]) for at, cell in enumerate(row)]
        yield ("  " + "  ".join(cells)).rstrip()


def _arms(rehearsal: Rehearsal) -> list[list[Any]]:
    study, adsl = rehearsal.study, _adsl(rehearsal)
    rows: list[list[Any]] = [["arm", "label", "randomized", "as treated"]]
    for arm in arm_order(study):
        planned, actual = (int((adsl[column] == arm).sum()) for column in ("TRT01P", "TRT01A"))
        rows.append([arm, study.arms.levels[arm].label, planned, actual])
    return [*rows, ["all", "", len(adsl), int(adsl["TRT01A"].notna().sum())]]


def _strata(rehearsal: Rehearsal) -> list[list[Any]]:
    adsl, names = _adsl(rehearsal), sorted(rehearsal.study.subjects.strata)
    rows: list[list[Any]] = [["stratum", "level", "subjects"]]
    for name in names:
        rows += [
            [name, level, int(n)]
            for level, n in adsl[name].astype("object").value_counts(dropna=False).sort_index().items()
        ]
    return rows if names else []


def _populations(rehearsal: Rehearsal) -> list[list[Any]]:
    study, adsl = rehearsal.study, _adsl(rehearsal)
    arms = arm_order(study)
    rows: list[list[Any]] = [["population", *arms, "arms as", "who"]]
    for name, population in study.populations.items():
        members = adsl[adsl[population_flag(study, name)] == "Y"]
        column = "TRT01A" if population.arm == "actual" else "TRT01P"
        counts = [int((members[column] == arm).sum()) for arm in arms]
        rows.append(
            [name, *counts, "treated" if population.arm == "actual" else "randomized", population.where or "everybody"]
        )
    return rows


def _visits(rehearsal: Rehearsal) -> list[list[Any]]:
    """Windows, how many values of endpoints each visit has, and how many rows of clean tables bear its name (when any
    does: data with days alone name no visit).
    """
    study = rehearsal.study
    named = [table["VISIT"] for table in rehearsal.tables.values()]
    fallen = [records.loc[records["AVAL"].notna(), "AVISIT"] for records in rehearsal.records.values()]
    rows: list[list[Any]] = [["visit", "label", "day", "window", "rows so named", "values of endpoints"]]
    for visit in visit_order(study):
        plan = study.visits[visit]
        label = plan.label + (" (baseline)" if plan.baseline else "")
        rows.append(
            [
                visit,
                label,
                plan.day,
                f"{plan.window[0]} to {plan.window[1]}",
                _count(named, visit),
                _count(fallen, visit),
            ]
        )
    rows.append(["", "outside all visits", "", "", None, _count(fallen, "")])
    is_named = any(_count(named, visit) for visit in study.visits)
    return rows if is_named else [[*row[:4], row[5]] for row in rows]


def _count(columns: Sequence[pd.Series], visit: str) -> int:
    return sum(int((column == visit).sum()) for column in columns)


def _endpoints(rehearsal: Rehearsal) -> list[list[Any]]:
    """Per endpoint and visit the subjects with a value, arm by arm; records that say unable, refused, beyond limit."""
    study = rehearsal.study
    visits = visit_order(study)
    rows: list[list[Any]] = [["endpoint", *visits, "unable", "refused", "beyond limit"]] if rehearsal.records else []
    for name, records in rehearsal.records.items():
        endpoint = study.endpoints[name]
        planned = {*endpoint_visits(study, endpoint), *([baseline_visit(study)] if endpoint.baseline else [])}
        said = records["AVALC"].fillna("")
        special = [said.str.startswith("unable"), said == "refused", said.str.startswith(("<", ">"))]
        cells = [_arm_counts(rehearsal, records, visit) if visit in planned else "-" for visit in visits]
        rows.append([name, *cells, *(int(condition.sum()) for condition in special)])
    return rows


def _arm_counts(rehearsal: Rehearsal, records: pd.DataFrame, visit: str) -> str:
    """``15/14``: subjects with a value that counts, in the order of the arms."""
    at_baseline = visit == baseline_visit(rehearsal.study)
    counts = records["ABLFL"] == "Y" if at_baseline else (records["AVISIT"] == visit) & (records["ANL01FL"] == "Y")
    arm_of = records["USUBJID"].map(_adsl(rehearsal).set_index("USUBJID")["TRT01P"])
    valued = arm_of[counts & records["AVAL"].notna()]
    return "/".join(str(int((valued == arm).sum())) for arm in arm_order(rehearsal.study))


def _ledger(rehearsal: Rehearsal) -> list[list[Any]]:
    ledger = rehearsal.ledger
    if ledger is None or ledger.empty:
        return []
    counts = ledger.groupby(["table", "rule", "severity"]).size()
    return [["table", "rule", "severity", "entries"], *([*key, int(n)] for key, n in counts.items())]  # type: ignore[misc]


def _adsl(rehearsal: Rehearsal) -> pd.DataFrame:
    assert rehearsal.adsl is not None
    return rehearsal.adsl


def _allocation_remarks(rehearsal: Rehearsal) -> list[str]:
    """What the declared scheme cannot have given; nothing while the study is blinded, since it would tell arms."""
    from rctflow.derive.enrolment import derive_enrolment
    from rctflow.randomization import possible_under
    from rctflow.study.blinding import enrolment

    study = rehearsal.study
    if study.randomization is None or study.blinding.mode != "none" or rehearsal.adsl is None:
        return []
    patients = rehearsal.attempt(lambda: derive_enrolment(rehearsal.tables, enrolment(study)))
    if patients is None:
        return []
    patients = patients.merge(rehearsal.adsl[["USUBJID", "TRT01P"]], on="USUBJID")
    strata, order, arms = (patients[name].tolist() for name in ("STRATUM", "ORDER", "TRT01P"))
    reason = possible_under(study.randomization, tuple(study.arms.levels), strata, order, arms)
    return [f"randomization: {reason}."] if reason else []


def remarks(rehearsal: Rehearsal) -> list[str]:
    """What is allowed but looks unintended: endpoints whose baseline or visits hardly anybody has."""
    study, found = rehearsal.study, _allocation_remarks(rehearsal)
    for name, records in rehearsal.records.items():
        endpoint, n = study.endpoints[name], len(_adsl(rehearsal))
        at_baseline = int((records["ABLFL"] == "Y").sum())
        if endpoint.baseline and at_baseline < n / 2:
            found.append(
                f"endpoints.{name}: {at_baseline} of {n} subjects have a value at baseline (the last one on or before "
                "day 0). "
                "Check the dates and windows, or write `baseline: false`."
            )
        for visit in endpoint_visits(study, endpoint):
            if not ((records["AVISIT"] == visit) & records["AVAL"].notna()).any():
                found.append(
                    f"endpoints.{name}: nobody has a value at {visit}. Check `values` and the window of the visit."
                )
    return found
