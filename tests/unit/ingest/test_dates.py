"""Dates and times as sites write them."""

import datetime as dt

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rctflow.ingest.dates import DateError, iso_text

DMY = "%d/%m/%Y"


@pytest.mark.parametrize(
    ("written", "format", "iso"),
    [
        ("2021-03-04", "", "2021-03-04"),
        ("2021-03", "", "2021-03"),
        ("2021", "", "2021"),
        ("2021-03-UNK", "", "2021-03"),
        ("2021-UN-UN", "", "2021"),
        ("2021---15", "", "2021"),
        ("04/03/2021", DMY, "2021-03-04"),
        ("4/3/2021", DMY, "2021-03-04"),
        ("UNK/03/2021", DMY, "2021-03"),
        ("un/unk/2021", DMY, "2021"),
        ("00/03/2021", DMY, "2021-03"),
        ("--/03/2021", DMY, "2021-03"),
        ("03/2021", DMY, "2021-03"),
        ("2021", DMY, "2021"),
        ("2021-03-04", DMY, "2021-03-04"),
        ("4-MAR-2021", "%d-%b-%Y", "2021-03-04"),
        ("UNK-Mar-2021", "%d-%b-%Y", "2021-03"),
        ("UN-UNK-2021", "%d-%b-%Y", "2021"),
        ("4 March 21", "%d %B %y", "2021-03-04"),
        ("04/03/68", "%d/%m/%y", "2068-03-04"),
        ("04/03/69", "%d/%m/%y", "1969-03-04"),
        ("2021/03", "%Y/%m/%d", "2021-03"),
        ("29/02/2020", DMY, "2020-02-29"),
    ],
)
def test_dates(written: str, format: str, iso: str) -> None:
    assert iso_text(written, "date", format) == iso


@pytest.mark.parametrize(
    ("written", "format", "iso"),
    [
        ("2021-03-04T10:20", "", "2021-03-04T10:20:00"),
        ("2021-03-04 10:20:30.5", "", "2021-03-04T10:20:30"),
        ("2021-03-04", "", "2021-03-04"),
        ("2021-03", "", "2021-03"),
        ("04/03/2021 1:05 pm", "%d/%m/%Y %I:%M %p", "2021-03-04T13:05:00"),
        ("04/03/2021 12:05 AM", "%d/%m/%Y %I:%M %p", "2021-03-04T00:05:00"),
    ],
)
def test_datetimes(written: str, format: str, iso: str) -> None:
    assert iso_text(written, "datetime", format) == iso


@pytest.mark.parametrize(("written", "format", "iso"), [("9:05", "", "09:05:00"), ("1005", "%H%M", "10:05:00")])
def test_times(written: str, format: str, iso: str) -> None:
    assert iso_text(written, "time", format) == iso


@pytest.mark.parametrize(
    ("written", "kind", "format"),
    [
        ("2021-02-30", "date", ""),
        ("2021-13-01", "date", ""),
        ("29/02/2021", "date", DMY),
        ("31/04/2021", "date", DMY),
        ("4-Mai-2021", "date", "%d-%b-%Y"),
        ("24:00", "time", ""),
        ("2021-03-04T25:00", "datetime", ""),
        ("13:00 pm", "time", "%I:%M %p"),
    ],
)
def test_days_that_do_not_exist_are_impossible(written: str, kind: str, format: str) -> None:
    with pytest.raises(DateError, match="impossible") as caught:
        iso_text(written, kind, format)  # type: ignore[arg-type]
    assert caught.value.impossible


@pytest.mark.parametrize(
    ("written", "format"),
    [("04/03/2021", ""), ("UNK", DMY), ("UNK/UNK/UNK", DMY), ("soon", ""), ("2021-03-04T10:20", "")],
)
def test_what_is_no_date(written: str, format: str) -> None:
    with pytest.raises(DateError, match="is not") as caught:
        iso_text(written, "date", format)
    assert not caught.value.impossible


def test_an_unknown_directive_is_named() -> None:
    with pytest.raises(DateError, match="uses %j"):
        iso_text("2021-063", "date", "%Y-%j")


@given(st.datetimes(min_value=dt.datetime(1900, 1, 1)), st.sampled_from([DMY, "%m/%d/%Y", "%Y%m%d", "%d.%m.%Y"]))
def test_every_day_is_read_as_strftime_writes_it(day: dt.datetime, format: str) -> None:
    assert iso_text(day.strftime(format), "date", format) == day.date().isoformat()
    timed = f"{format} %H:%M:%S"
    assert iso_text(day.strftime(timed), "datetime", timed) == day.replace(microsecond=0).isoformat()
