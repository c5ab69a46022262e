"""
Free places of a fleet: how many more devices its hosts can take, and what these would publish.

A line of a file says how many instances of a type a parent has available. What a device there would
publish is what devices of this type on this parent publish, or a line of the fleet with this name.
A device that stands idle is a place for one.

The types of a parent share what is available, and no file says how: see `Sharing`.

Source: ours.
"""

import enum
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from fractions import Fraction

from simulator.compat.description import Description
from simulator.compat.scheme import Scheme
from simulator.fleet.fleet import Fleet
from simulator.lab.chart.chart import type_attribute
from simulator.planning.names import is_below, named_rows, unknown_host
from simulator.values import Integer

__all__ = ["Leaving", "Place", "Pool", "Shape", "Sharing", "find_places"]

_NOW_AND_THEN = 1000


class Sharing(enum.StrEnum):
    """
    How the types of a parent share what is available.

    - ``shared``: Of one resource, or of several, each type needs more or less. Where N instances of
      a type are available, one is taken to need an N-th of the parent, and what is created there
      no more than all of it. N instances fit, so that one needs at most an N-th of each resource;
      it may need less, since N is rounded down. Where the types share one resource and their sizes
      are known, these are needed instead, of as much as is free for sure. Of all types together
      there fit no more than of the smallest.
    - ``one``: The same, and a parent takes devices of one type only, as GPUs do whose sizes may
      not be mixed.
    - ``apart``: Nothing is shared, as dedicated and shared work queues.
    """

    SHARED = "shared"
    ONE = "one"
    APART = "apart"


@dataclass(frozen=True, slots=True)
class Shape:
    """
    What a device at a place would be.

    Attributes:
        target: The place of its description among those of `Leaving`.
        instances: How many instances it takes, as its aggregator says.
    """

    target: int
    instances: int


@dataclass(frozen=True, slots=True)
class Place:
    """
    A type of a parent, or a device that stands idle.

    Attributes:
        available: How many instances.
        part: What an instance needs of what is free on the parent.
        shapes: What devices there would be, each different.
    """

    available: int
    part: Fraction
    shapes: tuple[Shape, ...]

    def most(self, shape: Shape) -> int:
        """Return how many devices of one shape there is room for."""
        return self.available // shape.instances


@dataclass(frozen=True, slots=True)
class Pool:
    """
    Places that share what is available: the types of a parent.

    Attributes:
        places: At least one.
        names: Of the parents that are alike in this; for each the names of its places.
    """

    places: tuple[Place, ...]
    names: tuple[tuple[str, ...], ...]


@dataclass(frozen=True, slots=True)
class Leaving:
    """
    Who leaves a host, and what is free elsewhere.

    Attributes:
        rows: The devices that leave, ascending.
        targets: What devices at the places would publish.
        pools: The free places; parents that are alike are one pool.
        unknown: Places of which no device of the fleet says what one there publishes.
    """

    rows: tuple[int, ...]
    targets: tuple[Description, ...]
    pools: tuple[Pool, ...]
    unknown: tuple[str, ...]


