"""Writing files so that a killed run never leaves half of one."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import pandas as pd

PARTIAL = ".partial"


@contextmanager
def written_whole(path: str | Path) -> Iterator[Path]:
    """A temporary path beside ``path``; on success it is renamed to ``path``, on any error it is removed.

    The name is unique to this process (an orphan of a killed run may still be writing its own), hidden, and ends as
    ``path`` does; ``sweep_partial`` removes what a killed process left.
    """
    target = Path(path)
    target.parent.mkdir(parents=True, exist_ok=True)
    temporary = target.with_name(f".{target.stem}.{os.getpid()}{PARTIAL}{target.suffix}")
    try:
        yield temporary
        temporary.replace(target)
    finally:
        temporary.unlink(missing_ok=True)


def sweep_partial(folder: Path) -> list[Path]:
    """Remove and return the temporary files that killed processes left under ``folder``. Nothing may write there."""
    leftovers = sorted(folder.rglob(f".*{PARTIAL}*"))
    for file in leftovers:
        file.unlink(missing_ok=True)
    return leftovers


def write_text(text: str, path: str | Path) -> None:
    """Write UTF-8 text with ``\\n`` line ends, whole or not at all."""
    with written_whole(path) as temporary:
        temporary.write_text(text, encoding="utf-8", newline="\n")


def write_json(value: Any, path: str | Path) -> None:
    """Write JSON with sorted keys, whole or not at all."""
    write_text(json.dumps(value, indent=1, sort_keys=True, ensure_ascii=False) + "\n", path)


def write_parquet(frame: pd.DataFrame, path: str | Path) -> None:
    """Write a table as Parquet without its index, whole or not at all.

    Its types stand in pandas' own metadata; Arrow's copy of them would be half of a small file.
    """
    with written_whole(path) as temporary:
        frame.to_parquet(temporary, index=False, store_schema=False)
