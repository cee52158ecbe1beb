"""Adjusted p-values against statsmodels, against published examples, and against closed testing by brute force."""

import json
from fractions import Fraction
from itertools import combinations, pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rctflow.inference.multiplicity import (
    benjamini_hochberg,
    fixed_sequence,
    graphical,
    hochberg,
    holm,
    hommel,
)

probability = st.floats(0.0001, 1)
families = st.lists(probability, min_size=1, max_size=6)
UNWEIGHTED = (fixed_sequence, holm, hochberg, hommel, benjamini_hochberg)


def close(found, expected):
    assert list(found) == pytest.approx(list(expected), rel=1e-12, abs=1e-15)


def holm_graph(m):
    rows = [[0.0 if i == j else 1 / (m - 1) for j in range(m)] for i in range(m)] if m > 1 else [[0.0]]
    return [1 / m] * m, rows


def sequence_graph(m):
    return [1.0] + [0.0] * (m - 1), [[float(j == i + 1) for j in range(m)] for i in range(m)]


@st.composite
def graphs(draw):
    """p-values, shares and transitions of up to four hypotheses, rows that sum to less than one among them."""
    m = draw(st.integers(1, 4))
    share = st.floats(0, 1)
    raw = draw(st.lists(share, min_size=m, max_size=m))
    total = max(1.0, sum(raw)) * draw(st.sampled_from([1.0, 1.25]))
    rows = []
    for i in range(m):
        row = [0.0 if j == i else draw(st.sampled_from([0, 0, 0.25, 0.5, 1])) for j in range(m)]
        scale = max(1.0, sum(row))
        rows.append([value / scale for value in row])
    return draw(st.lists(probability, min_size=m, max_size=m)), [value / total for value in raw], rows


@pytest.mark.parametrize(
    ("procedure", "name"),
    [(holm, "holm"), (hochberg, "simes-hochberg"), (hommel, "hommel"), (benjamini_hochberg, "fdr_bh")],
)
def test_adjusted_p_values_equal_statsmodels(procedure, name):
    from numpy.random import default_rng
    from statsmodels.stats.multitest import multipletests

    draws = default_rng(20)
    for m in (1, 2, 3, 5, 8, 20):
        for p in (draws.uniform(0, 1, m), draws.uniform(0, 0.1, m), draws.choice([0.01, 0.02, 0.3], m)):
            close(procedure.adjust(p.tolist()).p_adjusted, multipletests(p, method=name)[1])


def simes(p):
    return min(len(p) * value / k for k, value in enumerate(sorted(p), 1))


def closed(p, local):
    """Closed testing by brute force: the largest local p-value of all intersections that contain the hypothesis."""
    sets = [s for size in range(1, len(p) + 1) for s in combinations(range(len(p)), size)]
    of_sets = {s: local(s) for s in sets}
    return [min(1.0, max(value for s, value in of_sets.items() if i in s)) for i in range(len(p))]


@given(families)
def test_hommel_is_the_closed_simes_test(p):
    close(hommel.adjust(p).p_adjusted, closed(p, lambda s: simes([p[i] for i in s])))


@given(families)
def test_holm_is_the_closed_bonferroni_test(p):
    close(holm.adjust(p).p_adjusted, closed(p, lambda s: len(s) * min(p[i] for i in s)))


def shares_of(kept, shares, rows):
    """The shares of an intersection: the others handed theirs on, one after the other (Bretz et al. 2011)."""
    shares, rows, left = list(shares), [list(row) for row in rows], list(range(len(shares)))
    for gone in [i for i in left if i not in kept]:
        new = [row[:] for row in rows]
        left = [i for i in left if i != gone]
        for i in left:
            shares[i] += shares[gone] * rows[gone][i]
            for j in left:
                loop = rows[i][gone] * rows[gone][i]
                if i != j:
                    new[i][j] = 0.0 if loop >= 1 else (rows[i][j] + rows[i][gone] * rows[gone][j]) / (1 - loop)
        rows = new
    return shares


@given(graphs())
def test_a_graph_is_the_closed_test_of_its_weighted_bonferroni_tests(drawn):
    p, shares, rows = drawn

    def local(s):
        passed = shares_of(s, shares, rows)
        return min((p[i] / passed[i] for i in s if passed[i] > 0), default=float("inf"))

    found = graphical.adjust(p, shares, rows).p_adjusted
    assert list(found) == pytest.approx(closed(p, local), rel=1e-9)


def sequentially_rejected(p, shares, rows, alpha):
    """Bretz et al. 2009, algorithm 1: reject whatever can be rejected at its level, in the declared order."""
    left, graph, rejected = list(range(len(p))), rows, set()
    while can := [i for i in left if shares[i] > 0 and p[i] <= shares[i] * alpha]:
        rejected.add(can[0])
        left = [i for i in left if i != can[0]]
        shares, graph = graphical.passed_on(shares, graph, can[0], left)
    return rejected


