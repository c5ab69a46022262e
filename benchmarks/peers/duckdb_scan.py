"""
DuckDB: a table with ``ENUM`` columns, a prepared statement a rule, clauses by pass rate.

Each number of threads has a database of its own.
"""

from itertools import count

import duckdb
import numpy as np
import pyarrow as pa

from benchmarks.peers import Answers
from benchmarks.regimes.attributes import ATTRIBUTES
from benchmarks.regimes.clauses import Among, Between, Clause, Clauses, Has
from benchmarks.regimes.data import Table

NAMES = ("device_api", "type", "parent", "driver", "misc")
"""The attributes that are names."""

_LONG = 8
"""Longer lists are asked as a string of bits, one a name: a third of the time of IN here."""


def connect(threads: int) -> duckdb.DuckDBPyConnection:
    """Open a database in memory."""
    database = duckdb.connect(config={"threads": threads})
    database.execute("SET enable_progress_bar = false")
    return database


def to_arrow(table: Table) -> pa.Table:
    """Say a table in Arrow: names by dictionaries, numbers as they are."""
    columns = {}
    for name, codes in table.columns.items():
        if name in NAMES:
            signed = codes.astype(np.int16)
            texts = pa.array(ATTRIBUTES[name].texts)
            columns[name] = pa.DictionaryArray.from_arrays(pa.array(signed), texts)
        else:
            columns[name] = pa.array(codes)
    return pa.table({"row": pa.array(np.arange(table.n_rows, dtype=np.uint32)), **columns})


def _value(name: str, code: int) -> str:
    return f"'{ATTRIBUTES[name].texts[code]}'" if name in NAMES else str(code)


def _condition(clause: Clause) -> str:
    match clause:
        case Among(name=name, codes=(code,)):
            return f"{name} = {_value(name, code)}"
        case Among(name=name, codes=codes) if len(codes) > _LONG and name in NAMES:
            bits = "".join(map(str, clause.accepted.astype(int)))
            return f"get_bit('{bits}'::BIT, enum_code({name})::INT) = 1"
        case Among(name=name, codes=codes):
            return f"{name} IN ({', '.join(_value(name, code) for code in codes)})"
        case Between(name=name, low=low, high=high):
            return f"{name} BETWEEN {low} AND {high}"
        case Has(name=name, flags=flags):
            return f"({name} & {flags}) = {flags}"
        case _:
            pairs = (
                f"(type = {_value('type', kind)} AND aggregator = {aggregator})"
                for kind, aggregator in clause.pairs
            )
            return f"({' OR '.join(pairs)})"


_SELECT = {
    "count": "SELECT count(*) FROM devices WHERE ",
    "rows": "SELECT row FROM devices WHERE ",
}


def _where(clauses: Clauses) -> str:
    return " AND ".join(map(_condition, clauses)) or "true"


class Scan:
    """A database in memory."""

    def __init__(self, table: Table, threads: int) -> None:
        self.database = connect(threads)
        self.numbers = count()
        for name in NAMES:
            texts = ", ".join(f"'{text}'" for text in ATTRIBUTES[name].texts)
            self.database.execute(f"CREATE TYPE {name}_name AS ENUM ({texts})")
        self.database.register("given", to_arrow(table))
        columns = ", ".join(f"{n}::{n}_name AS {n}" if n in NAMES else n for n in table.columns)
        self.database.execute(f"CREATE TABLE devices AS SELECT row, {columns} FROM given")
        self.database.unregister("given")

    def prepare(self, clauses: Clauses) -> Answers:
        """Prepare the statements of a rule."""
        run, number = self.database.execute, next(self.numbers)
        run(f"PREPARE count{number} AS {_SELECT['count']}{_where(clauses)}")
        run(f"PREPARE rows{number} AS {_SELECT['rows']}{_where(clauses)}")
        return {
            "count": lambda: run(f"EXECUTE count{number}").fetchone()[0],
            "rows": lambda: run(f"EXECUTE rows{number}").fetchnumpy()["row"],
        }

    def cold(self, clauses: Clauses) -> Answers:
        """Write nothing but the statement that is asked; the database parses and plans it."""
        run = self.database.execute
        return {
            "count": lambda: run(_SELECT["count"] + _where(clauses)).fetchone()[0],
            "rows": lambda: run(_SELECT["rows"] + _where(clauses)).fetchnumpy()["row"],
        }
