"""
One source against a fleet: how long do a count, rows, a bitmap and the first ten take?

Compare ``ours`` with ``NumPy on classes`` where descriptions repeat (R), and with ``NumPy`` and
``Polars 2th`` where they do not (X). Everybody is prepared: rules are compiled, expressions and
statements built; all judge within the time. In a cold cell, each begins with the rule as a user
holds it: we with a source's description, the peers with clauses in codes. ``ours kept`` asks a
`Match` again that has judged before, and so has no peer.

Rows ascend for us and most peers; DuckDB's come as they come.
"""

from collections.abc import Callable, Iterator, Mapping
from functools import lru_cache

import numpy as np
import pytest

from benchmarks import ours, peers
from benchmarks.peers import Answers
from benchmarks.regimes import text
from benchmarks.regimes.attributes import ATTRIBUTES, scheme
from benchmarks.regimes.clauses import Clauses, names_of, targets
from benchmarks.regimes.regime import REGIMES, devices_of, rules_of, table
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


class Loaded:
    """The devices of a regime with everybody who keeps them: other rules, the same devices."""

    def __init__(self, regime: str, devices: int) -> None:
        self.table = table(regime, devices)
        self.fleet = ours.read(scheme(), text.device_lines(self.table))
        self.peers = {
            peer.name: (peer, peer.build(self.table))
            for peer in peers.taking_part(peers.ONE, self.table)
        }


class Question:
    """One regime, one size, and everybody ready to answer."""

    def __init__(self, regime: str, devices: int, n_sources: int) -> None:
        self.name = f"{regime} / {size_name(devices)}"
        self.loaded = loaded(devices_of(regime), devices)
        self.table = self.loaded.table
        rules = rules_of(regime, n_sources)
        self.rules = [rules.clauses(rule) for rule in range(n_sources)]
        self.sources = [ours.held(self.loaded.fleet, line) for line in text.source_lines(rules)]
        self.expected = [targets(rule, self.table.columns) for rule in self.rules]
        self.asked = {"prepared": self._prepared(), "cold": self._cold()}
        self.cells: dict[tuple[str, str], Cell] = {}

    def _each(self, ask: Callable[..., Answers], threads: int) -> list[Answers]:
        return [ask(self.loaded.fleet, source, threads=threads) for source in self.sources]

    def _prepared(self) -> dict[str, list[Answers]]:
        found = {
            ours.name(threads, kind): self._each(ask, threads)
            for kind, ask in (("ours", ours.prepared), ("ours kept", ours.kept))
            for threads in ours.THREADS
        }
        for who, (peer, built) in self.loaded.peers.items():
            found[who] = [built.prepare(rule) for rule in self.rules[: peer.rules]]
        return found

    def _cold(self) -> dict[str, list[Answers]]:
        found = {ours.name(threads): self._each(ours.cold, threads) for threads in ours.THREADS}
        for who in _COLD:
            if who in self.loaded.peers:
                _, built = self.loaded.peers[who]
                found[who] = [_from_the_start(built, rule) for rule in self.rules]
        return found

    def _check(self, who: str, output: str, questions: list[Run]) -> None:
        """Hold the answer to every rule against the reference."""
        for ask, expected in zip(questions, self.expected, strict=False):
            found = ask()
            match output:
                case "count":
                    assert found == len(expected), who
                case "rows":
                    assert np.array_equal(np.sort(found), expected), who
                case "first":
                    assert np.array_equal(found, expected[: ours.FIRST]), who
                case _:
                    assert np.array_equal(_bits(found, self.table.n_rows), expected), who

    def cell(self, kind: str, output: str) -> Cell:
        """Put one kind of answer side by side, after all answers have been compared."""
        if (kind, output) not in self.cells:
            self.cells[kind, output] = self._cell(kind, output)
        return self.cells[kind, output]

    def _cell(self, kind: str, output: str) -> Cell:
        parts = {
            who: [answers[output] for answers in given]
            for who, given in self.asked[kind].items()
            if output in given[0]
        }
        for who, questions in parts.items():
            self._check(who, output, questions)
        return Cell(
            name=f"one / {self.name} / {output} / {kind}",
            runs={who: in_turn(questions) for who, questions in parts.items()},
            work={who: len(questions) for who, questions in parts.items()},
            unit="question",
            parts=parts,
            pairs=[(own, who) for own in OURS[: len(ours.THREADS)] for who in parts],
            note=self._note(parts),
            facts={
                "devices": self.table.n_rows,
                "bytes a device": float(np.mean([bytes_read(rule) for rule in self.rules])),
            },
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
def loaded(regime: str, devices: int) -> Loaded:
    return Loaded(regime, devices)


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
    loaded.cache_clear()


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
