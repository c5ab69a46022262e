"""
How long does a device's change take, and what do changes cost the questions in between?

Compare ``ours`` with ``DuckDB`` and with ``NumPy``, which assigns to columns and keeps no index.
Ours begins with lines of NDJSON, which it reads and checks within the time; the peers, and ``ours,
Arrow``, begin with codes. Every round gives the devices of a batch other descriptions than the
round before.

``mixed`` asks a source after each 99 changes, 1 % of all that is done, and compares the time of
each question with that of the same one in a fleet at rest. To read 99 lines and to change what
they change moves a question's codes out of the cache, whatever fleet it is done to. So the fleet at
rest is asked in two ways: with nothing in between, and after 99 changes of its neighbour. What a
question takes more than that is due to changes of its own fleet; the rest is the machine's:
`mixed`.
"""

from collections.abc import Callable, Iterator, Sequence
from functools import lru_cache
from itertools import cycle
from statistics import median

import numpy as np
import pytest
from numpy.random import default_rng

from benchmarks import ours, peers
from benchmarks.regimes import text
from benchmarks.regimes.attributes import ATTRIBUTES, Array, Columns, scheme
from benchmarks.regimes.clauses import targets
from benchmarks.regimes.data import UPDATE_SEED, Table, adversarial, realistic
from benchmarks.regimes.regime import rules_of, table
from benchmarks.rounds import Cell, Run, seconds, size_name
from simulator.fleet.fleet import Fleet

REGIMES = ("R", "X")
PEERS = (
    peers.Peer("NumPy", "updates", "NumpyColumns"),
    peers.Peer("DuckDB", "updates", "DuckdbTable", rules=100_000),
    peers.Peer("DuckDB 2th", "updates", "DuckdbTable", threads=2, rules=100_000),
    peers.Peer("Polars 2th", "updates", "PolarsFrame", threads=2, rules=100_000),
    peers.Peer("SQLite", "updates", "SqliteTable", rules=20_000),
)
"""Here ``rules`` is the size of a batch."""
WHO = ("ours", "ours, Arrow", *(peer.name for peer in PEERS))

BETWEEN = 99
"""Changes before each question of a mixed run."""
_REPEATS = 5
_SEEN = 5_000
"""Devices that are looked at after a batch."""


class Batches:
    """New descriptions for all devices, twice over, in a random order of rows."""

    def __init__(self, regime: str, devices: int) -> None:
        draw = realistic if regime == "R" else adversarial
        self.rows = default_rng(UPDATE_SEED).permutation(devices)
        self.tables = [draw(devices, UPDATE_SEED + number) for number in (1, 2)]

    def columns(self, number: int, most: int) -> Columns:
        """Return the codes of a batch."""
        return {name: codes[:most] for name, codes in self.tables[number].columns.items()}

    def lines(self, number: int, most: int) -> list[bytes]:
        """Return the lines of a batch."""
        some = self.tables[number].take(np.arange(most))
        return b"".join(text.device_lines(some)).splitlines(keepends=True)


def _in_turn(runs: list[Run]) -> Run:
    """Make one run that is the next of *runs* every time."""
    turn = cycle(runs)

    def run() -> None:
        next(turn)()

    return run


class Question:
    """One regime, and everybody ready to change."""

    def __init__(self, regime: str, devices: int) -> None:
        self.name = f"churn / {regime} / {size_name(devices)}"
        self.table = table(regime, devices)
        self.batches = Batches(regime, devices)
        self.runs: dict[str, Run] = {}
        self.work: dict[str, int] = {}
        fleet = ours.read(scheme(), text.device_lines(self.table))
        self.seen = default_rng(UPDATE_SEED).choice(devices, min(devices, _SEEN), replace=False)
        self._add("ours", self._ours(fleet, devices), lambda rows: _columns(fleet, rows))
        self._add_arrow(fleet, devices)
        for peer in PEERS:
            try:
                built = peer.build(self.table)
            except ImportError:
                continue
            most = min(devices, peer.rules)
            rows = self.batches.rows[:most]
            made = [built.prepare(rows, self.batches.columns(n, most)) for n in (0, 1)]
            changed = [(run, most) for run in made]
            self._add(peer.name, changed, lambda at, b=built: _at(b.columns(), at))

    def _add_arrow(self, fleet: Fleet, devices: int) -> None:
        """Give the same devices the same descriptions, as columns of codes."""
        if not ours.HAS["replace_arrow"]:
            return
        try:
            from benchmarks.peers.arrow_compute import coded
        except ImportError:
            return
        rows = self.batches.rows.astype(np.uint32)
        given = [coded(self.batches.columns(number, devices)) for number in (0, 1)]
        made = [(lambda one=one: fleet.replace_arrow(rows, one), devices) for one in given]
        self._add("ours, Arrow", made, lambda seen: _columns(fleet, seen))

    def _ours(self, fleet: Fleet, devices: int) -> list[tuple[Run, int]]:
        lines = [self.batches.lines(number, devices) for number in (0, 1)]
        rows = self.batches.rows.astype(np.uint32)
        return [ours.replace(fleet, rows, one) for one in lines]

    def _add(
        self, who: str, made: list[tuple[Run, int]], columns: Callable[[Array], Columns]
    ) -> None:
        """Run both batches and look at what the second one left."""
        (first, n), (second, _) = made
        first()
        second()
        expected = _changed(self.table, self.batches, 1, n)
        found = columns(self.seen)
        for name, codes in _at(expected, self.seen).items():
            assert np.array_equal(found[name], codes), who
        self.runs[who], self.work[who] = _in_turn([first, second]), n

    def cell(self) -> Cell:
        """Put everybody's changes side by side."""
        batches = ", ".join(f"{who} {n}" for who, n in self.work.items())
        return Cell(
            name=self.name,
            runs=self.runs,
            work=self.work,
            unit="update",
            pairs=[
                (own, who)
                for own in ("ours", "ours, Arrow")
                for who in self.runs
                if own in self.runs and own != who
            ],
            note=f"devices in a batch: {batches}",
            is_warm=True,
        )


