"""Putting an SVG file into a page: no prolog, no fixed size, words for those who cannot see it, and ids of its own."""

from __future__ import annotations

import re
from html import escape

from rctflow.errors import RctflowError

ROOT = re.compile(r"<svg\b[^>]*>")
NOT_INLINE = re.compile(r"<!--.*?-->|<metadata>.*?</metadata>", re.DOTALL)


class FigureError(RctflowError):
    """A figure file is no SVG."""


def inline_svg(svg: str, prefix: str, words: str) -> str:
    """The ``svg`` element of a file, to stand in an HTML page beside others.

    prefix: goes before each id and each reference to one, so that no figure of a page uses the clips of another.
    words: what the figure shows, for screen readers. Raises FigureError when there is no ``svg`` element.
    """
    start, end = ROOT.search(svg), svg.rfind("</svg>")
    if start is None or end < 0:
        raise FigureError(f"{prefix}: no SVG figure was found; delete the file and run again")
    box = re.search(r'viewBox="[^"]*"', start.group())
    body = NOT_INLINE.sub("", svg[start.end() : end])
    body = re.sub(r'\bid="', f'id="{prefix}-', body)
    body = re.sub(r'href="#', f'href="#{prefix}-', body)
    body = re.sub(r"url\(#", f"url(#{prefix}-", body)
    body = "\n".join(line.strip() for line in body.splitlines() if line.strip())
    spaces = 'xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink"'
    return f'<svg {spaces} {box.group() if box else ""} role="img" aria-label="{escape(words)}">{body}</svg>'
