"""The graph of a graphical procedure: what is written in it, and that nothing stands on anything else."""

import math
from itertools import combinations

import pytest
from rctflow.display import ArmLabel, Display
from rctflow.figures.style import save_svg
from rctflow.figures.testing_graph import BENT, RADIUS, bend, draw_testing_graph, places_of
from rctflow.hypotheses import Family, Hypothesis
from rctflow.results import Result


def family(names, first=1):
    hypotheses = tuple(Hypothesis(name, name, "ancova", "itt", "week8", "drug") for name in names)
    transitions = {a: {b: 1 / (len(names) - 1) for b in names if b != a} for a in names}
    return Family("graphical", hypotheses, "Main", 0.05, dict.fromkeys(names[:first], 1 / first), transitions)


def display(endpoint):
    arms = (ArmLabel("placebo", "Placebo"), ArmLabel("drug", "Drug"))
    shared = ("s", "lower", 1, "secondary", arms, (), "", "week8", "ancova", "itt", "ITTFL")
    return Display(endpoint, f"Label of {endpoint}", *shared, synthetic=True)


def decided(name, value):
    place = ("tiny", name, "policy", "itt", "ancova", "secondary", "multiplicity", "week8", "", "drug - placebo")
    return Result(*place, "rejected:main", value)


def test_every_hypothesis_its_share_and_its_decision_are_written():
    names = ("a", "b", "c")
    drawn = draw_testing_graph("main", family(names), [decided("a", 1.0), decided("b", 0.0)], [*map(display, names)])
    texts = [text.get_text().replace("\n", " ") for text in (*drawn.texts, *drawn.axes[0].texts)]
    assert {"Label of a", "Label of b", "Label of c", "SYNTHETIC DATA", "Main"} <= set(texts)
    assert {"1 · rejected", "0 · not rejected", "0 · not estimable"} <= set(texts)
    assert texts.count("0.5") == 6


@pytest.mark.parametrize(("n", "first"), [(1, 1), (2, 1), (4, 1), (6, 2), (6, 6), (8, 3)])
def test_no_two_circles_touch(n, first):
    places = places_of(family([f"h{i}" for i in range(n)], first) if n > 1 else Family("graphical", (Hypothesis("a"),)))
    assert all(math.dist(a, b) > 2 * RADIUS for a, b in combinations(places.values(), 2))


def test_an_arrow_goes_round_the_circle_between_its_ends():
    places = {"a": (-2.0, 0.0), "b": (0.0, 0.0), "c": (2.0, 0.0)}
    assert bend("a", "b", places) == BENT
    assert bend("a", "c", places) * 4 / 2 > RADIUS


def test_the_same_family_gives_the_same_bytes(tmp_path):
    for name in ("one.svg", "two.svg"):
        drawn = draw_testing_graph("main", family(("a", "b")), [decided("a", 1.0)], [display("a"), display("b")])
        save_svg(drawn, tmp_path / name)
    assert (tmp_path / "one.svg").read_bytes() == (tmp_path / "two.svg").read_bytes()
