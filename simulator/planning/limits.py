"""
What a device can be limited to: fewer members of a set, an older version, a lower number.

Limited is only what the scheme puts in order, and what is a matter of software: sets and versions
that are compared by their order, and values of which objects say what they accept. What the device
is made of (``limit: device``) stays, and so does what must be equal. A value that says whom a
device accepts stays too: to lower it could let more in.

Source: ours; the model is libvirt's baseline of CPUs, the features that all hosts have.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import islice, product
from math import prod

from simulator.compat.derive import OWN, complete
from simulator.compat.description import Description
from simulator.compat.scheme import Attribute, Limit, Relation, Scheme
from simulator.compat.template import Scaled, Template, Variable, render
from simulator.lab.pools import named_values
from simulator.values import FlagSet, Integer, Ratio, Value, Version

__all__ = [
    "Choice",
    "Limits",
    "Offer",
    "can_limit",
    "compared",
    "limitable",
    "limited",
    "lowest_of",
    "offer",
]

Limits = Mapping[str, Value | None]
"""What devices that publish an attribute are limited to; None: they do not publish it."""

Choice = tuple[Value | None, ...]
"""What to do with one attribute: a limit, or nothing where it is empty."""

_ORDERS = (Relation.SUPERSET, Relation.SUBSET, Relation.VERSION, None)
_KINDS = ("set", "version", "int", "ratio")
_MOST = 16
"""Values below the highest of one attribute that are tried, and choices of a template. Ours."""


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


def compared(scheme: Scheme) -> frozenset[str]:
    """Return the attributes that can change a verdict; the others may differ as they like."""
    names = {
        own for texts in scheme.accepts for text in texts.values() for own in OWN.findall(text)
    }
    for name, one in scheme.attributes.items():
        if one.relation is not Relation.ANY and (one.relation is not None or scheme.has_objects):
            names |= {name, one.of or name}
    return frozenset(names)


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


@dataclass(frozen=True, slots=True)
class Offer:
    """
    What can be done with attributes.

    Attributes:
        choices: By name, the least first: leave it; the highest value that all can be limited to;
            what clauses leave below that; not to publish it, where some device does not.
        is_whole: Clauses leave no other values that could be accepted.
    """

    choices: Mapping[str, tuple[Choice, ...]]
    is_whole: bool


def offer(scheme: Scheme, descriptions: Sequence[Description], names: Iterable[str]) -> Offer:
    """List what can be done with each attribute of *names*."""
    said, is_whole = _said(scheme, descriptions, tuple(names))
    found = {}
    for name, values in said.items():
        published = [one.values[name] for one in descriptions if name in one.values]
        highest = lowest_of(dict.fromkeys(published)) if published else None
        lower = [] if highest is None else _below(highest, values)
        is_whole &= len(lower) <= _MOST
        limits = [*(() if highest is None else (highest,)), *lower[:_MOST]]
        absent = [None] if published and len(published) < len(descriptions) else []
        found[name] = ((), *((one,) for one in (*limits, *absent)))
    return Offer(found, is_whole)


def _said(
    scheme: Scheme, descriptions: Iterable[Description], names: Iterable[str]
) -> tuple[dict[str, list[Value]], bool]:
    """Find the values that objects name, and tell whether these are all that they accept."""
    lists = dict.fromkeys(complete(scheme, one).objects or () for one in descriptions)
    found: dict[str, dict[Value, None]] = {name: {} for name in names}
    is_whole = True
    for one in dict.fromkeys(one for objects in lists for one in objects):
        for name in [name for name in found if name in one.clauses]:
            clause, variables = one.clauses[name], one.variables
            values = list(named_values(scheme, clause, variables))
            if isinstance(clause, Template | Scaled):
                kept = {at: variables[at] for at in clause.names()}
                count = prod(sum(1 for _ in islice(v.choices(), _MOST + 1)) for v in kept.values())
                is_whole &= count <= _MOST
                values += _highest(scheme, clause, kept)
            found[name] |= dict.fromkeys(values)
    return {name: list(values) for name, values in found.items()}, is_whole


def _highest(
    scheme: Scheme, clause: Template | Scaled, variables: Mapping[str, Variable]
) -> Iterator[Value]:
    """Give the values at the ends of ranges that are too long to be named."""
    ends = [[high for _, high in one.ranges] for one in variables.values()]
    for chosen in islice(product(*ends), _MOST):
        binding = dict(zip(variables, chosen, strict=True))
        value = render(clause, binding, floor_division=scheme.floor_division)
        if value is not None:
            yield value


def _below(highest: Value, said: Iterable[Value]) -> list[Value]:
    """Lower a value to what clauses name, and to what several of them leave of a set."""
    found = {highest: None}
    for one in said:
        for known in tuple(found):
            lower = lowest_of((known, one))
            if lower is not None and len(found) <= _MOST + 1:
                found[lower] = None
    return sorted((one for one in found if one != highest), key=_downwards)


def _downwards(value: Value) -> tuple[list[int | Fraction], str]:
    order = _order(value) or ()
    return [-one for one in order], str(value)
