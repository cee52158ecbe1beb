"""The machine that a run was made on, written while it runs: a package may be put together elsewhere."""

from __future__ import annotations

import os
import platform
from pathlib import Path
from typing import Any

from rctflow.outputs import write_json

NAME = "machine.json"


def write_machine(benchmarks: str) -> None:
    """Write ``machine.json`` into the folder of the benchmarks; on a cluster it is the machine that starts jobs."""
    write_json(machine(), Path(benchmarks) / NAME)


def machine() -> dict[str, Any]:
    """Operating system, processor, cores, memory (GiB) and Python of this machine; no names of it or of its users."""
    import psutil

    return {
        "cores": len(os.sched_getaffinity(0)),
        "cpu": _cpu(),
        "kernel": f"{platform.system()} {platform.release()}",
        "machine": platform.machine(),
        "memory_gib": round(psutil.virtual_memory().total / 2**30, 1),
        "os": _distribution(),
        "python": f"{platform.python_implementation()} {platform.python_version()}",
    }


def _cpu() -> str:
    """The processor's name; its architecture where the system does not tell."""
    told = Path("/proc/cpuinfo")
    lines = told.read_text(encoding="utf-8", errors="replace").splitlines() if told.is_file() else []
    named = (line.partition(":")[2].strip() for line in lines if line.startswith("model name"))
    return next(named, platform.machine())


def _distribution() -> str:
    try:
        return platform.freedesktop_os_release()["PRETTY_NAME"]
    except (OSError, KeyError):
        return platform.system()
