"""
The value space of a scheme: every description that its pools of values can make, or a search.

    >>> from simulator.compat.schemes import load_builtin
    >>> space = space_of(load_builtin("software-version"))
    >>> space.is_exhaustive, len(space.descriptions) == space.size
    (True, True)

Source: ours.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from itertools import product
from math import prod
from random import Random

from simulator.compat.description import Description
from simulator.compat.rule import (
    AbsentClause,
    AnyClause,
    Clause,
    EmptyClause,
    Equal,
    Object,
    OneOf,
    Range,
    Superset,
    VersionClause,
)
from simulator.compat.scheme import Relation, Scheme
from simulator.compat.template import Scaled, Template, Variable
from simulator.lab.pools import Pools, pools_of, simplicity
from simulator.lab.population import Population
from simulator.values import FlagSet, Integer, Value, Version

__all__ = ["BUDGET", "Space", "cost", "size_of", "space_of"]

BUDGET = 2000
"""Descriptions that are looked at: all pairs of so many are judged in about a second. Ours."""

_PATIENCE = 20
_Objects = tuple[Object, ...] | None
_Rule = Callable[[Mapping[str, Value]], _Objects]


@dataclass(frozen=True, slots=True)
class Space:
    """
    Descriptions under one scheme.

    Attributes:
        scheme: What they publish.
        pools: The values of each attribute; None among them stands for absent.
        lists: How many lists of objects there are for each choice of values.
        descriptions: All of them, or those that the search looks at; the simplest first.
        size: How many there would be in all; where they are searched, not more than that.
        is_exhaustive: They are all there.
        budget: How many were asked for at most.
        seed: Where the search begins; of no effect when all are there.
    """

    scheme: Scheme
    pools: Pools
    lists: int
    descriptions: tuple[Description, ...]
    size: int
    is_exhaustive: bool
    budget: int
    seed: int

    def __str__(self) -> str:
        pools = ", ".join(f"{name} {_pool(values)}" for name, values in self.pools.items())
        lists = f", {self.lists} lists of objects" if self.lists > 1 else ""
        if self.is_exhaustive:
            return f"exhaustive: all {self.size:,} descriptions of {pools}{lists}"
        found = len(self.descriptions)
        return (
            f"searched: {found:,} of {self.size:,} descriptions of {pools}{lists}; "
            f"budget {self.budget:,}, seed {self.seed}"
        )

    def to_json(self) -> dict[str, object]:
        """Return the parts that JSON knows."""
        return {
            "exhaustive": self.is_exhaustive,
            "size": self.size,
            "looked_at": len(self.descriptions),
            "budget": self.budget,
            "seed": None if self.is_exhaustive else self.seed,
            "values": {
                name: [None if value is None else str(value) for value in values]
                for name, values in self.pools.items()
            },
            "lists": self.lists,
        }


def _pool(values: tuple[Value | None, ...]) -> str:
    return f"({len(values)}{' with absent' if None in values else ''})"


def space_of(
    scheme: Scheme,
    population: Population | None = None,
    *,
    budget: int = BUDGET,
    seed: int = 0,
    pools: Pools | None = None,
) -> Space:
    """
    Make the value space of a scheme.

    Args:
        scheme: What the descriptions publish.
        population: Devices whose values and lists are put together anew; None for values of the
            scheme's own.
        budget: How many descriptions at most; where there are more, so many are searched.
        seed: The same seed searches the same descriptions.
        pools: The values, instead of those that are found.
    """
    pools = pools_of(scheme, population) if pools is None else pools
    rules = _rules(scheme, pools, population)
    size = prod(len(values) for values in pools.values()) * len(rules)
    if size <= budget:
        found = dict.fromkeys(_all(pools, rules))
        size, is_exhaustive = len(found), True
    else:
        found = _search(scheme, pools, rules, budget, Random(seed))  # noqa: S311 - no secret
        is_exhaustive = False
    ordered = tuple(sorted(found, key=cost))
    return Space(scheme, pools, len(rules), ordered, size, is_exhaustive, budget, seed)


def size_of(one: Description) -> int:
    """Count the attributes that are present, and the clauses."""
    return len(one.values) + sum(len(each.clauses) for each in one.objects or ())


def cost(one: Description) -> tuple[object, ...]:
    """Return a key by which simpler descriptions sort first: fewest attributes and clauses."""
    objects = one.objects or ()
    values = [(name, simplicity(value)) for name, value in one.values.items()]
    texts = [[(name, str(clause)) for name, clause in each.clauses.items()] for each in objects]
    return (size_of(one), one.objects is not None, len(objects), values, texts)


def _made(values: Mapping[str, Value | None], rule: _Rule) -> Description:
    there = {name: value for name, value in values.items() if value is not None}
    return Description(there, rule(there))


def _all(pools: Pools, rules: list[_Rule]) -> Iterator[Description]:
    for values in product(*pools.values()):
        named = dict(zip(pools, values, strict=True))
        for rule in rules:
            yield _made(named, rule)


def _search(
    scheme: Scheme, pools: Pools, rules: list[_Rule], budget: int, random: Random
) -> dict[Description, None]:
    """
    Gather descriptions in families that differ in one attribute.

    Devices drawn apart from each other would hardly ever meet; of a family, each attribute shows
    what it does to a verdict, and every version is there.
    """
    found: dict[Description, None] = {}
    # One device that lacks whatever it may, and one that has everything.
    ends = [{name: values[end] for name, values in pools.items()} for end in (0, -1)]
    bases: list[_Base] = [(values, rules[0]) for values in ends]
    # Equal descriptions are drawn again and again where there are hardly more than the budget.
    for turn in range(_PATIENCE * budget):
        for one in _family(scheme, pools, rules, bases[turn], random):
            found[one] = None
            if len(found) >= budget:
                return found
        bases.append(_base(pools, rules, bases, random))
    return found


_Base = tuple[Mapping[str, Value | None], _Rule]


def _base(pools: Pools, rules: list[_Rule], bases: list[_Base], random: Random) -> _Base:
    """Take new values for a few or many of the attributes of an earlier base."""
    values, rule = random.choice(bases)
    share = random.random()
    fresh = {name: random.choice(pool) for name, pool in pools.items() if random.random() < share}
    return {**values, **fresh}, random.choice(rules) if random.random() < 0.5 else rule


def _family(
    scheme: Scheme, pools: Pools, rules: list[_Rule], base: _Base, random: Random
) -> Iterator[Description]:
    values, rule = base
    yield _made(values, rule)
    for name, pool in pools.items():
        is_version = scheme.kinds[name] == Version.kind
        for value in pool if is_version else (random.choice(pool),):
            yield _made({**values, name: value}, rule)
    if len(rules) > 1:
        yield _made(values, random.choice(rules))


# ---- lists of objects


def _rules(scheme: Scheme, pools: Pools, population: Population | None) -> list[_Rule]:
    """Say which lists a device may publish; what a scheme derives needs no list."""
    if not scheme.has_objects:
        return [lambda _: None]
    if population is not None:
        lists = dict.fromkeys(one.objects for one in population.classes)
        return [_always(objects) for objects in lists]
    if scheme.accepts:
        return [lambda _: None]
    clauses = [
        (name, clause)
        for name, attribute in scheme.attributes.items()
        if attribute.relation is not Relation.ANY
        for clause in _clauses(attribute.kind, [v for v in pools[name] if v is not None])
    ]
    first = next(iter(scheme.attributes))
    return [
        _always(None),
        _always(()),
        _own(first, {}),
        *(_always((Object({name: clause}),)) for name, clause in clauses),
        *(_own(first, {name: clause}) for name, clause in clauses if len(pools) > 1),
    ]


def _always(objects: _Objects) -> _Rule:
    return lambda _: objects


def _own(first: str, instead: Mapping[str, Clause]) -> _Rule:
    """Accept a device's own values, with some clauses *instead* of those."""

    def rule(values: Mapping[str, Value]) -> _Objects:
        own: dict[str, Clause] = {
            name: Equal(value) if str(value) else EmptyClause() for name, value in values.items()
        }
        return (Object({**own, **instead} or {first: AbsentClause()}),)

    return rule


def _clauses(kind: str, values: list[Value]) -> Iterator[Clause]:
    """Give a few clauses of every sort that an attribute of *kind* can have."""
    yield AnyClause()
    yield AbsentClause()
    if not values:
        return
    yield Equal(values[-1]) if str(values[-1]) else EmptyClause()
    if len(values) > 1:
        yield OneOf((values[0], values[1]))
    if isinstance(values[0], Integer):
        yield Scaled(kind, Variable("n", ((1, 2),)))
        yield Scaled(kind, Variable("n", ((1, 2),)), "/", 2)
    elif isinstance(values[0], Version):
        yield Range(min(v for v in values if isinstance(v, Version)), values[-1])
        yield from (VersionClause(v) for v in values[-1:] if isinstance(v, Version))
    elif isinstance(values[-1], FlagSet):
        yield Superset(values[-1])
    elif kind == "string":
        yield Template(kind, (Variable("v", strings=tuple(map(str, values[:2]))),))
