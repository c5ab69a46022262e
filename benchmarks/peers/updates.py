"""
Peers that change many devices at once: each gets rows and new codes, column by column.

NumPy keeps no index, so its time is that of twelve assignments. Each class has
``prepare(rows, columns)``, which returns what to call, and ``columns()``, for the check.
"""

import sqlite3

import numpy as np

from benchmarks.peers import Run
from benchmarks.regimes.attributes import Array, Columns
from benchmarks.regimes.data import Table


class NumpyColumns:
    """Twelve columns."""

    def __init__(self, table: Table, _threads: int = 1) -> None:
        self.given = {name: codes.copy() for name, codes in table.columns.items()}

    def prepare(self, rows: Array, columns: Columns) -> Run:
        """Keep the batch as NumPy assigns it best."""
        places = rows.astype(np.intp)

        def run() -> None:
            for name, codes in columns.items():
                self.given[name][places] = codes

        return run

    def columns(self) -> Columns:
        """Return what is there now."""
        return self.given


class DuckdbTable:
    """A table of codes; a batch is a table, too, and the update joins them by row."""

    def __init__(self, table: Table, threads: int) -> None:
        from benchmarks.peers.duckdb_scan import connect

        self.database = connect(threads)
        self.names = list(table.columns)
        self.batches = 0
        self._load("devices", np.arange(table.n_rows), table.columns)

    def _load(self, name: str, rows: Array, columns: Columns) -> None:
        import pyarrow as pa

        given = {"row": rows.astype(np.uint32), **columns}
        self.database.register("given", pa.table({n: pa.array(c) for n, c in given.items()}))
        self.database.execute(f"CREATE TABLE {name} AS SELECT * FROM given")
        self.database.unregister("given")

    def prepare(self, rows: Array, columns: Columns) -> Run:
        """Load the batch."""
        self.batches += 1
        name = f"batch{self.batches}"
        self._load(name, rows, columns)
        sets = ", ".join(f"{column} = {name}.{column}" for column in self.names)
        update = f"UPDATE devices SET {sets} FROM {name} WHERE devices.row = {name}.row"
        return lambda: self.database.execute(update)

    def columns(self) -> Columns:
        """Return what is there now."""
        return self.database.execute("SELECT * FROM devices ORDER BY row").fetchnumpy()


class PolarsFrame:
    """A frame; a batch is a frame, too, and the update is a join by row."""

    def __init__(self, table: Table, _threads: int) -> None:
        from benchmarks.peers.polars_scan import pl

        self.polars = pl
        rows = np.arange(table.n_rows, dtype=np.uint32)
        self.frame = pl.DataFrame({"row": rows, **table.columns})

    def prepare(self, rows: Array, columns: Columns) -> Run:
        """Load the batch."""
        batch = self.polars.DataFrame({"row": rows.astype(np.uint32), **columns})

        def run() -> None:
            self.frame = self.frame.update(batch, on="row")

        return run

    def columns(self) -> Columns:
        """Return what is there now."""
        return {name: self.frame[name].to_numpy() for name in self.frame.columns}


class SqliteTable:
    """A table by row, with the indexes of `benchmarks.peers.sqlite_index`."""

    def __init__(self, table: Table, _threads: int = 1) -> None:
        from benchmarks.peers.sqlite_index import Indexed

        self.database: sqlite3.Connection = Indexed(table).database
        self.names = list(table.columns)

    def prepare(self, rows: Array, columns: Columns) -> Run:
        """Keep the batch as lists."""
        sets = ", ".join(f"{name} = ?" for name in self.names)
        update = f"UPDATE devices SET {sets} WHERE row = ?"
        batch = list(
            zip(*(codes.tolist() for codes in columns.values()), rows.tolist(), strict=True)
        )
        return lambda: self.database.executemany(update, batch)

    def columns(self) -> Columns:
        """Return what is there now."""
        names = ", ".join(self.names)
        rows = self.database.execute(f"SELECT {names} FROM devices ORDER BY row").fetchall()
        return dict(zip(self.names, np.array(rows).T, strict=True))
