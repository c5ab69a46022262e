"""
What does a question cost before any work?

Compare ``Match.count`` on a fleet of one device with ``no-op``, the same Python around a C function
that does nothing: the difference is what the answer itself takes. ``Fleet.match`` on the same fleet
is what a cold question costs at least: writing the source as a line, reading it in C, one class.
"""

from collections.abc import Iterator
from functools import lru_cache
from itertools import repeat

import pytest

from benchmarks.rounds import Cell, Run
from simulator.compat.scheme import Outcome
from simulator.compat.schemes import load_builtin
from simulator.fleet import _mdm
from simulator.fleet.fleet import Fleet

LINE = (
    '{"name":"host1/0000:00:02.0","self":{"device_api":"vfio-pci",'
    '"mdev_type":"i915-GVTg_V5_4","software_version":"0.2.0"}}'
)
WHO = ("Match.count", "no-op", "bare call", "Match.rows", "Fleet.match", "Description.to_line")
CALLS = 10_000

ffi, lib = _mdm.ffi, _mdm.lib


class _NoQuery:
    """A twin of `CoreQuery.count`: all of its Python, and a C function that does nothing."""

    def __init__(self) -> None:
        self._handle = ffi.NULL

    def count(self, verdict: int) -> int:
        out = ffi.new("size_t *")
        lib.mdm_query_free(self._handle)
        if verdict < 0:
            raise ValueError
        return int(out[0])


class _NoMatch:
    """A twin of `Match`."""

    def __init__(self) -> None:
        self._query = _NoQuery()
        self._verdicts = {"compatible": 3}

    @property
    def count(self) -> int:
        return self._query.count(self._verdicts["compatible"])


def _many(call: Run) -> Run:
    def run() -> None:
        for _ in repeat(None, CALLS):
            call()

    return run


@lru_cache(maxsize=1)
def cell() -> Cell:
    fleet = Fleet(load_builtin("software-version"))
    source = fleet.parse(LINE)
    fleet.add(source)
    match, twin = fleet.match(source), _NoMatch()
    assert match.count == 1
    assert match.outcome(0) is Outcome.COMPATIBLE
    null, free = ffi.NULL, lib.mdm_query_free
    return Cell(
        name="crossing",
        runs={
            "Match.count": _many(lambda: match.count),
            "no-op": _many(lambda: twin.count),
            "bare call": _many(lambda: free(null)),
            "Match.rows": _many(match.rows),
            "Fleet.match": _many(lambda: fleet.match(source)),
            "Description.to_line": _many(source.to_line),
        },
        work=dict.fromkeys(WHO, CALLS),
        unit="call",
        pairs=[("no-op", "Match.count")],
        note="each time holds about 0.05 µs of loop and lambda",
    )


def cells() -> Iterator[Cell]:
    yield cell()


@pytest.mark.parametrize("who", WHO)
def test_crossing(run_cell, who):
    run_cell(cell(), who)
