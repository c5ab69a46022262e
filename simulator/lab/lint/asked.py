"""Whom one relation or one part of an object does not refuse, asked of the matcher."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

from simulator.compat.description import Description
from simulator.compat.rule import Object
from simulator.compat.scheme import Attribute, Direction, Outcome, Relation, Scheme
from simulator.lab.matrix import matrix
from simulator.lab.pairs import transposed
from simulator.values import Value

__all__ = ["Bits", "by_objects", "by_relation"]

Bits = tuple[int, int]
"""Whom it does not refuse: the compatible ones, and those with the undecided ones."""

_AT_ONCE = 4096


def by_relation(
    scheme: Scheme,
    attribute: Attribute,
    near: Sequence[Value | None],
    far: Sequence[Value | None],
    *,
    near_is_target: bool,
) -> list[Bits]:
    """Return for each value of *near* the places of *far* that the relation does not refuse."""
    names = (attribute.of or attribute.name, attribute.name)
    relations = dict.fromkeys(names[1:], (attribute.relation, attribute.of))
    alone = _only(scheme, names, relations)
    ends = reversed(names) if near_is_target else names
    close, distant = (
        [Description({} if one is None else {name: one}) for one in values]
        for name, values in zip(ends, (near, far), strict=True)
    )
    if near_is_target:
        return _turned(alone, distant, close)
    return _straight(alone, close, distant)


def by_objects(
    scheme: Scheme,
    objects: Sequence[Object],
    others: Sequence[Mapping[str, Value]],
    *,
    to_publisher: bool,
) -> list[Bits]:
    """Return for each object the places of *others* whose own values it does not refuse."""
    direction = Direction.TARGET if to_publisher else Direction.SOURCE
    relations = {
        name: (Relation.ANY, None)
        for name, one in scheme.attributes.items()
        if one.relation is Relation.ANY
    }
    alone = replace(
        _only(scheme, tuple(scheme.attributes), relations),
        has_objects=True,
        accepted_by=direction,
        unlisted=Outcome.COMPATIBLE,
    )
    publishers = [Description({}, (one,)) for one in objects]
    devices = [Description(values) for values in others]
    found: list[Bits] = []
    for start in range(0, len(publishers), _AT_ONCE):
        some = publishers[start : start + _AT_ONCE]
        found += _turned(alone, devices, some) if to_publisher else _straight(alone, some, devices)
    return found


def _only(
    scheme: Scheme,
    names: Sequence[str],
    relations: Mapping[str, tuple[Relation | None, str | None]],
) -> Scheme:
    """Return the scheme with these attributes and relations, and without objects."""
    attributes = {}
    for name in names:
        relation, of = relations.get(name, (None, None))
        attributes[name] = replace(scheme.attributes[name], relation=relation, of=of)
    return replace(
        scheme, attributes=attributes, has_objects=False, accepts=(), prefer=(), surfaces=()
    )


def _straight(
    scheme: Scheme, sources: Sequence[Description], targets: Sequence[Description]
) -> list[Bits]:
    found = matrix(scheme, sources, targets=targets)
    return [
        (yes, yes | maybe) for yes, maybe in zip(found.compatible, found.undecided, strict=True)
    ]


def _turned(
    scheme: Scheme, sources: Sequence[Description], targets: Sequence[Description]
) -> list[Bits]:
    rows = _straight(scheme, sources, targets)
    columns = (transposed([row[which] for row in rows], len(targets)) for which in (0, 1))
    return list(zip(*columns, strict=True))
