"""
How fast does NDJSON become a fleet?

Compare ``ours`` with ``json.loads``, which reads the same lines and throws them away unchecked;
``ours`` with ``ours without names`` for what names cost; and ``realistic`` with ``distinct`` and
``distinct lists`` for what repetition is worth.

The peers are slow, so they read the first lines of the same text; what counts is a device.
"""

from collections.abc import Iterator
from functools import lru_cache

import pytest

from benchmarks import inputs, peers
from benchmarks.rounds import Cell
from simulator.compat.ndjson import read_lines
from simulator.compat.scheme import Scheme
from simulator.compat.schemes import load_builtin
from simulator.fleet.fleet import Fleet

REGIMES = (
    ("software-version", "realistic"),
    ("self-compatible", "realistic"),
    ("software-version", "distinct"),
    ("self-compatible", "distinct"),
    ("self-compatible", "distinct lists"),
)
WHO = ("ours", "ours without names", "json.loads", "the Python reader")

_JSON_LINES = 100_000
_PYTHON_LINES = 1_000


def _read(scheme: Scheme, chunks: list[bytes], *, keep_names: bool) -> Fleet:
    fleet = Fleet(scheme, keep_names=keep_names)
    fleet.extend("the fleet", chunks)
    return fleet


@lru_cache(maxsize=1)
def cell(scheme_name: str, regime: str, devices: int) -> Cell:
    scheme = load_builtin(scheme_name)
    text = inputs.text(scheme_name, regime, devices)
    chunks = inputs.chunks(text)
    lines = text.splitlines(keepends=True)
    few, fewer = lines[:_JSON_LINES], lines[:_PYTHON_LINES]
    slow = b"".join(fewer).decode()
    _check(scheme, chunks, lines)
    return Cell(
        name=f"ingest / {scheme_name} / {regime}",
        runs={
            "ours": lambda: _read(scheme, chunks, keep_names=True),
            "ours without names": lambda: _read(scheme, chunks, keep_names=False),
            "json.loads": lambda: peers.load_lines(few),
            "the Python reader": lambda: read_lines("the fleet", slow, scheme),
        },
        work=dict(zip(WHO, (devices, devices, len(few), len(fewer)), strict=True)),
        unit="device",
        pairs=[("ours", peer) for peer in WHO[1:]],
        note=f"{len(text) / devices:.0f} bytes a line",
    )


def _check(scheme: Scheme, chunks: list[bytes], lines: list[bytes]) -> None:
    """Compare some devices with what the Python reader says of their lines."""
    fleet = _read(scheme, chunks, keep_names=True)
    assert len(fleet) == len(lines)
    for row in range(0, len(lines), max(1, len(lines) // 50)):
        (expected,) = read_lines("the fleet", lines[row].decode(), scheme)
        assert fleet[row] == expected


def cells(devices: int) -> Iterator[Cell]:
    for scheme, regime in REGIMES:
        yield cell(scheme, regime, devices)


@pytest.mark.parametrize("who", WHO)
@pytest.mark.parametrize(("scheme", "regime"), REGIMES)
def test_ingest(run_cell, devices, scheme, regime, who):
    run_cell(cell(scheme, regime, devices), who)
