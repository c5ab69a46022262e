"""
Many sources against a fleet, and all devices against all: how many pairs are decided in a second?

Compare ``ours 2th`` with ``DuckDB join on classes 2th`` on R, with ``DuckDB join 2th`` on Xn, and
``ours`` with ``NumPy, 64 at a time`` on X. The answer is a count a source. We begin with the lines
of the sources, so reading and compiling them is inside our time; compiling for ``ours, compiled``
is outside, as the tables of peers are, but for joins with ``tables within``: these begin with rules
in columns of codes. Peers that take a source at a time are asked the first ones only, and so is a
join where each source accepts half of all types; a rate a pair is what compares.

``ours, matrix`` asks for all against all within a fleet whose devices publish the same lists.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import pytest

from benchmarks import ours, peers
from benchmarks.regimes import text
from benchmarks.regimes.attributes import scheme
from benchmarks.regimes.clauses import targets
from benchmarks.regimes.data import Table
from benchmarks.regimes.regime import REGIMES, rules_of, table
from benchmarks.rounds import Cell, Run, size_name
from simulator.fleet.fleet import Fleet

COMPILED, MATRIX = "ours, compiled", "ours, matrix"
WITHIN = ", tables within"
_JOIN = "duckdb_join"
OURS = tuple(
    ours.name(threads, kind) for kind in ("ours", COMPILED, MATRIX) for threads in ours.THREADS
)
PEERS = tuple(peer.name for peer in peers.MANY)
JOINS_WITHIN = tuple(f"{peer.name}{WITHIN}" for peer in peers.MANY if peer.module == _JOIN)
WHO = (*OURS, *PEERS, *JOINS_WITHIN)
CHECKED = 64


@dataclass(frozen=True, slots=True)
class Size:
    """
    A cell.

    Attributes:
        regime: Devices and rules.
        devices: In a fleet of a million; other fleets in proportion.
        sources: Likewise.
        all_pairs: Every device is a source, too.
    """

    regime: str
    devices: int
    sources: int
    all_pairs: bool = False


SIZES = (
    Size("R", 1_000_000, 10_240),
    Size("R", 100_000, 2_000, all_pairs=True),
    Size("X", 1_000_000, 1_024),
    Size("X", 100_000, 4_096),
    Size("Xn", 1_000_000, 10_240),
    Size("Xn", 100_000, 100_000, all_pairs=True),
)
"""W2, and W3 as ``all_pairs``; on R it has a source a class."""


class Question:
    """One size, and everybody ready to answer."""

    def __init__(self, size: Size, share: float) -> None:
        self.size = size
        self.devices = max(1000, round(size.devices * share))
        n_sources = max(CHECKED, round(size.sources * share))
        self.table = table(size.regime, self.devices)
        by_class = size.all_pairs and REGIMES[size.regime].is_realistic
        self.rules = rules_of("R by class" if by_class else size.regime, n_sources)
        self.expected = [
            len(targets(self.rules.clauses(rule), self.table.columns)) for rule in range(CHECKED)
        ]
        self.longest = np.empty(0, np.int64)
        self.runs: dict[str, Run] = {}
        self.work: dict[str, int] = {}
        self.before: dict[str, Run] = {}
        self._add_ours()
        for peer in peers.taking_part(peers.MANY, self.table):
            n = min(self._most(peer), len(self.rules))
            built, rules = peer.build(self.table), self.rules.part(0, n)
            self._add(peer.name, built.prepare(rules), n)
            if peer.module == _JOIN:
                self._add(f"{peer.name}{WITHIN}", _from_rules(built, rules), n)

    def _most(self, peer: peers.Peer) -> int:
        is_broad = not REGIMES[self.size.regime].is_narrow
        is_join = peer.module == _JOIN
        return peers.BROAD_JOIN if is_broad and is_join else peer.rules

    def _add(self, who: str, run: Run, n_sources: int) -> None:
        """Hold the first counts against the reference, and all of them against everybody's."""
        found = np.asarray(run(), np.int64)
        assert len(found) == n_sources, who
        assert found[:CHECKED].tolist() == self.expected[:n_sources], who
        both = min(len(found), len(self.longest))
        assert np.array_equal(found[:both], self.longest[:both]), who
        self.longest = max(self.longest, found, key=len)
        self.runs[who], self.work[who] = run, n_sources * self.devices

    def _add_ours(self) -> None:
        fleet = ours.read(scheme(), text.device_lines(self.table))
        lines = text.source_lines(self.rules)
        for threads in ours.THREADS:
            self._add(ours.name(threads), *ours.counts(fleet, lines, threads))
            if ours.HAS["match_all"]:
                self._add_compiled(fleet, lines, threads)
        is_whole = self.size.all_pairs and len(self.rules) == self.devices
        if is_whole and ours.HAS["matrix"]:
            self._add_matrix()

    def _add_compiled(self, fleet: Fleet, lines: list[bytes], threads: int) -> None:
        asked, who = ours.Compiled(fleet, lines, threads), ours.name(threads, COMPILED)
        self.before[who] = asked.before
        asked.before()
        self._add(who, asked.run, len(lines))

    def _add_matrix(self) -> None:
        """Ask within a fleet whose devices publish the rules; rows come in the rules' order."""
        own = Table(self.rules.own)
        fleet = ours.read(scheme(), text.device_lines(own, text.lists_of(self.rules)))
        for threads in ours.THREADS:
            run = ours.all_counts(fleet, threads)
            self._add(ours.name(threads, MATRIX), run, self.devices)

    def cell(self) -> Cell:
        """Put everybody's pairs side by side."""
        size = f"{size_name(self.devices)} x {size_name(len(self.rules))}"
        kind = "all pairs" if self.size.all_pairs else "many"
        few = {who: work // self.devices for who, work in self.work.items()}
        return Cell(
            name=f"{kind} / {self.size.regime} / {size}",
            runs=self.runs,
            work=self.work,
            unit="pair",
            before=self.before,
            pairs=[(own, who) for own in self.runs if own in OURS for who in few],
            note="; ".join(f"{who}: {n} sources" for who, n in few.items() if n < len(self.rules)),
            is_warm=True,
        )


def _from_rules(built: object, rules: object) -> Run:
    """Make the tables of the sources, and ask."""

    def run() -> object:
        prepared = built.prepare(rules)
        return prepared()

    return run


@lru_cache(maxsize=1)
def question(size: Size, share: float) -> Question:
    return Question(size, share)


def cells(devices: int) -> Iterator[Cell]:
    for size in SIZES:
        yield question(size, devices / 1e6).cell()
    question.cache_clear()


@pytest.mark.parametrize("who", WHO)
@pytest.mark.parametrize("size", SIZES, ids=lambda size: f"{size.regime}-{size.sources}")
def test_many(run_cell, devices, size, who):
    cell = question(size, devices / 1e6).cell()
    if who not in cell.runs:
        pytest.skip(f"{who} takes no part")
    run_cell(cell, who)
