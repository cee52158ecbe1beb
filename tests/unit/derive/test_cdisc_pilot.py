"""The CDISC pilot study's own ADaM data, derived again from its SDTM data and the visit windows of its analysis plan.

ADAS-Cog: the plan assigns by day, the closest to the target counts. Its windows are study days (<=1, 2-84, 85-140,
>140; targets 1, 56, 112, 168); a day of this room's plan is one less, counted from first dose as day 0. Rows that the
pilot imputed (LOCF) are not ours to derive. Vital signs: the pilot believes the visit's name, and fills in change at
and before baseline, which we leave missing.
"""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from rctflow.derive.records import derive_records
from rctflow.derive.settings import Records, Window

SAS_EPOCH = pd.Timestamp("1960-01-01")
WEEKS = {
    "Baseline": Window(0, 0, -9999, 0, baseline=True),
    "Week 8": Window(1, 55, 1, 83),
    "Week 16": Window(2, 111, 84, 139),
    "Week 24": Window(3, 167, 140, 9999),
}
VITAL_WEEKS = (0, 2, 4, 6, 8, 12, 16, 20, 24, 26)


def transport(folder: Path, name: str) -> pd.DataFrame:
    """A SAS transport file; pandas reads its zero as 5.4e-79."""
    table = pd.read_sas(folder / "data/cdiscpilot" / name, format="xport", encoding="windows-1252")
    numbers = table.select_dtypes("number")
    return table.assign(**{column: numbers[column].mask(numbers[column].abs() < 1e-70, 0.0) for column in numbers})


def subjects(adsl: pd.DataFrame) -> pd.DataFrame:
    dates = (SAS_EPOCH + pd.to_timedelta(adsl["TRTSDT"], unit="D")).astype("datetime64[us]")
    return pd.DataFrame({"USUBJID": adsl["USUBJID"], "TRTSDT": dates, "RANDDT": pd.NaT}).astype(
        {"RANDDT": "datetime64[us]"}
    )


@pytest.fixture(scope="module")
def adas(shared: Path) -> pd.DataFrame:
    """Our records and the pilot's of the ADAS-Cog total, side by side, one row per SDTM record."""
    qs = transport(shared, "sdtm/qs.xpt").query("QSTESTCD == 'ACTOT'")
    table = pd.DataFrame(
        {
            "USUBJID": qs["USUBJID"],
            "VISIT": qs["VISIT"],
            "ADT": pd.to_datetime(qs["QSDTC"]).astype("datetime64[us]"),
            "DAY": np.nan,
            "TOTAL": qs["QSSTRESN"],
            "SRCROW": qs["QSSEQ"],
        }
    )
    settings = Records("pilot", "adas", "ADAS-Cog (11)", "", "qs", WEEKS, column="TOTAL", direction="lower")
    ours = derive_records(table, subjects(transport(shared, "adam/adsl.xpt")), settings)
    theirs = transport(shared, "adam/adqsadas.xpt").query("PARAMCD == 'ACTOT' and DTYPE != 'LOCF'")
    theirs = theirs.rename(columns={"QSSEQ": "SRCSEQ"})
    return ours.merge(theirs, on=["USUBJID", "SRCSEQ"], how="left", suffixes=("", "_pilot"), indicator="found")


def test_adas_every_source_record_is_a_record(adas: pd.DataFrame) -> None:
    assert len(adas) == 818
    assert (adas["found"] == "both").sum() == 799


def test_adas_visits_days_and_distances_are_the_pilots(adas: pd.DataFrame) -> None:
    both = adas[adas["found"] == "both"]
    assert (both["AVISIT"] == both["AVISIT_pilot"]).all()
    for name in ("ADY", "AWTARGET", "AWTDIFF"):
        np.testing.assert_array_equal(both[name], both[f"{name}_pilot"])


def test_adas_the_same_records_are_analysed_and_are_baseline(adas: pd.DataFrame) -> None:
    for flag in ("ANL01FL", "ABLFL"):
        theirs = adas[f"{flag}_pilot"].fillna("")
        pd.testing.assert_series_equal(adas[flag] == "Y", theirs == "Y", check_names=False)
    assert (adas["ANL01FL"] == "Y").sum() == 794
    assert (adas["ABLFL"] == "Y").sum() == 254


def test_adas_baseline_and_change_are_the_pilots(adas: pd.DataFrame) -> None:
    both = adas[adas["found"] == "both"]
    for name in ("BASE", "CHG", "PCHG"):
        np.testing.assert_allclose(both[name], both[f"{name}_pilot"], rtol=1e-12, atol=1e-12)
    assert both["CHG"].notna().sum() > 500


@pytest.fixture(scope="module")
def pulse(shared: Path) -> pd.DataFrame:
    """Our records and the pilot's of pulse after standing for 3 minutes."""
    theirs = transport(shared, "adam/advs.xpt").query(
        "PARAMCD == 'PULSE' and ATPTN == 817 and AVISIT != 'End of Treatment'"
    )
    weeks = [f"Week {week}" if week else "Baseline" for week in VITAL_WEEKS]
    table = pd.DataFrame(
        {
            "USUBJID": theirs["USUBJID"],
            "VISIT": theirs["AVISIT"],
            "ADT": (SAS_EPOCH + pd.to_timedelta(theirs["ADT"], unit="D")).astype("datetime64[us]"),
            "DAY": np.nan,
            "BEATS": theirs["AVAL"],
            "SRCROW": theirs["VSSEQ"],
        }
    )
    visits = {
        name: Window(n, 7 * week, 7 * week, 7 * week, baseline=week == 0)
        for n, (name, week) in enumerate(zip(weeks, VITAL_WEEKS, strict=True))
    }
    settings = Records("pilot", "pulse", "Pulse", "/min", "vs", visits, column="BEATS", windowing="nominal")
    ours = derive_records(table, subjects(transport(shared, "adam/adsl.xpt")), settings)
    theirs = theirs.rename(columns={"VSSEQ": "SRCSEQ"})
    return ours.merge(theirs, on=["USUBJID", "SRCSEQ"], how="left", suffixes=("", "_pilot"), validate="1:1")


def test_pulse_baseline_days_and_change_after_treatment_are_the_pilots(pulse: pd.DataFrame) -> None:
    with_baseline = pulse[pulse.groupby("USUBJID")["ABLFL_pilot"].transform(lambda flags: (flags == "Y").any())]
    assert len(with_baseline) > 2500
    np.testing.assert_array_equal(with_baseline["ADY"], with_baseline["ADY_pilot"])
    np.testing.assert_array_equal(with_baseline["BASE"], with_baseline["BASE_pilot"])
    after = with_baseline[with_baseline["ADY"] > 1]
    np.testing.assert_allclose(after["CHG"], after["CHG_pilot"], rtol=1e-12, atol=1e-12)
    np.testing.assert_allclose(after["PCHG"], after["PCHG_pilot"], rtol=1e-12, atol=1e-12)
    assert with_baseline.loc[with_baseline["ADY"] <= 1, "CHG"].isna().all()
