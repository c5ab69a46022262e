"""
Devices that leave and places that receive them, as a network: what flows at most, and where it is
narrow.

The maximum flow is networkx's. Source: Ford and Fulkerson, Maximal flow through a network (1956):
the largest flow is as large as the smallest cut.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from simulator.lab.pairs import members

if TYPE_CHECKING:
    import networkx as nx

__all__ = ["OUTSIDE", "Flow", "Narrow", "Network", "maximum_flow"]

OUTSIDE = -1
"""What a room that stands in no other stands in."""

_SOURCE, _SINK = 0, 1


@dataclass(frozen=True, slots=True)
class Network:
    """
    What can go where. Rooms stand in rooms: of a type in a parent, of a parent in all.

    Attributes:
        supplies: How many devices each class has.
        ways: For each class the rooms that accept it: bit *r* stands for room *r*.
        rooms: For each room how many devices it takes.
        within: For each room the room that it stands in, or `OUTSIDE`.
    """

    supplies: tuple[int, ...]
    ways: tuple[int, ...]
    rooms: tuple[int, ...]
    within: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Narrow:
    """
    A part of the smallest cut: classes that have more devices than there is room for.

    Attributes:
        classes: Their places, in ascending order; at least one.
        rooms: All that accept any of them, likewise.
        devices: How many devices the classes have.
        room: How many of them the rooms take together, fewer.
    """

    classes: tuple[int, ...]
    rooms: tuple[int, ...]
    devices: int
    room: int


@dataclass(frozen=True, slots=True)
class Flow:
    """
    A maximum flow.

    Attributes:
        value: How many devices find room.
        moves: How many of each class go to each room that accepts it, where any do.
        narrows: Why it is not more: the devices that they have too many are those that stay.
    """

    value: int
    moves: Mapping[tuple[int, int], int]
    narrows: tuple[Narrow, ...]


def maximum_flow(network: Network) -> Flow:
    """
    Find how many devices can leave, and what keeps the others.

    The same network gives the same flow.

    Raises:
        ModuleNotFoundError: networkx is not installed; the message names the extra.
    """
    try:
        from networkx.algorithms.flow import shortest_augmenting_path
    except ModuleNotFoundError as error:
        message = "a drain needs networkx: pip install 'mdevsim[plan]'"
        raise ModuleNotFoundError(message, name=error.name) from None
    graph = _Numbered(network)
    residual = shortest_augmenting_path(graph.graph(), _SOURCE, _SINK)
    moves = {}
    for one, way in enumerate(network.ways):
        for room in members(way):
            # An edge without capacity has none in the residual network.
            edge = residual[graph.of_class(one)].get(graph.of_room(room))
            if edge is not None and edge["flow"] > 0:
                moves[one, room] = int(edge["flow"])
    narrows = _narrows(network, graph, _left_over(residual))
    return Flow(int(residual.graph["flow_value"]), moves, narrows)


class _Numbered:
    """The network as nodes with numbers: names would change the order from run to run."""

    def __init__(self, network: Network) -> None:
        self.network = network

    def of_class(self, one: int) -> int:
        return 2 + one

    def of_room(self, room: int) -> int:
        return _SINK if room == OUTSIDE else 2 + len(self.network.supplies) + room

    def graph(self) -> "nx.DiGraph[int]":
        import networkx as nx

        network = self.network
        graph: nx.DiGraph[int] = nx.DiGraph()
        graph.add_nodes_from((_SOURCE, _SINK))
        for one, supply in enumerate(network.supplies):
            graph.add_edge(_SOURCE, self.of_class(one), capacity=supply)
            for room in members(network.ways[one]):
                graph.add_edge(self.of_class(one), self.of_room(room), capacity=supply)
        # What nobody can come to has no part: in a large fleet, nearly all.
        asked = dict.fromkeys(room for way in network.ways for room in members(way))
        while asked:
            room, _ = asked.popitem()
            within = network.within[room]
            if not graph.has_edge(self.of_room(room), self.of_room(within)):
                graph.add_edge(
                    self.of_room(room), self.of_room(within), capacity=network.rooms[room]
                )
                asked |= {} if within == OUTSIDE else {within: None}
        return graph


def _left_over(residual: "nx.DiGraph[int]") -> set[int]:
    """Find the nodes that more devices could still reach: this side of the smallest cut."""
    reached, ahead = {_SOURCE}, [_SOURCE]
    while ahead:
        for node, edge in residual[ahead.pop()].items():
            if node not in reached and edge["flow"] < edge["capacity"]:
                reached.add(node)
                ahead.append(node)
    return reached


def _narrows(network: Network, graph: _Numbered, reached: set[int]) -> tuple[Narrow, ...]:
    """Divide this side of the cut into parts that have no room in common."""
    parts: list[tuple[list[int], set[int]]] = []
    for one in range(len(network.supplies)):
        if graph.of_class(one) not in reached:
            continue
        rooms = set[int]()
        for room in members(network.ways[one]):
            while graph.of_room(room) in reached and room not in rooms:
                rooms.add(room)
                room = network.within[room]  # noqa: PLW2901 - from room to the room around it
        joined = [part for part in parts if part[1] & rooms]
        together = sorted([one, *(at for part in joined for at in part[0])])
        around = rooms.union(*(part[1] for part in joined))
        parts = [part for part in parts if part not in joined] + [(together, around)]
    return tuple(_narrow(network, *part) for part in sorted(parts, key=lambda part: part[0]))


def _narrow(network: Network, classes: Sequence[int], around: set[int]) -> Narrow:
    ways = 0
    for one in classes:
        ways |= network.ways[one]
    full = (at for at in around if network.within[at] not in around)
    return Narrow(
        tuple(classes),
        tuple(members(ways)),
        sum(network.supplies[at] for at in classes),
        sum(network.rooms[at] for at in full),
    )
