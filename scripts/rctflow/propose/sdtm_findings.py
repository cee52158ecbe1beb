"""Laboratory and vital signs of SDTM: what LB and VS hold."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from rctflow.propose.course import dated
from rctflow.propose.findings import FEWEST, Measured, Names, add_tests, limit_columns

if TYPE_CHECKING:
    from rctflow.propose.sdtm import Sdtm

DOMAINS = {"LB": "adlb", "VS": "advs"}


def sdtm_findings(found: Sdtm) -> Iterator[Measured]:
    """The data sets ``adlb`` and ``advs``, where LB and VS have tests that are measured after baseline.

    Visits are assigned by day, as for endpoints. VISIT, as written, is only counted.
    """
    import pandas as pd

    for domain, dataset in DOMAINS.items():
        code, value, date = f"{domain}TESTCD", f"{domain}STRESN", f"{domain}DTC"
        if not found.has(domain, code, value, date, "VISIT"):
            continue
        form = found.forms[domain]
        randomized = found.participants()
        numbers = pd.to_numeric(form.cells[value], errors="coerce").notna()
        rows = form.cells[form.cells["USUBJID"].isin(randomized) & numbers]
        limits = limit_columns(rows, [(f"{domain}STNRLO", f"{domain}STNRHI")], [f"{domain}NRIND"])
        columns = {date: dated(form, date, "first"), code: {"required": True}, value: {"type": "number"}}
        columns |= {name: {} if key == "indicator" else {"type": "number"} for key, name in limits.items()}
        body = {"table": domain.lower(), "test": code, "value": value, **limits}
        one = Measured(dataset, body, columns)
        kinds = ((f"{domain}SPEC", f"{domain}CAT"), (f"{domain}TPT", f"{domain}POS"))
        names = Names(code, f"{domain}TEST", value, f"{domain}STRESU", "VISIT", kinds, f"{domain}TPTNUM")
        add_tests(one, rows, names, [visit.written for visit in found.visits], FEWEST * len(randomized))
        if one.tests:
            yield one
