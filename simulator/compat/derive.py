"""
Objects that follow from a device's own values, for schemes that say whom every device accepts.

Source: ours. The rules that drivers apply to a stream are of this kind: the own version is the
highest that is accepted, and nobody writes that down for each device.
"""

import re
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import replace
from itertools import islice, product
from types import MappingProxyType

from simulator.compat.clause_text import parse_clause
from simulator.compat.description import Description
from simulator.compat.rule import Clause, Object
from simulator.compat.scheme import Scheme
from simulator.compat.template import Variable, quote
from simulator.errors import TextError
from simulator.values import FlagSet, Value, parse_value

__all__ = ["OWN", "complete", "derived_object", "example_object"]

OWN = re.compile(r"\$\{([^{}]*)\}")
"""An own value in the clause text of a scheme."""

_SAMPLES = MappingProxyType(
    {"int": "1", "string": "x", "set": "x", "version": "1.0", "pci_id": "80860000", "ratio": "1"}
)
_NAMED = re.compile(r"[^(),${}]+")
_ORDERED = ("int", "version", "ratio")
_TRIALS = 256


def complete(scheme: Scheme, description: Description) -> Description:
    """
    Give a description the objects that its scheme derives; those that it publishes go first.

    An object that needs a value which the device lacks, or that no value can meet, is left out.
    """
    if description.objects is not None or not scheme.accepts:
        return description
    found = []
    for texts in scheme.accepts:
        try:
            found.append(derived_object(scheme, texts, description.values))
        except (KeyError, TextError):
            continue
    return replace(description, objects=tuple(found))


def derived_object(scheme: Scheme, texts: Mapping[str, str], values: Mapping[str, Value]) -> Object:
    """
    Make one object from clause texts and own *values*.

    Raises:
        KeyError: A value is not there.
        TextError: With the values, a text is no clause.
    """
    clauses: dict[str, Clause] = {}
    variables: Mapping[str, Variable] = {}
    for name, text in texts.items():
        kind = scheme.kinds[name]
        clauses[name], variables = parse_clause(_filled(text, kind, values), kind, variables)
    return Object(clauses)


def example_object(
    scheme: Scheme, texts: Mapping[str, str]
) -> tuple[Object, Mapping[str, tuple[Value, ...]]]:
    """
    Make one object from clause texts and own values with which they are clauses.

    Tried are a value of each kind and the numbers that the text itself names: ``range(5,${high})``
    is no clause for every own value, yet one for 5.

    Returns:
        The object, and the own values; they may be others for each clause.

    Raises:
        TextError: None of them makes a clause of some text.
    """
    written: dict[str, str] = {}
    found: dict[str, tuple[Value, ...]] = {}
    for name, text in texts.items():
        written[name], chosen = _example(scheme, written, name, text)
        for own, value in chosen.items():
            found[own] = (*found.get(own, ()), value)
    return derived_object(scheme, written, {}), found


def _example(
    scheme: Scheme, before: Mapping[str, str], name: str, text: str
) -> tuple[str, Mapping[str, Value]]:
    kind = scheme.kinds[name]
    owns = tuple(dict.fromkeys(OWN.findall(text)))
    mistakes: list[TextError] = []
    samples = (tuple(_samples(scheme.kinds[own], text)) for own in owns)
    for chosen in islice(product(*samples), _TRIALS):
        values = dict(zip(owns, chosen, strict=True))
        trial = _filled(text, kind, values)
        try:
            derived_object(scheme, {**before, name: trial}, {})
        except TextError as error:
            mistakes.append(error)
        else:
            return trial, values
    raise mistakes[0]


def _samples(kind: str, text: str) -> Iterator[Value]:
    yield parse_value(kind, _SAMPLES[kind])
    if kind in _ORDERED:
        for one in dict.fromkeys(_NAMED.findall(text)):
            with suppress(TextError):
                yield parse_value(kind, one)


def _filled(text: str, kind: str, values: Mapping[str, Value]) -> str:
    pieces = OWN.split(text)
    pieces[1::2] = [_written(values[own], kind) for own in pieces[1::2]]
    return "".join(pieces)


def _written(value: Value, kind: str) -> str:
    """Write a value as clause text; a set stands for its members where no set can stand."""
    if isinstance(value, FlagSet) and kind != FlagSet.kind:
        return ",".join(quote(member, item=True) for member in sorted(value.members))
    return quote(str(value), item=True)
