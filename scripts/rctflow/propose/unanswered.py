"""What ``./run new`` left open in a config: its questions, and the lines that say TODO."""

from __future__ import annotations

import re
from itertools import takewhile
from textwrap import shorten

QUESTIONS, LONGEST = "# QUESTIONS", 90
_TODO = re.compile(r"(?<![A-Za-z])TODO")
_FIRST = re.compile(r"#\s{1,3}\d+\. ")


def questions_left(text: str) -> list[str]:
    """The numbered questions that still stand in the comments at the top of a config, each on one line."""
    questions: list[str] = []
    for line in _head(text) if QUESTIONS in text else ():
        if _FIRST.match(line):
            questions.append(line.lstrip("# "))
        elif questions and line.startswith("#    "):
            questions[-1] += f" {line.lstrip('# ')}"
    return questions


def todo_lines(text: str) -> list[tuple[int, str]]:
    """Number and beginning of the lines below the questions that say TODO, in a value or in a comment."""
    below = len(_head(text)) if QUESTIONS in text else 0
    lines = enumerate(text.splitlines(), 1)
    told = [(number, line) for number, line in lines if number > below and _TODO.search(line)]
    return [(number, shorten(line, LONGEST, placeholder=" ...")) for number, line in told]


def _head(text: str) -> list[str]:
    return list(takewhile(lambda line: line.startswith("#"), text.splitlines()))
