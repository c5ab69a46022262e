"""
DuckDB, many sources: a hash join of accepted types with devices, or with classes and their sizes.

The table of sources has a row for each accepted type, or for each pair of a template, so type is
always a key; device_api is one where every source accepts a single one. The rest are conditions of
the join. The strongest peer for many narrow sources. Tables are made outside the time.
"""

import numpy as np
import pyarrow as pa

from benchmarks.peers import Run
from benchmarks.peers.duckdb_scan import connect
from benchmarks.regimes.attributes import Array
from benchmarks.regimes.data import Table
from benchmarks.regimes.rules import Rules

_JOIN = """
SELECT s.source, sum(d.size)::BIGINT FROM sources s JOIN devices d
ON s.type = d.type AND {api}
AND d.aggregator BETWEEN s.aggregator_low AND s.aggregator_high
AND (d.parent_bit & s.parents) != 0
AND (d.pv_mode & s.pv_mode) = s.pv_mode
AND d.version BETWEEN s.version_low AND s.version_high
AND d.framebuffer BETWEEN s.framebuffer_low AND s.framebuffer_high
AND (s.drivers IS NULL OR list_contains(s.drivers, d.driver))
AND (d.flags & s.flags) = s.flags
AND d.location BETWEEN s.location_low AND s.location_high
AND d.cost BETWEEN s.cost_low AND s.cost_high
AND (d.misc_bit & s.misc) != 0
GROUP BY s.source
"""
_RANGES = ("version", "framebuffer", "location", "cost")


def _spread(rules: Rules) -> tuple[Array, Array, Array, Array]:
    """Return a row for each accepted type or pair: source, type, lowest and highest aggregator."""
    plain = rules.types & ~rules.has_pairs[:, None]
    sources, kinds = np.nonzero(plain)
    low, high = rules.aggregator[sources].T
    templates, at = np.nonzero(rules.pairs[:, :, 0] >= 0)
    pair = rules.pairs[templates, at]
    return (
        np.concatenate([sources, templates]),
        np.concatenate([kinds, pair[:, 0]]),
        np.concatenate([low, pair[:, 1]]),
        np.concatenate([high, pair[:, 1]]),
    )


def _sources(rules: Rules) -> pa.Table:
    source, kind, low, high = _spread(rules)
    is_any = rules.drivers.all(axis=1)
    drivers = [
        None if every else np.flatnonzero(one).astype(np.uint16)
        for every, one in zip(is_any, rules.drivers, strict=True)
    ]
    columns = {
        "source": source.astype(np.uint32),
        "type": kind.astype(np.uint8),
        "aggregator_low": low.astype(np.uint8),
        "aggregator_high": high.astype(np.uint8),
        "apis": rules.apis[source],
        "parents": rules.parents[source],
        "pv_mode": rules.pv_mode[source],
        "flags": rules.flags[source],
        "misc": rules.misc[source],
    }
    for name in _RANGES:
        columns[f"{name}_low"], columns[f"{name}_high"] = getattr(rules, name)[source].T
    # Arrow wants columns that lie by themselves.
    arrays = {name: pa.array(np.ascontiguousarray(codes)) for name, codes in columns.items()}
    lists = pa.array(drivers, pa.list_(pa.uint16())).take(pa.array(source))
    return pa.table({**arrays, "drivers": lists})


def _devices(columns: dict[str, Array], sizes: Array) -> pa.Table:
    made = dict(columns)
    made["api_bit"] = np.uint8(1) << made.pop("device_api")
    made["parent_bit"] = np.uint64(1) << made.pop("parent").astype(np.uint64)
    made["misc_bit"] = np.uint16(1) << made.pop("misc").astype(np.uint16)
    return pa.table({name: pa.array(codes) for name, codes in {**made, "size": sizes}.items()})


class Join:
    """A database in memory with a row a device."""

    def __init__(self, table: Table, threads: int) -> None:
        self.database = connect(threads)
        self._load("devices", _devices(*self._targets(table)))

    @staticmethod
    def _targets(table: Table) -> tuple[dict[str, Array], Array]:
        return table.columns, np.ones(table.n_rows, np.uint32)

    def _load(self, name: str, given: pa.Table) -> None:
        self.database.register("given", given)
        self.database.execute(f"CREATE OR REPLACE TABLE {name} AS SELECT * FROM given")
        self.database.unregister("given")

    def prepare(self, rules: Rules) -> Run:
        """Load the sources and prepare the join; those that were prepared last are asked."""
        self._load("sources", _sources(rules))
        is_one = bool((np.bitwise_count(rules.apis) == 1).all())
        api = "s.apis = d.api_bit" if is_one else "(s.apis & d.api_bit) != 0"
        self.database.execute(f"PREPARE joined AS {_JOIN.format(api=api)}")

        def run() -> Array:
            found = self.database.execute("EXECUTE joined").fetchnumpy()
            counts = np.zeros(len(rules), np.int64)
            counts[found["source"]] = next(found[name] for name in found if name != "source")
            return counts

        return run


class JoinClasses(Join):
    """A database in memory with a row a class, and its size."""

    @staticmethod
    def _targets(table: Table) -> tuple[dict[str, Array], Array]:
        return table.by_class.columns, table.sizes.astype(np.uint32)
