"""
What a user might pick instead of the matcher, each used as well as we know how.

Every peer gets the same columns of codes. A peer for one source has a class with
``prepare(clauses)``, which returns what to call for each kind of answer; a peer for many sources
has ``prepare(rules)``, which returns what to call for a count a source. What `prepare` does is
outside the time of a prepared question, and inside that of a cold one.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from importlib import import_module

from benchmarks.regimes.data import Table

Run = Callable[[], object]
Answers = Mapping[str, Run]

ALL = 10**9


@dataclass(frozen=True, slots=True)
class Peer:
    """
    One competitor.

    Attributes:
        name: Stable, so that kept results compare.
        module: Below this package.
        make: The class in it, made with a table and a number of threads.
        threads: How many it uses.
        most_rows: It sits out larger fleets.
        rules: How many of the rules it is asked, where all would take too long.
        by_class: It works on distinct descriptions, so it sits out where there are none.
    """

    name: str
    module: str
    make: str
    threads: int = 1
    most_rows: int = ALL
    rules: int = ALL
    by_class: bool = False

    def build(self, table: Table) -> object:
        """Load the table. Raises ImportError where the library is not there."""
        module = import_module(f"benchmarks.peers.{self.module}")
        return getattr(module, self.make)(table, self.threads)


ONE = (
    Peer("NumPy", "numpy_scan", "Scan"),
    Peer("NumPy on classes", "numpy_classes", "Classes", by_class=True),
    Peer("numba", "numba_fused", "Fused", most_rows=2_000_000),
    Peer("numba 2th", "numba_fused", "Fused", threads=2),
    Peer("Polars 2th", "polars_scan", "Frame", threads=2),
    Peer("DuckDB", "duckdb_scan", "Scan", most_rows=2_000_000),
    Peer("DuckDB 2th", "duckdb_scan", "Scan", threads=2),
    Peer("pyroaring", "roaring", "Bitmaps", most_rows=2_000_000),
    Peer("pyarrow", "arrow_compute", "Compute", most_rows=2_000_000),
    Peer("SQLite", "sqlite_index", "Indexed", most_rows=2_000_000, rules=10),
)
"""One source."""

MANY = (
    Peer("NumPy, 64 at a time", "numpy_words", "WordsOfSources", rules=64),
    Peer("NumPy", "numpy_scan", "ScanMany", rules=50),
    Peer("NumPy on classes", "numpy_classes", "ClassesMany", by_class=True),
    Peer("numba 2th", "numba_fused", "FusedMany", threads=2, rules=50),
    Peer("DuckDB join 2th", "duckdb_join", "Join", threads=2),
    Peer("DuckDB join on classes 2th", "duckdb_join", "JoinClasses", threads=2, by_class=True),
)
"""Many sources, a count each."""

BROAD_JOIN = 16
"""The sources that a join is asked where each accepts half of the types."""


def present(peers: Sequence[Peer]) -> tuple[list[Peer], dict[str, str]]:
    """Return the peers whose libraries are there, and for the others what is missing."""
    found, missing = [], {}
    for peer in peers:
        try:
            import_module(f"benchmarks.peers.{peer.module}")
        except ImportError as error:
            missing[peer.name] = str(error)
        else:
            found.append(peer)
    return found, missing


def taking_part(peers: Sequence[Peer], table: Table) -> Iterator[Peer]:
    """Choose who is asked about a table."""
    for peer in present(peers)[0]:
        if table.n_rows <= peer.most_rows and (table.classes is not None or not peer.by_class):
            yield peer
