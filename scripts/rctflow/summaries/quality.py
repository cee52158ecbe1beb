"""What cleaning did, counted: the ledger's rows by table, severity and rule; and whose rows no analysis can use."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rctflow.results import Result
from rctflow.summaries.rows import require, summary_row
from rctflow.summaries.settings import DataQuality, SummaryStudy
from rctflow.summaries.sources import Sources, Tables

if TYPE_CHECKING:
    from pandas import DataFrame

NAME = "data_quality"
NO_SITE = "no site"


def summarize_quality(sources: Sources, study: SummaryStudy, settings: DataQuality) -> list[Result]:
    """Rows of the ledgers, then subjects in the forms who are not randomized."""
    strangers = summarize_not_randomized(sources.tables, sources.adsl, study)
    by_site = summarize_sites(sources, study, settings.site) if settings.site and not study.small_cells else []
    return [*summarize_ledger(sources.ledgers, study), *strangers, *by_site]


def summarize_sites(sources: Sources, study: SummaryStudy, site: str) -> list[Result]:
    """Per site, as analysis ``site <name>``: n_subjects (with a finding), findings, findings:<severity>:<rule>; those
    of subjects who are not in ADSL under ``no site``. Restricted studies have none: sites are small.
    """
    import pandas as pd

    require(sources.adsl, ["USUBJID", site], "ADSL")
    known = sources.adsl.set_index("USUBJID")[site]
    ledger = pd.concat([table[["subject", "rule", "severity"]] for table in sources.ledgers.values()])
    sites = ledger["subject"].map(known).map(str, na_action="ignore").fillna(NO_SITE)
    rows = []
    for one in [*sorted(set(known.dropna().map(str))), *([NO_SITE] if sites.eq(NO_SITE).any() else [])]:
        name, mine = one if one == NO_SITE else f"site {one}", ledger[sites.eq(one)]
        counts = {"n_subjects": mine["subject"].nunique(), "findings": len(mine)}
        counts |= {f"findings:{kind}": n for kind, n in _by_rule(mine).items()}
        rows += [summary_row(study.study, NAME, name, statistic, n) for statistic, n in counts.items()]
    return rows


def summarize_ledger(ledgers: Tables, study: SummaryStudy) -> list[Result]:
    """Ledger rows per table and over all tables, as rows with endpoint ``data_quality``.

    ledgers: table id -> ledger (docs/architecture.md). analysis <table id>: n (all rows, 0 when nothing was touched)
    and <severity>:<rule>; analysis ``data_quality``: the same over all tables. Raises SummaryError on a missing
    column.
    """
    total: dict[str, int] = {"n": 0}
    rows: list[Result] = []
    for table in sorted(ledgers):
        require(ledgers[table], ["rule", "severity"], f"the ledger of {table}")
        counts = {"n": len(ledgers[table])} | _by_rule(ledgers[table])
        rows += [summary_row(study.study, NAME, table, name, n) for name, n in counts.items()]
        for name, n in counts.items():
            total[name] = total.get(name, 0) + n
    ordered = {"n": total.pop("n")} | dict(sorted(total.items()))
    return [*(summary_row(study.study, NAME, NAME, name, n) for name, n in ordered.items()), *rows]


def summarize_not_randomized(tables: Tables, adsl: DataFrame, study: SummaryStudy) -> list[Result]:
    """Subjects with rows in a form who are not in ADSL, so that their rows are in no BDS table.

    tables: table id -> clean table. Rows with endpoint ``data_quality``, statistic ``note:not_randomized`` and the ids
    in the note: analysis ``data_quality`` over all tables (0 when there is nobody), analysis <table id> for each table
    that has some. Raises SummaryError on a missing column.
    """
    require(adsl, ["USUBJID"], "ADSL")
    known, found = set(adsl["USUBJID"]), {}
    for table in sorted(tables):
        require(tables[table], ["USUBJID"], f"clean table {table}")
        if strangers := set(tables[table]["USUBJID"].dropna()) - known:
            found[table] = strangers
    everybody = {NAME: set().union(*found.values())}
    return [_not_randomized(table, ids, study) for table, ids in (everybody | found).items()]


def _not_randomized(table: str, ids: set[str], study: SummaryStudy) -> Result:
    method = "subjects with rows in a form who are not in ADSL"
    note = "" if study.small_cells else ", ".join(sorted(ids))
    return summary_row(study.study, NAME, table, "note:not_randomized", len(ids), method=method, note=note)


def _by_rule(ledger: DataFrame) -> dict[str, int]:
    names = ledger["severity"].astype("str") + ":" + ledger["rule"].astype("str")
    return {str(name): int(n) for name, n in names.value_counts().sort_index().items()}
