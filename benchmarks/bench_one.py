"""
One source against a fleet: how long do a count, rows, a bitmap and the first ten take?

Compare ``ours`` with ``NumPy on classes`` where descriptions repeat (R), and with ``NumPy`` and
``Polars 2th`` where they do not (X). Everybody is prepared: rules are compiled, expressions and
statements built; all judge within the time. In a cold cell, each begins with the rule as a user
holds it: we with a source's description, the peers with clauses in codes. ``ours kept`` asks a
`Match` again that has judged before, and so has no peer.

Rows ascend for us and most peers; DuckDB's come as they come.
"""

from collections.abc import Iterator, Mapping
from functools import lru_cache

import numpy as np
import pytest

from benchmarks import ours, peers
from benchmarks.peers import Answers
from benchmarks.regimes import text
from benchmarks.regimes.attributes import ATTRIBUTES, scheme
from benchmarks.regimes.clauses import Clauses, accepts, names_of
from benchmarks.regimes.regime import REGIMES, rules_of, table
from benchmarks.rounds import Cell, Run, in_turn, size_name

KINDS = ("prepared", "cold")
OUTPUTS = ours.OUTPUTS
OURS = tuple(ours.name(threads, kind) for kind in ("ours", "ours kept") for threads in ours.THREADS)
WHO = (*OURS, *(peer.name for peer in peers.ONE))

_LARGE = 5_000_000
_COLD = ("NumPy", "NumPy on classes", "numba 2th", "Polars 2th", "DuckDB 2th")
"""The peers that are asked cold."""


def bytes_read(clauses: Clauses) -> int:
    """Add the widths of the columns that a rule names."""
    names = {name for clause in clauses for name in names_of(clause)}
    return sum(ATTRIBUTES[name].dtype.itemsize for name in names)


class Question:
    """One regime, one size, and everybody ready to answer."""

    def __init__(self, regime: str, devices: int, n_sources: int) -> None:
        self.name = f"{regime} / {size_name(devices)}"
        self.table = table(regime, devices)
        rules = rules_of(regime, n_sources)
        self.rules = [rules.clauses(rule) for rule in range(n_sources)]
        self.fleet = ours.read(scheme(), text.device_lines(self.table))
        self.sources = [ours.held(self.fleet, line) for line in text.source_lines(rules)]
        self.peers = {
            peer.name: (peer, peer.build(self.table))
            for peer in peers.taking_part(peers.ONE, self.table)
        }
        self.expected = [
            np.flatnonzero(accepts(rule, self.table.columns)).astype(np.uint32)
            for rule in self.rules
        ]
        self.prepared = self._prepared()
        for who, asked in self.prepared.items():
            self._check(who, asked)
        self.cold = self._cold()
        for who, asked in self.cold.items():
            self._check(f"{who}, cold", asked)

    def _ours(self) -> dict[str, list[Answers]]:
        made = {}
        for threads in ours.THREADS:
            for kind, ask in (("ours", ours.prepared), ("ours kept", ours.kept)):
                made[ours.name(threads, kind)] = [
                    ask(self.fleet, source, threads=threads) for source in self.sources
                ]
        return made

    def _prepared(self) -> dict[str, list[Answers]]:
        found = self._ours()
        for who, (peer, built) in self.peers.items():
            found[who] = [built.prepare(rule) for rule in self.rules[: peer.rules]]
        return found

    def _cold(self) -> dict[str, list[Answers]]:
        found = {
            ours.name(threads): [ours.cold(self.fleet, s, threads=threads) for s in self.sources]
            for threads in ours.THREADS
        }
        for who in _COLD:
            if who in self.peers and self.table.n_rows < _LARGE:
                _, built = self.peers[who]
                found[who] = [_from_the_start(built, rule) for rule in self.rules]
        return found

    def _check(self, who: str, asked: list[Answers]) -> None:
        """Hold every answer to every rule against the reference."""
        for answers, expected in zip(asked, self.expected, strict=False):
            assert answers["count"]() == len(expected), who
            found = np.sort(np.asarray(answers["rows"]()))
            assert np.array_equal(found, expected), who
            if "first" in answers:
                assert np.array_equal(answers["first"](), expected[: ours.FIRST]), who
            if "bitmap" in answers:
                assert np.array_equal(_bits(answers["bitmap"](), self.table.n_rows), expected), who

    def cell(self, kind: str, output: str) -> Cell:
        """Put one kind of answer side by side."""
        asked = self.prepared if kind == "prepared" else self.cold
        parts = {
            who: [answers[output] for answers in given]
            for who, given in asked.items()
            if output in given[0]
        }
        return Cell(
            name=f"one / {self.name} / {output} / {kind}",
            runs={who: in_turn(questions) for who, questions in parts.items()},
            work={who: len(questions) for who, questions in parts.items()},
            unit="question",
            parts=parts,
            pairs=[(own, who) for own in OURS[: len(ours.THREADS)] for who in parts],
            note=self._note(parts),
            facts={"bytes a device": float(np.mean([bytes_read(r) for r in self.rules]))},
            is_warm=True,
        )

    def _note(self, parts: Mapping[str, list[Run]]) -> str:
        low, mid, high = np.percentile([len(rows) for rows in self.expected], [10, 50, 90])
        few = [f"{who}: {len(p)} rules" for who, p in parts.items() if len(p) < len(self.rules)]
        targets = f"targets p10 {low:.0f}, median {mid:.0f}, p90 {high:.0f}"
        return "; ".join([targets, *few])


