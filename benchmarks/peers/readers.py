"""
Peers that read NDJSON or Arrow into tables of their own. Types are told; nothing is guessed.

All keep strings as they stand: sets and versions are not taken apart, and values are not checked.
Each reader is called with a path and returns what it made; `columns_of` looks into it.
"""

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np

from benchmarks.regimes.attributes import ATTRIBUTES

JSON_LINES = 100_000
"""What `json.loads` reads: the first lines."""

Reader = Callable[[Path], object]


def duckdb_reader(threads: int) -> Reader:
    """Read into a table of DuckDB."""
    from benchmarks.peers.duckdb_scan import connect

    database = connect(threads)
    kinds = ", ".join(f"{a.name} {'INT' if a.is_number else 'TEXT'}" for a in ATTRIBUTES.values())
    columns = f"{{name: 'VARCHAR', self: 'STRUCT({kinds})'}}"

    def read(path: Path) -> object:
        database.execute(
            "CREATE OR REPLACE TABLE devices AS SELECT name, unnest(self) FROM "
            f"read_json('{path}', format='newline_delimited', columns={columns})"
        )
        return database.table("devices")

    return read


def polars_reader(_threads: int) -> Reader:
    """Read into a frame of Polars, with its own threads."""
    from benchmarks.peers.polars_scan import pl

    kinds = {a.name: pl.Int32 if a.is_number else pl.String for a in ATTRIBUTES.values()}
    schema = {"name": pl.String, "self": pl.Struct(kinds)}
    return lambda path: pl.read_ndjson(path, schema=schema).unnest("self")


def pyarrow_reader(threads: int) -> Reader:
    """Read into a table of Arrow."""
    import pyarrow as pa
    from pyarrow import json as arrow_json

    kinds = [(a.name, pa.int32() if a.is_number else pa.string()) for a in ATTRIBUTES.values()]
    schema = pa.schema([("name", pa.string()), ("self", pa.struct(kinds))])
    parse = arrow_json.ParseOptions(explicit_schema=schema)
    read = arrow_json.ReadOptions(use_threads=threads > 1)
    return lambda path: arrow_json.read_json(path, read, parse).flatten()


def load_lines(path: Path) -> list[object]:
    """Read the first lines by `json.loads`."""
    with path.open("rb") as file:
        return [json.loads(line) for line, _ in zip(file, range(JSON_LINES), strict=False)]


READERS = {
    "DuckDB": (duckdb_reader, 1),
    "DuckDB 2th": (duckdb_reader, 2),
    "Polars 2th": (polars_reader, 2),
    "pyarrow": (pyarrow_reader, 1),
    "pyarrow 2th": (pyarrow_reader, 2),
    "json.loads": (lambda _threads: load_lines, 1),
}


def columns_of(made: object, name: str) -> np.ndarray:
    """Return a column of what a reader made, as texts."""
    if isinstance(made, list):
        return np.array([str(device["self"][name]) for device in made])
    if hasattr(made, "fetchnumpy"):
        return np.array(made.fetchnumpy()[name]).astype(str)
    if f"self.{name}" in getattr(made, "column_names", ()):
        return np.array(made.column(f"self.{name}").to_pylist()).astype(str)
    return np.array(made[name].to_list()).astype(str)
