"""``./run diff OLD NEW [--out FILE.csv]``: which numbers moved between two packages or results folders, and why."""

from __future__ import annotations

import argparse
import sys
import tempfile
from pathlib import Path

from rctflow.errors import RctflowError

SAME, MOVED, CANNOT = 0, 1, 2


def main(arguments: list[str]) -> int:
    """Print the comparison; returns 0 when no number moved, 1 when some did, 2 when it cannot be made."""
    parser = argparse.ArgumentParser(prog="./run diff", description=__doc__, allow_abbrev=False)
    parser.add_argument("old", metavar="OLD", help="a package (zip or unzipped) or a folder results/<study>")
    parser.add_argument("new", metavar="NEW", help="the same")
    parser.add_argument("--out", metavar="FILE.csv", help="write everything that differs as CSV")
    options = parser.parse_args(arguments)
    try:
        return _compared(options.old, options.new, options.out)
    except RctflowError as error:
        print(f"ERROR: {error}", file=sys.stderr)
        return CANNOT


def _compared(old_name: str, new_name: str, out: str | None) -> int:
    from rctflow.compare.causes import causes
    from rctflow.compare.numbers import moved_rows, result_rows
    from rctflow.compare.opened import CompareError, open_results
    from rctflow.compare.summary import summary, write_csv

    with tempfile.TemporaryDirectory() as folder:
        scratch = [Path(folder, name) for name in ("old", "new")]
        for each in scratch:
            each.mkdir()
        old, new = (open_results(name, at) for name, at in zip((old_name, new_name), scratch, strict=True))
        studies = [opened.config["study"]["id"] for opened in (old, new)]
        if studies[0] != studies[1]:
            raise CompareError(f"{old_name} is of the study {studies[0]}, {new_name} of {studies[1]}")
        rows = [result_rows(opened) for opened in (old, new)]
        for opened, found_rows in zip((old, new), rows, strict=True):
            if not found_rows:
                raise CompareError(f"{opened.name}: no result rows; finish the run first (./run)")
        moved, found = moved_rows(*rows), causes(old, new)
        print("\n".join(summary(old, new, moved, len({**rows[0], **rows[1]}), found)))
        if out:
            write_csv(moved, found, Path(out))
    return MOVED if moved else SAME
