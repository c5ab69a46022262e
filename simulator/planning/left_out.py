"""
Where no baseline is for all devices: the most devices that have one.

That is the largest clique of a graph and more, so that it is tried out only where classes are few.
Else sets are grown from the classes with the most devices: a class joins if there is still a
baseline. What is refused in attributes that nobody can be limited in, the matcher says beforehand.

Source: ours.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import combinations

from simulator.compat.description import Description
from simulator.compat.judge import judge
from simulator.compat.scheme import Outcome, Scheme
from simulator.lab.lint.verdicts import without
from simulator.lab.matrix import matrix
from simulator.lab.pairs import Weights, transposed
from simulator.lab.population import Population
from simulator.planning.limits import Limits, limited, lowest_of
from simulator.planning.search import search
from simulator.values import Value

__all__ = ["Largest", "largest"]

_EXACT = 8
"""Classes of which every subset is tried: 256 of them. Ours."""
_SEEDS = 8
"""Classes from which a set is grown. Ours."""


@dataclass(frozen=True, slots=True)
class Largest:
    """
    Many devices that have a baseline.

    Attributes:
        classes: The places of their classes, in ascending order.
        limits: What they are limited to.
        is_least: No other set leaves out fewer devices.
    """

    classes: tuple[int, ...]
    limits: Limits
    is_least: bool


def largest(
    population: Population, names: Sequence[str], progress: Callable[[int], None] | None = None
) -> Largest | None:
    """
    Find the most devices that have a baseline.

    Args:
        population: The devices, by class.
        names: What they may be limited in.
        progress: Called with the number of sets that were tried or grown.

    Returns:
        None where not even one class accepts its like.
    """
    scheme, classes = population.scheme, population.classes
    rows = matrix(without(scheme, names), classes).compatible
    pairs = zip(rows, transposed(rows), strict=True)
    mutual = [there & back if there >> at & 1 else 0 for at, (there, back) in enumerate(pairs)]
    if len(classes) <= _EXACT:
        return _exact(population, names, mutual, progress)
    best: tuple[int, list[int], _Grown] | None = None
    for done, (members, grown) in enumerate(_sets(population, names, mutual), 1):
        devices = sum(population.devices[at] for at in members)
        if best is None or devices > best[0]:
            best = devices, members, grown
        if progress is not None:
            progress(done)
    if best is None:
        return None
    kept = [classes[at] for at in best[1]]
    found = search(scheme, kept, names)
    if found.limits is not None:
        return Largest(tuple(best[1]), found.limits, is_least=False)
    limits = best[2].limits
    found = search(scheme, [limited(one, limits) for one in kept], ())
    is_good = found.limits is not None
    return Largest(tuple(best[1]), limits, is_least=False) if is_good else None


def _exact(
    population: Population,
    names: Sequence[str],
    mutual: Sequence[int],
    progress: Callable[[int], None] | None,
) -> Largest | None:
    """Try every set of classes, those first that leave out the fewest devices."""
    classes, devices = population.classes, population.devices
    places = range(len(classes))
    sets = [kept for size in places for kept in combinations(places, size + 1)]
    sets.sort(key=lambda kept: (-sum(devices[at] for at in kept), len(kept), kept))
    is_least = True
    for done, kept in enumerate(sets, 1):
        bits = sum(1 << at for at in kept)
        if all(mutual[at] & bits == bits for at in kept):
            found = search(population.scheme, [classes[at] for at in kept], names)
            if found.limits is not None:
                return Largest(kept, found.limits, is_least)
            is_least &= found.is_whole
        if progress is not None:
            progress(done)
    return None


def _sets(
    population: Population, names: Sequence[str], mutual: Sequence[int]
) -> Iterator[tuple[list[int], "_Grown"]]:
    """Grow sets from the classes that could be together with the most devices."""
    weights = Weights.of(population.devices)
    by_size = sorted(range(len(mutual)), key=lambda at: (-population.devices[at], at))
    seeds = sorted(by_size, key=lambda at: -weights.total(mutual[at]))
    covered = 0
    grown_sets = 0
    for seed in seeds:
        if grown_sets == _SEEDS or not mutual[seed]:
            return
        if covered >> seed & 1:
            continue
        grown = _Grown(population.scheme, names)
        together, members = mutual[seed], []
        for one in (seed, *by_size):
            is_new = together >> one & 1 and one not in members
            if is_new and grown.takes(population.classes[one]):
                members.append(one)
                together &= mutual[one]
        covered |= sum(1 << at for at in members)
        if members:
            grown_sets += 1
            yield sorted(members), grown


class _Grown:
    """
    A set that grows by devices, with limits under which all accept each other.

    Kept are only what they would publish: many devices are alike once they are limited.
    """

    def __init__(self, scheme: Scheme, names: Sequence[str]) -> None:
        self._scheme = scheme
        self._names = names
        self._different: dict[Description, None] = {}
        self.limits: dict[str, Value | None] = {}

    def takes(self, one: Description) -> bool:
        """Let a device in, if there are limits then."""
        fitting = {
            name: limit
            for name, limit in self.limits.items()
            if name not in one.values or limit is None or _can(one.values[name], limit)
        }
        said = limited(one, fitting)
        if len(fitting) == len(self.limits) and self._accepts(said):
            self._different[said] = None
            return True
        found = search(self._scheme, [*self._different, said], self._names)
        if found.limits is None:
            return False
        self.limits |= found.limits
        every = (*self._different, said)
        self._different = {limited(known, found.limits): None for known in every}
        return True

    def _accepts(self, said: Description) -> bool:
        if said in self._different:
            return True
        pairs = ((said, other) for other in (said, *self._different))
        return all(
            judge(self._scheme, one, other) is judge(self._scheme, other, one) is _YES
            for one, other in pairs
        )


_YES = Outcome.COMPATIBLE


def _can(value: Value, limit: Value) -> bool:
    """Tell whether a device with a value can be limited to another."""
    return lowest_of((value, limit)) == limit
