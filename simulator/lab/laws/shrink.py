"""
Shrinking: the smallest devices that still break a law.

Fewest attributes and clauses first, then the simplest values. Every step is asked of the judge,
and it ends when no single step is left: nothing can be dropped or made simpler, in one device or
in several at once. Source: ours, in the manner of QuickCheck.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import partial
from itertools import combinations, product

from simulator.compat.description import Description
from simulator.compat.rule import AnyClause, Clause, Equal, Object, OneOf, Subset, Superset
from simulator.compat.scheme import Scheme
from simulator.compat.template import Scaled, Template
from simulator.lab.laws.law import Law, published
from simulator.lab.pools import Pools, simplicity
from simulator.values import FlagSet, Value

__all__ = ["shrink"]

_SLOTS = 40
"""Attributes of all devices together up to which any two are dropped at once. Ours."""

_TOGETHER = 6
"""Values that are tried where several change together. Ours."""

_Devices = tuple[Description, ...]


def shrink(
    scheme: Scheme,
    law: Law,
    devices: Sequence[Description],
    pools: Pools,
    *,
    keeps_reason: bool = False,
) -> _Devices:
    """
    Make a counterexample smaller.

    Args:
        scheme: The scheme.
        law: The law that *devices* break.
        devices: One for each role.
        pools: The values that an attribute may have instead.
        keeps_reason: Only what refuses now may refuse in the end, and clauses stay as they are,
            since otherwise a counterexample soon shows something else.

    Returns:
        Devices that break the law, with their names and without derived objects.
    """
    reasons = law.refusing(scheme, devices) if keeps_reason else None

    def is_broken(now: _Devices) -> bool:
        kept = law.is_broken(scheme, now)
        return kept and (reasons is None or law.refusing(scheme, now) <= reasons)

    # A list that the scheme derives has to follow the values that it is derived from.
    found = tuple(replace(published(scheme, one), name=one.name) for one in devices)
    start: _Devices | None = None
    # A simpler value may have made something superfluous.
    while found != start:
        start = found
        for moves in (_drops, _simpler_values, *(() if keeps_reason else (_simpler_clauses,))):
            found = _settle(found, is_broken, partial(moves, scheme, pools))
    return found


def _settle(
    found: _Devices,
    is_broken: Callable[[_Devices], bool],
    moves: Callable[[_Devices], Iterator[_Devices]],
) -> _Devices:
    """Take the first move that leaves the law broken, until there is none."""
    while True:
        smaller = (one for one in moves(found) if one != found)
        broken = next(filter(is_broken, smaller), None)
        if broken is None:
            return found
        found = broken


def _groups(devices: _Devices) -> list[tuple[int, ...]]:
    """Choose the devices that change together, all of them first."""
    places = range(len(devices))
    return [group for size in range(len(devices), 0, -1) for group in combinations(places, size)]


# ---- fewer attributes, objects and clauses


def _drops(scheme: Scheme, pools: Pools, devices: _Devices) -> Iterator[_Devices]:
    names = [
        name
        for name, attribute in scheme.attributes.items()
        if not attribute.required or None in pools.get(name, ())
    ]
    for group in _groups(devices):
        for name in names:
            if any(name in devices[place].values for place in group):
                yield _changed(devices, [(place, name, None) for place in group])
    slots = [
        (place, name, None)
        for place, one in enumerate(devices)
        for name in names
        if name in one.values
    ]
    if len(slots) <= _SLOTS:
        for pair in combinations(slots, 2):
            yield _changed(devices, pair)
    yield from _fewer_objects(devices)


def _changed(devices: _Devices, changes: Sequence[tuple[int, str, Value | None]]) -> _Devices:
    values = [dict(one.values) for one in devices]
    for place, name, value in changes:
        if value is None:
            values[place].pop(name, None)
        elif name in values[place]:
            values[place][name] = value
    return tuple(
        Description(new, one.objects, one.name) for one, new in zip(devices, values, strict=True)
    )


def _fewer_objects(devices: _Devices) -> Iterator[_Devices]:
    for group in _groups(devices):
        lists = {place: devices[place].objects for place in group}
        if any(objects is not None for objects in lists.values()):
            yield _with_lists(devices, dict.fromkeys(group))
        if any(lists.values()):
            yield _with_lists(devices, {place: () for place, found in lists.items() if found})
        most = max(len(objects or ()) for objects in lists.values())
        for index in range(most):
            yield _with_lists(
                devices,
                {
                    place: None if objects is None else objects[:index] + objects[index + 1 :]
                    for place, objects in lists.items()
                },
            )
        for index in range(most):
            yield from _fewer_clauses(devices, group, index)


def _fewer_clauses(devices: _Devices, group: tuple[int, ...], index: int) -> Iterator[_Devices]:
    names = dict.fromkeys(
        name for place in group for one in _at(devices[place], index) for name in one.clauses
    )
    for gone in names:
        lists = {}
        for place in group:
            objects = list(devices[place].objects or ())
            for one in _at(devices[place], index):
                left = {name: clause for name, clause in one.clauses.items() if name != gone}
                if left and _is_whole(left):
                    objects[index] = Object(left)
            lists[place] = tuple(objects) if devices[place].objects is not None else None
        if any(lists[place] != devices[place].objects for place in group):
            yield _with_lists(devices, lists)


def _at(one: Description, index: int) -> tuple[Object, ...]:
    return (one.objects or ())[index : index + 1]


def _is_whole(clauses: dict[str, Clause]) -> bool:
    """Tell whether every variable that is used is declared."""
    used = {
        name
        for clause in clauses.values()
        if isinstance(clause, Template | Scaled)
        for name in clause.names()
    }
    return used <= Object(clauses).variables.keys()


def _with_lists(devices: _Devices, lists: Mapping[int, tuple[Object, ...] | None]) -> _Devices:
    return tuple(
        replace(one, objects=lists[place]) if place in lists else one
        for place, one in enumerate(devices)
    )


# ---- simpler values and clauses


def _simpler_values(scheme: Scheme, pools: Pools, devices: _Devices) -> Iterator[_Devices]:
    for name in scheme.attributes:
        candidates = _candidates(pools.get(name, ()), devices, name)
        for group in _groups(devices):
            values = [one.values[name] for one in (devices[p] for p in group) if name in one.values]
            for value in candidates if values else ():
                # Values of several devices become one only where that is simpler for each.
                if simplicity(value) < min(map(simplicity, values)):
                    yield _changed(devices, [(place, name, value) for place in group])
        yield from _renamed(devices, name, candidates[:_TOGETHER])


def _simpler_clauses(_scheme: Scheme, _pools: Pools, devices: _Devices) -> Iterator[_Devices]:
    for place, one in enumerate(devices):
        for index, each in enumerate(one.objects or ()):
            for name, clause in each.clauses.items():
                for simpler in _simpler(clause):
                    new = {**each.clauses, name: simpler}
                    if _is_whole(new) and one.objects is not None:
                        objects = (*one.objects[:index], Object(new), *one.objects[index + 1 :])
                        yield _with_lists(devices, {place: objects})


def _renamed(devices: _Devices, name: str, candidates: list[Value]) -> Iterator[_Devices]:
    """Change together what differs, and the clauses that name it: versions keep their major."""
    own = dict.fromkeys(one.values[name] for one in devices if name in one.values)
    for chosen in product(candidates, repeat=len(own)):
        pairs = list(zip(own, chosen, strict=True))
        if all(simplicity(new) <= simplicity(old) for old, new in pairs):
            yield tuple(_renamed_in(one, name, dict(pairs)) for one in devices)


def _renamed_in(one: Description, name: str, new_of: Mapping[Value, Value]) -> Description:
    values, objects = dict(one.values), one.objects
    if name in values:
        values[name] = new_of[values[name]]
    if objects is not None:
        objects = tuple(Object(_renamed_clauses(each, name, new_of)) for each in objects)
    return Description(values, objects, one.name)


def _renamed_clauses(one: Object, name: str, new_of: Mapping[Value, Value]) -> dict[str, Clause]:
    clauses = dict(one.clauses)
    match clauses.get(name):
        case Equal(value):
            clauses[name] = Equal(new_of.get(value, value))
        case OneOf(values):
            clauses[name] = OneOf(tuple(new_of.get(value, value) for value in values))
    return clauses


def _candidates(pool: Sequence[Value | None], devices: _Devices, name: str) -> list[Value]:
    own = [one.values[name] for one in devices if name in one.values]
    some = [value for value in pool if value is not None]
    return sorted(dict.fromkeys([*some, *own]), key=simplicity)


def _simpler(clause: Clause) -> Iterator[Clause]:
    if isinstance(clause, AnyClause):
        return
    yield AnyClause()
    match clause:
        case OneOf():
            if len(clause.values) == 1:
                yield Equal(clause.values[0])
            for index in range(len(clause.values) if len(clause.values) > 1 else 0):
                yield OneOf(clause.values[:index] + clause.values[index + 1 :])
        case Superset() | Subset():
            for member in sorted(clause.value.members):
                yield type(clause)(FlagSet(clause.value.members - {member}))
        case _:
            return
