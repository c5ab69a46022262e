"""
The rule x.y.z against the truth: what a numbering of releases wrongly allows and wrongly refuses.

The truth is the set rule: a guest can move when the target has every feature of the source. The
rule of the numbers is that of A. Williamson: the same major, and a minor that is not below.

Source: 20200717101258.65555978@x1.home; adding and removing, S. Mooney and A. Williamson on
2020-07-30; what becomes of branches is ours.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum

from simulator.lab.versions.history import History
from simulator.values import Version

__all__ = [
    "Branch",
    "Errors",
    "allowed",
    "behaviours",
    "bits",
    "bumps",
    "derived",
    "errors",
    "errors_of",
    "truth",
]


class Branch(StrEnum):
    """
    What a release gets whose number by the rule is taken, because another line grew there.

    The mails do not say. ``minor`` takes the next minor that is free, ``major`` a new major.
    """

    MINOR = "minor"
    MAJOR = "major"


@dataclass(frozen=True, slots=True)
class Errors:
    """
    Where a numbering departs from the truth, over ordered pairs of different releases.

    Attributes:
        wrongly_allowed: For each source the targets, as a bitset, where the guest would lose a
            feature.
        wrongly_refused: Likewise, where it would have worked.
    """

    wrongly_allowed: tuple[int, ...]
    wrongly_refused: tuple[int, ...]

    @property
    def counts(self) -> tuple[int, int]:
        """How many pairs are wrongly allowed, and how many wrongly refused."""
        allowed, refused = self.wrongly_allowed, self.wrongly_refused
        return sum(one.bit_count() for one in allowed), sum(one.bit_count() for one in refused)

    def pairs(self) -> tuple[list[tuple[int, int]], list[tuple[int, int]]]:
        """Return source and target of the pairs wrongly allowed, and of those wrongly refused."""
        rows = self.wrongly_allowed, self.wrongly_refused
        wrong = ([(at, to) for at, row in enumerate(one) for to in bits(row)] for one in rows)
        allowed, refused = wrong
        return allowed, refused


def bits(row: int) -> Iterator[int]:
    """Yield the places of the bits that are set, in ascending order."""
    while row:
        low = row & -row
        yield low.bit_length() - 1
        row ^= low


def truth(sets: Sequence[int]) -> tuple[int, ...]:
    """Return for each release the others that have all its features, as a bitset."""
    supersets: dict[int, int] = {}
    for one in set(sets):
        supersets[one] = sum(1 << at for at, other in enumerate(sets) if one & ~other == 0)
    return tuple(supersets[one] & ~(1 << at) for at, one in enumerate(sets))


def allowed(numbers: Sequence[Version | None]) -> tuple[int, ...]:
    """Return for each release the others that its number may move to; without one, none."""
    levels: dict[tuple[int, int], int] = {}
    for at, number in enumerate(numbers):
        if number is not None:
            key = number.major, number.minor
            levels[key] = levels.get(key, 0) | 1 << at
    reached: dict[tuple[int, int], int] = {}
    last, row = None, 0
    for major, minor in sorted(levels, reverse=True):
        row = levels[major, minor] | (row if major == last else 0)
        last, reached[major, minor] = major, row
    return tuple(
        0 if number is None else reached[number.major, number.minor] & ~(1 << at)
        for at, number in enumerate(numbers)
    )


def errors(true: Sequence[int], numbers: Sequence[Version | None]) -> Errors:
    """Compare a numbering with the truth; a release without a number is not compared."""
    known = sum(1 << at for at, number in enumerate(numbers) if number is not None)
    pairs = list(zip(true, allowed(numbers), numbers, strict=True))
    return Errors(
        tuple(may & ~does for does, may, _ in pairs),
        tuple(0 if number is None else does & ~may & known for does, may, number in pairs),
    )


def errors_of(
    true: Sequence[int], numbers: Sequence[Version | None], release: int, number: Version
) -> Errors:
    """Compare with the truth only the pairs that *release* is an end of, if it had *number*."""
    wrongly_allowed, wrongly_refused = [0] * len(true), [0] * len(true)
    for at, other in enumerate(numbers):
        if other is None or at == release:
            continue
        same = number.major == other.major
        there, back = number.minor <= other.minor, other.minor <= number.minor
        for source, target, may in ((release, at, there), (at, release, back)):
            does = bool(true[source] >> target & 1)
            if (same and may) != does:
                rows = wrongly_refused if does else wrongly_allowed
                rows[source] |= 1 << target
    return Errors(tuple(wrongly_allowed), tuple(wrongly_refused))


def behaviours(numbers: Sequence[Version | None], release: int) -> list[Version]:
    """Return a free number for each way in which *release* can stand to those of the others."""
    bugfixes: dict[tuple[int, int], int] = {}
    for at, number in enumerate(numbers):
        if number is not None and at != release:
            key = number.major, number.minor
            bugfixes[key] = max(bugfixes.get(key, 0), number.bugfix)
    majors = {major for major, _ in bugfixes}
    # Beside each minor that is there, the one above it; one below them all; and a new major.
    levels = {*bugfixes, *((major, minor + 1) for major, minor in bugfixes)}
    levels |= {*((major, 0) for major in majors), (max(majors, default=-1) + 1, 0)}
    return [Version(*level, bugfixes.get(level, -1) + 1) for level in sorted(levels)]


def bumps(number: Version) -> tuple[Version, Version, Version]:
    """Return the next bugfix, the next minor and the next major after *number*."""
    return (
        Version(number.major, number.minor, number.bugfix + 1),
        Version(number.major, number.minor + 1),
        Version(number.major + 1, 0),
    )


def derived(history: History, branch: Branch = Branch.MINOR) -> tuple[Version, ...]:
    """
    Number the releases from 0.0.0 on, each by what changed since the release that it follows.

    A feature removed is a new major; else a feature added is a new minor; else it is a bugfix. A
    number that is taken is counted on until it is free.
    """
    sets = history.sets()
    numbers: list[Version] = []
    # The last bugfix of each minor, and the last minor of each major.
    bugfixes: dict[tuple[int, int], int] = {}
    minors: dict[int, int] = {}
    for at, release in enumerate(history.releases):
        number = Version(0, 0)
        if release.follows is not None:
            old, new = sets[release.follows], sets[at]
            before = numbers[release.follows]
            part = 2 if old & ~new else 1 if new & ~old else 0
            if part == 1 and branch is Branch.MAJOR and minors[before.major] > before.minor:
                part = 2
            number = bumps(before)[part]
            if not part:
                last = bugfixes[number.major, number.minor]
                number = Version(number.major, number.minor, last + 1)
            while part and (number.major, number.minor) in bugfixes:
                number = bumps(number)[part]
        numbers.append(number)
        bugfixes[number.major, number.minor] = number.bugfix
        minors[number.major] = max(minors.get(number.major, 0), number.minor)
    return tuple(numbers)
