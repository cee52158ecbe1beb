"""What the diagnostic figure shows, and what it says when the model has nothing to show."""

import pandas as pd
import pytest
from displayed_study import ENDPOINTS, displays
from displayed_study import rows as invented_rows
from rctflow.figures.diagnostics import draw_diagnostics, grouped, read_residuals
from rctflow.results import Result

ENDPOINT = ENDPOINTS[0]


@pytest.fixture
def display():
    return displays(ENDPOINT)[0]


def fitted_rows(display):
    """Correlation 0.5 to the power of the lag, as rows of the main analysis."""
    visits = [visit.id for visit in display.visits if visit.id != display.baseline_visit]
    shared = ("demo", display.endpoint, "", display.main_population, display.main_analysis, "primary", "mmrm")
    rows = [
        Result(*shared, one, "", "", f"correlation:{other}", 0.5 ** abs(i - j))
        for i, one in enumerate(visits)
        for j, other in enumerate(visits)
    ]
    return rows + [
        Result(*shared, "", "", "", name, value) for name, value in (("gradient_norm", 0.0), ("condition", 12.34))
    ]


def texts(figure):
    inside = [text.get_text() for axes in figure.axes for text in axes.texts]
    return [*inside, *(text.get_text() for text in figure.texts), *(axes.get_title(loc="left") for axes in figure.axes)]


def test_the_correlation_of_every_pair_of_visits_is_printed(display):
    figure = draw_diagnostics(fitted_rows(display), [-1.0, 0.1, 0.9], display)
    shown = texts(figure)
    n = len(display.visits) - 1
    assert shown.count("1.00") == n
    assert shown.count("0.50") == 2 * (n - 1)
    assert any("scaled gradient below 1e-8, condition of the covariance 12.3" in text for text in shown)


def test_residuals_stand_against_normal_quantiles(display):
    figure = draw_diagnostics(fitted_rows(display), [0.9, -1.0, 0.1], display)
    points = next(line for axes in figure.axes for line in axes.lines if line.get_marker() == "o")
    assert list(points.get_ydata()) == [-1.0, 0.1, 0.9]
    assert points.get_xdata()[1] == pytest.approx(0)


def test_a_model_without_correlation_or_residuals_says_so(display):
    shown = " ".join(texts(draw_diagnostics(invented_rows(ENDPOINT), [], display)))
    assert "no correlation" in shown
    assert "no\nnormalized residuals" in shown


def test_only_residuals_of_the_main_analysis_are_read(display, tmp_path):
    main = f"{display.main_analysis}.{display.main_population}.all_visits"
    file = tmp_path / "records.parquet"
    sets = [main, main, "other.itt.all_visits"]
    residuals = [0.5, float("nan"), 3.0]
    pd.DataFrame({"record_set": sets, "USUBJID": ["1", "2", "3"], "RESIDUAL": residuals}).to_parquet(file)
    assert read_residuals(file, display) == [0.5]


def test_a_group_of_residuals_has_as_many_patients_as_a_small_cell_needs():
    residuals = [(float(i), f"P{i // 3}") for i in range(30)]  # three residuals of each of ten patients, side by side
    assert grouped(residuals, 5) == [6.0] * 13 + [21.0] * 17


def test_restricted_residuals_of_too_few_patients_are_not_drawn():
    assert grouped([(0.1, "A"), (0.2, "A"), (0.3, "B")], 3) == []
