"""
Pools: the values from which the descriptions of a laboratory are put together.

They are small and collide on purpose: values that never meet test nothing. They come from a
population if there is one; else from what the scheme says (`valid`, `accepts`), and where it says
nothing, from a few values of the kind. Source: ours.
"""

from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from itertools import chain, combinations, islice, product
from types import MappingProxyType

from simulator.compat.clause_text import parse_clause
from simulator.compat.derive import derived_object, example_object
from simulator.compat.rule import Clause, Equal, Object, OneOf, Range, Subset, Superset
from simulator.compat.rule import VersionClause as AsVersion
from simulator.compat.scheme import Attribute, Relation, Scheme
from simulator.compat.template import Scaled, Template, Variable, render
from simulator.compat.valid import is_valid
from simulator.errors import TextError
from simulator.lab.population import Population
from simulator.values import FlagSet, Integer, PciId, Ratio, String, Value, Version, parse_value

__all__ = ["Pools", "named_values", "pools_of", "simplicity"]

Pools = Mapping[str, tuple[Value | None, ...]]
"""What each attribute can be, the simplest first; None stands for absent."""

_DEFAULTS: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "int": ("1", "2", "4"),
        "string": ("a", "b"),
        "set": ("a", "b", "c"),
        "version": tuple(
            f"{major}.{minor}.{bugfix}" for major in (1, 2) for minor in (0, 1) for bugfix in (0, 1)
        ),
        "pci_id": ("80860001", "80860002"),
        "ratio": ("1", "2", "1/2"),
    }
)
"""Where nothing is known: values of the kind, and of a set the members."""

_MEMBERS = 3
_CHOICES = 16
_ROUNDS = 3


def simplicity(value: Value | None) -> tuple[int, int, str]:
    """Return a key by which simpler values sort first: absent, small, short."""
    match value:
        case None:
            return (-1, 0, "")
        case Integer():
            return (abs(value.number), value.number < 0, "")
        case String():
            return (len(value.text), 0, value.text)
        case FlagSet():
            return (len(value.members), len(str(value)), "+".join(sorted(value.members)))
        case Version():
            parts = f"{value.major:010}.{value.minor:010}.{value.bugfix:010}"
            return (value.major + value.minor + value.bugfix, len(str(value)), parts)
        case PciId():
            return (value.vendor or 0, value.device, str(value))
        case Ratio():
            return (value.value.denominator, abs(value.value.numerator), str(value))


def pools_of(scheme: Scheme, population: Population | None = None) -> Pools:
    """
    Gather the values that each attribute of *scheme* can have.

    An attribute that is required is never absent, unless a device of the population lacks it.
    """
    if population is not None:
        found = {
            name: {one.values.get(name) for one in population.classes} for name in scheme.attributes
        }
        return {name: tuple(sorted(values, key=simplicity)) for name, values in found.items()}
    said = _said(scheme)
    values = {name: _values(one, said[name]) for name, one in scheme.attributes.items()}
    _join(scheme, values)
    return {
        name: (*(() if scheme.attributes[name].required else (None,)), *_sorted(found))
        for name, found in values.items()
    }


def _sorted(values: Iterable[Value]) -> list[Value]:
    return sorted(dict.fromkeys(values), key=simplicity)


def _values(attribute: Attribute, said: list[Value]) -> list[Value]:
    """Take what the scheme says, one value beside it, and nothing that is not valid."""
    kind = attribute.kind
    if kind == FlagSet.kind:
        sets = [sorted(one.members) for one in said if isinstance(one, FlagSet)]
        members = dict.fromkeys(chain(*sets))
        found = _subsets([*members, *_DEFAULTS[kind]][:_MEMBERS]) + said
    else:
        defaults = [parse_value(kind, text) for text in _DEFAULTS[kind]]
        beside = defaults if set(said) <= set(defaults) or len(said) == 1 else defaults[:1]
        found = [*said, *beside]
    return [value for value in found if is_valid(attribute, value)] or found


