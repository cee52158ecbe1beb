"""What figures show is what the rows say; the same rows give the same bytes."""

import math
import re
from dataclasses import replace
from pathlib import Path

import pytest
from rctflow.display import ArmLabel
from rctflow.figures.forest import draw_forest
from rctflow.figures.forest_panels import PANELS, panel_of
from rctflow.figures.profile import draw_profile
from rctflow.figures.style import house_style, new_figure, save_svg
from rctflow.figures.trajectories import courses_of, draw_trajectories, read_trajectories
from rctflow.results import compares_geometric_means

from tests.unit.figures.displayed_study import CONTRAST, ENDPOINTS, displays, records, rows

BY_ID = {endpoint.id: endpoint for endpoint in ENDPOINTS}
PCS, TUG, CRP, IL17 = (BY_ID[name] for name in ("sf36_pcs", "tug", "crp", "il17"))


def words(figure) -> list[str]:
    from matplotlib.text import Text

    return [text.get_text() for text in figure.findobj(Text) if text.get_text()]


def curve(figure, label):
    (line,) = [line for line in figure.axes[0].get_lines() if str(line.get_label()).startswith(label)]
    return line


def value(made, visit, who, statistic, analysis="primary", population="itt"):
    (found,) = [
        row.value
        for row in made
        if (row.analysis, row.population, row.visit, row.contrast or row.group, row.statistic)
        == (analysis, population, visit, who, statistic)
    ]
    return found


def test_profile_draws_the_ls_means_of_the_main_analysis_from_zero_at_baseline():
    made = rows(PCS)
    line = curve(draw_profile(made, displays(PCS)[0]), "MSC")
    expected = [0.0] + [value(made, v, "msc", "lsmean") for v in ("week1", "month1", "month2", "month3", "month6")]
    assert list(line.get_ydata()) == expected


def test_profile_stands_on_real_time_and_arms_are_dodged():
    figure = draw_profile(rows(PCS), displays(PCS)[0])
    placebo, msc = (list(curve(figure, arm).get_xdata())[1:] for arm in ("Placebo", "MSC"))
    middle = [(a + b) / 2 for a, b in zip(placebo, msc, strict=True)]
    assert middle == pytest.approx([7, 30, 60, 90, 180])
    assert all(a < b for a, b in zip(placebo, msc, strict=True))


def test_profile_prints_the_numbers_analysed_and_randomized():
    made = rows(PCS)
    shown = words(draw_profile(made, displays(PCS)[0]))
    assert "MSC (15 randomized)" in shown
    for visit in ("week1", "month6"):
        assert f"{value(made, visit, 'msc', 'n'):.0f}" in shown
    assert "Number analysed" in shown


def test_profile_without_a_model_shows_observed_means_of_the_same_population():
    made = [row for row in rows(PCS) if row.model == "descriptive"]
    figure = draw_profile(made, replace(displays(PCS)[0], main_analysis="descriptive"))
    expected = [value(made, v.id, "placebo", "mean", "descriptive") for v in displays(PCS)[0].visits]
    assert list(curve(figure, "Placebo").get_ydata()) == expected
    assert any("Observed mean" in text for text in words(figure))


def test_profile_of_a_ratio_is_logarithmic_and_starts_at_one():
    figure = draw_profile(rows(CRP), displays(CRP)[0])
    assert figure.axes[0].get_yscale() == "log"
    assert curve(figure, "MSC").get_ydata()[0] == 1


def test_profile_says_where_nothing_could_be_estimated():
    assert "not estimable" in words(draw_profile(rows(IL17), displays(IL17)[0]))


def test_profile_of_an_endpoint_that_failed_altogether_gives_the_reason():
    failed = [replace(row, value=None, status="failed", note="singular") for row in rows(PCS)]
    shown = words(draw_profile(failed, displays(PCS)[0]))
    assert any("No mean could be estimated: singular" in text for text in shown)


def test_forest_divides_by_the_pooled_baseline_sd_and_turns_the_sign_where_lower_is_better():
    made = rows(TUG)
    sd = [value(made, "baseline", arm, "sd", "descriptive") for arm in ("placebo", "msc")]
    pooled = math.sqrt((sd[0] ** 2 + sd[1] ** 2) / 2)
    figure = draw_forest({"tug": made}, [displays(TUG)[0]])
    point = [line for line in figure.axes[0].get_lines() if len(line.get_xdata()) == 1]
    assert point[0].get_xdata()[0] == pytest.approx(-value(made, "month6", CONTRAST, "estimate") / pooled)


