"""``./run check``: validate the config against its data and print what was understood; nothing is written."""

from __future__ import annotations

import sys

from rctflow.commands.chosen import study_argument
from rctflow.errors import RctflowError


def main(arguments: list[str]) -> int:
    """Print what the config was understood to mean, then its problems; returns 1 when there are any."""
    _refuse_others(arguments)
    from rctflow.propose.rehearsal import rehearse
    from rctflow.propose.understood import remarks, understood
    from rctflow.study.load import load_study

    file = study_argument(arguments)
    rehearsal = rehearse(load_study(file), file)
    print("\n".join(understood(rehearsal)))
    for remark in remarks(rehearsal):
        print(f"\nNote: {remark}")
    print(flush=True)
    for problem in rehearsal.problems:
        print(f"ERROR: {problem}", file=sys.stderr)
    if rehearsal.problems:
        return 1
    print(f"{file} fits its data. Run it: ./run --config study={file}")
    return 0


def _refuse_others(arguments: list[str]) -> None:
    for argument in arguments:
        if argument != "--config" and not argument.startswith(("study=", "--config=study=")):
            raise RctflowError(f"./run check knows only --config study=FILE; {argument!r} is something else.")