def find_places(
    fleet: Fleet,
    host: str,
    available: Mapping[str, int],
    sharing: Sharing,
    sizes: Mapping[str, int],
    progress: Callable[[int], None] | None = None,
) -> Leaving:
    """
    Find who leaves *host*, and where there is room on others.

    Args:
        fleet: With names. A line whose name is in *available* has no guest: it stands idle, or
            says what a device of a type would publish.
        host: The first part of names, or the first parts: a parent can be emptied too.
        available: How many instances there are, by ``HOST/PARENT/TYPE`` or name of a device.
        sharing: How the types of a parent share them.
        sizes: What the types need of one resource, by type id; of no effect where one is unknown.
        progress: Called with the number of places that were looked at, now and then.

    Raises:
        TextError: No device is on the host; hosts of nearly this name are said.
    """
    leaving: list[int] = []
    free: dict[str, int] = {}
    beside: dict[str, list[int]] = {}
    parents = {name.rpartition("/")[0] for name in available}
    for row, name in named_rows(fleet):
        parent = name.rpartition("/")[0]
        if name in available:
            free.setdefault(name, row)
        elif is_below(name, host):
            leaving.append(row)
        if parent in parents:
            beside.setdefault(parent, []).append(row)
    if not leaving and not any(is_below(name, host) for name in free):
        raise unknown_host(fleet, host)
    finder = _Finder(fleet)
    pools: dict[str, dict[str, tuple[Shape, ...]]] = {}
    unknown = []
    for number, name in enumerate(available):
        if progress is not None and number % _NOW_AND_THEN == 0:
            progress(number)
        if is_below(name, host):
            continue
        parent, _, type_id = name.rpartition("/")
        is_alone = sharing is Sharing.APART or (
            name in free and finder.type_of(free[name]) != type_id
        )
        rows = [free[name]] if name in free else beside.get(parent, [])
        shapes = finder.shapes(rows if name in free else finder.of_type(rows, type_id))
        if shapes:
            pools.setdefault(name if is_alone else parent, {})[name] = shapes
        else:
            unknown.append(name)
    parted = [_places(one, available, sizes) for one in pools.values()]
    return Leaving(tuple(leaving), finder.targets, _alike(parted), tuple(unknown))


def _places(
    shapes: Mapping[str, tuple[Shape, ...]], available: Mapping[str, int], sizes: Mapping[str, int]
) -> dict[str, Place]:
    """Say what an instance of each place of a parent needs."""
    types = {name: name.rpartition("/")[2] for name in shapes}
    known = {name: sizes[one] for name, one in types.items() if one in sizes}
    free = max(size * available[name] for name, size in known.items()) if known else 0
    return {
        name: Place(
            available[name],
            Fraction(known[name], free or 1)
            if len(known) == len(shapes)
            else Fraction(1, available[name] or 1),
            one,
        )
        for name, one in shapes.items()
    }


def _alike(pools: Iterable[Mapping[str, Place]]) -> tuple[Pool, ...]:
    """Gather parents with equal places: a network of a large fleet stays small."""
    names: dict[tuple[Place, ...], list[tuple[str, ...]]] = {}
    for places in pools:
        names.setdefault(tuple(places.values()), []).append(tuple(places))
    return tuple(Pool(places, tuple(alike)) for places, alike in names.items())


class _Finder:
    """Reads descriptions once a class, and gives those that are asked for a number."""

    def __init__(self, fleet: Fleet) -> None:
        self._fleet = fleet
        self._classes = fleet.class_of_rows()
        self._type = type_attribute(fleet.scheme)
        self._instances = instances_attribute(fleet.scheme)
        self._read: dict[int, Description] = {}
        self._numbers: dict[int, int] = {}

    @property
    def targets(self) -> tuple[Description, ...]:
        return tuple(self._read[one] for one in self._numbers)

    def type_of(self, row: int) -> str | None:
        value = self._description(row).values.get(self._type or "")
        return None if value is None else str(value)

    def of_type(self, rows: Iterable[int], type_id: str) -> list[int]:
        return [row for row in rows if self.type_of(row) == type_id]

    def shapes(self, rows: Iterable[int]) -> tuple[Shape, ...]:
        """Return what the devices of some rows are, each different one once."""
        first = {self._classes[row]: row for row in reversed(list(rows))}
        found = []
        for one, row in sorted(first.items(), key=lambda pair: pair[1]):
            number = self._numbers.setdefault(one, len(self._numbers))
            count = self._description(row).values.get(self._instances or "")
            instances = count.number if isinstance(count, Integer) else 1
            found.append(Shape(number, max(instances, 1)))
        return tuple(found)

    def _description(self, row: int) -> Description:
        one = self._classes[row]
        if one not in self._read:
            self._read[one] = self._fleet[row]
        return self._read[one]


def instances_attribute(scheme: Scheme) -> str | None:
    """Return the attribute that says how many instances of its type a device is made of."""
    attributes = scheme.attributes
    facts = [name for name, one in attributes.items() if one.fact == "aggregated_instances"]
    return next((name for name in (*facts, "aggregator") if name in attributes), None)
