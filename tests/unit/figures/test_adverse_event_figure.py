"""The dot plot of adverse events: which terms, in which order, and nothing of what is suppressed."""

import pytest
from rctflow.display import ArmLabel, StudyDisplay
from rctflow.figures.adverse_events import MOST, draw_adverse_events, terms_of
from rctflow.figures.style import save_svg
from rctflow.results import SUPPRESSED, Result

DISPLAY = StudyDisplay(arms=(ArmLabel("placebo", "Placebo"), ArmLabel("low", "Low"), ArmLabel("high", "High")))


def rows_of(terms: dict[str, tuple[float | None, ...]]) -> list[Result]:
    """Term -> percent in each arm; differences from the first arm with limits 20 points away."""
    made: list[Result] = []

    def add(level: str, group: str, contrast: str, statistic: str, value: float | None) -> None:
        told = {} if value is not None else {"status": "not_estimable", "note": SUPPRESSED}
        shared = dict.fromkeys(("estimand", "role", "visit"), "")
        fixed = {"study": "t", "endpoint": "adverse_events", "population": "safety", "model": "summary"}
        made.append(
            Result(
                analysis=level,
                group=group,
                contrast=contrast,
                statistic=statistic,
                value=value,
                **shared,
                **fixed,
                **told,
            )
        )

    add("emergent:Gut", "placebo", "", "percent", 50)
    for term, percents in terms.items():
        for arm, percent in zip(("placebo", "low", "high"), percents, strict=True):
            add(f"emergent:Gut/{term}", arm, "", "percent", percent)
        for arm, percent in zip(("low", "high"), percents[1:], strict=True):
            known = percent is not None and percents[0] is not None
            difference = percent - percents[0] if known else None
            for name, by in (("estimate", 0), ("ci_low", -20), ("ci_high", 20)):
                add(
                    f"emergent:Gut/{term}",
                    "",
                    f"{arm} - placebo",
                    name,
                    None if difference is None else difference + by,
                )
    return made


def texts(figure) -> list[str]:
    return [text.get_text() for text in figure.texts]


def test_terms_are_sorted_by_the_first_risk_difference():
    figure = draw_adverse_events(rows_of({"A": (10, 5, 10), "B": (0, 40, 10), "C": (5, 5, 5)}), DISPLAY)
    assert [words for words in texts(figure) if words in ("A", "B", "C")] == ["B", "C", "A"]
    assert "40.0 (20.0 to 60.0)" in texts(figure)


def test_nothing_of_a_suppressed_arm_is_drawn():
    rows = rows_of({"A": (10, None, 30), "B": (None, None, None)})
    assert [term.label for term in terms_of(rows, DISPLAY)] == ["A"]
    figure = draw_adverse_events(rows, DISPLAY)
    assert texts(figure).count("not shown") == 1 and "B" not in texts(figure)
    dots = [line for line in figure.axes[0].get_lines() if line.get_marker() not in ("None", "", None)]
    assert len(dots) == 2


def test_of_too_many_terms_the_most_frequent_are_drawn_and_the_rest_is_counted():
    figure = draw_adverse_events(rows_of({f"T{n:02d}": (n, n, n) for n in range(MOST + 4)}), DISPLAY)
    assert sum(words.startswith("T") and len(words) == 3 for words in texts(figure)) == MOST
    assert "T03" not in texts(figure) and any("4 further ones" in words.replace("\n", " ") for words in texts(figure))


@pytest.mark.parametrize("terms", [{}, {"=1+1 <b>": (0, 0, 0)}])
def test_no_term_at_all_and_terms_without_a_patient(terms, tmp_path):
    figure = draw_adverse_events(rows_of(terms), DISPLAY)
    for name in ("a.svg", "b.svg"):
        save_svg(figure, tmp_path / name)
    assert (tmp_path / "a.svg").read_bytes() == (tmp_path / "b.svg").read_bytes()
