"""The CDISC pilot's adverse events as clean tables and settings: what a config would hand to the rooms."""

from pathlib import Path

import pandas as pd
from rctflow.clean.timing import completed_date
from rctflow.derive.adverse_events.records import derive_adverse_events
from rctflow.derive.adverse_events.settings import AdverseEvents, Criterion, Severity

ARMS = {"Placebo": "placebo", "Xanomeline Low Dose": "low", "Xanomeline High Dose": "high"}
SETTINGS = AdverseEvents(
    table="ae",
    term="AETERM",
    preferred="AEDECOD",
    system="AEBODSYS",
    start="AESTDTC",
    end="AEENDTC",
    sequence="AESEQ",
    grade=Severity("AESEV", ("MILD", "MODERATE", "SEVERE")),
    related=Criterion("AEREL", ("POSSIBLE", "PROBABLE"), ("NONE", "REMOTE")),
    serious=Criterion("AESER", ("Y",), ("N",)),
    fatal=Criterion("AEOUT", ("FATAL",)),
    subjects="dm",
    population="SAFFL",
)


def transport(shared: Path, name: str) -> pd.DataFrame:
    import pyreadstat

    return pyreadstat.read_xport(str(shared / "data/cdiscpilot" / f"{name}.xpt"))[0]


def day(texts: pd.Series) -> pd.Series:
    return pd.to_datetime(texts.where(texts.ne(""))).astype("datetime64[us]")


def pilot_subjects(shared: Path) -> pd.DataFrame:
    """ADSL of those randomized, from DM alone.

    The pilot's TRT01A is the arm randomized (its ACTARM has 12 patients of the high-dose arm as low dose).
    """
    dm = transport(shared, "sdtm/dm")
    dm = dm[dm["ARM"].isin(ARMS)].reset_index(drop=True)
    adsl = pd.DataFrame({"STUDYID": dm["STUDYID"], "USUBJID": dm["USUBJID"], "TRT01A": dm["ARM"].map(ARMS)}).astype(
        "str"
    )
    dates = {"TRTSDT": "RFXSTDTC", "TRTEDT": "RFXENDTC", "EOSDT": "RFENDTC", "DTHDT": "DTHDTC"}
    made = {name: day(dm[column]) for name, column in dates.items()}
    return adsl.assign(**made, SAFFL=pd.Series("Y", adsl.index, dtype="str").where(made["TRTSDT"].notna(), "N"))


def pilot_events(shared: Path, name: str = "sdtm/ae") -> pd.DataFrame:
    """AE as a clean table: partial onsets completed by their first day."""
    ae = transport(shared, name)
    for column in ("AESTDTC", "AEENDTC"):
        completed = [completed_date(text, "first") if text else ("", "") for text in ae[column]]
        ae[column] = pd.Series([date or None for date, _ in completed], dtype="datetime64[us]")
        ae[f"{column}_DTF"] = pd.Series([flag for _, flag in completed], dtype="str")
    return ae.assign(SRCROW=range(1, len(ae) + 1))


def pilot_adae(shared: Path) -> tuple[pd.DataFrame, pd.DataFrame]:
    """ADAE from SDTM, and its ledger."""
    tables = {"ae": pilot_events(shared), "dm": transport(shared, "sdtm/dm")}
    return derive_adverse_events(tables, pilot_subjects(shared), SETTINGS)
