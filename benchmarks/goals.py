"""The goals, and what a kept result says of each: a median over rounds, the lowest, the highest."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from benchmarks.kept import Kept
from benchmarks.rounds import spread
from benchmarks.show import few, markdown

Measure = Callable[[Kept], Sequence[float]]

MILLION, GIGA, MICRO = 1e6, 1e9, 1e-6


@dataclass(frozen=True, slots=True)
class Goal:
    """
    One number to reach.

    Attributes:
        text: What is measured, with its unit.
        measure: A number a round; none where it was not measured.
        bound: To be reached by the median.
        is_most: The bound is the most that is allowed, not the least.
    """

    text: str
    measure: Measure
    bound: float
    is_most: bool = False

    def row(self, kept: Kept) -> list[str]:
        """Write the goal's line of the table."""
        goal = f"{'at most' if self.is_most else 'at least'} {few(self.bound)}"
        found = self.measure(kept)
        if not found:
            return [self.text, goal, "not measured", ""]
        s = spread(found)
        is_met = s.mid <= self.bound if self.is_most else s.mid >= self.bound
        measured = f"{few(s.mid)} [{few(s.low)} .. {few(s.high)}]"
        return [self.text, goal, measured, "met" if is_met else "**missed**"]


def _ratio(cell: str, own: str, peer: str) -> Measure:
    return lambda kept: [
        theirs / ours
        for ours, theirs in zip(kept.times(cell, own), kept.times(cell, peer), strict=False)
    ]


def _rate(cell: str, who: str, unit: float) -> Measure:
    return lambda kept: [1 / seconds / unit for seconds in kept.times(cell, who)]


def _time(cell: str, who: str) -> Measure:
    return lambda kept: [seconds / MICRO for seconds in kept.times(cell, who)]


def _less(cell: str, who: str, other: str) -> Measure:
    return lambda kept: [
        (whole - part) / MICRO
        for whole, part in zip(kept.times(cell, who), kept.times(cell, other), strict=False)
    ]


def _middle_question(cell: str, who: str) -> Measure:
    def measure(kept: Kept) -> list[float]:
        found = (kept.named(cell) or {}).get("over questions", {}).get(who)
        return [found["p50"] / MICRO] if found else []

    return measure


def _growth(regime: str) -> Measure:
    """Divide the time of a count at ten million by that at a hundred thousand."""
    small, large = (f"one / {regime} / {size} / count / prepared" for size in ("1e5", "1e7"))
    return lambda kept: [
        late / early
        for early, late in zip(kept.times(small, "ours"), kept.times(large, "ours"), strict=False)
    ]


def _over_bandwidth(who: str, threads: str) -> Measure:
    """Divide the time at ten million by what reading the columns of the rule takes."""
    name = "one / X unpruned / 1e7 / count / prepared"

    def measure(kept: Kept) -> list[float]:
        cell = kept.named(name)
        if cell is None:
            return []
        bandwidth = kept.environment("one")["bandwidth"][threads] * GIGA
        least = cell["facts"]["bytes a device"] * 1e7 / bandwidth
        return [seconds / least for seconds in kept.times(name, who)]

    return measure


def _memory(regime: str) -> Measure:
    def measure(kept: Kept) -> list[float]:
        cell = kept.named(f"memory / twelve / {regime} / no names")
        return [cell["bytes"]["outside"] - cell["bytes"]["dictionaries"]] if cell else []

    return measure


def _mixed(part: str) -> Measure:
    def measure(kept: Kept) -> list[float]:
        cell = kept.named("mixed / R")
        return [cell["mixed"][part]] if cell and part in cell["mixed"] else []

    return measure


_R, _COLD = "one / R / 1e6 / rows / prepared", "one / R / 1e6 / rows / cold"
_R_COUNT = "one / R / 1e6 / count / prepared"
_X, _UNPRUNED = (f"one / {r} / 1e7 / rows / prepared" for r in ("X", "X unpruned"))
_W2_R, _W2_X, _W3 = "many / R / 1e6 x 10240", "many / X / 1e6 x 1024", "all pairs / Xn / 1e5 x 1e5"
_COMPILED = "ours, compiled 2th"
_CHURN, _NDJSON_R, _NDJSON_X = "churn / R / 1e6", "ingest / R / 5e5", "ingest / X / 3e5"

