"""
How many bytes does a device take?

Compare ``outside``, the private memory of a process before and after it reads a fleet, with
``Fleet.size``, what the matcher says of itself; and both with and without names.

The child process reads a small fleet first and drops it, so that code, buffers and the allocator
are there before the count begins. It reads small pieces: of pieces of 1 MB, which are Python's, the
C library keeps 4 MB when they are gone, however many devices there are. ``peak`` is the highest
resident size while the fleet was read.
"""

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

import simulator
from benchmarks import inputs
from benchmarks.regimes import text
from benchmarks.regimes.attributes import SCHEME_FILE
from benchmarks.regimes.regime import table

CHILD = Path(__file__).with_name("memory_child.py")

_PIECE = 1 << 16
"""The bytes that the child reads at once."""

REGIMES = (
    ("twelve", "R"),
    ("twelve", "X"),
    ("software-version", "realistic"),
    ("self-compatible", "realistic"),
    ("self-compatible", "distinct"),
    ("self-compatible", "distinct lists"),
)


def _lines(scheme: str, regime: str, devices: int) -> Iterator[bytes]:
    """Write a fleet: of twelve attributes, or under a shipped scheme."""
    if scheme == "twelve":
        return text.device_lines(table(regime, devices))
    return iter([inputs.text(scheme, regime, devices)])


def _private(pid: int) -> int:
    """Add what the process alone has in memory."""
    lines = Path(f"/proc/{pid}/smaps_rollup").read_text("ascii").splitlines()
    return 1024 * sum(int(line.split()[1]) for line in lines if line.startswith("Private_"))


def _peak(pid: int) -> int:
    lines = Path(f"/proc/{pid}/status").read_text("ascii").splitlines()
    return next(1024 * int(line.split()[1]) for line in lines if line.startswith("VmHWM"))


def measure(scheme: str, regime: str, names: str, devices: int) -> dict[str, float]:
    """Return bytes a device, from outside and from inside."""
    with tempfile.NamedTemporaryFile(suffix=".ndjson") as file:
        file.writelines(_lines(scheme, regime, devices))
        file.flush()
        arguments = [
            str(SCHEME_FILE) if scheme == "twelve" else scheme,
            file.name,
            names,
            str(_PIECE),
        ]
        with subprocess.Popen(
            [sys.executable, "-P", CHILD, *arguments],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env=os.environ | {"PYTHONPATH": str(Path(simulator.__file__).parents[1])},
        ) as process:
            if process.stdin is None or process.stdout is None:
                raise AssertionError("both are pipes")
            process.stdout.readline()
            before = _private(process.pid)
            process.stdin.write("\n")
            process.stdin.flush()
            size = json.loads(process.stdout.readline())
            after, peak = _private(process.pid), _peak(process.pid)
            process.communicate("\n")
    assert size["n_devices"] == devices
    held = size["row_bytes"] + size["name_bytes"] + size["dictionary_bytes"]
    return {
        "outside": (after - before) / devices,
        "Fleet.size": held / devices,
        "rows": size["row_bytes"] / devices,
        "names": size["name_bytes"] / devices,
        "dictionaries": size["dictionary_bytes"] / devices,
        "peak": (peak - before) / devices,
        "classes": size["n_classes"],
        "lists": size["n_lists"],
    }


@pytest.mark.parametrize("names", ["names", "no names"])
@pytest.mark.parametrize(("scheme", "regime"), REGIMES)
def test_memory(benchmark, devices, scheme, regime, names):
    benchmark.group = "memory"
    found = benchmark.pedantic(measure, args=(scheme, regime, names, devices), rounds=1)
    benchmark.extra_info |= found
