"""
One source against a million: how long do rows, a count, the first ten and a bitmap take?

Compare ``ours`` with ``NumPy`` (columns, progressively) and with ``NumPy on classes`` (the stronger
peer where descriptions repeat). Both have what they need made ready. But a prepared `Match` has
judged every class already, and NumPy has not; so compare ``ours cold``, which reads and compiles
the rule, judges the classes and answers, with the same two rows: it is slower than what is fair to
us, never faster. ``NumPy cold`` makes its tables with the Python judge inside the time.

Where the targets' objects decide, NumPy gets a table of accepted lists, made by the judge outside
the time: no ``NumPy cold`` there, and the other two are favoured.
"""

from collections.abc import Callable, Iterator
from functools import lru_cache

import numpy as np
import pytest

from benchmarks import inputs, peers
from benchmarks.rounds import Cell, Run, in_turn
from simulator.compat.description import Description
from simulator.compat.scheme import Direction
from simulator.fleet.fleet import Match

QUESTIONS = (
    ("software-version", None, "realistic"),
    ("self-compatible", Direction.SOURCE, "realistic"),
    ("self-compatible", Direction.TARGET, "realistic"),
    ("software-version", None, "distinct"),
    ("self-compatible", Direction.SOURCE, "distinct"),
)
OUTPUTS = ("rows", "count", "first", "bitmap")
WHO = ("ours", "ours cold", "NumPy", "NumPy on classes", "NumPy cold")
PAIRS = (
    ("ours", "NumPy"),
    ("ours", "NumPy on classes"),
    ("ours cold", "NumPy"),
    ("ours cold", "NumPy on classes"),
    ("ours cold", "NumPy cold"),
)

FIRST = 10

_OURS: dict[str, Callable[[Match], object]] = {
    "rows": Match.rows,
    "count": lambda match: match.count,
    "first": lambda match: match.first(FIRST),
    "bitmap": Match.bitmap,
}


class Question:
    """One fleet, one direction, and everybody ready to answer."""

    def __init__(
        self, scheme: str, direction: Direction | None, regime: str, devices: int, n_sources: int
    ) -> None:
        side = "" if direction is None else f" / by {direction}"
        self.name = f"match / {scheme}{side} / {regime}"
        self.direction = direction
        self.fleet = inputs.fleet(scheme, regime, devices)
        self.sources = inputs.sources(self.fleet, n_sources)
        self.coded = peers.Coded(self.fleet)
        compiler = peers.Compiler(self.coded)
        self.plans = [compiler.plan(source, direction) for source in self.sources]
        self.matches = [self.fleet.match(source, direction) for source in self.sources]
        self.compiler = peers.Compiler(self.coded, remember=False)
        # Where nearly every row is a class of its own, going by classes is only a detour.
        self.has_classes = self.coded.n_classes * 4 < self.coded.n_rows
        self._check()

    def _check(self) -> None:
        for match, plan in zip(self.matches, self.plans, strict=True):
            expected = np.array(match.rows())
            assert match.count == len(expected)
            assert match.first(FIRST) == expected[:FIRST].tolist()
            bits = np.frombuffer(match.bitmap(), np.uint8)
            for who in ("NumPy", "NumPy on classes")[: 1 + self.has_classes]:
                answers = {out: self._numpy(plan, who, out)() for out in OUTPUTS}
                assert np.array_equal(answers["rows"], expected), who
                assert answers["count"] == len(expected), who
                assert np.array_equal(answers["first"], expected[:FIRST]), who
                assert np.array_equal(answers["bitmap"], bits), who

    def _numpy(self, plan: peers.Plan, who: str, output: str) -> Run:
        coded = self.coded
        if who == "NumPy on classes":
            return {
                "rows": lambda: peers.class_rows(plan, coded),
                "count": lambda: peers.class_count(plan, coded),
                "first": lambda: peers.class_first(plan, coded, FIRST),
                "bitmap": lambda: peers.class_bitmap(plan, coded),
            }[output]
        return {
            "rows": lambda: peers.rows(plan, coded.by_row, coded.n_rows),
            "count": lambda: peers.count(plan, coded.by_row, coded.n_rows),
            "first": lambda: peers.first(plan, coded.by_row, coded.n_rows, FIRST),
            "bitmap": lambda: peers.bitmap(plan, coded.by_row, coded.n_rows),
        }[output]

    def _ours_cold(self, source: Description, output: str) -> Run:
        answer = _OURS[output]
        return lambda: answer(self.fleet.match(source, self.direction))

    def _numpy_cold(self, source: Description, output: str) -> Run:
        def run() -> object:
            return self._numpy(self.compiler.plan(source, self.direction), "NumPy", output)()

        return run

    def _ours(self, match: Match, output: str) -> Run:
        answer = _OURS[output]
        return lambda: answer(match)

    def asked(self, who: str, output: str) -> list[Run] | None:
        """Return a question a source; None for who takes no part."""
        match who:
            case "ours":
                return [self._ours(match, output) for match in self.matches]
            case "ours cold":
                return [self._ours_cold(source, output) for source in self.sources]
            case "NumPy cold":
                if self.direction is Direction.TARGET:
                    return None
                # It takes a hundred times as long as the rest together.
                few = self.sources[: max(1, len(self.sources) // 10)]
                return [self._numpy_cold(source, output) for source in few]
            case _:
                if who == "NumPy on classes" and not self.has_classes:
                    return None
                return [self._numpy(plan, who, output) for plan in self.plans]

    def cell(self, output: str) -> Cell:
        """Put one kind of answer side by side."""
        parts = {who: asked for who in WHO if (asked := self.asked(who, output))}
        found = [match.count for match in self.matches]
        low, mid, high = np.percentile(found, [10, 50, 90])
        classes = f"{self.coded.n_classes} classes"
        return Cell(
            name=f"{self.name} / {output}",
            runs={who: in_turn(asked) for who, asked in parts.items()},
            work={who: len(asked) for who, asked in parts.items()},
            unit="question",
            parts=parts,
            pairs=PAIRS,
            note=f"{classes}; targets p10 {low:.0f}, median {mid:.0f}, p90 {high:.0f}",
        )


@lru_cache(maxsize=1)
def question(
    scheme: str, direction: Direction | None, regime: str, devices: int, n_sources: int
) -> Question:
    return Question(scheme, direction, regime, devices, n_sources)


def cells(devices: int, n_sources: int) -> Iterator[Cell]:
    for asked in QUESTIONS:
        for output in OUTPUTS:
            yield question(*asked, devices, n_sources).cell(output)


@pytest.mark.parametrize("who", WHO)
@pytest.mark.parametrize("output", OUTPUTS)
@pytest.mark.parametrize("asked", QUESTIONS, ids=lambda asked: "-".join(map(str, asked)))
def test_match(run_cell, devices, n_sources, asked, output, who):
    cell = question(*asked, devices, n_sources).cell(output)
    if who not in cell.runs:
        pytest.skip(f"{who} takes no part")
    run_cell(cell, who)
