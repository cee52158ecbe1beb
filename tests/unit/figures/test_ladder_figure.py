"""The ladder as drawn: order, marks, scales, and what stands where there is no interval."""

from dataclasses import replace

from rctflow.display import ArmLabel, Display, VisitLabel
from rctflow.figures.ladder import draw_ladder
from rctflow.figures.style import save_svg
from rctflow.results import Result

ARMS = (ArmLabel("placebo", "Placebo"), ArmLabel("msc", "MSC"))
DISPLAY = Display(
    *("walk", "Walk", "s", "lower", 1, "primary", ARMS, (VisitLabel("week8", "Week 8", 56),)),
    *("", "week8", "mmrm", "itt", "ITTFL"),
    analysis_order=("ancova", "mmrm", "responder"),
    synthetic=True,
)


def row(analysis, statistic, value, contrast="msc - placebo", unit="s", note="", group=""):
    status = "ok" if value is not None else "not_estimable"
    place = ("tiny", "walk", "policy", "itt", analysis, "sensitivity", "x", "week8", group, "" if group else contrast)
    return Result(*place, statistic, value, unit, "m", status, note)


def comparison(analysis, values, p, prefix="", **more):
    names = (f"{prefix}estimate", f"{prefix}ci_low", f"{prefix}ci_high")
    rows = [row(analysis, n, v, **more) for n, v in zip(names, values, strict=True)]
    return [*rows, row(analysis, f"{prefix}p_value", p, **more | {"unit": ""})]


UNRELIABLE = "unreliable: 12 patients in the smallest arm, fewer than 20"
ROWS = [
    *comparison("ancova", (3, 1, 5), 0.001),
    *comparison("mmrm", (2, -1, 5), 0.2),
    *(row("mmrm", "n", n, unit="", group=arm) for arm, n in (("placebo", 12), ("msc", 13))),
    row("mmrm", "randomization_p_value", 0.25, unit="", note="no interval: only for shifts"),
    row("mmrm", "bootstrap_ci_low", -2.0, note=UNRELIABLE),
    row("mmrm", "bootstrap_ci_high", 6.0, note=UNRELIABLE),
    *comparison("responder", (20, -5, 44), 0.1, unit="percentage points"),
    *comparison("responder", (1.5, 0.8, 4), 0.1, prefix="risk_ratio_", contrast="msc / placebo", unit="risk ratio"),
]


def drawn(rows=ROWS, display=DISPLAY):
    figure = draw_ladder(rows, display)
    return figure, {text.get_text(): text for text in figure.texts}


def marks(axes):
    """(height, estimate, marker) from top to bottom."""
    found = [(line.get_ydata()[0], line.get_xdata()[0], line.get_marker()) for line in axes.lines]
    return sorted(((y, x, m) for y, x, m in found if m not in ("None", "", None)), reverse=True)


def test_the_main_analysis_is_first_and_marked_and_the_config_orders_the_others():
    figure, texts = drawn()
    names = ("mmrm", "randomization test", "bootstrap, BCa (unreliable)", "ancova", "responder", "risk ratio")
    heights = [texts[name].get_position()[1] for name in names]
    assert heights == sorted(heights, reverse=True)
    assert texts["mmrm"].get_fontweight() == "bold" and texts["ancova"].get_fontweight() == "normal"
    assert [(x, m) for _, x, m in marks(figure.axes[0])] == [(2, "D"), (2, "s"), (3, "s")]
    assert {"12 + 13", "0.200", "main analysis; itt"} <= set(texts)


def test_each_scale_has_an_axis_of_its_own():
    figure, _ = drawn()
    assert [axes.get_xlabel().replace("\n", " ") for axes in figure.axes] == [
        *("Difference, s", "Percentage points", "Risk ratio"),
    ]
    assert [axes.get_xscale() for axes in figure.axes] == ["linear", "linear", "log"]
    heights = [marks(axes)[-1][0] for axes in figure.axes]
    assert heights == sorted(heights, reverse=True)


