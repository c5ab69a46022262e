"""
Objects that follow from a device's own values, for schemes that say whom every device accepts.

Source: ours. The rules that drivers apply to a stream are of this kind: the own version is the
highest that is accepted, and nobody writes that down for each device.
"""

import re
from collections.abc import Mapping
from dataclasses import replace

from simulator.compat.clause_text import parse_clause
from simulator.compat.description import Description
from simulator.compat.rule import Clause, Object
from simulator.compat.scheme import Scheme
from simulator.compat.template import Variable, quote
from simulator.errors import TextError
from simulator.values import FlagSet, Value

__all__ = ["OWN", "complete", "derived_object"]

OWN = re.compile(r"\$\{([^{}]*)\}")
"""An own value in the clause text of a scheme."""


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
        pieces = OWN.split(text)
        pieces[1::2] = [_written(values[own], kind) for own in pieces[1::2]]
        clauses[name], variables = parse_clause("".join(pieces), kind, variables)
    return Object(clauses)


def _written(value: Value, kind: str) -> str:
    """Write a value as clause text; a set stands for its members where no set can stand."""
    if isinstance(value, FlagSet) and kind != FlagSet.kind:
        return ",".join(quote(member, item=True) for member in sorted(value.members))
    return quote(str(value), item=True)
