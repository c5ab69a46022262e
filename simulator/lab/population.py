"""Populations: the distinct descriptions of a fleet, and how many devices publish each."""

from collections.abc import Iterable
from dataclasses import dataclass
from random import Random

from simulator.compat.description import Description
from simulator.compat.scheme import Scheme
from simulator.fleet.fleet import Fleet

__all__ = ["MOST_CLASSES", "Population", "population_of"]

MOST_CLASSES = 5000
"""Classes of a fleet of which all pairs are judged; of more, so many are drawn. Ours."""


@dataclass(frozen=True, slots=True)
class Population:
    """
    Descriptions that differ, under one scheme.

    Attributes:
        scheme: What they publish.
        classes: One description of each class; its name is that of the first device.
        devices: How many devices each class has.
    """

    scheme: Scheme
    classes: tuple[Description, ...]
    devices: tuple[int, ...]

    @classmethod
    def of(cls, scheme: Scheme, descriptions: Iterable[Description]) -> "Population":
        """Gather descriptions; those that say the same in the same spelling are one class."""
        first: dict[Description, Description] = {}
        counts: dict[Description, int] = {}
        for one in descriptions:
            key = Description(one.values, one.objects)
            first.setdefault(key, one)
            counts[key] = counts.get(key, 0) + 1
        return cls(scheme, tuple(first.values()), tuple(counts.values()))

    def drawn(self, most: int, seed: int) -> "Population":
        """Return this population with *most* classes at most, drawn at random, in their order."""
        if len(self.classes) <= most:
            return self
        places = sorted(Random(seed).sample(range(len(self.classes)), most))  # noqa: S311 - no secret
        return Population(
            self.scheme,
            tuple(self.classes[place] for place in places),
            tuple(self.devices[place] for place in places),
        )


def population_of(fleet: Fleet) -> Population:
    """Return the classes of *fleet* in the order of their first rows."""
    found = fleet.classes()
    return Population(
        fleet.scheme,
        tuple(fleet[row] for row, _ in found),
        tuple(devices for _, devices in found),
    )
