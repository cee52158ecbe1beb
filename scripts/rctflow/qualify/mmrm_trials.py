"""The MMRM engine on two real trials against SAS PROC MIXED, to all printed digits."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from rctflow.qualify.numbers import Number, Sources, of_arrays, printed

ARMS = ["Placebo", "Xanomeline Low Dose", "Xanomeline High Dose"]


def antidepressant(sources: Sources) -> Iterator[Number]:
    """Covariance, LS means, differences, type III tests."""
    import pandas as pd

    from rctflow.models.mmrm import fit_mmrm

    data = pd.read_csv(sources.data / "antidepressant_data.csv").astype({"VISIT": str})
    expected = sources.numbers("mmrm/sas_antidepressant.json")
    found = fit_mmrm(data, "CHANGE ~ BASVAL:VISIT + THERAPY:VISIT", "PATIENT", "VISIT")
    yield Number("-2 log L", -2 * found.log_likelihood, expected["m2RLL"], absolute=1e-6)
    for number, (ours, theirs) in enumerate(zip(found.covariance.to_numpy(), expected["UN"], strict=True), 1):
        yield from of_arrays(f"covariance row {number}", ours, theirs, relative=2e-5)
    means: Any = found.lsmeans("THERAPY", by="VISIT").set_index(["VISIT", "THERAPY"])
    for key, (estimate, se, df) in expected["lsmeans_visit_therapy_est_se_df"].items():
        row = means.loc[tuple(key.split())]
        yield printed(f"LS mean {key}", row["estimate"], estimate, 4)
        yield printed(f"LS mean {key} se", row["se"], se, 4)
        yield Number(f"LS mean {key} df", row["df"], df, absolute=0.6)
    differences: Any = found.contrasts("THERAPY", by="VISIT", reference="PLACEBO").set_index("VISIT")
    for visit, (estimate, se, df, _, p) in expected["diff_drug_placebo_same_visit"].items():
        row = differences.loc[visit]
        yield Number(f"difference at {visit}", row["estimate"], estimate, absolute=6e-5)
        yield Number(f"difference at {visit} se", row["se"], se, absolute=6e-5)
        yield Number(f"difference at {visit} df", row["df"], df, absolute=0.6)
        yield Number(f"difference at {visit} p", row["p_value"], p, absolute=6e-5)
    yield Number("difference at 7 df, observed information", differences.loc["7", "df"], 150.1, absolute=0.05)
    tests: Any = found.tests()
    for term, of_sas in (("BASVAL:VISIT", "basval*VISIT"), ("VISIT:THERAPY", "VISIT*THERAPY")):
        df1, df2, F, _ = expected["type3"][of_sas]
        yield Number(f"type III {term} df1", tests.loc[term, "df1"], df1)
        yield Number(f"type III {term} df2", tests.loc[term, "df2"], df2, absolute=0.6)
        yield Number(f"type III {term} F", tests.loc[term, "F"], F, absolute=6e-3)


def cdisc_pilot(sources: Sources) -> Iterator[Number]:
    """ADAS-Cog(11) at week 24 of the CDISC pilot study: records, LS means, differences, p."""
    import pandas as pd

    from rctflow.models.mmrm import fit_mmrm

    expected = sources.numbers("mmrm/sas_cdisc_pilot_week24.json")
    data = pd.read_sas(sources.data / "cdiscpilot/adam/adqsadas.xpt", encoding="latin1")
    keep = (data.EFFFL == "Y") & (data.PARAMCD == "ACTOT") & (data.ANL01FL == "Y") & (data.DTYPE != "LOCF")
    data = data[keep & (data.AVISIT != "Baseline")]
    yield Number("records", len(data), 539)
    yield Number("subjects", data.USUBJID.nunique(), 234)
    formula = "CHG ~ TRTP * AVISIT + SITEGR1 + BASE * AVISIT"
    found = fit_mmrm(data, formula, "USUBJID", "AVISIT", levels={"TRTP": ARMS})
    means: Any = found.lsmeans("TRTP", by="AVISIT").set_index(["AVISIT", "TRTP"]).loc["Week 24"]
    for arm, key in zip(ARMS, ("Placebo", "Low", "High"), strict=True):
        yield printed(f"LS mean {key}", means.loc[arm, "estimate"], expected["lsmeans"][key], 4)
        yield printed(f"LS mean {key} se", means.loc[arm, "se"], expected["lsmeans_se"][key], 2)
    differences: Any = found.contrasts("TRTP", by="AVISIT").set_index(["AVISIT", "contrast"]).loc["Week 24"]
    for arm, key in ((ARMS[1], "Low-Placebo"), (ARMS[2], "High-Placebo")):
        row, theirs = differences.loc[f"{arm} - Placebo"], expected["differences"][key]
        yield printed(f"{key} difference", abs(row["estimate"]), theirs["est"], 4)
        yield printed(f"{key} p", row["p_value"], theirs["p"], 4)
