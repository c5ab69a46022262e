"""Both soaks side by side: a machine with its clients, and a fleet that changes."""

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

from soak.fleet import FleetSoak
from soak.memory import resident, slope

from simulator.compat.schemes import load_builtin

TESTS = Path(__file__).parents[1]
_PATIENCE = 15.0
"""Seconds in which the simulator has to end."""
HOST = """\
kernel: 6.1
parents:
  - {driver: i915, path: "/sys/devices/pci0000:00/0000:00:02.0"}
  - {driver: mtty}
"""


class Soaked(NamedTuple):
    """
    What one of them did.

    Attributes:
        rounds: How often all was looked at.
        done: What was done, and how often.
        wrong: What should not have been, in words.
        work: Devices that had been created, or rows of the fleet changed, after each round.
        memory: Bytes of the process (of the machine: the one that simulates it) after each round.
    """

    rounds: int
    done: dict[str, int]
    wrong: list[str]
    work: list[int]
    memory: list[int]


def soak(
    seconds: float, seed: int, clock: Callable[[], float], home: Path, *, forget: bool = False
) -> dict[str, Soaked]:
    """
    Run both for so long.

    Args:
        seconds: How long.
        seed: What is done, apart from the order in which threads run.
        clock: The time in seconds.
        home: A directory for the host file.
        forget: Have the kernel forget names of files before memory is looked at, which takes root.
    """
    clients = _clients(seconds, seed, home, ("--forget",) if forget else ())
    try:
        of_fleet = _soak_fleet(seconds, seed, clock)
        out, err = clients.communicate(timeout=seconds + 60)
    finally:
        _end(clients)
    if clients.returncode:
        raise RuntimeError(f"the clients ended with {clients.returncode}: {err}")
    return {"machine": Soaked(**json.loads(out)), "fleet": of_fleet}


def _end(clients: "subprocess.Popen[str]") -> None:
    """Ask first: a simulator that is asked ends its clients, one that is killed leaves them."""
    clients.terminate()
    try:
        clients.wait(_PATIENCE)
    except subprocess.TimeoutExpired:
        clients.kill()


def _clients(
    seconds: float, seed: int, home: Path, more: tuple[str, ...]
) -> "subprocess.Popen[str]":
    host = home / "host.yaml"
    host.write_text(HOST, "utf-8")
    python = (sys.executable, "-P", "-m")
    return subprocess.Popen(
        [
            *(*python, "simulator.cli", "run", str(host), "--seed", str(seed), "--"),
            *(*python, "soak.clients", "--seconds", str(seconds), "--seed", str(seed), *more),
        ],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=os.environ | {"PYTHONPATH": str(TESTS)},
    )


def _soak_fleet(seconds: float, seed: int, clock: Callable[[], float]) -> Soaked:
    end = clock() + seconds
    sizes: list[int] = []
    work: list[int] = []
    one = FleetSoak(load_builtin("self-compatible"), seed)
    while not sizes or clock() < end:
        one.round()
        sizes.append(resident())
        work.append(one.changes)
    grown = slope(work, sizes)
    if not grown.is_flat:
        one.wrong.append(f"memory grows by changes: {grown}")
    return Soaked(len(sizes), dict(one.done), one.wrong, work, sizes)
