"""
The islands of a fleet: sets of devices from each of which there is a way to every other, and back.

Classes that publish the same are judged once, whatever their number of devices, so that a million
devices of a few thousand classes take seconds.

Source: ours.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from simulator.compat.scheme import Direction
from simulator.fleet.fleet import Fleet
from simulator.lab.islands import Island, islands
from simulator.lab.matrix import Matrix, matrix
from simulator.lab.pairs import members
from simulator.lab.population import Population, population_of
from simulator.planning.names import host_of, rows_by_class

__all__ = ["FleetIsland", "FleetIslands", "fleet_islands"]


@dataclass(frozen=True, slots=True)
class FleetIsland:
    """
    Devices from each of which there is a way to every other, and back.

    Attributes:
        classes: The places of its classes in the population, in ascending order.
        devices: How many devices it has.
        hosts: On how many hosts; devices without a name are on none.
        is_complete: Every device can go to every other at once.
        steps: The most migrations that the shortest way from a device to another takes. 1 where it
            is complete; 0 where there is none: one class, which refuses its like.
    """

    classes: tuple[int, ...]
    devices: int
    hosts: int
    is_complete: bool
    steps: int


@dataclass(frozen=True, slots=True)
class FleetIslands:
    """
    A fleet, divided into islands.

    Attributes:
        population: The classes.
        rows: The rows of each class, in ascending order.
        hosts: On how many hosts the devices are.
        islands: Those with the most devices first; equals by their first row.
        is_one: There is one island, with a way between all its devices.
        may_be_one: There might be one, were every undecided pair compatible.
    """

    population: Population
    rows: tuple[tuple[int, ...], ...]
    hosts: int
    islands: tuple[FleetIsland, ...]
    is_one: bool
    may_be_one: bool

    def rows_of(self, island: FleetIsland) -> list[int]:
        """Return the rows of an island in ascending order."""
        return sorted(row for one in island.classes for row in self.rows[one])


def fleet_islands(
    fleet: Fleet,
    accepted_by: Direction | None = None,
    progress: Callable[[int], None] | None = None,
) -> FleetIslands:
    """
    Find the islands of a fleet.

    Args:
        fleet: Its devices; hosts are counted where names are kept.
        accepted_by: Takes the place of the scheme's direction.
        progress: Called with the number of classes that are judged.

    Cost: one query for each class; memory for a bit for each pair of classes.
    """
    population, rows = population_of(fleet), rows_by_class(fleet)
    verdicts = matrix(population.scheme, population.classes, accepted_by, progress)
    hosts = [{host_of(fleet.name(row)) for row in one} - {""} for one in rows]
    found = tuple(
        FleetIsland(
            one.members,
            one.devices,
            len(set[str]().union(*(hosts[at] for at in one.members))),
            one.is_complete,
            _steps(verdicts.compatible, one),
        )
        for one in islands(verdicts, population.devices)
    )
    is_one = not found[1:] and all(one.steps or one.devices == 1 for one in found)
    return FleetIslands(
        population,
        tuple(map(tuple, rows)),
        len(set[str]().union(*hosts)),
        found,
        is_one,
        is_one or _may_be_one(verdicts, population.devices),
    )


def _steps(rows: Sequence[int], island: Island) -> int:
    """Walk from every class of an island until all of it is reached; equal rows walk together."""
    if island.is_complete:
        return 1
    whole = sum(1 << one for one in island.members)
    most = 0
    for row in {rows[one] & whole for one in island.members}:
        reached, frontier, steps = row, row, 1
        while reached != whole and frontier:
            ahead = 0
            for one in members(frontier):
                ahead |= rows[one] & whole
                if ahead | reached == whole:
                    break
            frontier = ahead & ~reached
            reached |= frontier
            steps += 1
        most = max(most, steps if reached == whole else 0)
    return most


def _may_be_one(verdicts: Matrix, devices: Sequence[int]) -> bool:
    if not any(verdicts.undecided):
        return False
    pairs = zip(verdicts.compatible, verdicts.undecided, strict=True)
    perhaps = Matrix(tuple(yes | open_ for yes, open_ in pairs), (0,) * len(verdicts))
    found = islands(perhaps, devices)
    return not found[1:] and all(_steps(perhaps.compatible, one) for one in found)
