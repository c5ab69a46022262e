"""
Islands: classes between which devices can migrate there and back.

Two classes are joined when each accepts the other. An island is a connected component of these
joins: on it a device can come to every class and back, though perhaps over several steps. It is
complete when every class of it accepts every other, and itself, at once.

Source: ours.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from simulator.lab.matrix import Matrix
from simulator.lab.pairs import members, transposed

__all__ = ["Island", "islands"]


@dataclass(frozen=True, slots=True)
class Island:
    """
    A connected component of mutual compatibility.

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
    back = transposed(verdicts.compatible)
    mutual = [there & back[at] for at, there in enumerate(verdicts.compatible)]
    found = []
    left = (1 << len(verdicts)) - 1
    while left:
        component = _component(mutual, left & -left)
        left &= ~component
        classes = tuple(members(component))
        complete = all(mutual[one] & component == component for one in classes)
        found.append(Island(classes, sum(devices[one] for one in classes), complete))
    return tuple(sorted(found, key=lambda one: (-one.devices, one.members)))


def _component(mutual: Sequence[int], start: int) -> int:
    component = frontier = start
    while frontier:
        reached = 0
        for one in members(frontier):
            reached |= mutual[one]
        frontier = reached & ~component
        component |= frontier
    return component