def _subsets(members: Iterable[str]) -> list[Value]:
    some = list(dict.fromkeys(members))
    sizes = (combinations(some, size) for size in range(len(some) + 1))
    return [FlagSet.parse("+".join(names)) for names in chain(*sizes)]


def _join(scheme: Scheme, values: dict[str, list[Value]]) -> None:
    """Let attributes that are compared with each other have values in common."""
    for name, attribute in scheme.attributes.items():
        other = attribute.of or name
        if attribute.relation is Relation.ONE_OF:
            names = [str(value) for value in _sorted(values[other])]
            if attribute.valid is None:
                values[name] = _subsets(list(_as_members(names))[:_MEMBERS]) or values[name]
        elif other != name and attribute.relation is not None:
            both = [*values[name], *values[other]]
            for end in (name, other):
                if scheme.attributes[end].valid is None:
                    values[end] = both


def _as_members(texts: Iterable[str]) -> Iterator[str]:
    """Leave out what cannot be a member of a set."""
    for text in texts:
        try:
            found = FlagSet.parse(text)
        except TextError:
            continue
        if found.members == {text}:
            yield text


# ---- what a scheme says


def _said(scheme: Scheme) -> dict[str, list[Value]]:
    """Find the values that the clauses of a scheme name."""
    found: dict[str, dict[Value, None]] = {name: {} for name in scheme.attributes}
    for name, attribute in scheme.attributes.items():
        if attribute.valid is not None:
            clause, variables = parse_clause(attribute.valid, attribute.kind, {})
            found[name] |= dict.fromkeys(named_values(scheme, clause, variables))
    for one, own in _derived(scheme):
        for name, clause in one.clauses.items():
            found[name] |= dict.fromkeys(named_values(scheme, clause, one.variables))
        for name, values in own.items():
            found[name] |= dict.fromkeys(chain(*map(_around, values)))
    return {name: list(values) for name, values in found.items()}


def _derived(scheme: Scheme) -> Iterator[tuple[Object, Mapping[str, tuple[Value, ...]]]]:
    """Make objects for the usual own values, and where these make none, for others."""
    made = set()
    for number, (place, texts) in product(range(_ROUNDS), enumerate(scheme.accepts)):
        own = {name: _sample(attribute, number) for name, attribute in scheme.attributes.items()}
        try:
            yield derived_object(scheme, texts, own), {}
        except TextError:
            continue
        made.add(place)
    for place, texts in enumerate(scheme.accepts):
        if place not in made:
            yield example_object(scheme, texts)


def _around(value: Value) -> Iterator[Value]:
    """Add the values beside one that a range has for its only one: a range needs room."""
    yield value
    beside: tuple[object, ...] = ()
    match value:
        case Integer():
            beside = (value.number - 1, value.number + 1)
        case Ratio():
            beside = (value.value - 1, value.value + 1)
        case Version():
            beside = (f"{value.major}.{value.minor + 1}",)
    for one in beside:
        with suppress(TextError):
            yield parse_value(value.kind, str(one))


def _sample(attribute: Attribute, number: int) -> Value:
    texts = _DEFAULTS[attribute.kind]
    return parse_value(attribute.kind, texts[number % len(texts)])


def named_values(
    scheme: Scheme, clause: Clause, variables: Mapping[str, Variable]
) -> Iterable[Value]:
    """Return the values that a clause names; of a template those of its first choices."""
    match clause:
        case Equal() | Superset() | Subset() | AsVersion():
            return (clause.value,)
        case OneOf():
            return clause.values
        case Range():
            return (clause.low, clause.high)
        case Template() | Scaled():
            return _rendered(scheme, clause, variables)
        case _:
            return ()


def _rendered(
    scheme: Scheme, template: Template | Scaled, variables: Mapping[str, Variable]
) -> Iterator[Value]:
    names = sorted(template.names())
    choices = (islice(variables[name].choices(), _CHOICES) for name in names)
    for chosen in islice(product(*choices), _CHOICES):
        binding = dict(zip(names, chosen, strict=True))
        value = render(template, binding, floor_division=scheme.floor_division)
        if value is not None:
            yield value
