"""
What does the simulated ``/sys`` cost the programs that use it?

``python -m benchmarks.bench_sysfs`` measures, keeps what it found in ``results/sysfs.json`` and
prints it: the time from the start of ``mdevsim run`` to the first instruction of its command, and
with few and with many mdevs a create, a remove, a read, ``ls`` and ``mdevctl list``. ``--show``
prints what was kept. Server and clients are pinned to one CPU. pytest runs it small, and times
nothing.
"""

import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from statistics import median
from typing import Any

import pytest

from benchmarks.machine import environment

FEW, MANY = 10, 10_000
HOST = "parents: [{{driver: mdpy, options: {{count: {count}}}}}]\n"
CLIENT = """
import json, os, shutil, subprocess, sys, time, uuid
n_mdevs, rounds = map(int, sys.argv[1:])
path = "/sys/class/mdev_bus/mdpy/mdev_supported_types/mdpy-vga"
links = "/sys/bus/mdev/devices"
def timed(function, times):
    found = []
    for _ in range(rounds):
        start = time.perf_counter()
        for _ in range(times):
            function()
        found.append((time.perf_counter() - start) / times)
    return found
def read():
    fd = os.open(f"{path}/available_instances", os.O_RDONLY)
    os.read(fd, 4096)
    os.close(fd)
def write(file, data):
    fd = os.open(file, os.O_WRONLY | os.O_TRUNC)
    os.write(fd, data.encode())
    os.close(fd)
def command(*words):
    return lambda: subprocess.run(words, stdout=subprocess.DEVNULL, check=True)
uuids = iter(str(uuid.UUID(int=(1 << 100) + number)) for number in range(1 << 20))
for _ in range(n_mdevs):
    write(f"{path}/create", next(uuids))
found = {"create": [], "remove": []}
for _ in range(rounds):
    batch = [next(uuids) for _ in range(100)]
    start = time.perf_counter()
    for one in batch:
        write(f"{path}/create", one)
    middle = time.perf_counter()
    for one in batch:
        write(f"{links}/{one}/remove", "1")
    found["create"].append((middle - start) / 100)
    found["remove"].append((time.perf_counter() - middle) / 100)
found["read"] = timed(read, 1000)
found["listdir"] = timed(lambda: os.listdir(links), 1)
found["ls"] = timed(command("ls", links), 1)
if shutil.which("mdevctl"):
    start = time.perf_counter()
    command("mdevctl", "list")()
    found["mdevctl list, first"] = [time.perf_counter() - start]
    found["mdevctl list"] = timed(command("mdevctl", "list"), 1)
print(json.dumps(found))
"""
KEPT = Path(__file__).parent / "results" / "sysfs.json"
UNITS = {"create": (1e6, "µs"), "remove": (1e6, "µs"), "read": (1e6, "µs")}


def run(words: list[str]) -> str:
    command = [sys.executable, "-P", "-m", "simulator.cli", "run", *words]
    done = subprocess.run(command, check=True, capture_output=True, text=True, timeout=600)
    return done.stdout


def client(n_mdevs: int, rounds: int) -> dict[str, list[float]]:
    """Measure with *n_mdevs* there."""
    with tempfile.TemporaryDirectory() as directory:
        host = Path(directory, "host.yaml")
        host.write_text(HOST.format(count=n_mdevs + 1000))
        words = [str(host), "--", sys.executable, "-c", CLIENT, str(n_mdevs), str(rounds)]
        return json.loads(run(words))


def start(rounds: int) -> list[float]:
    """Measure the start, by the clock that all processes share."""
    found = []
    for _ in range(rounds):
        begun = time.clock_gettime(time.CLOCK_MONOTONIC)
        told = run(["--", "cat", "/proc/uptime"]).split()[0]
        # The uptime has two digits, and counts what a suspended machine slept.
        found.append(max(0.0, float(told) - begun + _OFFSET))
    return found


_OFFSET = time.clock_gettime(time.CLOCK_MONOTONIC) - time.clock_gettime(time.CLOCK_BOOTTIME)


def measure(hosts: int, rounds: int) -> dict[str, Any]:
    """Measure on *hosts* fresh machines of each size, in turn."""
    before = environment()
    found = {"start of run": start(hosts * rounds)}
    for _ in range(hosts):
        for n_mdevs in (FEW, MANY):
            for name, seconds in client(n_mdevs, rounds).items():
                found.setdefault(f"{name}, {n_mdevs:,}", []).extend(seconds)
    return {"environment": before, "hosts": hosts, "rounds": rounds, "seconds": found}


def show(kept: dict[str, Any]) -> None:
    """Print medians, with the lowest and the highest."""
    print(json.dumps(kept["environment"]))
    for name, seconds in kept["seconds"].items():
        factor, unit = UNITS.get(name.partition(",")[0], (1e3, "ms"))
        low, middle, high = (one(seconds) * factor for one in (min, median, max))
        print(f"{name:32} {middle:10.1f} {unit} ({low:.1f}-{high:.1f})")


def main() -> None:
    if "--show" not in sys.argv:
        os.sched_setaffinity(0, {max(os.sched_getaffinity(0))})
        KEPT.write_text(json.dumps(measure(3, 5), indent=1) + "\n", encoding="utf-8")
    show(json.loads(KEPT.read_text(encoding="utf-8")))


@pytest.mark.skipif(not os.access("/dev/fuse", os.W_OK), reason="/dev/fuse is missing")
def test_sysfs():
    """The measurements run and give every number."""
    found = client(20, 1)
    assert {"create", "remove", "read", "listdir", "ls"} <= set(found)
    assert ("mdevctl list" in found) == (shutil.which("mdevctl") is not None)
    assert start(1)[0] < 60


if __name__ == "__main__":
    main()
