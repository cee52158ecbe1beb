"""``./run check``: validate the config against its data and print what was understood; nothing is written."""

from __future__ import annotations

import sys
from pathlib import Path

from rctflow.commands.chosen import study_argument
from rctflow.errors import RctflowError


def main(arguments: list[str]) -> int:
    """Print what the config was understood to mean, then what is open and its problems; returns 1 when there are
    problems (a line that says TODO is one, a question that still stands is none).
    """
    _refuse_others(arguments)
    from rctflow.propose.rehearsal import rehearse, rehearse_findings
    from rctflow.propose.unanswered import questions_left, todo_lines
    from rctflow.propose.understood import remarks, understood
    from rctflow.study.load import load_study

    file = study_argument(arguments)
    rehearsal = rehearse(load_study(file), file)
    rehearse_findings(rehearsal, file)
    print("\n".join(understood(rehearsal)))
    for remark in remarks(rehearsal):
        print(f"\nNote: {remark}")
    text = Path(file).read_text(encoding="utf-8")
    questions = questions_left(text)
    if questions:
        many = (
            f"{len(questions)} questions of ./run new stand" if len(questions) > 1 else "1 question of ./run new stands"
        )
        print(f"\nNote: {many} unanswered; delete each in {file} when it is answered:")
        print("\n".join(f"  {question}" for question in questions))
    print(flush=True)
    problems = rehearsal.problems + [
        f"{file}: line {number} says TODO (write what is true; delete a comment that is answered): {line}"
        for number, line in todo_lines(text)
    ]
    for problem in problems:
        print(f"ERROR: {problem}", file=sys.stderr)
    if problems:
        return 1
    print(f"{file} fits its data. Run it: ./run --config study={file}")
    return 0


def _refuse_others(arguments: list[str]) -> None:
    for argument in arguments:
        if argument != "--config" and not argument.startswith(("study=", "--config=study=")):
            raise RctflowError(f"./run check knows only --config study=FILE; {argument!r} is something else.")
