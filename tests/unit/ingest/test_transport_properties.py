"""Any table of numbers and texts that a SAS transport file can hold reads back as it was written."""

from pathlib import Path

import numpy as np
import pandas as pd
import pyreadstat
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from rctflow.ingest.forms import load_form
from rctflow.ingest.settings import Column, Ingest
from rctflow.ingest.transport import ieee_numbers

# what IBM numbers can hold (about 5e-79 to 7e75), without the range in which they lose digits at the ends
NUMBERS = st.floats(allow_nan=False, allow_infinity=False, width=64).filter(lambda x: x == 0 or 1e-70 < abs(x) < 1e70)
TEXTS = st.text(st.characters(codec="utf-8", exclude_categories=("Cc", "Cs")), min_size=1, max_size=20)
ROWS = st.lists(st.tuples(NUMBERS, TEXTS.map(str.rstrip).filter(bool)), min_size=1, max_size=8)


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(rows=ROWS, version=st.sampled_from([5, 8]))
def test_numbers_and_texts_read_back(tmp_path: Path, rows: list[tuple[float, str]], version: int) -> None:
    frame = pd.DataFrame(rows, columns=["X", "T"])
    path = tmp_path / "t.xpt"
    pyreadstat.write_xport(frame, path, file_format_version=version, table_name="T")
    form = load_form(path, Ingest("t", "xpt", {"X": Column(), "T": Column()}), where="tables.t")
    assert [float(text) for text in form.columns["X"].to_pylist()] == frame["X"].tolist()
    # pyreadstat's writer pads with blanks; a text may end in other white space, which stays
    assert form.columns["T"].to_pylist() == [text.rstrip(" ") for text in frame["T"]]


@pytest.mark.parametrize(
    ("bytes_", "value"),
    [
        # TS-140 and the IBM System/370 principles of operation: 1, -1, 118.625 negative, the smallest normalized
        ("4110000000000000", 1.0),
        ("C110000000000000", -1.0),
        ("C276A00000000000", -118.625),
        ("0010000000000000", 16.0**-65),
        ("0000000000000000", 0.0),
        ("401999999999999A", 0.1),
    ],
)
def test_ibm_numbers_by_their_definition(bytes_: str, value: float) -> None:
    values, codes = ieee_numbers(np.frombuffer(bytes.fromhex(bytes_), np.uint8).reshape(1, 8))
    assert values[0] == value
    assert codes is None


def test_special_missing_values_by_their_bytes() -> None:
    cells = np.array([[byte, *bytes(7)] for byte in b".A_Z"], np.uint8)
    values, codes = ieee_numbers(cells)
    assert np.isnan(values).all()
    assert codes.tolist() == ["", ".A", "._", ".Z"]
