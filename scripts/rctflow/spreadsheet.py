"""Text from forms in files that people open with a spreadsheet: it stays data.

A cell that begins with ``=``, ``+``, ``-`` or ``@`` would be run as a formula, also behind a tab or a line break. It is
written with an apostrophe before it, which spreadsheets take for "this is text". Numbers are not touched: they are
written by the program, not by a form.
Source: OWASP, CSV injection.
"""

from __future__ import annotations

STARTS = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")


def harmless(text: str) -> str:
    """``text`` as a spreadsheet shows it and does not run it."""
    return f"'{text}" if text.startswith(STARTS) or text.lstrip().startswith(STARTS) else text
