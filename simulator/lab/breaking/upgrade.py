"""
The same devices under two versions: of a scheme, of a driver, or of both.

Source: ours.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from random import Random
from types import MappingProxyType

from simulator.compat.clause_text import parse_clause
from simulator.compat.description import Description
from simulator.compat.rule import Clause, Object, declaring
from simulator.compat.scheme import Attribute, Scheme
from simulator.errors import TextError
from simulator.lab.pools import Pools, pools_of, simplicity
from simulator.lab.space import Space, cost, space_of
from simulator.values import Value, parse_value

__all__ = ["Reader", "Upgrade", "joint_space", "same_rule", "union"]


@dataclass(frozen=True, slots=True)
class Upgrade:
    """
    Devices before and after.

    Attributes:
        old: The scheme before.
        new: The scheme after.
        before: What each class of devices publishes under the old one; the simplest first.
        after: What the same classes publish under the new one.
        devices: How many devices each class has.
        is_published: The two are from two publications, not one that is read in two ways.
        gone: Devices that publish nothing any more.
        come: Devices that published nothing.
    """

    old: Scheme
    new: Scheme
    before: tuple[Description, ...]
    after: tuple[Description, ...]
    devices: tuple[int, ...]
    is_published: bool = False
    gone: int = 0
    come: int = 0

    @classmethod
    def of_pairs(
        cls, old: Scheme, new: Scheme, pairs: Iterable[tuple[Description, Description, int]]
    ) -> "Upgrade":
        """Gather what devices publish before and after, and how many do."""
        places: dict[tuple[Description, Description], int] = {}
        first: list[tuple[Description, Description]] = []
        counts: list[int] = []
        for before, after, devices in pairs:
            key = replace(before, name=None), replace(after, name=None)
            place = places.setdefault(key, len(first))
            if place == len(first):
                first.append((before, after))
                counts.append(0)
            counts[place] += devices
        costs = [(cost(before), cost(after)) for before, after in first]
        order = sorted(range(len(first)), key=costs.__getitem__)
        sides = [tuple(first[place][side] for place in order) for side in (0, 1)]
        counted = tuple(counts[place] for place in order)
        return cls(old, new, sides[0], sides[1], counted, is_published=True)

    @classmethod
    def of_schemes(
        cls, old: Scheme, new: Scheme, devices: Iterable[tuple[Description, int]]
    ) -> "Upgrade":
        """Read each description, of attributes of either scheme, as both schemes know it."""
        kinds = union(old, new).kinds
        was, is_ = Reader(old, kinds), Reader(new, kinds)
        ends = ((was.read(one), is_.read(one), count) for one, count in devices)
        return replace(cls.of_pairs(old, new, ends), is_published=False)

    def drawn(self, most: int, seed: int) -> "Upgrade":
        """Return this upgrade with *most* classes at most, drawn at random, in their order."""
        if len(self.devices) <= most:
            return self
        places = sorted(Random(seed).sample(range(len(self.devices)), most))  # noqa: S311 - no secret
        return replace(
            self,
            before=tuple(self.before[place] for place in places),
            after=tuple(self.after[place] for place in places),
            devices=tuple(self.devices[place] for place in places),
        )


def same_rule(old: Scheme, new: Scheme) -> bool:
    """Tell whether two schemes judge alike: they differ in names, files and ranks at most."""
    plain = [
        replace(one, name="", summary="", source="", surfaces=(), prefer=()) for one in (old, new)
    ]
    return plain[0] == plain[1]


def union(old: Scheme, new: Scheme) -> Scheme:
    """Make a scheme that compares nothing and knows the attributes of both; *old*'s kind wins."""
    kinds = {**new.kinds, **old.kinds}
    order = [*old.kinds, *(name for name in new.kinds if name not in old.kinds)]
    lists = [one for one in (old, new) if one.has_objects]
    derived = [dict(accepts) for one in lists for accepts in one.accepts]
    return Scheme(
        name=f"{old.name} and {new.name}",
        attributes=MappingProxyType({name: Attribute(name, kinds[name]) for name in order}),
        has_objects=bool(lists),
        # Lists that every scheme derives need none of their own.
        accepts=tuple(derived) if all(one.accepts for one in lists) else (),
    )


def joint_space(old: Scheme, new: Scheme, *, budget: int, seed: int) -> Space:
    """Make the value space of both schemes together; see `simulator.lab.space`."""
    both = union(old, new)
    found = [pools_of(one, None) for one in (old, new)]
    pools = {name: _pool(name, kind, found) for name, kind in both.kinds.items()}
    return space_of(both, budget=budget, seed=seed, pools=MappingProxyType(pools))


def _pool(name: str, kind: str, found: list[Pools]) -> tuple[Value | None, ...]:
    values = [value for pools in found for value in pools.get(name, ())]
    if any(name not in pools for pools in found):
        values.append(None)
    # What does not read as the kind is left out: that a device lacks it would be another thing.
    pairs = ((value, value and _as_kind(value, kind)) for value in values)
    kept = dict.fromkeys(read for value, read in pairs if value is None or read is not None)
    return tuple(sorted(kept, key=simplicity))


def _as_kind(value: Value, kind: str) -> Value | None:
    if value.kind == kind:
        return value
    try:
        return parse_value(kind, str(value))
    except TextError:
        return None


# ---- what a side knows of the other's description


class Reader:
    """
    Reads what others publish as one scheme knows it.

    Attributes that it has not go, with their clauses; those of another kind stay where their
    text reads as the kind. An object of which nothing stays accepts nobody, so it goes too.

    Args:
        scheme: What the reader knows.
        kinds: The kinds of the attributes that are published.
    """

    def __init__(self, scheme: Scheme, kinds: Mapping[str, str]) -> None:
        self.scheme = scheme
        self.kinds = kinds
        self._is_all_known = all(scheme.kinds.get(name) == kind for name, kind in kinds.items())
        # Devices share their objects; the objects are kept, so that no other has their ids.
        self._known: dict[int, tuple[Object, Object]] = {}

    def read(self, one: Description) -> Description:
        """Return what is known of a description."""
        objects = one.objects if self.scheme.has_objects else None
        if self._is_all_known:
            return one if objects is one.objects else replace(one, objects=objects)
        values = {
            name: read
            for name, value in one.values.items()
            if name in self.scheme.kinds
            and (read := _as_kind(value, self.scheme.kinds[name])) is not None
        }
        if objects is not None:
            objects = tuple(known for each in objects if (known := self._object(each)).clauses)
        return Description(values, objects, one.name)

    def _object(self, one: Object) -> Object:
        if id(one) not in self._known:
            self._known[id(one)] = one, self._read_object(one)
        return self._known[id(one)][1]

    def _read_object(self, one: Object) -> Object:
        kept: dict[str, Clause] = {}
        undeclared = dict(one.variables)
        for name, clause in one.clauses.items():
            kind = self.scheme.kinds.get(name)
            if kind is None:
                continue
            read: Clause | None = declaring(clause, undeclared)
            if kind != self.kinds[name]:
                read = _clause_of_kind(str(read), kind, kept)
            if read is not None:
                kept[name] = read
                for declared in Object({name: read}).variables:
                    undeclared.pop(declared, None)
        return Object(kept)


def _clause_of_kind(text: str, kind: str, kept: Mapping[str, Clause]) -> Clause | None:
    try:
        read, _ = parse_clause(text, kind, Object(kept).variables)
    except TextError:
        return None
    return read
