"""
What each attribute does to the verdicts of many descriptions, by one bit a pair.

The judge is asked once for each clause and each value; the rest is AND and OR of long integers.
So leaving an attribute out and judging all pairs again takes milliseconds. To leave one out is
to make its relation ``any``: it is still published, and never compared.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import combinations

from simulator.compat.derive import complete
from simulator.compat.description import Description
from simulator.compat.judge import check_object, check_relation
from simulator.compat.rule import Clause, Object
from simulator.compat.scheme import Attribute, Direction, Outcome, Relation, Scheme
from simulator.lab.lint.boxes import groups_of
from simulator.values import Value

__all__ = ["MOST_SUBSETS", "Effects", "Smallest", "without"]

MOST_SUBSETS = 256
"""Sets of attributes that are tried before the search for the smallest turns greedy. Ours."""

Bits = tuple[int, int]
"""Whom it does not refuse: the compatible ones, and those with the undecided ones."""


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
        self._places = {name: self._places_of((name,)) for name in scheme.attributes}
        self._lists: dict[tuple[Object, ...] | None, int] = {}
        self._list_of = [0] * self.count
        if scheme.has_objects:
            completed = (complete(scheme, one).objects for one in descriptions)
            self._list_of = [self._lists.setdefault(one, len(self._lists)) for one in completed]
        self._objects = dict.fromkeys(one for objects in self._lists for one in objects or ())
        self._groups = {one: groups_of(scheme, one) for one in self._objects}
        self._known: dict[object, Bits] = {}
        self._relations: dict[str, Mapping[Value | None, Bits]] = {}
        self._asks_target = scheme.has_objects and scheme.accepted_by is not Direction.SOURCE
        self._asks_source = scheme.has_objects and scheme.accepted_by is not Direction.TARGET
        # By columns where only targets' objects decide: then nothing has to be turned round.
        self.by_target = self._asks_target and not self._asks_source

    # ---- who is compared

    def compared(self) -> tuple[str, ...]:
        """Return the attributes that a relation or an object compares."""
        named = {name for one in self._objects for name in one.clauses}
        is_strict = self._objects and self.scheme.unlisted is not Outcome.COMPATIBLE
        return tuple(
            name
            for name, one in self.scheme.attributes.items()
            if one.relation is not Relation.ANY
            and (one.relation is not None or name in named or is_strict)
        )

    def refuse_nobody(self) -> tuple[str, ...]:
        """Return the compared attributes that refuse nobody, alone or with the others."""
        names = self.compared()
        nothing = self.rows(frozenset(names))
        whole = self.rows()
        return tuple(
            name
            for name in names
            if self.rows(frozenset(names) - {name}) == nothing
            and self.rows(frozenset((name,))) == whole
        )

    def smallest(self) -> Smallest:
        """Find the smallest set of compared attributes with the same verdicts."""
        names = self.compared()
        whole = self.rows()
        is_same = {name: self.rows(frozenset((name,))) == whole for name in names}
        open_ = [name for name in names if is_same[name]]
        needed = frozenset(names) - frozenset(open_)
        tried = 0
        for size in range(len(open_) + 1):
            for chosen in combinations(open_, size):
                tried += 1
                if tried > MOST_SUBSETS:
                    return Smallest(self._greedy(names, whole), is_exact=False)
                kept = needed | frozenset(chosen)
                if self.rows(frozenset(names) - kept) == whole:
                    return Smallest(tuple(name for name in names if name in kept), is_exact=True)
        return Smallest(names, is_exact=True)

    def _greedy(self, names: tuple[str, ...], whole: list[Bits]) -> tuple[str, ...]:
        left: frozenset[str] = frozenset()
        for name in reversed(names):
            if self.rows(left | {name}) == whole:
                left |= {name}
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
        accepted = [
            self._list_bits(objects, left_out, to_publisher=self.by_target)
            for objects in self._lists
        ]
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
            self._relations[attribute.name] = {
                value: self._gather(
                    (self._related(attribute, value, other), places)
                    for (other,), places in self._places[far].items()
                )
                for (value,) in self._places[near]
            }
        return self._relations[attribute.name]

    def _related(self, attribute: Attribute, near: Value | None, far: Value | None) -> Outcome:
        if near is not None and far is not None and attribute.relation is Relation.EQUAL:
            return Outcome.COMPATIBLE if near == far else Outcome.INCOMPATIBLE
        source, target = (far, near) if self.by_target else (near, far)
        source_name = attribute.of or attribute.name
        ends = (
            Description({} if source is None else {source_name: source}),
            Description({} if target is None else {attribute.name: target}),
        )
        return check_relation(self.scheme, attribute, *ends).outcome

    def _turned(self, left_out: frozenset[str]) -> list[Bits]:
        """Return for each source the targets whose objects do not refuse it."""
        publishers = [0] * len(self._lists)
        for place, at in enumerate(self._list_of):
            publishers[at] |= 1 << place
        found = [[0, 0] for _ in range(self.count)]
        for objects, at in self._lists.items():
            asked = self._list_bits(objects, left_out, to_publisher=True)
            for which in (0, 1):
                for place in _places(asked[which]):
                    found[place][which] |= publishers[at]
        return [(yes, maybe) for yes, maybe in found]

    # ---- objects

    def _list_bits(
        self, objects: tuple[Object, ...] | None, left_out: frozenset[str], *, to_publisher: bool
    ) -> Bits:
        if not objects:
            outcome = self.scheme.missing if objects is None else Outcome.INCOMPATIBLE
            return self._gather([(outcome, self.all)])
        yes = maybe = 0
        for one in objects:
            bits = self._object_bits(one, left_out, to_publisher=to_publisher)
            yes, maybe = yes | bits[0], maybe | bits[1]
        return yes, maybe

    def _object_bits(self, one: Object, left_out: frozenset[str], *, to_publisher: bool) -> Bits:
        found: Bits = (self.all, self.all)
        for group in self._groups[one]:
            names = left_out.intersection(group.clauses)
            if len(names) < len(group.clauses):
                found = _and(found, self._group_bits(group.clauses, names, to_publisher))
        if self.scheme.unlisted is Outcome.COMPATIBLE:
            return found
        for name, attribute in self.scheme.attributes.items():
            if name in one.clauses or name in left_out or attribute.relation is Relation.ANY:
                continue
            absent = self._places[name].get((None,), 0)
            there = (self.scheme.unlisted, self.all & ~absent)
            found = _and(found, self._gather([(Outcome.COMPATIBLE, absent), there]))
        return found

    def _group_bits(
        self, clauses: Mapping[str, Clause], left_out: frozenset[str], to_publisher: bool
    ) -> Bits:
        key = (tuple(clauses.items()), left_out, to_publisher)
        if key not in self._known:
            scheme = without(self.scheme, left_out)
            names = tuple(name for name in clauses if name not in left_out)
            one = Object(clauses)
            self._known[key] = self._gather(
                (_asked(scheme, one, names, values, to_publisher), places)
                for values, places in self._places_of(names).items()
            )
        return self._known[key]

    def _gather(self, parts: Iterable[tuple[Outcome, int]]) -> Bits:
        yes = maybe = 0
        for outcome, places in parts:
            if outcome is not Outcome.INCOMPATIBLE:
                maybe |= places
                yes |= places if outcome is Outcome.COMPATIBLE else 0
        return yes, maybe

    def _places_of(self, names: tuple[str, ...]) -> dict[tuple[Value | None, ...], int]:
        """Return who has which values."""
        found: dict[tuple[Value | None, ...], int] = {}
        for place, values in enumerate(self._values):
            key = tuple(map(values.get, names))
            found[key] = found.get(key, 0) | 1 << place
        return found

    # ---- preferences

    def never_rank(self) -> tuple[str, ...]:
        """Return the preferences that tell no two compatible targets of a source apart."""
        rows = self.rows() if self.scheme.prefer else []
        found = []
        earlier: tuple[str, ...] = ()
        for preference in self.scheme.prefer:
            name = preference.attribute
            if not self._ranks(rows, earlier, name):
                found.append(name)
            earlier += (name,)
        return tuple(found)

    def _ranks(self, rows: list[Bits], earlier: tuple[str, ...], name: str) -> bool:
        """Tell whether targets that are equal in *earlier* differ in *name* for some source."""
        ties: dict[tuple[Value | None, ...], int] = {}
        for (*before, _), places in self._places_of((*earlier, name)).items():
            sources = self._reaching(rows, places)
            if ties.get(tuple(before), 0) & sources:
                return True
            ties[tuple(before)] = ties.get(tuple(before), 0) | sources
        return False

    def _reaching(self, rows: list[Bits], targets: int) -> int:
        """Return the sources that can go to one of the targets."""
        if self.by_target:
            found = 0
            for place in _places(targets):
                found |= rows[place][0]
            return found
        return sum(1 << place for place, bits in enumerate(rows) if bits[0] & targets)


def _asked(
    scheme: Scheme,
    one: Object,
    names: tuple[str, ...],
    values: tuple[Value | None, ...],
    to_publisher: bool,
) -> Outcome:
    there = zip(names, values, strict=True)
    other = Description({name: value for name, value in there if value is not None})
    return check_object(scheme, one, other, to_publisher=to_publisher).outcome


def _and(left: Bits, right: Bits) -> Bits:
    return left[0] & right[0], left[1] & right[1]


def _places(bits: int) -> Iterator[int]:
    while bits:
        lowest = bits & -bits
        yield lowest.bit_length() - 1
        bits ^= lowest
