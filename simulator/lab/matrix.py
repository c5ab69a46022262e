"""Every description against every other: one bit a pair, answered by the matcher."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from simulator.compat.description import Description
from simulator.compat.scheme import Direction, Outcome, Scheme
from simulator.fleet.fleet import Fleet

__all__ = ["Matrix", "matrix"]


@dataclass(frozen=True, slots=True)
class Matrix:
    """
    The verdicts of all pairs of a sequence of descriptions.

    Attributes:
        compatible: For each source the targets that accept it: bit *t* stands for target *t*.
        undecided: For each source the targets for which the scheme does not say, likewise.
    """

    compatible: tuple[int, ...]
    undecided: tuple[int, ...]

    def __len__(self) -> int:
        return len(self.compatible)

    def outcome(self, source: int, target: int) -> Outcome:
        """Return the verdict of one pair, by the places of its ends in the sequence."""
        if self.compatible[source] >> target & 1:
            return Outcome.COMPATIBLE
        undecided = self.undecided[source] >> target & 1
        return Outcome.UNDECIDED if undecided else Outcome.INCOMPATIBLE


def matrix(
    scheme: Scheme,
    descriptions: Sequence[Description],
    accepted_by: Direction | None = None,
    progress: Callable[[int], None] | None = None,
    targets: Sequence[Description] | None = None,
) -> Matrix:
    """
    Judge every pair of *descriptions*, each also against itself.

    Args:
        scheme: What is compared.
        descriptions: The sources, which are the targets too unless *targets* are given.
        accepted_by: Takes the place of the scheme's direction.
        progress: Called with the number of sources that are done.
        targets: The targets, where they are others.
    """
    fleet = Fleet(scheme, keep_names=False)
    for one in descriptions if targets is None else targets:
        fleet.add(one)
    matches = fleet.match_all(descriptions, accepted_by)
    compatible, undecided = [], []
    for number, (yes, maybe) in enumerate(
        zip(matches.bitmaps(), matches.bitmaps(Outcome.UNDECIDED), strict=True), 1
    ):
        compatible.append(int.from_bytes(yes, "little"))
        undecided.append(int.from_bytes(maybe, "little"))
        if progress is not None:
            progress(number)
    return Matrix(tuple(compatible), tuple(undecided))
