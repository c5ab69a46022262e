"""
Two schemes on one fleet: the pairs for which they agree, and the smallest of those they do not.

Source: ours.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import product

from simulator.compat.scheme import Outcome
from simulator.lab.compare.measured import View
from simulator.lab.compare.projection import Projection
from simulator.lab.pairs import Weights, lowest

__all__ = ["Agreement", "Example", "agreement_of"]


@dataclass(frozen=True, slots=True)
class Example:
    """
    A pair of classes, and two devices of them that differ.

    Attributes:
        source: The place of the source's class in the projection.
        target: That of the target's; the same one for two devices that are alike.
        differing: How many own values of either scheme differ.
    """

    source: int
    target: int
    differing: int


@dataclass(frozen=True, slots=True)
class Agreement:
    """
    How the verdicts of two schemes fall together.

    Attributes:
        first: The place of one scheme in the projection.
        second: That of the other one.
        pairs: How many pairs have the first's verdict and the second's.
        examples: For each two verdicts that differ and occur, the pair whose own values differ
            least, and of those the first one in the fleet.
    """

    first: int
    second: int
    pairs: Mapping[tuple[Outcome, Outcome], int]
    examples: Mapping[tuple[Outcome, Outcome], Example]

    @property
    def agreeing(self) -> int:
        """How many pairs have one verdict."""
        return sum(count for (one, other), count in self.pairs.items() if one is other)


def agreement_of(
    projection: Projection, views: Sequence[View], first: int, second: int
) -> Agreement:
    """
    Put the verdicts of two schemes together, source by source.

    Args:
        projection: The fleet.
        views: What each scheme says.
        first: The place of one scheme.
        second: That of the other one.
    """
    one, other = views[first], views[second]
    weights = Weights.of(projection.devices)
    nearest = _Nearest(projection.devices, one, other)
    pairs = {(verdict, verdict_2): 0 for verdict in Outcome for verdict_2 in Outcome}
    best: dict[tuple[Outcome, Outcome], tuple[int, int, int]] = {}
    groups: dict[tuple[int, int], list[int]] = {}
    for joint, ends in enumerate(zip(one.place, other.place, strict=True)):
        groups.setdefault(ends, []).append(joint)
    for (place, place_2), sources in groups.items():
        count = sum(projection.devices[source] for source in sources)
        for key, both in _together(one.rows[place], other.rows[place_2]):
            alike = sum(projection.devices[source] for source in sources if both >> source & 1)
            pairs[key] += count * weights.total(both) - alike
            if key[0] is not key[1]:
                found = [*nearest.pairs(sources, both), *([best[key]] if key in best else [])]
                if found:
                    best[key] = min(found)
    examples = {key: Example(s, t, differing) for key, (differing, s, t) in best.items()}
    return Agreement(first, second, pairs, examples)


def _together(
    row: Mapping[Outcome, int], row_2: Mapping[Outcome, int]
) -> Iterator[tuple[tuple[Outcome, Outcome], int]]:
    """Yield the targets by both verdicts."""
    for (verdict, bits), (verdict_2, bits_2) in product(row.items(), row_2.items()):
        if both := bits & bits_2:
            yield (verdict, verdict_2), both


class _Nearest:
    """Finds the targets whose own values differ least from those of a source."""

    def __init__(self, devices: Sequence[int], one: View, other: View) -> None:
        self.devices = devices
        self.everybody = one.everybody
        names = dict.fromkeys((*one.codes, *other.codes))
        self.same = [_same(name, (one, other)) for name in names]
        self.digits: dict[int, list[int]] = {}

    def pairs(self, sources: Sequence[int], targets: int) -> Iterator[tuple[int, int, int]]:
        """Yield how many values differ, the source, and its first nearest target."""
        for source in sources:
            # A class of one device has no other that is like it.
            left = targets if self.devices[source] > 1 else targets & ~(1 << source)
            if not left:
                continue
            differing = 0
            for number, digit in reversed(list(enumerate(self._digits(source)))):
                if fewer := left & ~digit:
                    left = fewer
                else:
                    differing |= 1 << number
            yield differing, source, lowest(left)

    def _digits(self, source: int) -> list[int]:
        """Count for every target the values that differ: its bits of the digits of the number."""
        if source not in self.digits:
            digits: list[int] = []
            for same in self.same:
                carry = self.everybody & ~same[source]
                for number, digit in enumerate(digits):
                    digits[number], carry = digit ^ carry, digit & carry
                if carry:
                    digits.append(carry)
            self.digits[source] = digits
        return self.digits[source]


def _same(name: str, views: tuple[View, View]) -> list[int]:
    """Return for each class those that have the same value, for both schemes."""
    codes = [
        [view.codes[name][place] for place in view.place] for view in views if name in view.codes
    ]
    keys = list(zip(*codes, strict=True))
    places: dict[tuple[int, ...], int] = {}
    for place, key in enumerate(keys):
        places[key] = places.get(key, 0) | 1 << place
    return [places[key] for key in keys]
