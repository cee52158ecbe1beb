"""Adjusted p-values against R."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from rctflow.qualify.numbers import Number, Sources, of_arrays


def adjusted(sources: Sources) -> Iterator[Number]:
    """Holm, Hochberg, Hommel, Benjamini-Hochberg; graphs of gMCP and graphicalMCP with what is left of them."""
    from rctflow.hypotheses import Family, Hypothesis
    from rctflow.inference.multiplicity.families import adjusted as adjusted_by

    reference = sources.numbers("multiplicity/adjusted.json")
    for case in (reference["multtest"], reference["p_adjust"]):
        hypotheses = tuple(Hypothesis(str(place)) for place in range(len(case["p"])))
        for name in ("holm", "hochberg", "benjamini_hochberg", "hommel"):
            if name in case:
                found = adjusted_by(Family(name, hypotheses), case["p"]).p_adjusted
                yield from of_arrays(f"{name}, {case['program']}", found, case[name], relative=1e-9)
    for case in sources.numbers("multiplicity/graphs.json")["cases"]:
        yield from _graph(case)


def _graph(case: dict[str, Any]) -> Iterator[Number]:
    from rctflow.inference.multiplicity.graphical import adjust

    weights = [share(weight) for weight in case["weights"]]
    found = adjust(case["p"], weights, [[share(entry) for entry in row] for row in case["transitions"]]).p_adjusted
    name = case["source"].partition(":")[0]
    if "p_adjusted" in case:
        yield from of_arrays(f"{name} adjusted p", found, case["p_adjusted"], relative=1e-12)
    rejected = [float(p <= case["alpha"]) for p in found]
    yield from of_arrays(f"{name} rejected", rejected, [float(each) for each in case["rejected"]])


def share(text: float | str) -> float:
    """A number, or a fraction as text."""
    above, _, below = str(text).partition("/")
    return float(above) / float(below or 1)
