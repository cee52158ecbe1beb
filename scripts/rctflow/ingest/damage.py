"""What libraries raise when a file is cut or damaged: they say so in many ways, and readers in one."""

from __future__ import annotations

import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager

from rctflow.ingest.raw import IngestError

# SyntaxError: the parsers of XML
DAMAGE = (
    *(zipfile.BadZipFile, zlib.error, EOFError, OSError, SyntaxError, ValueError, LookupError, ArithmeticError),
    *(NotImplementedError, RuntimeError, TypeError, AttributeError, MemoryError),
)  # fmt: skip


@contextmanager
def undamaged(what: str, remedy: str) -> Iterator[None]:
    """Raise IngestError ``<what> (<why>). <remedy>`` when the file turns out to be damaged within the block."""
    try:
        yield
    except IngestError:
        raise
    except DAMAGE as error:
        why = str(error).splitlines()[0] if str(error) else type(error).__name__
        raise IngestError(f"{what} ({why}). {remedy}") from None
