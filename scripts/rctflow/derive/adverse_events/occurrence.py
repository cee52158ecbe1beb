"""First occurrences among treatment-emergent events: of any event, per system organ class, per preferred term."""

from __future__ import annotations

import pandas as pd

WITHIN: dict[str, tuple[str, ...]] = {"": (), "S": ("AEBODSYS",), "P": ("AEBODSYS", "AEDECOD")}


def flag_occurrences(adae: pd.DataFrame) -> pd.DataFrame:
    """``adae`` with AOCCFL, AOCCSFL, AOCCPFL (Y/"": the first by ASTDT, ASTTM, AESEQ) and AOCCIFL, AOCCSIFL, AOCCPIFL
    (the first of the highest ASEVN; nobody without a grade).

    Source: CDISC ADaM Structure for Occurrence Data 1.1, occurrence flags.
    """
    by_time = adae[adae["TRTEMFL"].eq("Y")].sort_values(
        ["USUBJID", "ASTDT", "ASTTM", "AESEQ", "SRCSEQ"], kind="stable", na_position="first"
    )
    graded = by_time[by_time["ASEVN"].notna()]
    worst = graded.sort_values("ASEVN", ascending=False, kind="stable")
    for suffix, keys in WITHIN.items():
        for ordered, name in ((by_time, f"AOCC{suffix}FL"), (worst, f"AOCC{suffix}IFL")):
            first = ordered.index[~ordered.duplicated(["USUBJID", *keys])]
            adae[name] = pd.Series("", adae.index, dtype="str").mask(adae.index.isin(first), "Y")
    return adae
