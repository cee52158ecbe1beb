"""How every figure looks, and how it is saved: the same rows give the same bytes.

Colours are those of Okabe & Ito 2008 that survive colour blindness; markers and line styles carry the same information,
so that a grey print loses nothing. Text stays text, so that it can be searched, read aloud and edited: laid out for
DejaVu Sans, the font that matplotlib brings along, and shown in Verdana, its sister, where that is not installed.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from rctflow.display import ArmLabel, Display, StudyDisplay
from rctflow.outputs import written_whole

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

COORDINATES = re.compile(r'(?<= d=")[^"]*|(?<= [xy]=")[^"]*|(?<= transform=")(?:rotate|translate)[^"]*')
NO_ROTATION = re.compile(r' transform="rotate\(-0 [^)]*\)"')
DRAWN = "'DejaVu Sans'"
SHOWN = f"{DRAWN}, Verdana, sans-serif"
PAGE_WIDTH = 6.69  # inches: 170 mm, a full-width figure in most journals
TEXT = 8.0
SMALL = 7.0
INK = "#1a1a1a"
QUIET = "#6b6b6b"
STAMP = "#b00020"

COLOURS = ("#5f5f5f", "#0072b2", "#d55e00", "#009e73", "#cc79a7", "#b8860b")
MARKERS = ("o", "s", "^", "D", "v", "P")
LINES = ("--", "-", "-.", ":", (0, (5, 1, 1, 1, 1, 1)), (0, (8, 2)))

STYLE = {
    "font.family": "DejaVu Sans",
    "font.size": TEXT,
    "axes.labelsize": TEXT,
    "axes.titlesize": TEXT,
    "axes.titleweight": "bold",
    "axes.edgecolor": INK,
    "axes.linewidth": 0.7,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.unicode_minus": True,
    "xtick.labelsize": TEXT,
    "ytick.labelsize": TEXT,
    "xtick.major.width": 0.7,
    "ytick.major.width": 0.7,
    "lines.linewidth": 1.4,
    "legend.frameon": False,
    "legend.fontsize": TEXT,
    "svg.fonttype": "none",
    "svg.hashsalt": "rctflow",
    "text.parse_math": False,
}


@contextmanager
def house_style() -> Iterator[None]:
    """matplotlib's own defaults and the house's style, whatever the user's matplotlibrc says."""
    import matplotlib

    _own_fonts_only()
    with matplotlib.rc_context():
        matplotlib.rcdefaults()
        matplotlib.rcParams.update(STYLE)
        yield


@cache
def _own_fonts_only() -> None:
    """The fonts that matplotlib brings along, and no others: a system's DejaVu Sans of another version, or an old list
    of fonts in the user's cache, would give the same text another width.
    """
    from matplotlib import font_manager, get_data_path

    font_manager.fontManager.ttflist = []
    for name in ("DejaVuSans", "DejaVuSans-Bold", "DejaVuSans-Oblique"):
        font_manager.fontManager.addfont(Path(get_data_path()) / "fonts" / "ttf" / f"{name}.ttf")


def new_figure(height: float) -> Figure:
    """An empty figure as wide as a page (inches) that pyplot does not know of."""
    from matplotlib.figure import Figure

    return Figure(figsize=(PAGE_WIDTH, height), facecolor="white")


def colour_of(arms: Sequence[ArmLabel], index: int) -> str:
    """The declared colour of an arm, or the next of the palette."""
    return arms[index].colour or COLOURS[index % len(COLOURS)]


def stamp(figure: Figure, display: Display | StudyDisplay) -> None:
    """Say at the figure's upper right that its data were simulated, or its arms blinded, where no crop removes it."""
    for words, below in (("SYNTHETIC DATA" * display.synthetic, 0.05), (display.blinded, 0.29)):
        if words:
            _box(figure, words, below)


def _box(figure: Figure, words: str, below: float) -> None:
    figure.text(
        1 - 0.06 / figure.get_figwidth(),
        1 - below / figure.get_figheight(),
        words,
        ha="right",
        va="top",
        color=STAMP,
        fontsize=TEXT,
        fontweight="bold",
        bbox={"facecolor": "white", "edgecolor": STAMP, "linewidth": 0.8, "boxstyle": "square,pad=0.3"},
        zorder=10,
    )


def watermark(axes: Axes, display: Display | StudyDisplay, size: float = 22) -> None:
    """The same words across a panel, behind its data; size in points."""
    if not display.stamps:
        return
    axes.text(
        0.5,
        0.5,
        "\n".join(words.partition(":")[0] for words in display.stamps),
        transform=axes.transAxes,
        ha="center",
        va="center",
        fontsize=size,
        fontweight="bold",
        color="#efefef",
        zorder=-5,
    )


def title(figure: Figure, text: str, below: str = "") -> None:
    """The figure's title, cut where the synthetic stamp begins, and a quiet line below it."""
    wide, high = figure.get_size_inches()
    shown = shortened(text, wide - 1.5, 9, "bold")
    figure.text(0.06 / wide, 1 - 0.1 / high, shown, va="top", fontweight="bold", fontsize=9)
    if below:
        figure.text(0.06 / wide, 1 - 0.29 / high, below, va="top", fontsize=SMALL, color=QUIET)


def shortened(text: str, inches: float, size: float = SMALL, weight: str = "normal") -> str:
    """The text, cut with an ellipsis when it is wider than its place; the report's tables have it whole."""
    if text_width(text, size, weight) <= inches:
        return text
    while text and text_width(text + "…", size, weight) > inches:
        text = text[:-1]
    return text.rstrip() + "…"


def text_width(text: str, size: float = TEXT, weight: str = "normal") -> float:
    """Width of a line of text in inches."""
    from matplotlib.font_manager import FontProperties
    from matplotlib.textpath import TextPath

    if not text.strip():
        return 0.0
    path = TextPath((0, 0), text, prop=FontProperties(family="DejaVu Sans", size=size, weight=weight), usetex=False)
    return float(path.get_extents().x1) / 72


def save_svg(figure: Figure, path: str | Path) -> None:
    """Write the figure as SVG without date or version; the same figure always gives the same bytes."""
    nothing = {"Date": None, "Creator": None, "Format": None, "Type": None}
    with house_style(), written_whole(path) as temporary:
        figure.savefig(temporary, format="svg", metadata=nothing)
        text = "\n".join(line.rstrip() for line in temporary.read_text(encoding="utf-8").splitlines()) + "\n"
        temporary.write_text(_shortened(text).replace(DRAWN, SHOWN), encoding="utf-8", newline="\n")


def _shortened(svg: str) -> str:
    """Coordinates to 0.01 point, and no rotation by nothing: half of the bytes, and last bits of another CPU do not
    show.
    """
    svg = NO_ROTATION.sub("", svg)
    return COORDINATES.sub(lambda data: re.sub(r"-?\d+\.\d{3,}", _hundredth, data.group()), svg)


def _hundredth(number: re.Match[str]) -> str:
    text = f"{float(number.group()):.2f}".rstrip("0").rstrip(".")
    return "0" if text == "-0" else text
