"""
The places of a fleet as rooms of a network, and devices that are packed into single parents.

A network knows what each type of a parent takes, and that a parent takes no more than of its
smallest type. Shares it does not know: the packing keeps them, the largest first, on the first
parent that has them. Pools in which this leaves devices over keep what fits, and the rest flows
again.

Source: ours.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction

from simulator.planning.network import OUTSIDE, Flow, Network, maximum_flow
from simulator.planning.places import Place, Pool, Shape, Sharing

__all__ = ["Opening", "Rooms", "packed"]


@dataclass(frozen=True, slots=True)
class Opening:
    """
    A room that takes devices of one shape.

    Attributes:
        pool: The number of its pool.
        at: The number of its place in the pool.
        place: The place.
        shape: What a device there would be.
    """

    pool: int
    at: int
    place: Place
    shape: Shape


class Rooms:
    """
    Rooms for pools, for the places in them, and for each shape of a place an opening.

    Attributes:
        pools: The pools.
        openings: The rooms that accept devices, by their numbers.
    """

    def __init__(self, pools: Sequence[Pool]) -> None:
        self.pools = pools
        self.openings: dict[int, Opening] = {}
        self._most: list[int] = []
        self._within: list[int] = []
        for number, pool in enumerate(pools):
            alike = len(pool.names)
            of_pool = self._add(OUTSIDE, alike * max(map(_most, pool.places)))
            for at, place in enumerate(pool.places):
                of_place = self._add(of_pool, alike * _most(place))
                for shape in place.shapes:
                    room = self._add(of_place, alike * place.most(shape))
                    self.openings[room] = Opening(number, at, place, shape)

    def _add(self, within: int, most: int) -> int:
        self._within.append(within)
        self._most.append(most)
        return len(self._most) - 1

    def names(self, room: int) -> list[str]:
        """Return the names of the place of an opening, one for each parent of its pool."""
        opening = self.openings[room]
        return [names[opening.at] for names in self.pools[opening.pool].names]

    def network(self, supplies: Sequence[int], accepted: Sequence[int]) -> Network:
        """
        Make the network.

        Args:
            supplies: How many devices each class has.
            accepted: For each class the targets that accept it as bits.
        """
        ways = tuple(
            sum(1 << room for room, one in self.openings.items() if row >> one.shape.target & 1)
            for row in accepted
        )
        return Network(tuple(supplies), ways, tuple(self._most), tuple(self._within))


def _most(place: Place) -> int:
    return max(map(place.most, place.shapes))


def packed(
    rooms: Rooms, network: Network, flow: Flow, sharing: Sharing
) -> Iterator[tuple[int, int, str]]:
    """
    Give what flows to single parents.

    Args:
        rooms: The places.
        network: What can go where.
        flow: A maximum flow of it.
        sharing: How the types of a parent share it.

    Yields:
        A class, a target and the name of a place, for each device that is placed.
    """
    slots: dict[int, list[str]] = {}
    kept = set[int]()
    while True:
        through: dict[int, int] = {}
        for (_, room), count in flow.moves.items():
            through[room] = through.get(room, 0) + count
        slots = {room: names for room, names in slots.items() if rooms.openings[room].pool in kept}
        fresh: dict[int, list[int]] = {}
        for room in sorted(through):
            if rooms.openings[room].pool not in kept:
                fresh.setdefault(rooms.openings[room].pool, []).append(room)
        for pool in fresh.values():
            slots |= _pack(rooms, {room: through[room] for room in pool}, sharing)
        over = {rooms.openings[room].pool for room in through if through[room] > len(slots[room])}
        if not over:
            break
        kept |= over
        flow = maximum_flow(_limited(rooms, network, slots, kept))
    for (one, room), count in flow.moves.items():
        for _ in range(count):
            yield one, rooms.openings[room].shape.target, slots[room].pop(0)


def _pack(rooms: Rooms, wanted: Mapping[int, int], sharing: Sharing) -> dict[int, list[str]]:
    """Place what is wanted of each opening of one pool, as far as it fits; say where."""
    parents: list[_Parent] = []
    found: dict[int, list[str]] = {room: [] for room in wanted}
    parts = {
        room: rooms.openings[room].place.part * rooms.openings[room].shape.instances
        for room in wanted
    }
    for room in sorted(wanted, key=lambda room: (-parts[room], room)):
        opening, names, at = rooms.openings[room], rooms.names(room), 0
        while len(found[room]) < wanted[room] and at < len(names):
            if at == len(parents):
                parents.append(_Parent(rooms.pools[opening.pool], opening.at, sharing))
            if parents[at].takes(opening, parts[room]):
                found[room].append(names[at])
            else:
                at += 1
    return found


class _Parent:
    """What is left of a parent: of all, of each place, and in devices."""

    def __init__(self, pool: Pool, first: int, sharing: Sharing) -> None:
        self._left = Fraction(1)
        self._count = max(map(_most, pool.places))
        self._instances = [
            one.available if at == first or sharing is not Sharing.ONE else 0
            for at, one in enumerate(pool.places)
        ]

    def takes(self, opening: Opening, part: Fraction) -> bool:
        """Let a device in, if there is room."""
        instances = opening.shape.instances
        has_room = self._count > 0 and self._instances[opening.at] >= instances
        if not has_room or self._left < part:
            return False
        self._left -= part
        self._count -= 1
        self._instances[opening.at] -= instances
        return True


def _limited(
    rooms: Rooms, network: Network, slots: Mapping[int, list[str]], kept: set[int]
) -> Network:
    """Leave to pools that were too full what was packed there."""
    most = list(network.rooms)
    for room, opening in rooms.openings.items():
        if opening.pool in kept:
            most[room] = len(slots.get(room, ()))
    return Network(network.supplies, network.ways, tuple(most), network.within)
