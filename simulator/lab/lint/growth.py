"""Lists that need one more entry with every release, and when a page is full."""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise

from simulator.compat.rule import Clause, Object, OneOf, Range
from simulator.compat.template import Scaled, Variable
from simulator.values import Integer, Value, Version

__all__ = ["PAGE", "Forecast", "forecast", "lists_of", "run"]

PAGE = 4096
"""What one read of a sysfs file gives, in bytes. Source: PAGE_SIZE of x86."""

_LEAST = 2
_MOST = 1024


@dataclass(frozen=True, slots=True)
class Forecast:
    """
    What becomes of a list.

    Attributes:
        entries: How many there are after the releases.
        size: How many bytes the clause has then.
        full: After how many releases the listing is longer than a page.
    """

    entries: int
    size: int
    full: int


def listed(clause: Clause) -> list[Value]:
    """Return the numbers that a clause lists one by one; empty for any other clause."""
    values: list[Value] = []
    if isinstance(clause, OneOf) and isinstance(clause.values[0], Integer | Version):
        values = list(clause.values)
    elif isinstance(clause, Scaled) and isinstance(clause.part, Variable) and not clause.operator:
        spans = sum(high - low + 1 for low, high in clause.part.ranges)
        if spans <= _MOST:
            values = [Integer(int(choice)) for choice in clause.part.choices()]
    return sorted(set(values), key=_order)


def run(values: list[Value]) -> Range | None:
    """Return the range that says the same as integers in a row."""
    numbers = [value.number for value in values if isinstance(value, Integer)]
    is_run = all(high - low == 1 for low, high in pairwise(numbers))
    return Range(values[0], values[-1]) if is_run and len(numbers) >= _LEAST else None


def forecast(values: list[Value], clause: Clause, size: int, releases: int) -> Forecast:
    """
    Add an entry a release, as far from the last one as the entries were on average.

    Args:
        values: What is listed, in order.
        clause: The clause that lists it.
        size: The bytes of all that the device publishes.
        releases: How many are looked ahead.
    """
    now = len(str(clause).encode())
    grown, full = now, 0
    added = 0
    more = _next(values)
    while not full or added < releases:
        added += 1
        entry = len(next(more)) + 1
        now += entry
        grown += entry if added <= releases else 0
        if not full and size + now - len(str(clause).encode()) > PAGE:
            full = added
    return Forecast(len(values) + releases, grown, full)


def _next(values: list[Value]) -> Iterator[str]:
    last = values[-1]
    if isinstance(last, Integer):
        first = values[0]
        width = last.number - (first.number if isinstance(first, Integer) else 0)
        step = max(1, round(width / max(1, len(values) - 1)))
        number = last.number
        while True:
            number += step
            yield str(number)
    minor = last.minor if isinstance(last, Version) else 0
    while True:
        minor += 1
        yield f"{last.major}.{minor}.0" if isinstance(last, Version) else str(last)


def _order(value: Value) -> tuple[int, ...]:
    if isinstance(value, Version):
        return value.major, value.minor, value.bugfix
    return (value.number,) if isinstance(value, Integer) else ()


def lists_of(one: Object) -> Iterator[tuple[str, Clause, list[Value]]]:
    """Yield the clauses of an object that list numbers which no other clause hangs on."""
    shared: dict[str, int] = {}
    for clause in one.clauses.values():
        names = clause.names() if hasattr(clause, "names") else ()
        for name in names:
            shared[name] = shared.get(name, 0) + 1
    for name, clause in one.clauses.items():
        if isinstance(clause, Scaled) and shared[clause.part.name] > 1:
            continue
        if len(values := listed(clause)) > 1:
            yield name, clause, values