def test_forest_prints_the_raw_estimate_in_its_unit_and_says_what_is_drawn():
    shown = words(draw_forest({"tug": rows(TUG)}, [displays(TUG)[0]]))
    estimate = value(rows(TUG), "month6", CONTRAST, "estimate")
    assert any(text.startswith(f"{estimate:.1f} (") and text.endswith(") s") for text in shown)
    assert any("Difference ÷ baseline SD; sign turned where lower is better" in text for text in shown)


def test_forest_has_a_line_for_each_experimental_arm_with_the_numbers_of_the_two_arms_compared():
    extra = [
        replace(r, group="high" if r.group else "", contrast=r.contrast.replace("msc", "high"))
        for r in rows(TUG)
        if r.group == "msc" or r.contrast
    ]
    extra = [replace(r, value=7.0) if r.group == "high" and r.statistic == "n" else r for r in extra]
    display = replace(displays(TUG)[0], arms=(*displays(TUG)[0].arms, ArmLabel("high", "High dose")))
    made = [*rows(TUG), *extra]
    shown = words(draw_forest({"tug": made}, [display]))
    n = [value(made, "month6", name, "n") for name in ("placebo", "msc")]
    assert "Timed up and go: MSC" in shown
    assert "Timed up and go: High dose" in shown
    assert {f"{n[0]:.0f} + {n[1]:.0f}", f"{n[0]:.0f} + 7"} <= set(shown)


def test_forest_draws_ratios_in_their_own_panel_with_right_in_favour_of_the_experimental_arm():
    made = {"tug": rows(TUG), "crp": rows(CRP), "il10": rows(BY_ID["il10"])}
    figure = draw_forest(made, [displays(BY_ID[name])[0] for name in made])
    limits = {axes.get_label(): axes.get_xlim() for axes in figure.axes}
    assert set(limits) == {"difference", "ratio_higher", "ratio_lower"}
    assert limits["ratio_lower"][0] > limits["ratio_lower"][1], "lower is better: the axis runs the other way"
    assert limits["ratio_higher"][0] < limits["ratio_higher"][1]


def test_forest_keeps_the_line_of_what_was_not_estimable():
    shown = words(draw_forest({"il17": rows(IL17)}, [displays(IL17)[0]]))
    assert "IL-17" in shown
    assert "not estimable" in shown


def test_forest_keeps_an_endpoint_without_any_row():
    assert "no comparison at the primary visit" in words(draw_forest({}, [displays(PCS)[0]]))


def proportions(endpoint, model):
    """The rows of ``endpoint`` with a main analysis of proportions: 20 and 60 %."""
    made = [row for row in rows(endpoint) if row.model == "descriptive"]
    like = next(row for row in rows(endpoint) if row.analysis == "primary" and row.visit == "month6" and row.contrast)

    def of(statistic, value, unit, **who):
        blank = {"group": "", "contrast": "", "status": "ok", "note": ""}
        return replace(like, **blank | who, statistic=statistic, value=value, unit=unit, model=model)

    for arm, percent in (("placebo", 20.0), ("msc", 60.0)):
        made += [of("n", 15, "", group=arm), of("proportion", percent, "%", group=arm)]
        made += [of("ci_low", percent - 15, "%", group=arm), of("ci_high", percent + 15, "%", group=arm)]
    for name, number in (("estimate", 40.0), ("ci_low", 4.6), ("ci_high", 66.4)):
        made.append(of(name, number, "percentage points", contrast=CONTRAST))
    return [*made, of("risk_ratio_estimate", 3.0, "ratio", contrast="msc / placebo")]


@pytest.mark.parametrize(("model", "drawn"), [("responder", 40.0), ("binary", -40.0)])
def test_forest_draws_differences_of_percentages_in_their_own_panel(model, drawn):
    """Of an endpoint where lower is better: to respond is good, to have the event is not."""
    figure = draw_forest({"tug": proportions(TUG, model)}, [displays(TUG)[0]])
    point = [line for line in figure.axes[0].get_lines() if len(line.get_xdata()) == 1]
    assert [line.get_xdata()[0] for line in point] == [drawn]
    shown = words(figure)
    assert "Differences of percentages" in shown and "40.0 (4.6 to 66.4)" in shown
    assert any(text.startswith("Percentage points") for text in shown)


