"""Which formats of SAS, SPSS and Stata show dates and times, and which numbers or periods."""

import pytest
from rctflow.ingest.moments import moment_of, moment_text


@pytest.mark.parametrize(
    ("format", "moment"),
    [
        *[
            (name, "date")
            for name in ("DATE9.", "YYMMDD10.", "DDMMYYS8.", "E8601DA.", "WORDDATE18.", "MONYY7.", "date9.")
        ],
        *[(name, "datetime") for name in ("DATETIME20.", "E8601DT19.", "DATEAMPM.", "B8601DT.", "MDYAMPM25.2")],
        *[(name, "time") for name in ("TIME5.", "HHMM.", "TOD8.", "E8601TM8.", "TIMEAMPM11.")],
        *[(name, "") for name in ("BEST12.", "8.2", "", "$10.", "DATEFMT.", "TIMEPT.", "COMMA9.", "Z5.")],
    ],
)
def test_sas_formats(format: str, moment: str) -> None:
    assert moment_of(format, "sas") == moment


@pytest.mark.parametrize(
    ("format", "moment"),
    [
        ("EDATE10", "date"),
        ("ADATE8", "date"),
        ("DATETIME20", "datetime"),
        ("TIME8.2", "time"),
        ("WKDAY9", ""),
        ("F8", ""),
    ],
)
def test_spss_formats(format: str, moment: str) -> None:
    assert moment_of(format, "spss") == moment


@pytest.mark.parametrize(
    ("format", "moment"),
    [
        ("%td", "date"),
        ("%d", "date"),
        ("%-tdD_m_Y", "date"),
        ("%tc", "datetime"),
        ("%tcHH:MM:SS", "time"),
        ("%tcDDmonCCYY_HH:MM", "datetime"),
        ("%tm", "month"),
        ("%tC", ""),  # counts leap seconds: left as a number, which no date accepts
        ("%9.0g", ""),
        ("%10s", ""),
    ],
)
def test_stata_formats(format: str, moment: str) -> None:
    assert moment_of(format, "stata") == moment


def test_fractions_of_seconds_and_times_beyond_a_day_stay() -> None:
    assert moment_text([0.5, 100_000.0, -60.0], "time", "sas").to_pylist() == ["00:00:00.5", "27:46:40", "-00:01:00"]
    assert moment_text([1.25], "datetime", "sas").to_pylist() == ["1960-01-01T00:00:01.25"]
    assert moment_text([-0.5], "date", "sas").to_pylist() == ["1959-12-31"]
