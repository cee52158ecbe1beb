"""eDISH: one mark per patient, on logarithmic axes, with the lines of Hy's law."""

import pandas as pd
import pytest
from rctflow.display import ArmLabel, StudyDisplay
from rctflow.figures.edish import Peak, Quadrants, draw_edish, peaks_of
from rctflow.figures.style import save_svg

DISPLAY = StudyDisplay((ArmLabel("placebo", "Placebo"), ArmLabel("msc", "MSC")), synthetic=True)
PEAKS = [Peak("placebo", 0.6, 0.9), Peak("msc", 4.0, 2.5), Peak("msc", 12.0, 0.0)]


@pytest.fixture(scope="module")
def figure():
    return draw_edish(PEAKS, Quadrants(3, 2), DISPLAY)


def test_each_patient_stands_at_the_peaks(figure):
    (axes,) = figure.axes
    assert (axes.get_xscale(), axes.get_yscale()) == ("log", "log")
    marks = {line.get_label(): line for line in axes.lines if line.get_linestyle() == "None"}
    assert list(marks) == ["Placebo (n = 1)", "MSC (n = 2)"]
    x, y = marks["MSC (n = 2)"].get_data()
    assert list(x) == [4.0, 12.0]
    assert list(y) == [2.5, axes.get_ylim()[0]]  # a value of 0 stands on the edge


def test_lines_stand_where_hys_law_looks(figure):
    dashed = [line for line in figure.axes[0].lines if line.get_linestyle() == "--"]
    assert next(line.get_xdata()[0] for line in dashed) == 3
    assert [line.get_ydata()[0] for line in dashed][1] == 2


def test_simulated_data_are_stamped_and_the_bytes_are_the_same(figure, tmp_path):
    assert "SYNTHETIC DATA" in [text.get_text() for text in figure.texts]
    for name in ("one.svg", "two.svg"):
        save_svg(draw_edish(PEAKS, Quadrants(3, 2), DISPLAY), tmp_path / name)
    assert (tmp_path / "one.svg").read_bytes() == (tmp_path / "two.svg").read_bytes()


def test_nobody_is_an_empty_figure():
    assert draw_edish([], Quadrants(3, 2), DISPLAY).axes


def test_peaks_come_from_a_table_with_a_row_per_patient():
    table = pd.DataFrame({"ARM": ["msc"], "TRANSAMINASE": [4.0], "BILIRUBIN": [2.5], "QUADRANT": ["hys_law"]})
    assert peaks_of(table) == [PEAKS[1]]