def _from_the_start(built: object, rule: Clauses) -> Answers:
    """Make what answers a rule within the time; some peers need less for a single question."""
    if hasattr(built, "cold"):
        return built.cold(rule)
    return {o: lambda output=o: built.prepare(rule)[output]() for o in ("count", "rows")}


def _bits(found: object, n_rows: int) -> np.ndarray:
    """Return the rows of a bitmap, whatever holds it."""
    if hasattr(found, "to_numpy"):
        return np.flatnonzero(found.to_numpy())
    bits = np.unpackbits(np.frombuffer(found, np.uint8), bitorder="little", count=n_rows)
    return np.flatnonzero(bits)


@lru_cache(maxsize=1)
def question(regime: str, devices: int, n_sources: int) -> Question:
    return Question(regime, devices, n_sources)


def regimes_at(devices: int) -> Iterator[str]:
    """List the regimes of a size: without the order of the devices it matters at the largest."""
    for regime in REGIMES:
        if devices >= _LARGE or regime != "X unsorted":
            yield regime


def outputs_at(regime: str, kind: str, devices: int, middle: int) -> tuple[str, ...]:
    """List the answers: rows and counts everywhere, the others and cold ones at one size."""
    if kind == "cold":
        return ("count", "rows") if devices == middle and regime in {"R", "X", "Xn"} else ()
    if devices == middle and regime in {"R", "X"}:
        return OUTPUTS
    return ("rows",) if regime == "X unsorted" else ("count", "rows")


def cells(sizes: tuple[int, ...], n_sources: int) -> Iterator[Cell]:
    middle = sorted(sizes)[len(sizes) // 2]
    for devices in sizes:
        for regime in regimes_at(devices):
            for kind in KINDS:
                for output in outputs_at(regime, kind, devices, middle):
                    yield question(regime, devices, n_sources).cell(kind, output)
    question.cache_clear()


@pytest.mark.parametrize("who", WHO)
@pytest.mark.parametrize(
    ("kind", "output"),
    [*(("prepared", output) for output in OUTPUTS), ("cold", "count"), ("cold", "rows")],
)
@pytest.mark.parametrize("regime", REGIMES)
def test_one(run_cell, devices, n_sources, regime, kind, output, who):
    cell = question(regime, devices, n_sources).cell(kind, output)
    if who not in cell.runs:
        pytest.skip(f"{who} takes no part")
    run_cell(cell, who)
