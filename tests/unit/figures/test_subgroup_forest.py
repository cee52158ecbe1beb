"""The forest of subgroups: what its lines say and where they are drawn."""

from dataclasses import replace

from rctflow.display import ArmLabel, Display, VisitLabel
from rctflow.figures.style import save_svg
from rctflow.figures.subgroups import draw_subgroups
from rctflow.results import Result

ARMS = (ArmLabel("placebo", "Placebo"), ArmLabel("drug", "Drug"))
DISPLAY = Display(
    *("walk", "Walk", "s", "lower", 1, "primary", ARMS, (VisitLabel("week8", "Week 8", 56),)),
    *("", "week8", "ancova", "itt", "ITTFL"),
)


def row(statistic, value, group="", contrast="", unit=""):
    status, note = ("ok", "") if value is not None else ("not_estimable", "no subject of drug")
    place = ("tiny", "walk", "policy", "itt", "ancova", "primary", "ancova", "week8", group, contrast)
    return Result(*place, statistic, value, unit, "ANCOVA", status, note)


def compared(where, values, counts, contrast="drug - placebo", name="subgroup_n"):
    rows = [row(f"{name}{where}", n, group=arm) for arm, n in zip(("placebo", "drug"), counts, strict=True)]
    names = (f"estimate{where}", f"ci_low{where}", f"ci_high{where}")
    unit = "ratio" if "/" in contrast else "s"
    return rows + [row(n, v, "", contrast, unit) for n, v in zip(names, values, strict=True)]


def trial(contrast="drug - placebo", lost=(None, None, None)):
    return [
        *compared("", (2, 1, 4), (20, 21), contrast, "n"),
        *compared(":AGE=<70", (3, 1, 5), (10, 11), contrast),
        *compared(":AGE=>=70", lost, (10, 0), contrast),
        row("interaction_p_value:AGE", 0.0004),
    ]


def drawn(rows, display=DISPLAY):
    figure = draw_subgroups(rows, display, {"AGE": "Age, years"})
    return figure, [text.get_text() for text in figure.texts]


def test_lines_say_numbers_estimates_and_one_p_of_interaction():
    figure, texts = drawn(trial())
    assert {"All", "20 + 21", "2.0 (1.0 to 4.0)"} <= set(texts)
    assert {"    <70", "10 + 11", "3.0 (1.0 to 5.0)"} <= set(texts)
    assert {"    >=70", "10 + 0", "not estimable"} <= set(texts)
    assert {"Age, years", "interaction p: <0.001"} <= set(texts)
    assert sum("p:" in text for text in texts) == 1
    centres = [line.get_xdata()[0] for line in figure.axes[0].lines if line.get_marker() not in ("None", None, "")]
    assert centres == [2, 3]


def test_ratios_are_drawn_on_a_logarithmic_axis():
    figure, texts = drawn(trial("drug / placebo"))
    assert figure.axes[0].get_xscale() == "log"
    assert "2.00 (1.00 to 4.00)" in texts


def test_the_same_rows_give_the_same_bytes(tmp_path):
    for name in ("one.svg", "two.svg"):
        save_svg(drawn(trial())[0], tmp_path / name)
    assert (tmp_path / "one.svg").read_bytes() == (tmp_path / "two.svg").read_bytes()


def test_ratios_beside_the_differences_of_an_analysis_of_proportions_are_not_drawn():
    beside = compared("", (0.5, 0.3, 0.9), (20, 21), "drug / placebo", "n")[2:]
    points = [replace(r, unit="percentage points") if r.unit else r for r in trial()]
    figure, texts = drawn(points + beside)
    assert figure.axes[0].get_xscale() == "linear"
    assert figure.axes[0].get_xlabel() == "Difference, percentage points (lower is better)"
    assert "0.50 (0.30 to 0.90)" not in texts
