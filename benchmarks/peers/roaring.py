"""
pyroaring: a compressed bitmap for each code, and for each flag of a set; unions, then
intersections.

The most selective clause goes first. Once few devices are left and a union would take many bitmaps,
the rest is looked up in the columns. One thread.
"""

import numpy as np
from pyroaring import BitMap

from benchmarks.peers import Answers
from benchmarks.regimes.attributes import ATTRIBUTES, FLAGS, PV_FLAGS, Array
from benchmarks.regimes.clauses import Clause, Clauses, Has, Pairs, names_of, pass_rate
from benchmarks.regimes.data import Table

_FEW_ROWS = 20_000
_MANY_BITMAPS = 16
_SETS = {"pv_mode": len(PV_FLAGS), "flags": len(FLAGS)}


def _bitmap(rows: Array) -> BitMap:
    made = BitMap(rows.astype(np.uint32))
    made.run_optimize()
    return made


class Bitmaps:
    """A bitmap for each code that occurs."""

    def __init__(self, table: Table, _threads: int = 1) -> None:
        self.columns = table.columns
        self.all = BitMap(range(table.n_rows))
        self.of: dict[str, list[BitMap]] = {}
        for name, codes in table.columns.items():
            if name in _SETS:
                bits = range(_SETS[name])
                self.of[name] = [_bitmap(np.flatnonzero(codes >> bit & 1)) for bit in bits]
                continue
            order = np.argsort(codes, kind="stable")
            cuts = np.searchsorted(codes[order], np.arange(1, ATTRIBUTES[name].n_codes))
            self.of[name] = [_bitmap(rows) for rows in np.split(order, cuts)]

    def _bitmaps(self, clause: Clause) -> list[BitMap]:
        """Return what a clause unites, or for a superset what it intersects."""
        if isinstance(clause, Has):
            return [b for bit, b in enumerate(self.of[clause.name]) if clause.flags >> bit & 1]
        if isinstance(clause, Pairs):
            kinds, aggregators = self.of["type"], self.of["aggregator"]
            return [kinds[kind] & aggregators[number] for kind, number in clause.pairs]
        return [self.of[clause.name][code] for code in np.flatnonzero(clause.accepted)]

    def _look_up(self, clause: Clause, found: BitMap) -> BitMap:
        rows = np.fromiter(found, np.uint32, len(found))
        passed = clause.accepted[tuple(self.columns[name][rows] for name in names_of(clause))]
        return BitMap(rows[passed])

    def _find(self, clauses: Clauses) -> BitMap:
        found: BitMap | None = None
        for clause in clauses:
            is_wide = not isinstance(clause, Has | Pairs) and clause.accepted.sum() > _MANY_BITMAPS
            if found is not None and len(found) < _FEW_ROWS and is_wide:
                found = self._look_up(clause, found)
                continue
            if isinstance(clause, Has):
                passed = BitMap.intersection(*self._bitmaps(clause))
            else:
                passed = BitMap.union(*self._bitmaps(clause))
            found = passed if found is None else found & passed
        return self.all if found is None else found

    def prepare(self, clauses: Clauses) -> Answers:
        """Order the clauses."""
        ordered = tuple(sorted(clauses, key=pass_rate))
        return {
            "count": lambda: len(self._find(ordered)),
            "rows": lambda: np.array(self._find(ordered).to_array()),
        }
