"""
numba: one parallel loop over devices, with the tables of a rule laid end to end.

A byte a code; type and aggregator share a table of pairs. The tests stand in three groups with an
exit after each, the most selective first. Kernels are compiled when a table is loaded.
"""

import numpy as np
from numba import get_num_threads, njit, prange, set_num_threads
from numpy.typing import NDArray

from benchmarks.peers import Answers, Run
from benchmarks.regimes.attributes import ATTRIBUTES, Array
from benchmarks.regimes.clauses import Clauses, Pairs, names_of
from benchmarks.regimes.data import Table
from benchmarks.regimes.rules import Rules

_ORDER = (
    "type",
    "version",
    "flags",
    "driver",
    "framebuffer",
    "parent",
    "device_api",
    "pv_mode",
    "location",
    "cost",
    "misc",
)
"""The tables; that of ``type`` is by type and aggregator."""
_CHUNK = 32_768
FIRST = 10


def _sizes() -> list[int]:
    pairs = ATTRIBUTES["type"].n_codes * ATTRIBUTES["aggregator"].n_codes
    return [pairs if name == "type" else ATTRIBUTES[name].n_codes for name in _ORDER]


_SIZES = _sizes()
_AT = tuple(int(at) for at in np.cumsum([0, *_SIZES]))
_AGGREGATORS = ATTRIBUTES["aggregator"].n_codes


@njit(inline="always")
def _accepts(t, c, a, i):
    """Judge device *i* by tables *t* and columns *c*; *a* is the aggregator."""
    if not (t[c[0][i] * _AGGREGATORS + a[i]] & t[_AT[1] + c[1][i]]):
        return False
    if not (
        t[_AT[2] + c[2][i]]
        & t[_AT[3] + c[3][i]]
        & t[_AT[4] + c[4][i]]
        & t[_AT[5] + c[5][i]]
        & t[_AT[6] + c[6][i]]
    ):
        return False
    return (
        t[_AT[7] + c[7][i]] & t[_AT[8] + c[8][i]] & t[_AT[9] + c[9][i]] & t[_AT[10] + c[10][i]]
    ) != 0


@njit(parallel=True)
def _count(t, c, a, counts):
    n = len(a)
    for chunk in prange(len(counts)):
        found = 0
        for i in range(chunk * _CHUNK, min(n, (chunk + 1) * _CHUNK)):
            if _accepts(t, c, a, i):
                found += 1
        counts[chunk] = found
    return counts.sum()


@njit(parallel=True)
def _rows(t, c, a, counts, out):
    """Leave each chunk's rows at its place in *out*; then join them."""
    n = len(a)
    for chunk in prange(len(counts)):
        at = chunk * _CHUNK
        for i in range(chunk * _CHUNK, min(n, (chunk + 1) * _CHUNK)):
            if _accepts(t, c, a, i):
                out[at] = i
                at += 1
        counts[chunk] = at - chunk * _CHUNK
    rows = np.empty(counts.sum(), np.uint32)
    at = 0
    for chunk in range(len(counts)):
        for k in range(counts[chunk]):
            rows[at] = out[chunk * _CHUNK + k]
            at += 1
    return rows


@njit(parallel=True)
def _bitmap(t, c, a, bits):
    n = len(a)
    for byte in prange(len(bits)):
        found = 0
        for i in range(byte * 8, min(n, byte * 8 + 8)):
            if _accepts(t, c, a, i):
                found |= 1 << (i & 7)
        bits[byte] = found
    return bits


@njit
def _first(t, c, a, most):
    rows, found = np.empty(most, np.uint32), 0
    for i in range(len(a)):
        if _accepts(t, c, a, i):
            rows[found] = i
            found += 1
            if found == most:
                break
    return rows[:found]


class Fused:
    """A table in memory, and the compiled loops."""

    def __init__(self, table: Table, threads: int) -> None:
        self.threads = min(threads, get_num_threads())
        self.columns = tuple(table.columns[name] for name in _ORDER)
        self.aggregator = table.columns["aggregator"]
        self.counts = np.zeros(-(-table.n_rows // _CHUNK), np.int64)
        self.out = np.empty(table.n_rows, np.uint32)
        for run in self.prepare(()).values():
            run()

    def tables(self, clauses: Clauses) -> NDArray[np.uint8]:
        """Lay the tables of a rule end to end."""
        tables = np.ones(_AT[-1], np.uint8)
        both = tables[: _AT[1]].reshape(-1, _AGGREGATORS)
        for clause in clauses:
            name, *_ = names_of(clause)
            if isinstance(clause, Pairs):
                both[:] = clause.accepted
            elif name == "type":
                both &= clause.accepted[:, None]
            elif name == "aggregator":
                both &= clause.accepted
            else:
                at = _ORDER.index(name)
                tables[_AT[at] : _AT[at + 1]] = clause.accepted
        return tables

    def count(self, tables: NDArray[np.uint8]) -> int:
        """Return how many devices pass."""
        set_num_threads(self.threads)
        return int(_count(tables, self.columns, self.aggregator, self.counts))

    def rows(self, tables: NDArray[np.uint8]) -> Array:
        """Return the rows that pass."""
        set_num_threads(self.threads)
        return _rows(tables, self.columns, self.aggregator, self.counts, self.out)

    def bitmap(self, tables: NDArray[np.uint8]) -> NDArray[np.uint8]:
        """Return one bit a device, the lowest first."""
        set_num_threads(self.threads)
        bits = np.empty(-(-len(self.aggregator) // 8), np.uint8)
        return _bitmap(tables, self.columns, self.aggregator, bits)

    def prepare(self, clauses: Clauses) -> Answers:
        """Make the tables of a rule."""
        tables = self.tables(clauses)
        return {
            "count": lambda: self.count(tables),
            "rows": lambda: self.rows(tables),
            "bitmap": lambda: self.bitmap(tables),
            "first": lambda: _first(tables, self.columns, self.aggregator, FIRST),
        }


class FusedMany:
    """One source after the other."""

    def __init__(self, table: Table, threads: int) -> None:
        self.fused = Fused(table, threads)

    def prepare(self, rules: Rules) -> Run:
        """Make the tables of all rules."""
        tables = [self.fused.tables(rules.clauses(rule)) for rule in range(len(rules))]
        return lambda: [self.fused.count(one) for one in tables]
