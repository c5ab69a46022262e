"""
Can every device of a host leave it, and where does that stick?

Devices that publish the same are one class, and parents with equal room one pool, so that the
network stays small in a fleet of millions. Its maximum flow is what leaves at most; what limits it
is the smallest cut. The placement then gives every device a place of its own, and keeps what the
types of a parent share.

Devices of other hosts stay where they are. Source: ours.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType

from simulator.compat.description import Description
from simulator.compat.scheme import Direction, Outcome
from simulator.compat.verdict import Verdict, explain
from simulator.fleet.fleet import Fleet
from simulator.lab.matrix import Matrix, matrix
from simulator.planning.network import Narrow, maximum_flow
from simulator.planning.places import Leaving, Sharing, find_places
from simulator.planning.rooms import Rooms, packed

__all__ = ["Bottleneck", "Drain", "Move", "drain"]

_NO_SIZES: Mapping[str, int] = MappingProxyType({})
_EXPLAINED = 200
"""Places of which the nearest is sought for a device that none accepts."""


@dataclass(frozen=True, slots=True)
class Move:
    """
    A device that leaves.

    Attributes:
        row: Which.
        place: The name of the place that takes it.
        target: What it will be there.
    """

    row: int
    place: str
    target: Description


@dataclass(frozen=True, slots=True)
class Bottleneck:
    """
    Devices that have less room together than they need: a part of the smallest cut.

    Attributes:
        rows: The devices, ascending.
        room: For how many of them there is room, whatever the others do.
        places: All places that accept any of them, in the order of the file.
        nearest: Where no place accepts them, what the nearest one says to the first; None where
            there is no place at all.
        nearest_place: Its name.
    """

    rows: tuple[int, ...]
    room: int
    places: tuple[str, ...]
    nearest: Verdict | None = None
    nearest_place: str = ""


@dataclass(frozen=True, slots=True)
class Drain:
    """
    How a host is emptied.

    Attributes:
        host: Which.
        rows: The devices that should leave, ascending.
        moves: The placement, by row: each place takes what it has, and accepts who comes.
        most: No placement lets more leave. More than `moves` only where the types of a parent
            share what is available.
        perhaps: No placement lets more leave, were every undecided pair compatible.
        bottlenecks: Why no more than `most` leave; what these have too many is what stays.
        unknown: Places that were not used: no device of the fleet says what one there publishes.
    """

    host: str
    rows: tuple[int, ...]
    moves: tuple[Move, ...]
    most: int
    perhaps: int
    bottlenecks: tuple[Bottleneck, ...]
    unknown: tuple[str, ...]

    @property
    def outcome(self) -> Outcome:
        """Whether all can leave: undecided where neither a placement nor a bottleneck says so."""
        if len(self.moves) == len(self.rows):
            return Outcome.COMPATIBLE
        return Outcome.INCOMPATIBLE if self.perhaps < len(self.rows) else Outcome.UNDECIDED

    @property
    def stays(self) -> tuple[int, ...]:
        """The devices without a place, ascending."""
        placed = {move.row for move in self.moves}
        return tuple(row for row in self.rows if row not in placed)


def drain(
    fleet: Fleet,
    host: str,
    available: Mapping[str, int],
    accepted_by: Direction | None = None,
    progress: Callable[[int], None] | None = None,
    sharing: Sharing = Sharing.SHARED,
    sizes: Mapping[str, int] = _NO_SIZES,
) -> Drain:
    """
    Plan how *host* is emptied.

    Args:
        fleet: With names, ``HOST/PARENT/UUID``.
        host: The host, or a parent as ``HOST/PARENT``.
        available: How many instances there are, by ``HOST/PARENT/TYPE``, or by name for devices
            that stand idle. See `simulator.planning.places`.
        accepted_by: Takes the place of the scheme's direction.
        progress: Called with the number of places that were looked at.
        sharing: How the types of a parent share what is available.
        sizes: What the types need, by type id, where they share one resource: fewer cases are
            undecided.

    Returns:
        The same plan for the same fleet and places.

    Raises:
        TextError: No device is on the host.
        ModuleNotFoundError: networkx is not installed: it comes with the extra ``plan``.
    """
    leaving = find_places(fleet, host, available, sharing, sizes, progress)
    rows: dict[int, list[int]] = {}
    class_of = fleet.class_of_rows()
    for row in leaving.rows:
        rows.setdefault(class_of[row], []).append(row)
    sources = [fleet[one[0]] for one in rows.values()]
    verdicts = matrix(fleet.scheme, sources, accepted_by, targets=leaving.targets)
    supplies = tuple(map(len, rows.values()))
    rooms = Rooms(leaving.pools)
    network = rooms.network(supplies, verdicts.compatible)
    flow = maximum_flow(network)
    waiting = [iter(one) for one in rows.values()]
    moves = [
        Move(next(waiting[one]), place, leaving.targets[target])
        for one, target, place in packed(rooms, network, flow, sharing)
    ]
    why = _Why(fleet, leaving, rooms, list(rows.values()), sources, accepted_by)
    return Drain(
        host,
        leaving.rows,
        tuple(sorted(moves, key=lambda move: move.row)),
        flow.value,
        _perhaps(rooms, supplies, verdicts) if any(verdicts.undecided) else flow.value,
        tuple(why.bottleneck(one) for one in flow.narrows),
        leaving.unknown,
    )


def _perhaps(rooms: Rooms, supplies: tuple[int, ...], verdicts: Matrix) -> int:
    """Return how many could leave, were every undecided pair compatible."""
    pairs = zip(verdicts.compatible, verdicts.undecided, strict=True)
    either = [yes | undecided for yes, undecided in pairs]
    return maximum_flow(rooms.network(supplies, either)).value


class _Why:
    """Says what keeps devices, by rows and names of places."""

    def __init__(
        self,
        fleet: Fleet,
        leaving: Leaving,
        rooms: Rooms,
        rows: list[list[int]],
        sources: list[Description],
        accepted_by: Direction | None,
    ) -> None:
        self._scheme = fleet.scheme.accepted(accepted_by)
        self._leaving = leaving
        self._rooms = rooms
        self._rows = rows
        self._sources = sources

    def bottleneck(self, narrow: Narrow) -> Bottleneck:
        rows = tuple(sorted(row for one in narrow.classes for row in self._rows[one]))
        places = dict.fromkeys(name for room in narrow.rooms for name in self._rooms.names(room))
        if places:
            return Bottleneck(rows, narrow.room, tuple(places))
        source = self._sources[narrow.classes[0]]
        nearest: tuple[Verdict, str] | None = None
        for room, opening in list(self._rooms.openings.items())[:_EXPLAINED]:
            target = self._leaving.targets[opening.shape.target]
            verdict = explain(self._scheme, source, target)
            if nearest is None or _distance(verdict) < _distance(nearest[0]):
                nearest = verdict, self._rooms.names(room)[0]
        return Bottleneck(rows, narrow.room, (), *(nearest or (None, "")))


def _distance(verdict: Verdict) -> tuple[int, int]:
    """Count the attributes in which a verdict refuses; undecided is nearer than incompatible."""
    attributes = {reason.attribute for reason in verdict.reasons}
    return -verdict.outcome, len(verdict.near_miss) or len(attributes) + len(verdict.reasons)