@given(graphs(), st.floats(0.01, 0.9))
def test_adjusted_p_values_decide_as_the_sequential_algorithm_does(drawn, alpha):
    p, shares, rows = drawn
    adjusted = graphical.adjust(p, shares, rows).p_adjusted
    if all(abs(value - alpha) > 1e-9 for value in adjusted):
        rejected = {i for i, value in enumerate(adjusted) if value <= alpha}
        assert rejected == sequentially_rejected(p, shares, rows, alpha)


@given(families)
def test_holm_is_a_graph(p):
    close(graphical.adjust(p, *holm_graph(len(p))).p_adjusted, holm.adjust(p).p_adjusted)


@given(families)
def test_a_fixed_sequence_is_a_graph(p):
    found = graphical.adjust(p, *sequence_graph(len(p)))
    expected = fixed_sequence.adjust(p)
    close(found.p_adjusted, expected.p_adjusted)
    assert found.order == expected.order
    assert found.weights == expected.weights


@given(families, st.data())
def test_the_order_of_declaration_decides_nothing_but_in_a_sequence(p, data):
    turned = data.draw(st.permutations(range(len(p))))
    for procedure in UNWEIGHTED[1:]:
        found = procedure.adjust([p[i] for i in turned]).p_adjusted
        close(found, [procedure.adjust(p).p_adjusted[i] for i in turned])


@given(graphs(), st.data())
def test_the_order_of_declaration_decides_nothing_in_a_graph(drawn, data):
    p, shares, rows = drawn
    turned = data.draw(st.permutations(range(len(p))))
    found = graphical.adjust(
        [p[i] for i in turned], [shares[i] for i in turned], [[rows[i][j] for j in turned] for i in turned]
    )
    expected = graphical.adjust(p, shares, rows).p_adjusted
    assert list(found.p_adjusted) == pytest.approx([expected[i] for i in turned], rel=1e-9)


@given(families, st.data())
def test_a_larger_p_value_never_makes_another_adjusted_one_smaller(p, data):
    i = data.draw(st.integers(0, len(p) - 1))
    raised = [*p[:i], min(1.0, p[i] * 1.5), *p[i + 1 :]]
    for procedure in UNWEIGHTED:
        before, after = procedure.adjust(p).p_adjusted, procedure.adjust(raised).p_adjusted
        assert all(new >= old - 1e-12 for old, new in zip(before, after, strict=True))


@given(families)
def test_procedures_stand_in_their_known_order_of_power(p):
    bh, simes_closed, step_up, step_down = (
        procedure.adjust(p).p_adjusted for procedure in (benjamini_hochberg, hommel, hochberg, holm)
    )
    for raw, *adjusted in zip(p, bh, simes_closed, step_up, step_down, strict=True):
        ladder = [raw, *adjusted, min(1.0, len(p) * raw)]
        assert all(low <= high + 1e-12 for low, high in pairwise(ladder))


def test_graphs_of_other_programs(root):
    cases = json.loads((root / "tests/reference/multiplicity/graphs.json").read_text())["cases"]
    for case in cases:
        shares = [float(Fraction(value)) for value in case["weights"]]
        rows = [[float(Fraction(value)) for value in row] for row in case["transitions"]]
        found = graphical.adjust(case["p"], shares, rows).p_adjusted
        assert [value <= case["alpha"] for value in found] == case["rejected"], case["source"]
        if "p_adjusted" in case:
            close(found, case["p_adjusted"])
        left = list(range(len(shares)))
        for gone in [i for i in left if case["rejected"][i]]:
            left = [i for i in left if i != gone]
            shares, rows = graphical.passed_on(shares, rows, gone, left)
        for i, row in case["left"].items():
            close(rows[int(i)], [float(Fraction(value)) for value in row])


def test_shares_and_transitions_after_each_rejection_of_the_improved_parallel_gatekeeper():
    """The graph of Bretz et al. 2009, section 3.2, by hand: two primary, two secondary hypotheses."""
    shares = [0.5, 0.5, 0.0, 0.0]
    rows = [[0, 0.5, 0.5, 0], [0.5, 0, 0, 0.5], [0, 1, 0, 0], [1, 0, 0, 0]]
    shares, rows = graphical.passed_on(shares, rows, 0, [1, 2, 3])
    assert shares == [0, 0.75, 0.25, 0]
    close(rows[1], [0, 0, 1 / 3, 2 / 3])
    assert rows[2] == [0, 1, 0, 0]
    assert rows[3] == [0, 0.5, 0.5, 0]
    shares, rows = graphical.passed_on(shares, rows, 2, [1, 3])
    assert shares == [0, 1, 0, 0]
    close([rows[1][3], rows[3][1]], [1, 1])
