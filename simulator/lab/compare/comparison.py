"""
Schemes side by side on one fleet: what each allows, where they agree, and why they refuse.

Truth is a scheme too: the load check of the vendor driver. What it refuses and another scheme
allows is wrongly allowed, and the other way about.

Source: ours.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import TypeVar

from simulator.compat.scheme import Outcome, Scheme
from simulator.lab.compare.agreement import Agreement, agreement_of
from simulator.lab.compare.measured import Measured, View
from simulator.lab.compare.projection import Projection

__all__ = ["Comparison", "compare", "strangers"]

V = TypeVar("V")


@dataclass(frozen=True, slots=True)
class Comparison:
    """
    Schemes on one fleet.

    Attributes:
        projection: What each sees.
        schemes: What each says, in the same order.
        agreements: Each scheme with each later one.
        pairs: Ordered pairs of distinct devices.
    """

    projection: Projection
    schemes: tuple[Measured, ...]
    agreements: tuple[Agreement, ...]
    pairs: int

    def agreement(self, first: int, second: int) -> Agreement:
        """Return how two schemes fall together, in either order; a scheme agrees with itself."""
        for one in self.agreements:
            if (one.first, one.second) == (first, second):
                return one
            if (one.first, one.second) == (second, first):
                return Agreement(first, second, _swapped(one.pairs), _swapped(one.examples))
        own = self.schemes[first].pairs
        return Agreement(first, second, {(o, o): own[o] for o in Outcome}, {})

    @property
    def is_unanimous(self) -> bool:
        """Whether all schemes say the same of every pair."""
        return all(one.agreeing == self.pairs for one in self.agreements)


def _swapped(table: Mapping[tuple[Outcome, Outcome], V]) -> dict[tuple[Outcome, Outcome], V]:
    return {(other, one): value for (one, other), value in table.items()}


def strangers(schemes: Sequence[Scheme]) -> Iterator[tuple[int, int]]:
    """Find the schemes that share no attribute: there is nothing to compare."""
    for (one, first), (other, second) in combinations(enumerate(schemes), 2):
        if not first.attributes.keys() & second.attributes.keys():
            yield one, other


def compare(projection: Projection, progress: Callable[[int], None] | None = None) -> Comparison:
    """
    Put schemes side by side.

    Args:
        projection: The fleet, as each scheme sees it.
        progress: Called with the number of classes that are judged.
    """
    views: list[View] = []
    for number in range(len(projection.schemes)):
        done = sum(len(view.own) for view in views)
        views.append(View(projection, number, _after(done, progress)))
    devices = sum(projection.devices)
    return Comparison(
        projection,
        tuple(view.measured() for view in views),
        tuple(
            agreement_of(projection, views, first, second)
            for first, second in combinations(range(len(views)), 2)
        ),
        devices * (devices - 1),
    )


def _after(done: int, progress: Callable[[int], None] | None) -> Callable[[int], None] | None:
    return None if progress is None else lambda more: progress(done + more)
