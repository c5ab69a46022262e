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

_SHORT = 5e-3
_MOST_TIMES = 100
_QUICK = 1e-3
_REPEATS = 4


@dataclass(frozen=True, slots=True)
class Cell:
    """
    One comparison: the same work by several competitors.

    Attributes:
        name: Stable, so that kept results compare.
        runs: By competitor, what is timed.
        work: By competitor, how many units one run does.
        unit: What is counted.
        before: By competitor, what is done ahead of each run, outside the time; may be empty.
        parts: By competitor, the run cut into its questions, for the spread; may be empty.
        pairs: Ours and a peer, whose times are divided.
        note: What a reader must know before quoting the ratio.
        facts: Numbers that a table sets the times against.
        is_warm: All of it was run a moment ago, to check the answers; no round warms up.
    """

    name: str
    runs: Mapping[str, Run]
    work: Mapping[str, int]
    unit: str
    before: Mapping[str, Run] = field(default_factory=dict)
    parts: Mapping[str, Sequence[Run]] = field(default_factory=dict)
    pairs: Sequence[tuple[str, str]] = ()
    note: str = ""
    facts: Mapping[str, float] = field(default_factory=dict)
    is_warm: bool = False


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

    The first round warms up and is not kept, if nothing else has warmed up. The order turns by one
    each round, so that nobody always comes after the same neighbour.

    Returns:
        By competitor, the seconds a unit of every round.
    """
    names = list(cell.runs)
    times: dict[str, list[float]] = {name: [] for name in names}
    gc.collect()
    gc.disable()
    try:
        for number in range(0 if cell.is_warm else -1, rounds):
            turn = number % len(names)
            for name in names[turn:] + names[:turn]:
                taken = _taken(cell.runs[name], cell.before.get(name))
                if number >= 0:
                    times[name].append(taken / cell.work[name])
    finally:
        gc.enable()
    return times


def _taken(run: Run, before: Run | None) -> float:
    """
    Time a run; one that is short, some times over, so that its neighbour's caches do not count.

    A run with something to do before it is timed once.
    """
    if before is not None:
        before()
        return seconds(run)
    first = seconds(run)
    if first >= _SHORT:
        return first
    times = min(_MOST_TIMES, round(_SHORT / first) + 1)
    return seconds(in_turn([run] * times)) / times


def ratio(ours: Sequence[float], peer: Sequence[float]) -> Spread:
    """Divide the peer's time by ours, round by round."""
    return spread([theirs / own for theirs, own in zip(peer, ours, strict=True)])


def over_questions(questions: Sequence[Run]) -> dict[str, float]:
    """Return the 10th percentile, median and 90th of the questions, quick ones at their best."""
    best = sorted(map(_at_best, questions))
    last = len(best) - 1
    return {f"p{share}": best[round(last * share / 100)] for share in (10, 50, 90)}


def _at_best(question: Run) -> float:
    first = seconds(question)
    if first > _QUICK:
        return first
    return min(first, *(seconds(question) for _ in range(_REPEATS)))


def size_name(number: int) -> str:
    """Write a size as names of cells have it: ``1e6``, ``3e5``, ``10240``."""
    mantissa, _, exponent = f"{number:.0e}".partition("e")
    short = f"{mantissa}e{int(exponent)}"
    return short if float(short) == number else str(number)