def on_scale(endpoint, model, contrast, unit, numbers):
    """The rows of ``endpoint`` with a main analysis without means on another scale."""
    made = [row for row in rows(endpoint) if row.model == "descriptive"]
    like = next(row for row in rows(endpoint) if row.analysis == "primary" and row.visit == "month6" and row.contrast)
    for arm in ("placebo", "msc"):
        made.append(replace(like, model=model, group=arm, contrast="", statistic="n", value=15, unit="", note=""))
    for name, number in zip(("estimate", "ci_low", "ci_high"), numbers, strict=True):
        made.append(replace(like, model=model, contrast=contrast, statistic=name, value=number, unit=unit))
    return made


def test_forest_draws_win_probabilities_and_odds_ratios_in_panels_of_their_own():
    win = on_scale(TUG, "wilcoxon", "msc vs placebo", "win probability", (0.62, 0.41, 0.8))
    odds = on_scale(CRP, "proportional_odds", "msc / placebo", "odds ratio", (0.4, 0.1, 1.3))
    made = {"tug": win, "crp": odds, "il10": rows(BY_ID["il10"]), "sf36_pcs": rows(PCS)}
    figure = draw_forest(made, [displays(e)[0] for e in (TUG, CRP, BY_ID["il10"], PCS)])
    axes = {panel.get_label(): panel for panel in figure.axes}
    assert set(axes) == {"difference", "win", "ratio_higher", "odds_lower"}
    assert axes["win"].get_xlim() == pytest.approx((0.5 - 0.315, 0.5 + 0.315))
    points = [line.get_xdata()[0] for line in axes["win"].get_lines() if len(line.get_xdata()) == 1]
    assert points == [0.62], "a win is better for the patient already: no sign is turned although lower is better"
    assert axes["odds_lower"].get_xlim()[0] > axes["odds_lower"].get_xlim()[1]
    assert {"Win probabilities", "Odds ratios, lower is better", "0.62 (0.41 to 0.80)"} <= set(words(figure))


@pytest.mark.parametrize(("contrast", "unit"), [("msc vs placebo", "win probability"), ("msc / placebo", "odds ratio")])
def test_an_analysis_without_means_leaves_the_axis_of_values_linear(contrast, unit):
    made = on_scale(TUG, "wilcoxon", contrast, unit, (0.6, 0.4, 0.8))
    assert draw_profile(made, displays(TUG)[0]).axes[0].get_yscale() == "linear"
    assert not compares_geometric_means(row for row in made if row.analysis == "primary")
    assert compares_geometric_means(row for row in rows(CRP) if row.analysis == "primary")


def test_profile_of_proportions_shows_percentages_and_no_point_at_baseline():
    figure = draw_profile(proportions(TUG, "responder"), displays(TUG)[0])
    assert list(curve(figure, "MSC").get_ydata()) == [60.0]
    assert "Responders (%), 95% CI" in figure.axes[0].get_ylabel()


def test_trajectories_have_a_panel_per_arm_with_all_patients_and_the_mean_of_the_rows():
    made = rows(PCS)
    figure = draw_trajectories(records(PCS), made, displays(PCS)[0])
    assert [axes.get_title(loc="left") for axes in figure.axes] == ["Placebo (15 patients)", "MSC (15 patients)"]
    means = [value(made, v.id, "msc", "mean", "descriptive") for v in displays(PCS)[0].visits]
    (line,) = [line for line in figure.axes[1].get_lines() if line.get_label() == "Observed mean"]
    assert list(line.get_ydata()) == means


def test_values_assigned_to_patients_who_were_unable_are_crosses():
    figure = draw_trajectories(records(TUG), rows(TUG), displays(TUG)[0])
    (crosses,) = [line for line in figure.axes[0].get_lines() if line.get_marker() == "x"]
    assert set(crosses.get_ydata()) == {TUG.mean * 2}
    assert any("unable" in text for text in words(figure))


