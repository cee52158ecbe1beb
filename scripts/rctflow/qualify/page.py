"""The report of a qualification: one HTML page that needs nothing but itself."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from rctflow.qualify.done import FAIL, NOT_RUN, PASS, Done, used
from rctflow.qualify.numbers import Number

HERE = Path(__file__).parent


def render_page(done: Sequence[Done], circumstances: Mapping[str, str]) -> str:
    """The page as text. circumstances: who, when, on which machine, with which software, in the order of print."""
    import jinja2

    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(HERE),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    counts = {verdict: sum(one.verdict == verdict for one in done) for verdict in (PASS, FAIL, NOT_RUN)}
    text = environment.get_template("page.html.j2").render(
        done=done,
        circumstances=circumstances,
        counts=counts,
        whole=verdict_of(done),
        allowed=allowed,
        shown=shown,
        used=used,
    )
    return text.rstrip() + "\n"


def verdict_of(done: Sequence[Done]) -> str:
    """FAIL when one failed; NOT RUN when none was run; else PASS."""
    verdicts = {one.verdict for one in done}
    return FAIL if FAIL in verdicts else PASS if PASS in verdicts else NOT_RUN


def shown(value: float) -> str:
    """A number with ten digits; a dash for a score that cannot be made."""
    return f"{value:.10g}" if value == value else "\N{EN DASH}"


def allowed(number: Number) -> str:
    """What the number may differ by, in words."""
    parts = [f"{number.absolute:.3g}"] if number.absolute else []
    parts += [f"{number.relative:.3g} of the expected"] if number.relative else []
    return " + ".join(parts) or "nothing"
