"""Texts in CSV files that people open in spreadsheets: what a form says is never run as a formula.

A spreadsheet takes a cell of a CSV file that begins with ``=`` or ``@``, or with a sign and a call, for a formula
(CWE-1236). Such a text gets an apostrophe before it, which spreadsheets take for "this is text"; reading takes it away
again.
"""

from __future__ import annotations

import re

# after a sign only what can call or fetch something: -1.2 (-3.4 to 1.0) and -5 are numbers for print
FORMULA = re.compile(r"[=@\t\r]|[+-](?=.*(?:[A-Za-z]\s*\(|[|!]))", re.DOTALL)
GUARDED = re.compile(r"'+(?=[=@\t\r]|[+-].*(?:[A-Za-z]\s*\(|[|!]))", re.DOTALL)
MARKS = tuple("=@\t\r+-'")


def guarded(text: str) -> str:
    """``text`` with an apostrophe before it when a spreadsheet could run it (or when it has one before such a text)."""
    if not text.startswith(MARKS):
        return text
    return f"'{text}" if FORMULA.match(text) or GUARDED.match(text) else text


def guarded_term(text: str) -> str:
    """A text of a form in a file for people alone: unlike numbers for print it is guarded whatever follows a sign."""
    return f"'{text}" if text.startswith(("+", "-", "\n")) else guarded(text)


def unguarded(text: str) -> str:
    """The text that ``guarded`` was given."""
    return text[1:] if text.startswith("'") and GUARDED.match(text) else text
