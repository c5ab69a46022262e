"""
Version numbers against feature sets: what x.y.z can say of a history, and what it cannot.

Source: the rule is that of 20200717101258.65555978@x1.home; whether numbers can follow independent
features was argued by Y. Zhao, J. Wang and A. Williamson in August 2020. The measures are ours.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from simulator.lab.versions.history import History
from simulator.lab.versions.numbering import (
    Branch,
    Errors,
    behaviours,
    bits,
    bumps,
    derived,
    errors,
    errors_of,
    truth,
)
from simulator.lab.versions.optimum import SAFE, Cost, best, best_rising
from simulator.values import Version

__all__ = ["STEPS", "Candidate", "Numbering", "Settings", "Study", "Witness", "study"]

STEPS = 10_000_000
"""What the search for the best numbering may look at, in pairs: seconds. Ours."""


@dataclass(frozen=True, slots=True)
class Settings:
    """
    How a history is numbered and what counts as best.

    Attributes:
        cost: What an error weighs.
        branch: What becomes of a number that another line has taken.
        is_monotone: The best numbering has to rise with each release.
        steps: What the search may do.
    """

    cost: Cost = SAFE
    branch: Branch = Branch.MINOR
    is_monotone: bool = False
    steps: int = STEPS


@dataclass(frozen=True, slots=True)
class Numbering:
    """
    Numbers for the releases, and where they err.

    Attributes:
        name: ``derived``, ``published``, ``best`` or ``best rising``; ``found`` instead of
            ``best`` where it is not proven.
        numbers: One for each release, or None: it has none and is not compared.
        errors: Against the truth.
        least: No numbering of its kind costs less; None: it was not made to cost little.
        is_best: It is proven that none of its kind costs less; None likewise.
    """

    name: str
    numbers: tuple[Version | None, ...]
    errors: Errors
    least: int | None = None
    is_best: bool | None = None

    @property
    def majors(self) -> int:
        """How many majors: between two of them nothing migrates."""
        return len({one.major for one in self.numbers if one is not None})

    @property
    def islands(self) -> int:
        """How many groups within which every migration has a way back: those of one minor."""
        return len({(one.major, one.minor) for one in self.numbers if one is not None})


@dataclass(frozen=True, slots=True)
class Witness:
    """
    Three releases of which no numbering says all that is true.

    Attributes:
        between: Comparable with both others, so it shares their major.
        one: Not comparable with *other*: no order of minors refuses both ways.
        other: The second of these.
    """

    between: int
    one: int
    other: int


@dataclass(frozen=True, slots=True)
class Candidate:
    """
    A number that one release could have, while the others keep theirs.

    Attributes:
        release: Its place.
        number: The number.
        errors: Of the pairs that the release is an end of.
        is_best: No other number for it costs less.
    """

    release: int
    number: Version
    errors: Errors
    is_best: bool


@dataclass(frozen=True, slots=True)
class Study:
    """
    All that is measured of a history.

    Attributes:
        history: The releases.
        settings: What was asked.
        true: For each release the others that have all its features, as a bitset.
        numberings: The derived one, the published one if there is one, and the best two.
        witnesses: One for each pair of sets that excludes the pair from all numberings.
        base: The name of the numbering that the candidates stand in.
        candidates: Numbers for single releases.
    """

    history: History
    settings: Settings
    true: tuple[int, ...]
    numberings: tuple[Numbering, ...]
    witnesses: tuple[Witness, ...]
    base: str
    candidates: tuple[Candidate, ...]

    @property
    def best(self) -> Numbering:
        """The numbering that errs least, of those that were asked for."""
        return self.numberings[-1 if self.settings.is_monotone else -2]

    @property
    def is_expressible(self) -> bool:
        """Whether some numbering, of those that were asked for, says all that is true."""
        if self.settings.is_monotone:
            return self.best.errors.counts == (0, 0)
        return not self.witnesses


def study(
    history: History,
    settings: Settings,
    published: Sequence[Version | None],
    candidates: Sequence[tuple[int, Version]] = (),
    progress: Callable[[int], None] = lambda _: None,
) -> Study:
    """
    Measure what numbers can say of a history.

    Args:
        history: The releases.
        settings: How they are numbered.
        published: The numbers they were given, None where there is none.
        candidates: Places of releases and numbers to try there; without any, the three bumps for
            the last release.
        progress: Called with the number of different sets that are numbered.
    """
    sets = history.sets()
    true = truth(sets)
    first = Numbering("derived", (found := derived(history, settings.branch)), errors(true, found))
    numberings = [first]
    if any(number is not None for number in published):
        given = tuple(published)
        numberings.append(Numbering("published", given, errors(true, given)))
    base = first if None in numberings[-1].numbers else numberings[-1]
    free = best(sets, settings.cost, settings.steps, found, progress)
    rising = best_rising(sets, settings.cost)
    for one, end in ((free, ""), (rising, " rising")):
        name = ("best" if one.is_best else "found") + end
        wrong = errors(true, one.numbers)
        numberings.append(Numbering(name, one.numbers, wrong, one.least, one.is_best))
    asked = candidates or _bumped(history, base.numbers)
    tried = _candidates(true, base.numbers, settings.cost, asked)
    witnesses = _witnesses(sets)
    return Study(history, settings, true, tuple(numberings), witnesses, base.name, tried)


def _candidates(
    true: Sequence[int],
    numbers: Sequence[Version | None],
    cost: Cost,
    asked: Sequence[tuple[int, Version]],
) -> tuple[Candidate, ...]:
    """Try numbers, and for each release the best number too, where it is not among them."""
    weigh = _weigher(cost, len(true))
    found = []
    for release in dict.fromkeys(release for release, _ in asked):
        every = behaviours(numbers, release)
        weights = [weigh(errors_of(true, numbers, release, one).counts) for one in every]
        mine = [number for place, number in asked if place == release]
        tried = [errors_of(true, numbers, release, one) for one in mine]
        if min(weights) not in (weigh(one.counts) for one in tried):
            mine.append(every[weights.index(min(weights))])
            tried.append(errors_of(true, numbers, release, mine[-1]))
        found += [
            Candidate(release, number, wrong, weigh(wrong.counts) == min(weights))
            for number, wrong in zip(mine, tried, strict=True)
        ]
    return tuple(found)


def _bumped(history: History, numbers: Sequence[Version | None]) -> list[tuple[int, Version]]:
    """Bump the number that the last release follows in the three ways."""
    follows = history.releases[-1].follows
    before = None if follows is None else numbers[follows]
    return [] if before is None else [(len(history) - 1, one) for one in bumps(before)]


def _weigher(cost: Cost, releases: int) -> Callable[[tuple[int, int]], int]:
    """Make one number of the errors, by the cost and then by fewer wrong allows."""
    refused, wrongly, _ = cost.weights(releases)
    return lambda counts: counts[0] * wrongly + counts[1] * refused


def _witnesses(sets: Sequence[int]) -> tuple[Witness, ...]:
    """Find for each two sets that exclude each other the first that is comparable with both."""
    first: dict[int, int] = {}
    for at, one in enumerate(sets):
        first.setdefault(one, at)
    order = list(first)
    comparable = [
        sum(
            1 << at
            for at, other in enumerate(order)
            if one != other and (not one & ~other or not other & ~one)
        )
        for one in order
    ]
    found = []
    for late, row in enumerate(comparable):
        for early in bits(~row & (1 << late) - 1):
            if common := row & comparable[early]:
                between = next(bits(common))
                places = (first[order[at]] for at in (between, early, late))
                found.append(Witness(*places))
    return tuple(sorted(found, key=lambda one: (max(one.between, one.other), one.one)))
