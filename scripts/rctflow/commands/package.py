"""``./run package [--with-wheels]``: a finished run becomes results/<study>/package/<study>-<version>.zip."""

from __future__ import annotations

from pathlib import Path

from rctflow.commands.chosen import chosen_study, study_argument
from rctflow.commands.finished import require_finished
from rctflow.commands.occupancy import exclusive_run
from rctflow.errors import RctflowError

WHEELS = "--with-wheels"


def main(arguments: list[str]) -> int:
    """Write the package and say where it is; returns 0."""
    _refuse_others(arguments)
    file = study_argument(arguments)
    _refuse_outside(file)
    _refuse_blinded(arguments)
    folder = Path.cwd()
    with exclusive_run(folder):
        require_finished(file, "./run package")
        from rctflow.commands.packing import pack

        try:
            path = pack(folder, file, wheels=WHEELS in arguments)
        except OSError as error:
            raise RctflowError(f"the package could not be written, and nothing is left of it: {error}") from None
    print(f"Package: {path.relative_to(folder)} ({path.stat().st_size / 1e6:.1f} MB)")
    return 0


def _refuse_blinded(arguments: list[str]) -> None:
    study = chosen_study(arguments)
    if study.blinding != "none":
        raise RctflowError(
            f"{study.file}: blinding.mode: the study is blinded, and its raw forms tell the true arms, so that no "
            "package of it can be both whole and blinded. Package it after ./run unblind."
        )


def _refuse_others(arguments: list[str]) -> None:
    for argument in arguments:
        if argument not in ("--config", WHEELS) and not argument.startswith(("study=", "--config=study=")):
            raise RctflowError(f"./run package knows --config study=FILE and {WHEELS}; {argument!r} is something else.")


def _refuse_outside(file: str) -> None:
    from rctflow.package.contents import is_inside

    if not is_inside(file):
        raise RctflowError(
            f"{file} lies outside the project folder, so that the package could not run elsewhere; copy it to "
            f"config/{Path(file).name}, run it from there (./run --config study=config/{Path(file).name}), then package"
        )
