"""
Our own side: the calls that users make, and which of them this build has.

Everything that depends on the shape of the package's API stands here. A *prepared* question has its
rule compiled, and judges the fleet within the time (`Match.again`); a *cold* one begins with what a
user holds, a line of NDJSON where `Fleet.match` takes one, else a `Description`, and ends with the
answer. A *kept* one only expands a verdict that is there.
"""

from collections.abc import Callable, Iterable, Sequence
from functools import partial
from inspect import signature
from pathlib import Path

import numpy as np

from benchmarks.peers import Answers, Run
from benchmarks.regimes.attributes import Array
from simulator.compat.description import Description
from simulator.compat.scheme import Direction, Scheme
from simulator.fleet.fleet import Fleet, Match

FIRST = 10

Held = Description | bytes
"""What a user has in hand before asking."""

ANSWERS: dict[str, Callable[[Match], object]] = {
    "count": lambda match: match.count,
    "rows": Match.rows,
    "bitmap": Match.bitmap,
    "first": lambda match: match.first(FIRST),
}
OUTPUTS = tuple(ANSWERS)

HAS = {
    "again": hasattr(Match, "again"),
    "threads": "threads" in signature(Fleet.match).parameters,
    "match_all": hasattr(Fleet, "match_all"),
    "matrix": hasattr(Fleet, "matrix"),
    "replace_lines": hasattr(Fleet, "replace_lines"),
    "replace_arrow": hasattr(Fleet, "replace_arrow"),
    "from_arrow": hasattr(Fleet, "from_arrow"),
    "save": hasattr(Fleet, "save"),
}
"""What this build can do."""

THREADS = (1, 2) if HAS["threads"] else (1,)
FEW = 20
"""Sources that are asked one by one, where there is no call for many."""


def name(threads: int, kind: str = "ours") -> str:
    """Name a competitor of ours."""
    return kind if threads == 1 else f"{kind} {threads}th"


def read(scheme: Scheme, blocks: Iterable[bytes], *, keep_names: bool = False) -> Fleet:
    """Read a fleet from NDJSON."""
    fleet = Fleet(scheme, keep_names=keep_names)
    fleet.extend("the fleet", blocks)
    return fleet


def held(fleet: Fleet, line: bytes) -> Held:
    """Return a source as a user would pass it."""
    try:
        fleet.match(line)
    except (AttributeError, TypeError):
        return fleet.parse(line.decode())
    return line


def _match(
    fleet: Fleet, source: Held, accepted_by: Direction | None = None, threads: int = 1
) -> Match:
    if HAS["threads"]:
        return fleet.match(source, accepted_by, threads=threads)
    return fleet.match(source, accepted_by)


def cold(
    fleet: Fleet, source: Held, accepted_by: Direction | None = None, threads: int = 1
) -> Answers:
    """Read, compile, judge and answer."""
    return {
        output: lambda answer=answer: answer(_match(fleet, source, accepted_by, threads))
        for output, answer in ANSWERS.items()
    }


def kept(
    fleet: Fleet, source: Held, accepted_by: Direction | None = None, threads: int = 1
) -> Answers:
    """Answer from a verdict that is there."""
    match = _match(fleet, source, accepted_by, threads)
    return {output: lambda answer=answer: answer(match) for output, answer in ANSWERS.items()}


def prepared(
    fleet: Fleet, source: Held, accepted_by: Direction | None = None, threads: int = 1
) -> Answers:
    """Judge and answer with a compiled rule; without `Match.again`, as if it were cold."""
    if not HAS["again"]:
        return cold(fleet, source, accepted_by, threads)
    match = _match(fleet, source, accepted_by, threads)

    def again() -> Match:
        match.again()
        return match

    return {output: lambda answer=answer: answer(again()) for output, answer in ANSWERS.items()}


def counts(fleet: Fleet, lines: Sequence[bytes], threads: int = 1) -> tuple[Run, int]:
    """
    Ask for a count a source, from lines of NDJSON to numbers.

    Returns:
        What to call, and how many of the sources it asks: all, if there is a call for many.
    """
    if HAS["match_all"]:
        text = b"\n".join(lines)
        return lambda: fleet.match_all(text, threads=threads).counts, len(lines)
    sources = [held(fleet, line) for line in lines[:FEW]]
    return lambda: [_match(fleet, source, threads=threads).count for source in sources], len(
        sources
    )


def all_counts(fleet: Fleet, threads: int = 1) -> Run:
    """Ask for a count of targets a device, all devices against all."""

    def run() -> Array:
        matrix = fleet.matrix(threads=threads)
        return np.asarray(matrix.counts)[np.asarray(matrix.class_of_rows)]

    return run


class Compiled:
    """Many sources that are read and compiled ahead of each question, outside its time."""

    def __init__(self, fleet: Fleet, lines: Sequence[bytes], threads: int) -> None:
        self._ask = partial(fleet.match_all, b"\n".join(lines), threads=threads)

    def before(self) -> None:
        """Read and compile."""
        self._matches = self._ask()

    def run(self) -> memoryview:
        """Judge and count."""
        return self._matches.counts


def from_arrow(scheme: Scheme, given: object) -> Fleet:
    """Take a fleet from a table of Arrow, a column an attribute."""
    return Fleet.from_arrow(scheme, given)


def load(scheme: Scheme, path: Path) -> Fleet:
    """Load a fleet that was saved."""
    with path.open("rb") as file:
        return Fleet.load(file, scheme)


def save(fleet: Fleet, path: Path) -> None:
    """Save a fleet."""
    with path.open("wb") as file:
        fleet.save(file)


def replace(fleet: Fleet, rows: Sequence[int], lines: Sequence[bytes]) -> tuple[Run, int]:
    """
    Give many devices new descriptions.

    Returns:
        What to call, and how many of the devices it changes.
    """
    if HAS["replace_lines"]:
        text = b"".join(lines)
        return lambda: fleet.replace_lines(rows, text), len(rows)
    few = [(row, fleet.parse(line.decode())) for row, line in zip(rows[:1000], lines, strict=False)]

    def run() -> None:
        for row, description in few:
            fleet.replace(row, description)

    return run, len(few)
