"""
NumPy on the distinct descriptions: judge each once, then add sizes or join kept lists of rows.

The strongest peer where descriptions repeat; one thread. Rows ascend for everybody, so joined lists
are sorted; where many devices are accepted, each looks up the verdict of its class instead.
"""

import numpy as np
from numpy.typing import NDArray

from benchmarks.peers import Answers, Run
from benchmarks.peers.numpy_scan import FIRST, Plan, Scan
from benchmarks.regimes.attributes import Array
from benchmarks.regimes.clauses import Clauses
from benchmarks.regimes.data import Table
from benchmarks.regimes.rules import Rules

_GATHER = 6
"""More devices than one in so many: look classes up device by device instead of sorting lists."""


class Classes:
    """The classes of a table, their sizes and the rows of each."""

    def __init__(self, table: Table, threads: int = 1) -> None:
        self.n_rows = table.n_rows
        self.scan = Scan(table.by_class, threads)
        self.sizes = table.sizes
        self.rows_of = table.rows_of
        self.class_of = table.class_of

    def count(self, plan: Plan) -> int:
        """Add the sizes of the accepted classes."""
        return int(self.sizes[self.scan.rows(plan)].sum())

    def rows(self, plan: Plan) -> Array:
        """Join the lists of the accepted classes, or ask every device's class."""
        accepted = self.scan.rows(plan)
        if not len(accepted):
            return np.empty(0, np.uint32)
        if int(self.sizes[accepted].sum()) * _GATHER >= self.n_rows:
            return np.flatnonzero(self._verdicts(accepted).take(self.class_of))
        if len(accepted) == 1:
            return self.rows_of[accepted[0]]
        found = np.concatenate([self.rows_of[number] for number in accepted.tolist()])
        found.sort()
        return found

    def _verdicts(self, accepted: Array) -> NDArray[np.bool_]:
        verdicts = np.zeros(len(self.sizes), np.bool_)
        verdicts[accepted] = True
        return verdicts

    def bitmap(self, plan: Plan) -> NDArray[np.uint8]:
        """Return one bit a device, the lowest first."""
        mask = np.zeros(self.n_rows, np.bool_)
        mask[self.rows(plan)] = True
        return np.packbits(mask, bitorder="little")

    def first(self, plan: Plan, most: int = FIRST) -> Array:
        """Take the lowest rows of each accepted class, then the lowest of these."""
        accepted = self.scan.rows(plan).tolist()
        if not accepted:
            return np.empty(0, np.uint32)
        found = np.concatenate([self.rows_of[number][:most] for number in accepted])
        found.sort()
        return found[:most]

    def prepare(self, clauses: Clauses) -> Answers:
        """Make the tests of a rule."""
        plan = self.scan.plan(clauses)
        return {
            "count": lambda: self.count(plan),
            "rows": lambda: self.rows(plan),
            "bitmap": lambda: self.bitmap(plan),
            "first": lambda: self.first(plan),
        }


class ClassesMany:
    """One source after the other."""

    def __init__(self, table: Table, threads: int = 1) -> None:
        self.classes = Classes(table, threads)

    def prepare(self, rules: Rules) -> Run:
        """Make the tests of all rules."""
        plans = [self.classes.scan.plan(rules.clauses(rule)) for rule in range(len(rules))]
        return lambda: [self.classes.count(plan) for plan in plans]
