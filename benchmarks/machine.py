"""Where a kept result comes from: the commit, the machine and its load."""

import os
import platform
import subprocess
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path
from statistics import median
from time import perf_counter
from typing import Any

import numpy as np

ROOT = Path(__file__).resolve().parent.parent

_BUFFER = 1 << 29
_LOOKS = 9


def text(path: str) -> str:
    """Return what a file of the system says."""
    try:
        return Path(path).read_text("utf-8").strip()
    except OSError:
        return "unknown"


def answer(*command: str) -> str:
    """Return what a command prints."""
    try:
        done = subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True)
    except (OSError, subprocess.CalledProcessError):
        return "unknown"
    return done.stdout.strip()


def _processor() -> str:
    for line in text("/proc/cpuinfo").splitlines():
        if line.startswith("model name"):
            return line.partition(":")[2].strip()
    return platform.processor() or platform.machine()


def _caches() -> dict[str, str]:
    folders = sorted(Path("/sys/devices/system/cpu/cpu0/cache").glob("index*"))
    return {
        f"L{text(f'{folder}/level')} {text(f'{folder}/type')}": text(f"{folder}/size")
        for folder in folders
    }


def _commit() -> str:
    changed = answer("git", "status", "--porcelain", "--", "csrc", "simulator", "benchmarks/*.py")
    return answer("git", "rev-parse", "HEAD") + (" with changes" if changed else "")


def environment() -> dict[str, Any]:
    """Say where the numbers come from."""
    return {
        "date": datetime.now(UTC).date().isoformat(),
        "commit": _commit(),
        "processor": _processor(),
        "cores": os.cpu_count(),
        "cores used": len(os.sched_getaffinity(0)),
        "caches": _caches(),
        "load before": os.getloadavg()[0],
        "system": f"{platform.system()} {platform.release()}",
        "python": platform.python_version(),
    }


def bandwidth(threads: int) -> float:
    """
    Measure how fast memory is read.

    Each thread ORs its share of 512 MiB, in NumPy, which then waits for memory alone.

    Returns:
        GB/s, the median of some looks.
    """
    parts = np.array_split(np.ones(_BUFFER // 8, np.uint64), threads)

    def look() -> float:
        start = perf_counter()
        list(pool.map(np.bitwise_or.reduce, parts))
        return perf_counter() - start

    with ThreadPoolExecutor(threads) as pool:
        return _BUFFER / median(look() for _ in range(_LOOKS)) / 1e9
