"""
The same devices in two fleets, found by name or by order.

Source: ours.
"""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass

from simulator.compat.description import Description
from simulator.fleet.fleet import Fleet

__all__ = ["Pairing", "paired"]


@dataclass(frozen=True, slots=True)
class Pairing:
    """
    What the same devices publish in two fleets.

    Attributes:
        pairs: Before and after, and how many devices publish just this.
        is_by_name: They are found by their names, not by their order.
        gone: Devices that only the old fleet has.
        come: Devices that only the new fleet has.
    """

    pairs: tuple[tuple[Description, Description, int], ...]
    is_by_name: bool
    gone: int = 0
    come: int = 0


def paired(old: Fleet, new: Fleet, progress: Callable[[int], None] | None = None) -> Pairing | None:
    """
    Find each device of *old* in *new*, both just read from files that name it.

    By name where every device of both has one of its own and some name is in both; else in order.

    Args:
        old: The fleet before, its rows without a gap.
        new: The fleet after, likewise.
        progress: Called with the number of names that are read, of both fleets.

    Returns:
        None when they can be paired neither way: the names differ and so do the sizes.
    """
    named = _rows_by_name(old, new, progress)
    if named is None and len(old) != len(new):
        return None
    rows = [(row, row) for row in range(len(old))] if named is None else named
    before, after = old.class_of_rows(), new.class_of_rows()
    counts = Counter((before[one], after[other]) for one, other in rows)
    was = {before[one]: one for one, _ in reversed(rows)}
    is_ = {after[other]: other for _, other in reversed(rows)}
    described = [
        {number: fleet[row] for number, row in first.items()}
        for fleet, first in ((old, was), (new, is_))
    ]
    pairs = ((described[0][a], described[1][b], devices) for (a, b), devices in counts.items())
    return Pairing(tuple(pairs), named is not None, len(old) - len(rows), len(new) - len(rows))


def _rows_by_name(
    old: Fleet, new: Fleet, progress: Callable[[int], None] | None
) -> list[tuple[int, int]] | None:
    places: list[dict[str, int]] = []
    for fleet, done in ((old, 0), (new, len(old))):
        names: dict[str, int] = {}
        for row in range(len(fleet)):
            names[fleet.name(row)] = row
            if progress is not None and row % 1024 == 0:
                progress(done + row)
        if len(names) < len(fleet) or "" in names:
            return None
        places.append(names)
    found = [(row, places[1][name]) for name, row in places[0].items() if name in places[1]]
    return found or None
