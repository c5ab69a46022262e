"""
What each attribute does to the verdicts of many descriptions, by one bit a pair.

Each clause is asked about each value once; the rest is AND and OR of long integers.
So leaving an attribute out and judging all pairs again takes milliseconds. To leave one out is
to make its relation ``any``: it is still published, and never compared.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import combinations

from simulator.compat.derive import complete
from simulator.compat.description import Description
from simulator.compat.rule import Clause, Object
from simulator.compat.scheme import Attribute, Direction, Outcome, Relation, Scheme
from simulator.lab.lint.asked import Bits, by_objects, by_relation
from simulator.lab.lint.boxes import groups_of
from simulator.lab.pairs import members
from simulator.values import Value

__all__ = ["MOST_SUBSETS", "Effects", "Smallest", "without"]

MOST_SUBSETS = 256
"""Sets of attributes that are tried before the search for the smallest turns greedy. Ours."""


def without(scheme: Scheme, names: Iterable[str]) -> Scheme:
    """Return the scheme that does not compare some attributes."""
    attributes = dict(scheme.attributes)
    for name in names:
        attributes[name] = replace(attributes[name], relation=Relation.ANY, of=None)
    return replace(scheme, attributes=attributes)


@dataclass(frozen=True, slots=True)
class Smallest:
    """
    A small set of attributes that gives all verdicts.

    Attributes:
        names: The attributes, in the order of the scheme.
        is_exact: There is no smaller one; otherwise it is what a greedy search left.
    """

    names: tuple[str, ...]
    is_exact: bool


class Effects:
    """
    The verdicts of all pairs of *descriptions*, with and without some attributes.

    Args:
        scheme: What is compared.
        descriptions: The sources, which are the targets too.
    """

    def __init__(self, scheme: Scheme, descriptions: Sequence[Description]) -> None:
        self.scheme = scheme
        self.count = len(descriptions)
        self.all = (1 << self.count) - 1
        self._values = [one.values for one in descriptions]
        self._known_places: dict[tuple[str, ...], dict[tuple[Value | None, ...], int]] = {}
        self._lists: list[tuple[Object, ...] | None] = []
        self._list_of = [0] * self.count
        if scheme.has_objects:
            places: dict[tuple[Object, ...] | None, int] = {}
            completed = (complete(scheme, one).objects for one in descriptions)
            self._list_of = [places.setdefault(one, len(places)) for one in completed]
            self._lists = list(places)
        self._groups: list[Mapping[str, Clause]] = []
        self._objects = self._taken_apart()
        self._bits: dict[tuple[int, frozenset[str], bool], Bits] = {}
        self._relations: dict[str, Mapping[Value | None, Bits]] = {}
        self._asks_target = scheme.has_objects and scheme.accepted_by is not Direction.SOURCE
        self._asks_source = scheme.has_objects and scheme.accepted_by is not Direction.TARGET
        # By columns where only targets' objects decide: then nothing has to be turned round.
        self.by_target = self._asks_target and not self._asks_source
        self._whole = self.rows()

    # ---- who is compared

    def compared(self) -> tuple[str, ...]:
        """Return the attributes that a relation or an object compares."""
        named = {name for group in self._groups for name in group}
        is_strict = any(self._lists) and self.scheme.unlisted is not Outcome.COMPATIBLE
        return tuple(
            name
            for name, one in self.scheme.attributes.items()
            if one.relation is not Relation.ANY
            and (one.relation is not None or name in named or is_strict)
        )

    def refuse_nobody(self) -> tuple[str, ...]:
        """Return the compared attributes that refuse nobody, alone or with the others."""
        names = frozenset(self.compared())
        nothing = self.rows(names)
        return tuple(
            name
            for name in self.compared()
            if self.is_same({name}) and self.rows(names - {name}) == nothing
        )

    def is_same(self, left_out: Iterable[str]) -> bool:
        """Tell whether every verdict stays as it is without some attributes."""
        return self.rows(frozenset(left_out)) == self._whole

    def smallest(self) -> Smallest:
        """Find the smallest set of compared attributes with the same verdicts."""
        names = self.compared()
        spare = [name for name in names if self.is_same({name})]
        needed = frozenset(names) - frozenset(spare)
        tried = 0
        for size in range(len(spare) + 1):
            for chosen in combinations(spare, size):
                tried += 1
                if tried > MOST_SUBSETS:
                    return Smallest(self._greedy(names), is_exact=False)
                kept = needed.union(chosen)
                if self.is_same(frozenset(names) - kept):
                    return Smallest(tuple(name for name in names if name in kept), is_exact=True)
        return Smallest(names, is_exact=True)

    def _greedy(self, names: tuple[str, ...]) -> tuple[str, ...]:
        left: list[str] = []
        for name in reversed(names):
            left += [name] if self.is_same((*left, name)) else []
        return tuple(name for name in names if name not in left)

    # ---- all pairs

    def rows(self, left_out: frozenset[str] = frozenset()) -> list[Bits]:
        """
        Judge all pairs.

        Returns:
            For each source the targets, or for each target the sources if `by_target`.
        """
        found = self._relation_rows(left_out)
        if not self.scheme.has_objects:
            return found
        accepted = self._list_bits(left_out, to_publisher=self.by_target)
        found = [_and(bits, accepted[at]) for bits, at in zip(found, self._list_of, strict=True)]
        if self._asks_target and self._asks_source:
            asked = self._turned(left_out)
            found = [_and(bits, other) for bits, other in zip(found, asked, strict=True)]
        return found

    def _relation_rows(self, left_out: frozenset[str]) -> list[Bits]:
        found: list[Bits] = [(self.all, self.all)] * self.count
        for name, attribute in self.scheme.attributes.items():
            if attribute.relation in (None, Relation.ANY) or name in left_out:
                continue
            near = name if self.by_target else attribute.of or name
            answers = self._relation(attribute)
            found = [
                _and(bits, answers[values.get(near)])
                for bits, values in zip(found, self._values, strict=True)
            ]
        return found

    def _relation(self, attribute: Attribute) -> Mapping[Value | None, Bits]:
        """Return for each value at the near end whom it does not refuse at the far end."""
        if attribute.name not in self._relations:
            ends = (attribute.of or attribute.name, attribute.name)
            near, far = reversed(ends) if self.by_target else ends
            values = [value for (value,) in self._places_of((near,))]
            answers = by_relation(
                self.scheme,
                attribute,
                values,
                [one.get(far) for one in self._values],
                near_is_target=self.by_target,
            )
            self._relations[attribute.name] = dict(zip(values, answers, strict=True))
        return self._relations[attribute.name]

    def _turned(self, left_out: frozenset[str]) -> list[Bits]:
        """Return for each source the targets whose objects do not refuse it."""
        publishers = [0] * len(self._lists)
        for place, at in enumerate(self._list_of):
            publishers[at] |= 1 << place
        found = [[0, 0] for _ in range(self.count)]
        for at, asked in enumerate(self._list_bits(left_out, to_publisher=True)):
            for which in (0, 1):
                for place in members(asked[which]):
                    found[place][which] |= publishers[at]
        return [(yes, maybe) for yes, maybe in found]

    # ---- objects

    def _taken_apart(self) -> list[list[tuple[tuple[int, ...], tuple[str, ...]]]]:
        """Return the objects of each list: their groups by number, and what they do not name."""
        numbers: dict[tuple[tuple[str, Clause], ...], int] = {}
        known: dict[Object, tuple[tuple[int, ...], tuple[str, ...]]] = {}
        is_strict = self.scheme.unlisted is not Outcome.COMPATIBLE
        for one in dict.fromkeys(one for objects in self._lists for one in objects or ()):
            keys = [tuple(group.clauses.items()) for group in groups_of(self.scheme, one)]
            unlisted = [
                name
                for name, attribute in self.scheme.attributes.items()
                if name not in one.clauses and attribute.relation is not Relation.ANY
            ]
            groups = tuple(numbers.setdefault(key, len(numbers)) for key in keys)
            known[one] = groups, tuple(unlisted if is_strict else ())
        self._groups = [dict(key) for key in numbers]
        return [[known[one] for one in objects or ()] for objects in self._lists]

    def _list_bits(self, left_out: frozenset[str], *, to_publisher: bool) -> list[Bits]:
        """Return whom each list of objects does not refuse."""
        groups = self._group_bits(left_out, to_publisher)
        strict = {name: self._unlisted_bits(name) for name in self.scheme.attributes}
        found = []
        for objects, apart in zip(self._lists, self._objects, strict=True):
            yes = maybe = 0
            if objects is None:
                yes, maybe = self._gather([(self.scheme.missing, self.all)])
            for numbers, unlisted in apart:
                sure = possible = self.all
                for number in numbers:
                    bits = groups[number]
                    sure, possible = sure & bits[0], possible & bits[1]
                for name in unlisted:
                    if name not in left_out:
                        sure, possible = sure & strict[name][0], possible & strict[name][1]
                yes, maybe = yes | sure, maybe | possible
            found.append((yes, maybe))
        return found

    def _unlisted_bits(self, name: str) -> Bits:
        absent = self._places_of((name,)).get((None,), 0)
        there = (self.scheme.unlisted, self.all & ~absent)
        return self._gather([(Outcome.COMPATIBLE, absent), there])

    def _group_bits(self, left_out: frozenset[str], to_publisher: bool) -> list[Bits]:
        keys = [
            (number, left_out.intersection(clauses), to_publisher)
            for number, clauses in enumerate(self._groups)
        ]
        unknown: dict[frozenset[str], list[int]] = {}
        for key in keys:
            if key not in self._bits:
                unknown.setdefault(key[1], []).append(key[0])
        for names, numbers in unknown.items():
            objects = [Object(self._groups[number]) for number in numbers]
            scheme = without(self.scheme, names)
            answers = by_objects(scheme, objects, self._values, to_publisher=to_publisher)
            for number, bits in zip(numbers, answers, strict=True):
                self._bits[number, names, to_publisher] = bits
        return [self._bits[key] for key in keys]

    def _gather(self, parts: Iterable[tuple[Outcome, int]]) -> Bits:
        yes = maybe = 0
        for outcome, places in parts:
            if outcome is not Outcome.INCOMPATIBLE:
                maybe |= places
                yes |= places if outcome is Outcome.COMPATIBLE else 0
        return yes, maybe

    def _places_of(self, names: tuple[str, ...]) -> dict[tuple[Value | None, ...], int]:
        """Return who has which values."""
        if names not in self._known_places:
            places: dict[tuple[Value | None, ...], list[int]] = {}
            for place, values in enumerate(self._values):
                places.setdefault(tuple(map(values.get, names)), []).append(place)
            found = {key: _bits(some, self.count) for key, some in places.items()}
            self._known_places[names] = found
        return self._known_places[names]

    # ---- preferences

    def never_rank(self) -> tuple[str, ...]:
        """Return the preferences that tell no two compatible targets of a source apart."""
        found = []
        earlier: tuple[str, ...] = ()
        for preference in self.scheme.prefer:
            name = preference.attribute
            if not self._ranks(earlier, name):
                found.append(name)
            earlier += (name,)
        return tuple(found)

    def _ranks(self, earlier: tuple[str, ...], name: str) -> bool:
        """Tell whether targets that are equal in *earlier* differ in *name* for some source."""
        ties: dict[tuple[Value | None, ...], int] = {}
        for (*before, _), places in self._places_of((*earlier, name)).items():
            sources = self._reaching(places)
            if ties.get(tuple(before), 0) & sources:
                return True
            ties[tuple(before)] = ties.get(tuple(before), 0) | sources
        return False

    def _reaching(self, targets: int) -> int:
        """Return the sources that can go to one of the targets."""
        if self.by_target:
            found = 0
            for place in members(targets):
                found |= self._whole[place][0]
            return found
        return sum(1 << place for place, bits in enumerate(self._whole) if bits[0] & targets)


def _and(left: Bits, right: Bits) -> Bits:
    return left[0] & right[0], left[1] & right[1]


def _bits(places: Iterable[int], count: int) -> int:
    found = bytearray(count // 8 + 1)
    for place in places:
        found[place >> 3] |= 1 << (place & 7)
    return int.from_bytes(found, "little")