def _at(columns: Columns, rows: Array) -> Columns:
    return {name: columns[name][rows] for name in ATTRIBUTES}


def _changed(given: Table, batches: Batches, number: int, most: int) -> Columns:
    """Return the columns of a table after the first changes of a batch."""
    columns = {name: codes.copy() for name, codes in given.columns.items()}
    for name, codes in batches.columns(number, most).items():
        columns[name][batches.rows[:most]] = codes
    return columns


def _columns(fleet: Fleet, rows: Array) -> Columns:
    """Read devices of a fleet back, by the spelling of their values."""
    codes = {
        name: {text: code for code, text in enumerate(attribute.texts)}
        for name, attribute in ATTRIBUTES.items()
    }
    values = [fleet[row].values for row in rows.tolist()]
    return {name: np.array([codes[name][str(v[name])] for v in values]) for name in ATTRIBUTES}


@lru_cache(maxsize=1)
def question(regime: str, devices: int) -> Question:
    return Question(regime, devices)


def cells(devices: int) -> Iterator[Cell]:
    for regime in REGIMES:
        yield question(regime, devices).cell()
    question.cache_clear()


# ---- questions between changes


def _in_rounds(questions: Sequence[Run], between: Run) -> list[float]:
    """Ask one after the other, all of them some times over, and return the median of each."""
    times: list[list[float]] = [[] for _ in questions]
    for _ in range(_REPEATS):
        for number, question in enumerate(questions):
            between()
            times[number].append(seconds(question))
    return [median(found) for found in times]


def _questions(fleet: Fleet, lines: Sequence[bytes]) -> list[Run]:
    return [ours.prepared(fleet, ours.held(fleet, line))["rows"] for line in lines]


def mixed(regime: str, devices: int, n_sources: int) -> dict[str, float]:
    """
    Ask sources between changes.

    Returns:
        Over the questions, prepared rows: the median, 90th percentile and highest of the time after
        changes over the time at rest, each the median of some repeats; the highest over the time
        beside a neighbour's changes; and the three times in seconds.
    """
    given = table(regime, devices)
    quiet, busy = (ours.read(scheme(), text.device_lines(given)) for _ in range(2))
    rules = rules_of(regime, n_sources)
    sources = list(text.source_lines(rules))
    quiet_runs, busy_runs = _questions(quiet, sources), _questions(busy, sources)
    at_rest = _in_rounds(quiet_runs, lambda: None)
    batches = Batches(regime, devices)
    most = min(devices, 2 * BETWEEN * _REPEATS * n_sources)
    lines, rows = batches.lines(0, most), batches.rows[:most].astype(np.uint32)
    parts = [slice(at, at + BETWEEN) for at in range(0, most - BETWEEN + 1, BETWEEN)]
    change = _in_turn([ours.replace(busy, rows[part], lines[part])[0] for part in parts])
    # In turn, so that a machine that slows down slows both.
    both = [run for pair in zip(quiet_runs, busy_runs, strict=True) for run in pair]
    times = _in_rounds(both, change)
    beside, after = times[::2], times[1::2]
    reached = min(len(parts), _REPEATS * len(both)) * BETWEEN
    columns = _changed(given, batches, 0, reached)
    for number, run in enumerate(busy_runs):
        assert np.array_equal(run(), targets(rules.clauses(number), columns))
    slower = [late / early for late, early in zip(after, at_rest, strict=True)]
    p50, p90, highest = np.percentile(slower, [50, 90, 100])
    return {
        "at rest": median(at_rest),
        "beside changes": median(beside),
        "after changes": median(after),
        "median": float(p50),
        "p90": float(p90),
        "highest": float(highest),
        "highest to beside": max(late / early for late, early in zip(after, beside, strict=True)),
    }


@pytest.mark.parametrize("who", WHO)
@pytest.mark.parametrize("regime", REGIMES)
def test_churn(run_cell, devices, regime, who):
    cell = question(regime, devices).cell()
    if who not in cell.runs:
        pytest.skip(f"{who} takes no part")
    run_cell(cell, who)


@pytest.mark.parametrize("regime", REGIMES)
def test_mixed(benchmark, devices, n_sources, regime):
    benchmark.group = "mixed"
    found = benchmark.pedantic(mixed, args=(regime, devices, n_sources), rounds=1)
    benchmark.extra_info |= found
