"""
NumPy on columns of codes, progressively. The strongest simple peer; one thread.

Tests go in order of the share of devices that really pass, which is counted when the table is
loaded. While many devices are left, a test runs over whole columns; once few are, over those alone.
A test over a whole column takes the cheapest of four forms: one comparison, one range, up to
`_MAX_EQUALS` comparisons, or a table; for columns of bytes the table is `bytes.translate`, four
times as fast here as indexing. A template is tested on each column first, then by pairs.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property, reduce

import numpy as np
from numpy.typing import NDArray

from benchmarks.peers import Answers, Run
from benchmarks.regimes.attributes import ATTRIBUTES, Array, Mask
from benchmarks.regimes.clauses import Clauses, Has, Pairs
from benchmarks.regimes.data import Table
from benchmarks.regimes.rules import Rules

FIRST = 10

_MAX_EQUALS = 4
_DENSE = 8
"""More devices than one in so many: go on with whole columns."""
_FIRST_CHUNK = 4096


@dataclass(frozen=True)
class Test:
    """
    A table of accepted codes for one column, or for a pair of columns.

    Attributes:
        names: The columns.
        table: By code; one axis a column.
        passes: The share of the devices that pass.
        flags: For a superset, what is needed.
    """

    __test__ = False

    names: tuple[str, ...]
    table: Mask
    passes: float
    flags: int = 0

    @cached_property
    def accepted(self) -> Array:
        """The accepted codes of a single column."""
        return np.flatnonzero(self.table)

    @cached_property
    def bytes_table(self) -> bytes:
        """The table for `bytes.translate`."""
        return self.table.tobytes().ljust(256, b"\0")

    def whole(self, codes: Array, text: bytes | None) -> Mask:
        """Test every device by a single column; *text* is the same column, where it is of bytes."""
        kind = codes.dtype.type
        if self.flags:
            return codes & kind(self.flags) == kind(self.flags)
        accepted = self.accepted
        low, high = int(accepted[0]), int(accepted[-1])
        if low == high:
            return codes == kind(low)
        if high - low == len(accepted) - 1:
            return (codes - kind(low)) <= kind(high - low)
        if len(accepted) <= _MAX_EQUALS:
            return reduce(np.bitwise_or, [codes == kind(code) for code in accepted])
        if text is not None:
            return np.frombuffer(text.translate(self.bytes_table), np.bool_)
        return self.table.take(codes)

    def some(self, codes: Sequence[Array]) -> Mask:
        """Test these devices; a pair is one lookup, however many are accepted."""
        if len(codes) == 1:
            return self.table.take(codes[0])
        place = codes[0].astype(np.intp) * self.table.shape[1] + codes[1]
        return self.table.ravel().take(place)


Plan = tuple[Test, ...]


class Scan:
    """A table in memory, and what is known of its columns."""

    def __init__(self, table: Table, _threads: int = 1) -> None:
        self.n_rows = table.n_rows
        self.columns = table.columns
        self.share = {
            name: np.bincount(codes, minlength=ATTRIBUTES[name].n_codes) / max(1, len(codes))
            for name, codes in table.columns.items()
        }
        self.texts = {n: c.tobytes() for n, c in table.columns.items() if c.itemsize == 1}

    def plan(self, clauses: Clauses) -> Plan:
        """Order the tests of a rule."""
        tests = []
        for clause in clauses:
            if isinstance(clause, Pairs):
                both = clause.accepted
                tests += [
                    self._test("type", both.any(axis=1)),
                    self._test("aggregator", both.any(axis=0)),
                    Test(clause.names, both, 1),
                ]
            else:
                flags = clause.flags if isinstance(clause, Has) else 0
                tests.append(self._test(clause.name, clause.accepted, flags))
        return tuple(sorted(tests, key=lambda test: (len(test.names), test.passes)))

    def _test(self, name: str, accepted: Mask, flags: int = 0) -> Test:
        return Test((name,), accepted, float(self.share[name] @ accepted), flags)

    def _narrow(self, plan: Plan, start: int, stop: int) -> Array:
        """Return the numbers of the devices that pass, or a mask while they are many."""
        mask: Mask | None = None
        size, tests = stop - start, iter(plan)
        for test in tests:
            if len(test.names) > 1:
                passed = test.some([self.columns[name][start:stop] for name in test.names])
            else:
                (name,) = test.names
                is_whole = size == self.n_rows
                text = self.texts.get(name) if is_whole else None
                passed = test.whole(self.columns[name][start:stop], text)
            mask = passed if mask is None else mask & passed
            if np.count_nonzero(mask) * _DENSE < size:
                break
        if mask is None:
            return np.ones(size, np.bool_)
        if np.count_nonzero(mask) * _DENSE >= size:
            return mask
        rows = np.flatnonzero(mask)
        for test in tests:
            if not len(rows):
                break
            codes = [self.columns[name][start:stop].take(rows) for name in test.names]
            rows = rows[test.some(codes)]
        return rows

    def rows(self, plan: Plan, start: int = 0, stop: int | None = None) -> Array:
        """Return the rows, counted from *start*."""
        found = self._narrow(plan, start, self.n_rows if stop is None else stop)
        return np.flatnonzero(found) if found.dtype == np.bool_ else found

    def mask(self, plan: Plan) -> Mask:
        """Return a verdict a device."""
        found = self._narrow(plan, 0, self.n_rows)
        if found.dtype == np.bool_:
            return found
        mask = np.zeros(self.n_rows, np.bool_)
        mask[found] = True
        return mask

    def count(self, plan: Plan) -> int:
        """Return how many pass."""
        found = self._narrow(plan, 0, self.n_rows)
        return int(np.count_nonzero(found)) if found.dtype == np.bool_ else len(found)

    def bitmap(self, plan: Plan) -> NDArray[np.uint8]:
        """Return one bit a device, the lowest first."""
        return np.packbits(self.mask(plan), bitorder="little")

    def first(self, plan: Plan, most: int = FIRST) -> Array:
        """Find the lowest rows: chunks from the start, each twice as long as the one before."""
        found: list[Array] = []
        start, size, n_found = 0, _FIRST_CHUNK, 0
        while start < self.n_rows and n_found < most:
            stop = min(start + size, self.n_rows)
            found.append(start + self.rows(plan, start, stop))
            n_found += len(found[-1])
            start, size = stop, size * 2
        return np.concatenate(found)[:most]

    def prepare(self, clauses: Clauses) -> Answers:
        """Make the tests of a rule."""
        plan = self.plan(clauses)
        return {
            "count": lambda: self.count(plan),
            "rows": lambda: self.rows(plan),
            "bitmap": lambda: self.bitmap(plan),
            "first": lambda: self.first(plan),
        }


class ScanMany:
    """One source after the other."""

    def __init__(self, table: Table, threads: int = 1) -> None:
        self.scan = Scan(table, threads)

    def prepare(self, rules: Rules) -> Run:
        """Make the tests of all rules."""
        plans = [self.scan.plan(rules.clauses(rule)) for rule in range(len(rules))]
        return lambda: [self.scan.count(plan) for plan in plans]
