"""pyarrow's compute functions on columns of codes, whole columns at a time. One thread."""

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from benchmarks.peers import Answers
from benchmarks.regimes.attributes import ATTRIBUTES, Array, Columns
from benchmarks.regimes.clauses import Among, Between, Clause, Clauses, Has
from benchmarks.regimes.data import Table


def coded(columns: Columns) -> pa.Table:
    """Say columns as dictionaries: codes, and what each one stands for."""
    made = {}
    for name, codes in columns.items():
        attribute = ATTRIBUTES[name]
        values = map(int, attribute.texts) if attribute.is_number else attribute.texts
        signed = pa.array(codes.astype(np.int16))
        made[name] = pa.DictionaryArray.from_arrays(signed, pa.array(list(values)))
    return pa.table(made)


class Compute:
    """A column of Arrow an attribute."""

    def __init__(self, table: Table, _threads: int = 1) -> None:
        self.columns = {name: pa.array(codes) for name, codes in table.columns.items()}
        self.n_rows = table.n_rows

    def _value(self, name: str, code: int) -> pa.Scalar:
        return pa.scalar(code, self.columns[name].type)

    def _test(self, clause: Clause) -> pa.Array:
        match clause:
            case Among(name=name, codes=(code,)):
                return pc.equal(self.columns[name], self._value(name, code))
            case Among(name=name):
                # A lookup takes half the time of is_in here.
                return pc.take(pa.array(clause.accepted), self.columns[name])
            case Between(name=name, low=low, high=high):
                column = self.columns[name]
                above = pc.greater_equal(column, self._value(name, low))
                return pc.and_(above, pc.less_equal(column, self._value(name, high)))
            case Has(name=name, flags=flags):
                needed = self._value(name, flags)
                return pc.equal(pc.bit_wise_and(self.columns[name], needed), needed)
        kinds, numbers = self.columns["type"], self.columns["aggregator"]
        found = None
        for kind, number in clause.pairs:
            one = pc.and_(
                pc.equal(kinds, self._value("type", kind)),
                pc.equal(numbers, self._value("aggregator", number)),
            )
            found = one if found is None else pc.or_(found, one)
        return found

    def _mask(self, clauses: Clauses) -> pa.Array:
        mask = pa.array(np.ones(self.n_rows, np.bool_)) if not clauses else None
        for clause in clauses:
            passed = self._test(clause)
            mask = passed if mask is None else pc.and_(mask, passed)
        return mask

    def _rows(self, clauses: Clauses) -> Array:
        return pc.indices_nonzero(self._mask(clauses)).to_numpy()

    def prepare(self, clauses: Clauses) -> Answers:
        """Keep the clauses; what is made of them within the time hardly changes it."""
        return {
            "count": lambda: pc.sum(self._mask(clauses)).as_py() or 0,
            "rows": lambda: self._rows(clauses),
            "bitmap": lambda: self._mask(clauses).buffers()[1],
        }
