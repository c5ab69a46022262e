"""
The numbering of a history that errs least, and how sure that is.

Numbers allow what a set of majors allows, each an order of its releases by minor. Three facts make
the search small, when numbers need not rise with the releases:

* releases of equal sets share a minor: what one of them costs against the rest, the other can have;
* releases of different sets do not: to give them two minors, the smaller set first, takes a wrong
  allow away, or two, and refuses nothing that was right;
* so in one major a pair of comparable sets is right, a pair of incomparable sets is one wrong
  allow, and the order among them does not matter.

What is left is to part the sets into majors: clustering of the comparability graph. Without wrong
allows each major is a chain of growing sets. The loss is bounded from below by paths u-v-w of
comparable sets with u and w incomparable, no two of which share a loss: each costs something.

Source: ours. Known as cluster deletion and correlation clustering; no fast exact method is known to
us for histories of every form, so a search proves what it can and says so.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import accumulate
from operator import add

from simulator.lab.versions.clustering import partition
from simulator.lab.versions.graph import Graph
from simulator.lab.versions.numbering import truth
from simulator.values import Version

__all__ = ["SAFE", "Cost", "Found", "best", "best_rising"]


@dataclass(frozen=True, slots=True)
class Cost:
    """
    What an error weighs.

    Attributes:
        wrongly_allowed: The weight of one wrong allow; None: there may be none at all.
        wrongly_refused: The weight of one wrong refusal.
    """

    wrongly_allowed: int | None
    wrongly_refused: int

    def total(self, counts: tuple[int, int]) -> int | None:
        """Weigh errors; None: they are not to be had at all."""
        if self.wrongly_allowed is None:
            return None if counts[0] else counts[1] * self.wrongly_refused
        return counts[0] * self.wrongly_allowed + counts[1] * self.wrongly_refused

    def weights(self, releases: int) -> tuple[int, int, int]:
        """
        Make the weights whole numbers whose sum decides ties too.

        Returns:
            The weight of a wrong refusal, of a wrong allow, and what both are multiples of, but
            for the part that decides between equals: fewer wrong allows, then fewer refusals.
        """
        step = releases * releases + 1
        if self.wrongly_allowed is None:
            return max(self.wrongly_refused, 1), max(self.wrongly_refused, 1) * step, 1
        unit = step * step
        return self.wrongly_refused * unit + 1, self.wrongly_allowed * unit + step, unit


SAFE = Cost(None, 1)
"""No wrong allow at all, then the fewest wrong refusals."""


@dataclass(frozen=True, slots=True)
class Found:
    """
    A numbering, and what is known of how good it is.

    Attributes:
        numbers: One for each release.
        least: No numbering costs less than this.
        is_best: It is proven that none is better.
    """

    numbers: tuple[Version, ...]
    least: int
    is_best: bool


def best(
    sets: Sequence[int],
    cost: Cost,
    steps: int,
    hint: Sequence[Version] = (),
    progress: Callable[[int], None] = lambda _: None,
) -> Found:
    """
    Find the numbering that errs least, whatever the order of the releases.

    Args:
        sets: The features of each release, as bitsets.
        cost: What is least.
        steps: The most that the search does, in weights looked at; the more, the more it proves.
        hint: A numbering to begin with, which may be the answer.
        progress: Called with the number of different sets that are done.
    """
    first: dict[int, int] = {}
    for at, one in enumerate(sets):
        first.setdefault(one, at)
    # By size: a set comes after those it contains.
    order = sorted(first, key=lambda one: (one.bit_count(), first[one]))
    starts = [_majors(sets, order, hint)] if hint else []
    good, bad, unit = cost.weights(len(sets))
    found = partition(Graph(_weights(sets, order, good, bad)), steps, starts, progress)
    majors = sorted(found.clusters, key=lambda one: min(first[order[at]] for at in one))
    place = {
        order[at]: (major, minor)
        for major, cluster in enumerate(majors)
        for minor, at in enumerate(sorted(cluster))
    }
    numbers = _numbered([place[one] for one in sets])
    least = found.least // unit
    return Found(numbers, least, is_best=least >= found.loss // unit)


def _weights(sets: Sequence[int], order: Sequence[int], good: int, bad: int) -> list[list[int]]:
    """Weigh what two sets in one major gain, for all releases that have them."""
    many = [sets.count(one) for one in order]
    weights = [[0] * len(order) for _ in order]
    for high, larger in enumerate(order):
        for low in range(high):
            weight = -bad if order[low] & ~larger else good
            weights[low][high] = weights[high][low] = weight * many[low] * many[high]
    return weights


def _majors(
    sets: Sequence[int], order: Sequence[int], numbers: Sequence[Version]
) -> list[list[int]]:
    """Gather the sets by the major that each has first."""
    majors: dict[int, int] = {}
    for one, number in zip(sets, numbers, strict=True):
        majors.setdefault(one, number.major)
    return [
        [at for at, one in enumerate(order) if majors[one] == major]
        for major in sorted(set(majors.values()))
    ]


def _numbered(places: Sequence[tuple[int, int]]) -> tuple[Version, ...]:
    """Count the releases of one major and minor by their bugfix."""
    count: dict[tuple[int, int], int] = {}
    numbers = []
    for major, minor in places:
        bugfix = count.get((major, minor), 0)
        count[major, minor] = bugfix + 1
        numbers.append(Version(major, minor, bugfix))
    return tuple(numbers)


def best_rising(sets: Sequence[int], cost: Cost) -> Found:
    """
    Find the numbering that errs least of those that rise with each release; it is always proven.

    Majors are then runs of releases, and minors runs within them: the best ones are put together
    from the best of each beginning. Equal sets in a row share a number, as above.
    """
    many: list[int] = []
    heads: list[int] = []
    for at, one in enumerate(sets):
        if at and one == sets[at - 1]:
            many[-1] += 1
        else:
            heads.append(one)
            many.append(1)
    good, bad, unit = cost.weights(len(sets))
    there, back = _runs(heads, many, good, bad), _runs(heads, many, good, bad, is_back=True)
    # The most that can be gained before each release, and where its last major begins.
    count = len(heads)
    gained, begins = [0] + [-1] * count, [0] * (count + 1)
    for start in range(count):
        minors = [0]
        for end in range(start, count):
            if cost.wrongly_allowed is not None:
                minors.append(max(map(add, minors, back[end][start:])))
            elif there[end][start] < 0:
                break
            gain = gained[start] + there[end][start] + minors[-1]
            if gain > gained[end + 1]:
                gained[end + 1], begins[end + 1] = gain, start
    majors: list[list[int]] = []
    end = count
    while end:
        majors.append(_minors(back, begins[end], end))
        end = begins[end]
    places = [(at, minor) for at, minors in enumerate(reversed(majors)) for minor in minors]
    apart = sum(row.bit_count() for row in truth(sets)) * good
    apart -= sum(size * (size - 1) for size in many) * good
    numbers = [place for place, size in zip(places, many, strict=True) for _ in range(size)]
    return Found(_numbered(numbers), (apart - gained[count]) // unit, is_best=True)


def _runs(
    sets: Sequence[int], many: Sequence[int], good: int, bad: int, *, is_back: bool = False
) -> list[list[int]]:
    """Sum what it gains to allow the pairs of each run of sets, by its end and its start."""
    sums: list[list[int]] = []
    for end, new in enumerate(sets):
        pairs = ((new, old) if is_back else (old, new) for old in sets[:end])
        gains = [-bad if one & ~other else good for one, other in pairs]
        weighed = [gain * many[at] * many[end] for at, gain in enumerate(gains)]
        column = [*accumulate(reversed(weighed), initial=0)]
        before = [*sums[-1], 0] if sums else [0]
        sums.append([*map(add, reversed(column), before)])
    return sums


def _minors(back: Sequence[Sequence[int]], start: int, stop: int) -> list[int]:
    """Part the run of one major into minors, and return that of each release."""
    gains, begins = [0], [0]
    for end in range(start, stop):
        found = [gain + more for gain, more in zip(gains, back[end][start:], strict=True)]
        gains.append(max(found))
        begins.append(max(at for at, one in enumerate(found) if one == gains[-1]))
    cuts, end = [], stop - start
    while end:
        cuts.append(begins[end])
        end = begins[end]
    first = set(cuts)
    return [minor - 1 for minor in accumulate(at in first for at in range(stop - start))]