def test_unable_without_a_value_stands_on_the_worse_edge():
    columns = {
        "USUBJID": ["1", "1"],
        "ARM": ["msc", "msc"],
        "AVISIT": ["baseline", "month1"],
        "ADY": [0.0, None],
        "AVAL": [12.0, None],
        "AVALC": ["", "unable"],
        "DTYPE": ["", ""],
    }
    course = courses_of(columns, displays(TUG)[0])["msc"]["1"]
    assert (course.days, course.values, course.unable) == ([0.0], [12.0], [30.0])
    figure = draw_trajectories(columns, [], displays(TUG)[0])
    (cross,) = [line for line in figure.axes[1].get_lines() if line.get_marker() == "x"]
    assert list(cross.get_ydata()) == [0.98], "lower is better, so the worse edge is the upper one"


def test_trajectories_read_members_of_the_population_and_analysed_records_only(tmp_path):
    import pyarrow as pa
    import pyarrow.parquet as parquet

    adsl = {"USUBJID": ["1", "2"], "TRT01P": ["msc", "placebo"], "ITTFL": ["Y", "N"]}
    bds = {
        "USUBJID": ["1", "1", "1", "2"],
        "AVISIT": ["baseline", "week1", "week1", "week1"],
        "ADY": [0.0, 6.0, 8.0, 7.0],
        "AVAL": [1.0, 2.0, 3.0, 4.0],
        "AVALC": ["", "", "", ""],
        "DTYPE": ["", "", "", ""],
        "ANL01FL": ["", "Y", "", "Y"],
        "ABLFL": ["Y", "", "", ""],
    }
    for name, columns in (("adsl", adsl), ("bds", bds)):
        parquet.write_table(pa.table(columns), tmp_path / f"{name}.parquet")
    read = read_trajectories(tmp_path / "bds.parquet", tmp_path / "adsl.parquet", displays(PCS)[0])
    assert (read["AVAL"], read["ARM"]) == ([1.0, 2.0], ["msc", "msc"])


def saved(figure, path) -> bytes:
    save_svg(figure, path)
    return path.read_bytes()


@pytest.mark.parametrize("kind", ["profile", "trajectories", "forest"])
def test_the_same_rows_give_the_same_bytes_without_a_date(kind, tmp_path):
    def draw():
        made, display = rows(TUG), displays(TUG)[0]
        if kind == "profile":
            return draw_profile(made, display)
        return (
            draw_forest({"tug": made}, [display])
            if kind == "forest"
            else draw_trajectories(records(TUG), made, display)
        )

    first, second = saved(draw(), tmp_path / "1.svg"), saved(draw(), tmp_path / "2.svg")
    assert first == second
    assert not re.search(rb"<dc:date>|\d{4}-\d\d-\d\d|matplotlib\.org/\d|v3\.", first)


def test_a_users_matplotlib_settings_change_nothing(tmp_path):
    import matplotlib

    plain = saved(draw_profile(rows(PCS), displays(PCS)[0]), tmp_path / "1.svg")
    with matplotlib.rc_context({"font.size": 30, "axes.facecolor": "pink", "svg.hashsalt": "x", "axes.grid": True}):
        assert saved(draw_profile(rows(PCS), displays(PCS)[0]), tmp_path / "2.svg") == plain


@pytest.mark.parametrize(("per_arm", "limit"), [(235, 200_000), (1000, 300_000)])
def test_many_patients_stay_a_small_file(per_arm, limit, tmp_path):
    figure = draw_trajectories(records(PCS, per_arm), rows(PCS, per_arm), displays(PCS)[0])
    assert len(saved(figure, tmp_path / "many.svg")) < limit


@pytest.mark.parametrize("synthetic", [True, False])
def test_only_figures_of_synthetic_data_are_stamped(synthetic):
    display = displays(PCS, synthetic)[0]
    made = rows(PCS)
    figures = (
        draw_profile(made, display),
        draw_trajectories(records(PCS), made, display),
        draw_forest({"sf36_pcs": made}, [display]),
    )
    assert [("SYNTHETIC DATA" in words(figure)) for figure in figures] == [synthetic] * 3


