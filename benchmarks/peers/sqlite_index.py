"""SQLite in memory, with indexes on (type, device_api, aggregator) and on driver. One thread."""

import sqlite3

import numpy as np

from benchmarks.peers import Answers
from benchmarks.regimes.attributes import Array
from benchmarks.regimes.clauses import Among, Between, Clause, Clauses, Has
from benchmarks.regimes.data import Table


def _condition(clause: Clause) -> str:
    match clause:
        case Among(name=name, codes=codes):
            return f"{name} IN ({', '.join(map(str, codes))})"
        case Between(name=name, low=low, high=high):
            return f"{name} BETWEEN {low} AND {high}"
        case Has(name=name, flags=flags):
            return f"({name} & {flags}) = {flags}"
        case _:
            return f"(type, aggregator) IN (VALUES {', '.join(map(str, clause.pairs))})"


class Indexed:
    """A database in memory. Statements are kept by their text, as the module of Python does."""

    def __init__(self, table: Table, _threads: int = 1) -> None:
        self.database = sqlite3.connect(":memory:", cached_statements=1000)
        run = self.database.execute
        run(f"CREATE TABLE devices (row INTEGER PRIMARY KEY, {', '.join(table.columns)})")
        marks = ", ".join("?" for _ in range(1 + len(table.columns)))
        columns = [range(table.n_rows), *(codes.tolist() for codes in table.columns.values())]
        rows = zip(*columns, strict=True)
        self.database.executemany(f"INSERT INTO devices VALUES ({marks})", rows)
        run("CREATE INDEX by_type ON devices (type, device_api, aggregator)")
        run("CREATE INDEX by_driver ON devices (driver)")
        run("ANALYZE")

    def _rows(self, query: str) -> Array:
        return np.array([row for (row,) in self.database.execute(query)], np.uint32)

    def prepare(self, clauses: Clauses) -> Answers:
        """Write the statements of a rule."""
        where = " AND ".join(map(_condition, clauses)) or "true"
        count = f"SELECT count(*) FROM devices WHERE {where}"
        rows = f"SELECT row FROM devices WHERE {where} ORDER BY row"
        return {
            "count": lambda: self.database.execute(count).fetchone()[0],
            "rows": lambda: self._rows(rows),
        }
