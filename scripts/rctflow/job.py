"""What every adapter does around its one call: the log file, and a user's error as one message without a traceback."""

from __future__ import annotations

import gc
import sys
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TextIO

from rctflow.errors import RctflowError

# Importing pandas makes a hundred thousand objects that stay. To look through them for garbage again and again would
# cost a sixth of a short job.
gc.set_threshold(100_000, 50, 50)


@contextmanager
def job(log: str) -> Iterator[TextIO]:
    """Open the job's log; write the error there and to stderr and exit with 1 when the work fails.

    A RctflowError is the user's to mend and shows its message alone; anything else is ours and shows its traceback.
    """
    path = Path(log)
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w", encoding="utf-8") as file:
        try:
            yield file
        except RctflowError as error:
            file.write(f"ERROR: {error}\n")
            sys.exit(f"ERROR: {error}")
        except Exception:
            file.write(traceback.format_exc())
            raise
