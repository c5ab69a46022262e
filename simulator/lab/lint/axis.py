"""
The values of one attribute, cut to a few that stand for all.

Every clause compares with the values that it names. Between two of them, and beyond them, all
values get the same answers, so one of each stretch is enough to prove a thing for all values.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import pairwise, product

from simulator.compat.rule import (
    Clause,
    EmptyClause,
    Equal,
    OneOf,
    Range,
    Subset,
    Superset,
    VersionClause,
)
from simulator.values import (
    INT_MAX,
    INT_MIN,
    FlagSet,
    Integer,
    PciId,
    Ratio,
    String,
    Value,
    Version,
    parse_value,
)

__all__ = ["Axis", "axis_of", "corners_of"]

_PART = 2**32
_MOST_SETS = 4096


@dataclass(frozen=True, slots=True)
class Axis:
    """
    Values that stand for all values of an attribute; the last one, None, for its absence.

    A part of the axis is an int with a bit for each place.

    Attributes:
        values: The values, those that clauses name first.
        is_whole: They do stand for all values. Sets of too many members do not.
    """

    values: tuple[Value | None, ...]
    is_whole: bool = True

    @property
    def all(self) -> int:
        """Every value and absence."""
        return (1 << len(self.values)) - 1

    @property
    def absent(self) -> int:
        """Absence alone."""
        return 1 << len(self.values) - 1

    def where(self, test: Callable[[Value | None], bool]) -> int:
        """Return the part that passes *test*."""
        return sum(1 << place for place, value in enumerate(self.values) if test(value))

    def pick(self, part: int) -> Value | None:
        """Return the first value of a part that is not empty."""
        return self.values[(part & -part).bit_length() - 1]


def corners_of(clause: Clause, kind: str) -> list[Value]:
    """Return the values that a clause without variables names."""
    match clause:
        case Equal() | Superset() | Subset():
            return [clause.value]
        case OneOf():
            return list(clause.values)
        case Range():
            return [clause.low, clause.high]
        case VersionClause(Version() as version):
            major, minor, last = version.major, version.minor, _PART - 1
            ends = ((minor, 0), (minor, last), (0, 0), (last, last))
            return [version, *(Version(major, *end) for end in ends)]
        case EmptyClause() if kind in (String.kind, FlagSet.kind):
            return [parse_value(kind, "")]
    return []


def axis_of(kind: str, corners: Iterable[Value]) -> Axis:
    """Make the axis of an attribute whose clauses name *corners*."""
    named = list(dict.fromkeys(corners))
    if kind == FlagSet.kind:
        return _axis_of_sets([one.members for one in named if isinstance(one, FlagSet)], named)
    more = {
        Integer.kind: _integers,
        Version.kind: _versions,
        Ratio.kind: _ratios,
        String.kind: _strings,
        PciId.kind: _ids,
    }[kind](named)
    return Axis((*dict.fromkeys([*named, *more]), None))


def _integers(named: Sequence[Value]) -> list[Value]:
    numbers = [one.number for one in named if isinstance(one, Integer)] or [0]
    near = (number + step for number in numbers for step in (1, -1))
    return [Integer(number) for number in near if INT_MIN <= number <= INT_MAX]


def _versions(named: Sequence[Value]) -> list[Value]:
    found: list[Value] = []
    for one in named or [Version(1, 0)]:
        if isinstance(one, Version):
            number = (one.major * _PART + one.minor) * _PART + one.bugfix
            near = (number + step for step in (1, -1) if 0 <= number + step < _PART**3)
            found += [Version(n // _PART**2, n // _PART % _PART, n % _PART) for n in near]
    return found


def _ratios(named: Sequence[Value]) -> list[Value]:
    numbers = sorted({one.value for one in named if isinstance(one, Ratio)} or {Fraction(1)})
    between = [(low + high) / 2 for low, high in pairwise(numbers)]
    return [Ratio(number) for number in [*between, numbers[-1] + 1, numbers[0] - 1]]


def _strings(named: Sequence[Value]) -> list[Value]:
    texts = {str(one) for one in named}
    return [String(next(t for t in ("x" * n for n in range(1, 10**6)) if t not in texts))]


def _ids(named: Sequence[Value]) -> list[Value]:
    unused = (PciId(0x8086, device) for device in range(2**16))
    bare = (PciId(None, device) for device in range(2**16))
    return [next(one for one in ids if one not in named) for ids in (unused, bare)]


def _axis_of_sets(sets: Sequence[frozenset[str]], named: Sequence[Value]) -> Axis:
    """
    Take sets apart by members that no clause tells from each other.

    Of such members a set has all, none, or some; so three choices stand for all.
    """
    blocks: dict[tuple[bool, ...], list[str]] = {}
    for member in sorted(frozenset[str]().union(*sets)):
        blocks.setdefault(tuple(member in one for one in sets), []).append(member)
    known = {member for block in blocks.values() for member in block}
    other = next(name for name in ("x" * n for n in range(1, 10**6)) if name not in known)
    choices = [
        [frozenset[str](), frozenset(block), *([frozenset(block[:1])] * (len(block) > 1))]
        for block in blocks.values()
    ]
    choices.append([frozenset(), frozenset((other,))])
    count = 1
    for one in choices:
        count *= len(one)
    found: list[Value] = list(named)
    if count <= _MOST_SETS:
        found += [FlagSet(frozenset[str]().union(*parts)) for parts in product(*choices)]
    else:
        found += [FlagSet(one | {other}) for one in sets]
    return Axis((*dict.fromkeys(found), None), is_whole=count <= _MOST_SETS)
