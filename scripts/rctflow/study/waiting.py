"""Jobs that only wait for others (inputs marked ``ancient``) keep their own reasons to run.

Snakemake 9 first looks for jobs with a reason of their own, and passes over everything downstream of one that it
found, because that will run anyway. What waits by ``ancient`` is downstream and will not run: its edited params, inputs
or code stay unnoticed until the next run. So a form and the analysis of another endpoint, edited together, refitted
nothing of the latter (tests/workflow/test_reruns.py). Here that search ends at ``ancient``.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator
from typing import Any


def keep_own_reasons() -> None:
    """Change Snakemake's search in this process; once is enough, and twice does no harm."""
    from snakemake.dag import DAG

    if getattr(DAG.update_needrun, "keeps_own_reasons", False):
        return
    search, update = DAG.bfs, DAG.update_needrun

    def bfs(dag: Any, direction: Any, *jobs: Any, stop: Callable[[Any], bool] = lambda job: False) -> Iterator[Any]:
        if direction is not dag.depending or not getattr(dag, "decides_reasons", False):
            return search(dag, direction, *jobs, stop=stop)
        return _downstream(direction, jobs)

    async def update_needrun(dag: Any, *arguments: Any, **named: Any) -> None:
        dag.decides_reasons = True
        try:
            await update(dag, *arguments, **named)
        finally:
            dag.decides_reasons = False

    update_needrun.keeps_own_reasons = True  # type: ignore[attr-defined]
    DAG.bfs, DAG.update_needrun = bfs, update_needrun


def _downstream(depending: Any, jobs: tuple[Any, ...]) -> Iterator[Any]:
    """``jobs`` and whatever runs again because they do."""
    queue, seen = deque(jobs), set(jobs)
    while queue:
        job = queue.popleft()
        yield job
        for other, files in depending[job].items():
            if other not in seen and not all(file.is_ancient for file in files):
                seen.add(other)
                queue.append(other)
