"""
One scheme on a fleet: how many pairs it allows, and what stands in the way of the others.

Counted are ordered pairs of distinct devices: devices of one class are pairs with each other, and
a device is none with itself.

Source: ours.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from types import MappingProxyType

from simulator.compat.derive import complete
from simulator.compat.scheme import Limit, Outcome, Scheme
from simulator.compat.verdict import cold_scheme
from simulator.lab.compare.projection import Projection
from simulator.lab.compare.reasons import reasons_of
from simulator.lab.matrix import Matrix, matrix
from simulator.lab.pairs import Weights, members

__all__ = ["Group", "Measured", "Pairs", "View"]

Pairs = Mapping[Outcome, int]
"""Pairs of devices by verdict."""


@dataclass(frozen=True, slots=True)
class Group:
    """
    The pairs for which an attribute is a reason.

    Attributes:
        attribute: Its name; empty for a list of objects that is missing or empty.
        limit: What stands in the way.
        refused: Pairs that are incompatible.
        undecided: Pairs that are undecided.
        alone: Pairs of both kinds for which no other attribute is a reason.
    """

    attribute: str
    limit: Limit
    refused: int
    undecided: int
    alone: int


@dataclass(frozen=True, slots=True)
class Measured:
    """
    One scheme on the fleet.

    Attributes:
        scheme: The scheme.
        classes: How many kinds of devices it can tell apart.
        pairs: How many have each verdict.
        cold: The same without what blocks only live migration; None when nothing does.
        groups: The reasons, by attribute, in the order of the scheme.
        limits: For each limit the pairs, refused or undecided, in which it stands in the way.
        is_exact: As in `simulator.lab.compare.reasons.Reasons`.
    """

    scheme: Scheme
    classes: int
    pairs: Pairs
    cold: Pairs | None
    groups: tuple[Group, ...]
    limits: Mapping[Limit, int]
    is_exact: bool


def _split(verdicts: Matrix, place: int, everybody: int) -> dict[Outcome, int]:
    """Return the targets of one source by verdict."""
    yes, undecided = verdicts.compatible[place], verdicts.undecided[place]
    no = everybody & ~(yes | undecided)
    return {Outcome.INCOMPATIBLE: no, Outcome.UNDECIDED: undecided, Outcome.COMPATIBLE: yes}


class View:
    """
    The classes of one scheme and their verdicts.

    Args:
        projection: The fleet.
        number: The place of the scheme in the projection.
        progress: Called with the number of classes that are judged.

    Attributes:
        own: The descriptions that it can tell apart.
        place: For each class of the fleet the one of *own* that it is.
        codes: For each attribute the values of *own*, numbered: equal ones alike.
        rows: For each one of *own*, as a source, the classes of the fleet by verdict, as bits.
    """

    def __init__(
        self, projection: Projection, number: int, progress: Callable[[int], None] | None
    ) -> None:
        self.scheme = projection.schemes[number]
        # Derived once, instead of for every question.
        self.own = [complete(self.scheme, one) for one in projection.own[number]]
        self.place = projection.places[number]
        self.devices = [0] * len(self.own)
        self.masks = [0] * len(self.own)
        for one, (place, count) in enumerate(zip(self.place, projection.devices, strict=True)):
            self.devices[place] += count
            self.masks[place] |= 1 << one
        self.verdicts = matrix(self.scheme, self.own, progress=progress)
        self.everybody = (1 << len(projection)) - 1
        self.codes = {name: self._codes(name) for name in self.scheme.attributes}
        self.rows = [self._row(place) for place in range(len(self.own))]

    def _codes(self, name: str) -> list[int]:
        """Number the values of an attribute, for each one of *own*."""
        codes: dict[object, int] = {}
        return [codes.setdefault(one.values.get(name), len(codes)) for one in self.own]

    def _row(self, place: int) -> dict[Outcome, int]:
        """Return the targets of a class by verdict, among the classes of the fleet."""
        rows = self.verdicts.compatible[place], self.verdicts.undecided[place]
        if len(self.own) < self.everybody.bit_length():
            yes, undecided = (sum(self.masks[one] for one in members(row)) for row in rows)
        else:
            yes, undecided = rows
        wide = Matrix((yes,), (undecided,))
        return _split(wide, 0, self.everybody)

    def measured(self) -> Measured:
        """Count the pairs, and group those that are not compatible by their reasons."""
        weights = Weights.of(self.devices)
        counted = {one: self._count(weights, self._rows(self.verdicts, one)) for one in Outcome}
        cold = cold_scheme(self.scheme)
        without = None
        if cold is not self.scheme:
            verdicts = matrix(cold, self.own)
            without = {one: self._count(weights, self._rows(verdicts, one)) for one in Outcome}
        groups, limits, is_exact = self._groups(weights)
        return Measured(
            self.scheme, len(self.own), counted, without, groups, MappingProxyType(limits), is_exact
        )

    def _rows(self, verdicts: Matrix, outcome: Outcome) -> list[int]:
        everybody = (1 << len(self.own)) - 1
        return [_split(verdicts, at, everybody)[outcome] for at in range(len(self.own))]

    def _count(self, weights: Weights, rows: Iterable[int]) -> int:
        """Count the pairs of distinct devices that stand behind rows of classes."""
        sources: dict[int, int] = {}
        alike = 0
        for place, row in enumerate(rows):
            if row:
                sources[row] = sources.get(row, 0) + self.devices[place]
                alike += self.devices[place] * (row >> place & 1)
        return sum(count * weights.total(row) for row, count in sources.items()) - alike

    def _groups(self, weights: Weights) -> tuple[tuple[Group, ...], dict[Limit, int], bool]:
        reasons = reasons_of(self.scheme, self.own, self.verdicts)
        undecided = self.verdicts.undecided
        once, twice = [0] * len(self.own), [0] * len(self.own)
        by_limit: dict[Limit, list[int]] = {}
        for name, rows in reasons.rows.items():
            twice = [two | one & row for two, one, row in zip(twice, once, rows, strict=True)]
            once = [one | row for one, row in zip(once, rows, strict=True)]
            old = by_limit.get(self._limit(name), [0] * len(rows))
            by_limit[self._limit(name)] = [a | row for a, row in zip(old, rows, strict=True)]
        groups = []
        for name, rows in reasons.rows.items():
            either = self._count(weights, rows)
            open_ = self._count(weights, (r & u for r, u in zip(rows, undecided, strict=True)))
            alone = self._count(weights, (r & ~two for r, two in zip(rows, twice, strict=True)))
            groups.append(Group(name, self._limit(name), either - open_, open_, alone))
        limits = {
            limit: self._count(weights, by_limit[limit]) for limit in Limit if limit in by_limit
        }
        return tuple(groups), limits, reasons.is_exact

    def _limit(self, name: str) -> Limit:
        return self.scheme.attributes[name].limit if name else Limit.OTHER
