"""
Islands: classes between which devices can migrate there and back, directly or through others.

An island is a strongly connected component of the graph that leads from each class to those that
accept it: from every class of it there is a way to every other, by one migration or by several, and
none out of it that leads back. It is complete when every class of it accepts every other, and
itself, at once.

Source: ours.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from simulator.lab.matrix import Matrix
from simulator.lab.pairs import lowest, members, transposed

__all__ = ["Island", "islands"]


@dataclass(frozen=True, slots=True)
class Island:
    """
    A strongly connected component of compatibility.

    Attributes:
        members: The places of its classes in the population, in ascending order; at least one.
        devices: How many devices they have together.
        is_complete: Every member accepts every member, itself included.
    """

    members: tuple[int, ...]
    devices: int
    is_complete: bool


def islands(verdicts: Matrix, devices: Sequence[int]) -> tuple[Island, ...]:
    """
    Find the islands, the one with the most devices first; equals by their first class.

    Args:
        verdicts: Of all pairs of classes.
        devices: How many devices each class has.
    """
    found = []
    for component in _components(verdicts.compatible):
        classes = tuple(members(component))
        complete = all(verdicts.compatible[one] & component == component for one in classes)
        found.append(Island(classes, sum(devices[one] for one in classes), complete))
    return tuple(sorted(found, key=lambda one: (-one.devices, one.members)))


def _components(rows: Sequence[int]) -> list[int]:
    """Kosaraju's two walks, with the places that are left as bits: none is looked at twice."""
    back = transposed(rows)
    left = (1 << len(rows)) - 1
    found = []
    for start in reversed(_finished(rows)):
        if left >> start & 1:
            component = _reached(back, start, left)
            left &= ~component
            found.append(component)
    return found


def _finished(rows: Sequence[int]) -> list[int]:
    """Walk in depth; return the places in the order in which nothing new is left behind them."""
    left = (1 << len(rows)) - 1
    order: list[int] = []
    for start in range(len(rows)):
        path = [start] if left >> start & 1 else []
        left &= ~(1 << start)
        while path:
            ahead = rows[path[-1]] & left
            if ahead:
                path.append(lowest(ahead))
                left &= ~(1 << path[-1])
            else:
                order.append(path.pop())
    return order


def _reached(rows: Sequence[int], start: int, within: int) -> int:
    reached = frontier = 1 << start
    while frontier:
        ahead = 0
        for one in members(frontier):
            ahead |= rows[one]
        frontier = ahead & within & ~reached
        reached |= frontier
    return reached
