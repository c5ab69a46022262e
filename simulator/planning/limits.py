"""
What a device can be limited to: fewer members of a set, an older version, a lower number.

Limited is only what the scheme puts in order, and what is a matter of software: sets and versions
that are compared by their order, and values of which objects say what they accept. What the device
is made of (``limit: device``) stays, and so does what must be equal. A value that says whom a
device accepts stays too: to lower it could let more in.

Source: ours; the model is libvirt's baseline of CPUs, the features that all hosts have.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from fractions import Fraction

from simulator.compat.derive import OWN, complete
from simulator.compat.description import Description
from simulator.compat.scheme import Attribute, Limit, Relation, Scheme
from simulator.lab.pools import named_values
from simulator.values import FlagSet, Integer, Ratio, Value, Version

__all__ = ["Choice", "Limits", "can_limit", "choices", "limitable", "limited", "lowest_of"]

Limits = Mapping[str, Value | None]
"""What devices that publish an attribute are limited to; None: they do not publish it."""

Choice = tuple[Value | None, ...]
"""What to do with one attribute: a limit, or nothing where it is empty."""

_ORDERS = (Relation.SUPERSET, Relation.SUBSET, Relation.VERSION, None)
_KINDS = ("set", "version", "int", "ratio")
_MOST = 16
"""Choices below the highest of one attribute; of more, those that are named first. Ours."""


def limitable(scheme: Scheme) -> tuple[str, ...]:
    """Return the attributes that devices can be limited in, in the order of the scheme."""
    others = {one.of for one in scheme.attributes.values() if one.of not in (None, one.name)}
    for texts in scheme.accepts:
        others |= {own for name, text in texts.items() for own in OWN.findall(text) if own != name}
    return tuple(
        name
        for name, one in scheme.attributes.items()
        if name not in others and can_limit(one) and _is_ordered(scheme, one)
    )


def can_limit(attribute: Attribute) -> bool:
    """Tell whether values of an attribute have an order at all."""
    return attribute.kind in _KINDS


def _is_ordered(scheme: Scheme, one: Attribute) -> bool:
    is_own = one.of in (None, one.name) and not one.settable
    is_compared = one.relation is not None or scheme.has_objects
    return is_own and is_compared and one.relation in _ORDERS and one.limit is not Limit.DEVICE


def limited(description: Description, limits: Limits) -> Description:
    """Return what a device publishes that is limited, without its name."""
    values = dict(description.values)
    for name in limits.keys() & values.keys():
        value = limits[name]
        if value is None:
            del values[name]
        else:
            values[name] = value
    return Description(values, description.objects)


def lowest_of(values: Iterable[Value]) -> Value | None:
    """
    Return the highest value that all devices with these values can be limited to.

    Returns:
        The intersection of sets, the lowest version or number; None for versions of two majors,
        and for kinds without an order.
    """
    found = list(values)
    orders = [_order(one) for one in found]
    if any(order is None for order in orders):
        return None
    if isinstance(found[0], FlagSet):
        members = frozenset.intersection(
            *(one.members for one in found if isinstance(one, FlagSet))
        )
        return next((one for one in found if one == FlagSet(members)), FlagSet(members))
    if len({one.major for one in found if isinstance(one, Version)}) > 1:
        return None
    return min(zip(orders, found, strict=True), key=lambda pair: pair[0] or ())[1]


def _order(value: Value) -> tuple[int | Fraction, ...] | None:
    match value:
        case Version():
            return value.major, value.minor, value.bugfix
        case Integer():
            return (value.number,)
        case Ratio():
            return (value.value,)
        case FlagSet():
            return (len(value.members),)
        case _:
            return None


def choices(
    scheme: Scheme, descriptions: Sequence[Description], names: Iterable[str]
) -> dict[str, list[Choice]]:
    """
    List what can be done with each attribute, the least first.

    Returns:
        Leave it; the highest value that all can be limited to; what clauses name below that;
        not to publish it, where some device does not.
    """
    asked = tuple(names)
    said = _said(scheme, descriptions, asked)
    return {name: list(_choices(descriptions, name, said[name])) for name in asked}


def _said(
    scheme: Scheme, descriptions: Iterable[Description], names: Iterable[str]
) -> dict[str, list[Value]]:
    """Find the values that objects name; many devices have the same objects."""
    lists = dict.fromkeys(complete(scheme, one).objects or () for one in descriptions)
    found: dict[str, dict[Value, None]] = {name: {} for name in names}
    for one in dict.fromkeys(one for objects in lists for one in objects):
        for name in found.keys() & one.clauses.keys():
            values = named_values(scheme, one.clauses[name], one.variables)
            found[name] |= dict.fromkeys(values)
    return {name: list(values) for name, values in found.items()}


def _choices(
    descriptions: Sequence[Description], name: str, said: Iterable[Value]
) -> Iterator[Choice]:
    published = [one.values[name] for one in descriptions if name in one.values]
    yield ()
    highest = lowest_of(dict.fromkeys(published)) if published else None
    if highest is not None:
        yield (highest,)
        yield from ((one,) for one in _below(highest, said))
    if published and len(published) < len(descriptions):
        yield (None,)


def _below(highest: Value, said: Iterable[Value]) -> list[Value]:
    """Lower a value to what clauses name, and to what several of them leave of a set."""
    found = {highest: None}
    for one in said:
        for known in tuple(found):
            lower = lowest_of((known, one))
            if lower is not None and len(found) <= _MOST:
                found[lower] = None
    return sorted((one for one in found if one != highest), key=_downwards)


def _downwards(value: Value) -> tuple[list[int | Fraction], str]:
    order = _order(value) or ()
    return [-one for one in order], str(value)
