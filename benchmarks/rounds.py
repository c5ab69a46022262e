"""
Rounds: everybody once, then everybody again; a ratio a round, then the median of the ratios.

A machine that slows down slows its neighbours in the same round, so ratios stay where times drift.
"""

import gc
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from statistics import median
from time import perf_counter

Run = Callable[[], object]


@dataclass(frozen=True, slots=True)
class Cell:
    """
    One comparison: the same work by several competitors.

    Attributes:
        name: Stable, so that kept results compare.
        runs: By competitor, what is timed.
        work: By competitor, how many units one run does.
        unit: What is counted.
        parts: By competitor, the run cut into its questions, for the spread; may be empty.
        pairs: Ours and a peer, whose times are divided.
        note: What a reader must know before quoting the ratio.
    """

    name: str
    runs: Mapping[str, Run]
    work: Mapping[str, int]
    unit: str
    parts: Mapping[str, Sequence[Run]] = field(default_factory=dict)
    pairs: Sequence[tuple[str, str]] = ()
    note: str = ""


@dataclass(frozen=True, slots=True)
class Spread:
    """The median of some numbers between the lowest and the highest."""

    low: float
    mid: float
    high: float


def spread(numbers: Sequence[float]) -> Spread:
    return Spread(min(numbers), median(numbers), max(numbers))


def in_turn(questions: Sequence[Run]) -> Run:
    """Make one run of many questions."""

    def run() -> None:
        for question in questions:
            question()

    return run


def seconds(run: Run) -> float:
    start = perf_counter()
    run()
    return perf_counter() - start


def interleave(cell: Cell, rounds: int) -> dict[str, list[float]]:
    """
    Time a cell.

    The first round warms up and is not kept. The order turns by one each round, so that nobody
    always comes after the same neighbour.

    Returns:
        By competitor, the seconds a unit of every round.
    """
    names = list(cell.runs)
    times: dict[str, list[float]] = {name: [] for name in names}
    gc.collect()
    gc.disable()
    try:
        for number in range(-1, rounds):
            turn = number % len(names)
            for name in names[turn:] + names[:turn]:
                taken = seconds(cell.runs[name]) / cell.work[name]
                if number >= 0:
                    times[name].append(taken)
    finally:
        gc.enable()
    return times


def ratio(ours: Sequence[float], peer: Sequence[float]) -> Spread:
    """Divide the peer's time by ours, round by round."""
    return spread([theirs / own for theirs, own in zip(peer, ours, strict=True)])


def over_questions(questions: Sequence[Run], repeats: int = 5) -> dict[str, float]:
    """Return the 10th percentile, median and 90th of the questions, each at its best."""
    best = sorted(min(seconds(question) for _ in range(repeats)) for question in questions)
    last = len(best) - 1
    return {f"p{share}": best[round(last * share / 100)] for share in (10, 50, 90)}