def test_p_stands_alone_where_there_is_no_interval_and_the_reason_below():
    _, texts = drawn()
    assert "p alone (a)" in texts
    assert "a: no interval: only for shifts." in texts
    _, texts = drawn(
        [*ROWS[:4], *(row("mmrm", n, None, note="nobody left") for n in ("estimate", "ci_low", "ci_high"))]
    )
    assert {"not estimable (a)", "a: nobody left."} <= set(texts)


def test_a_test_that_could_not_be_made_is_not_a_p_alone():
    _, texts = drawn([*ROWS[:4], row("mmrm", "cmh_p_value", None, unit="", note="no stratum with both arms")])
    assert {"not estimable (a)", "a: no stratum with both arms."} <= set(texts)


def test_a_set_without_an_estimand_says_so_beside_its_analysis():
    outside = [replace(r, population="pp", estimand="none") for r in comparison("mmrm", (4, 0, 8), 0.05)]
    texts = drawn([*ROWS, *outside])[1]
    assert [text for text in texts if "†" in text and ": " not in text] == ["† sensitivity; pp"]
    assert any(text.startswith("†: no estimand; the set selects patients") for text in texts)


def test_a_bootstrap_without_an_interval_is_not_a_p_alone():
    lost = [
        row("mmrm", f"bootstrap_{end}", None, note="the draws do not give an interval") for end in ("ci_low", "ci_high")
    ]
    _, texts = drawn([*ROWS[:4], *comparison("mmrm", (2, -1, 5), 0.2), *lost])
    assert "not estimable (a)" in texts and "p alone (a)" not in texts


def test_a_ratio_of_zero_leaves_an_axis_that_can_be_drawn(tmp_path):
    zero = comparison("mmrm", (0, 0, 0.2), 0.001, "risk_ratio_", contrast="msc / placebo", unit="risk ratio")
    figure, texts = drawn([*ROWS[:8], *zero])
    save_svg(figure, tmp_path / "ladder.svg")
    low, high = figure.axes[-1].get_xlim()
    assert 0 < low < 0.2 < 1 < high
    assert "0.00 (0.00 to 0.20)" in texts


def test_an_unreliable_interval_is_dotted_and_says_so():
    figure, texts = drawn()
    dotted = [line for line in figure.axes[0].lines if line.get_linestyle() == ":"]
    assert [list(line.get_xdata()) for line in dotted] == [[-2.0, 6.0]]
    assert f"Dotted intervals are {UNRELIABLE}." in texts
    assert "(-2.0 to 6.0)" in texts


def test_with_more_scales_the_axes_take_the_room_of_the_words():
    more = comparison("responder", (2, 0.7, 6), 0.2, "odds_ratio_", contrast="msc / placebo", unit="odds ratio")
    figure, texts = drawn([*ROWS, *more])
    assert len(figure.axes) == 4
    assert "2.0 (-1.0 to 5.0)" not in texts and "p alone (a)" in texts


def dashed_at(figure):
    return [line.get_xdata()[0] for axes in figure.axes for line in axes.lines if line.get_linestyle() == "--"]


def test_three_arms_are_named_and_nothing_to_compare_is_said():
    arms = (*ARMS, ArmLabel("high", "High"))
    figure, texts = drawn(
        [*ROWS, *comparison("mmrm", (1, 0, 2), 0.3, contrast="high - placebo")], replace(DISPLAY, arms=arms)
    )
    assert {"mmrm: MSC", "mmrm: High"} <= set(texts)
    assert dashed_at(figure) == [] and not any("Dashed" in text for text in texts)
    figure, texts = drawn()
    assert dashed_at(figure) == [2.0] and any("Dashed: the main estimate." in text for text in texts)
    assert "No analysis compares the arms at this visit" in drawn([])[1]


def test_the_same_rows_give_the_same_bytes_and_say_synthetic(tmp_path):
    for name in ("one.svg", "two.svg"):
        save_svg(drawn()[0], tmp_path / name)
    assert (tmp_path / "one.svg").read_bytes() == (tmp_path / "two.svg").read_bytes()
    assert "SYNTHETIC DATA" in (tmp_path / "one.svg").read_text()