GOALS = (
    Goal("W1 R 1e6, rows, prepared, to Polars", _ratio(_R, "ours", "Polars 2th"), 300),
    Goal("W1 R 1e6, rows, prepared, to NumPy", _ratio(_R, "ours", "NumPy"), 100),
    Goal("W1 R 1e6, rows, prepared, µs, the middle source", _middle_question(_R, "ours"), 3, True),
    Goal("W1 R 1e6, count, to NumPy on classes", _ratio(_R_COUNT, "ours", "NumPy on classes"), 20),
    Goal("W1 R 1e6, rows, to NumPy on classes", _ratio(_R, "ours", "NumPy on classes"), 5),
    Goal("W1 R 1e6, rows, cold, to Polars", _ratio(_COLD, "ours", "Polars 2th"), 60),
    Goal("W1 X 1e7, rows, 2 threads, to Polars", _ratio(_X, "ours 2th", "Polars 2th"), 15),
    Goal(
        "W1 X 1e7, rows, nothing pruned, 2 threads, to Polars",
        _ratio(_UNPRUNED, "ours 2th", "Polars 2th"),
        5,
    ),
    Goal(
        "W2 R, compiled within, 2 threads, to DuckDB's join on classes, tables within",
        _ratio(_W2_R, "ours 2th", "DuckDB join on classes 2th, tables within"),
        30,
    ),
    Goal(
        "the same, DuckDB's tables made before",
        _ratio(_W2_R, "ours 2th", "DuckDB join on classes 2th"),
        30,
    ),
    Goal("W2 X, 2 threads, Gpairs/s", _rate(_W2_X, _COMPILED, GIGA), 150),
    Goal("W2 X, 2 threads, to NumPy, 64", _ratio(_W2_X, _COMPILED, "NumPy, 64 at a time"), 100),
    Goal("W2 X, 2 threads, to numba", _ratio(_W2_X, _COMPILED, "numba 2th"), 300),
    Goal(
        "W3 Xn, compiled within, 2 threads, to DuckDB's join, tables within",
        _ratio(_W3, "ours 2th", "DuckDB join 2th, tables within"),
        30,
    ),
    Goal(
        "the same, DuckDB's tables made before",
        _ratio(_W3, "ours 2th", "DuckDB join 2th"),
        30,
    ),
    Goal("compilation in a batch, µs a source", _time("compile / R", "batch"), 0.5, True),
    Goal("compilation alone, µs", _less("compile / R", "alone", "judging"), 5, True),
    # As DuckDB has them, in columns of codes.
    Goal("updates, R, from Arrow, M/s", _rate(_CHURN, "ours, Arrow", MILLION), 10),
    Goal("updates, R, from Arrow, to DuckDB", _ratio(_CHURN, "ours, Arrow", "DuckDB 2th"), 8),
    Goal("the slowest question between changes, to its time at rest", _mixed("highest"), 2, True),
    Goal("the same, to its time beside a neighbour's", _mixed("highest to beside"), 2, True),
    Goal("NDJSON, R, to DuckDB", _ratio(_NDJSON_R, "ours", "DuckDB 2th"), 15),
    Goal("NDJSON, X, to DuckDB", _ratio(_NDJSON_X, "ours", "DuckDB 2th"), 4),
    Goal("Arrow in, R, M/s", _rate("formats / R / 1e6", "ours, Arrow", MILLION), 100),
    Goal("bytes a device, R, from outside, dictionaries aside", _memory("R"), 12, True),
    Goal("bytes a device, X, from outside, dictionaries aside", _memory("X"), 30, True),
    Goal("W1 R, count, 1e7 to 1e5", _growth("R"), 1.2, True),
    Goal("W1 X unpruned 1e7, to reading the columns", _over_bandwidth("ours", "1"), 1.2, True),
    Goal(
        "W1 X unpruned 1e7, 2 threads, to reading the columns",
        _over_bandwidth("ours 2th", "2"),
        1.2,
        True,
    ),
)


def table(kept: Kept) -> str:
    """Write the goals in markdown."""
    return markdown(["goal", "bound", "measured", ""], [goal.row(kept) for goal in GOALS])
