"""Putting an SVG file into a page: no prolog, no fixed size, words for those who cannot see it, and ids of its own."""

from __future__ import annotations

import re
from html import escape

from rctflow.errors import RctflowError

ROOT = re.compile(r"<svg\b[^>]*>")
GLYPH = re.compile(r'<path id="(DejaVu[^"]*)" d="([^"]*)" transform="scale\(0\.015625\)"/>')
NOT_INLINE = re.compile(r"<!--.*?-->|<metadata>.*?</metadata>", re.DOTALL)


class FigureError(RctflowError):
    """A figure file is no SVG."""


def inline_svg(svg: str, prefix: str, words: str, glyphs: dict[str, str]) -> str:
    """The ``svg`` element of a file, to stand in an HTML page beside others.

    prefix: goes before each id and each reference to one, so that no figure of a page uses the clips of another.
    words: what the figure shows, for screen readers. glyphs: receives the outlines of the letters by id, which the page
    must then hold once (they are most of a small figure). Raises FigureError when there is no ``svg`` element.
    """
    start, end = ROOT.search(svg), svg.rfind("</svg>")
    if start is None or end < 0:
        raise FigureError(f"{prefix}: no SVG figure was found; delete the file and run again")
    box = re.search(r'viewBox="[^"]*"', start.group())
    body = NOT_INLINE.sub("", svg[start.end() : end])
    body = GLYPH.sub(lambda glyph: _moved(glyph, prefix, glyphs), body)
    body = re.sub(r'\bid="', f'id="{prefix}-', body)
    body = re.sub(r'href="#([^"]*)"', lambda to: f'href="#{_new_name(to.group(1), prefix, glyphs)}"', body)
    body = re.sub(r"url\(#", f"url(#{prefix}-", body)
    body = "\n".join(line.strip() for line in body.splitlines() if line.strip())
    spaces = 'xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink"'
    return f'<svg {spaces} {box.group() if box else ""} role="img" aria-label="{escape(words)}">{body}</svg>'


def glyph_definitions(glyphs: dict[str, str]) -> str:
    """The letters that the figures of a page refer to, as the content of ``defs``."""
    return "".join(f'<path id="{name}" d="{glyphs[name]}" transform="scale(0.015625)"/>' for name in sorted(glyphs))


def _moved(glyph: re.Match[str], prefix: str, glyphs: dict[str, str]) -> str:
    name, outline = glyph.group(1), " ".join(glyph.group(2).split())
    if glyphs.setdefault(name, outline) != outline:
        raise FigureError(
            f"{prefix}: drawn with another version of the font than other figures; delete it and run again"
        )
    return ""


def _new_name(name: str, prefix: str, glyphs: dict[str, str]) -> str:
    return name if name in glyphs else f"{prefix}-{name}"