def test_no_text_leaves_the_page_and_no_label_overlaps_another(monkeypatch):
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.text import Text

    drawn: list[Text] = []
    draw = Text.draw
    monkeypatch.setattr(Text, "draw", lambda text, renderer: (drawn.append(text), draw(text, renderer))[1])
    made = {endpoint.id: rows(endpoint) for endpoint in ENDPOINTS}
    long = tuple(ArmLabel(arm.id, f"{arm.label}, with a name that is far too long") for arm in displays(PCS)[0].arms)
    crowded = replace(displays(PCS)[0], label="An endpoint " * 12, unit="points of a scale", arms=long)
    for figure in (
        draw_profile(made["sf36_pcs"], displays(PCS)[0]),
        draw_profile(made["sf36_pcs"], crowded),
        draw_trajectories(records(PCS), made["sf36_pcs"], crowded),
        draw_forest(made, [displays(endpoint)[0] for endpoint in ENDPOINTS]),
    ):
        drawn.clear()
        canvas = FigureCanvasAgg(figure)
        canvas.draw()
        texts = [t for t in dict.fromkeys(drawn) if t.get_text().strip() and t.get_text() != "SYNTHETIC DATA"]
        boxes = [(t.get_text(), t.get_window_extent(canvas.get_renderer())) for t in texts]
        assert len(boxes) > 10
        for text, box in boxes:
            assert figure.bbox.x0 <= box.x0 and box.x1 <= figure.bbox.x1, text
            assert figure.bbox.y0 <= box.y0 and box.y1 <= figure.bbox.y1, text
        for i, (text, box) in enumerate(boxes):
            for other, second in boxes[i + 1 :]:
                apart = box.x1 <= second.x0 + 1 or second.x1 <= box.x0 + 1
                assert apart or box.y1 <= second.y0 + 1 or second.y1 <= box.y0 + 1, f"{text!r} overlaps {other!r}"


def test_text_is_drawn_with_the_font_that_matplotlib_brings_along_whatever_the_system_has():
    from matplotlib import font_manager, get_data_path
    from rctflow.figures import style

    style._own_fonts_only.cache_clear()
    with style.house_style():
        found = font_manager.findfont("DejaVu Sans")
    assert Path(found).resolve().is_relative_to(Path(get_data_path()).resolve())
    assert {font.name for font in font_manager.fontManager.ttflist} == {"DejaVu Sans"}


def panel(unit, higher_is_better):
    (row,) = [
        r
        for r in rows(CRP)
        if (r.analysis, r.population, r.visit, r.statistic) == ("primary", "itt", "month6", "estimate")
    ]
    return PANELS[panel_of(replace(row, unit=unit), higher_is_better)]


def test_a_ratio_of_zero_does_not_move_the_end_of_the_axis_to_infinity():
    assert panel("odds ratio", True).limits([0.0, 0.0, 0.2]) == panel("odds ratio", True).limits([0.2])


def test_a_profile_of_ratios_that_could_not_be_estimated_says_why(tmp_path):
    gone = {"value": None, "status": "not_estimable", "note": "every value is below the limit"}
    made = [replace(row, **gone) if row.group and row.statistic != "n" else row for row in rows(IL17)]
    figure = draw_profile(made, displays(IL17)[0])
    save_svg(figure, tmp_path / "profile.svg")
    assert any("No mean could be estimated: every value is below the limit" in word for word in words(figure))


def test_a_lower_hazard_is_drawn_to_the_right_where_longer_times_are_better():
    assert [panel("hazard ratio", longer).reversed for longer in (True, False)] == [True, False]
    assert [panel("rate ratio", higher).reversed for higher in (True, False)] == [False, True]
    assert panel("hazard ratio", True).column == "Hazard ratio"


def test_coordinates_are_rounded_and_words_are_not(tmp_path):
    with house_style():
        figure = new_figure(1.0)
        figure.text(1 / 3, 2 / 3, "0.123456 and rotate(-0 1.23456)")
        figure.text(0.5, 0.5, "turned", rotation=30)
    save_svg(figure, tmp_path / "a.svg")
    text = (tmp_path / "a.svg").read_text()
    assert ">0.123456 and rotate(-0 1.23456)</text>" in text
    assert ' x="160.56" y="24"' in text and "rotate(-30)" in text
    assert not re.search(r'(?: [xyd]|transform)="[^"]*\.\d{3}', text)
    assert "'DejaVu Sans', Verdana, sans-serif" in text
