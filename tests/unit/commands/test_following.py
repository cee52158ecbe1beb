"""What ``./run`` tells of what Snakemake and its jobs say."""

import os
import sys

from rctflow.commands.progress import Progress

SAID = "walk: allocations: 40 of 200, about 61 s left"


def test_how_far_a_long_job_is_reaches_the_user_and_other_words_do_not(tmp_path, capfd):
    words = [SAID, "3 of 9 steps (33%) done", "Select jobs to execute..."]
    script = f"import sys; print(*{words!r}, sep=chr(10), file=sys.stderr)"
    assert Progress(lambda: tmp_path).follow([sys.executable, "-c", script], os.environ) == 0
    assert capfd.readouterr().err.splitlines() == [SAID, "3 of 9 jobs done"]
