"""The own values of a parent, a type or an mdev: what is said of it, and what the machine knows."""

from collections.abc import Mapping

from simulator.compat.attribute_file import PIECE
from simulator.compat.scheme import Attribute, Scheme
from simulator.errors import TextError
from simulator.publish.facts import FACTS, Subject
from simulator.publish.publication import Publication
from simulator.values import Ratio, Value, parse_value

__all__ = ["VERSION", "own_values", "uses_version"]

VERSION = "driver_version"
"""The fact that is said, and not known."""


def own_values(scheme: Scheme, subject: Subject, said: Publication) -> dict[str, Value]:
    """
    Fill in the attributes of *scheme*, as far as anything is said or known.

    A text with facts in braces has no value while one of them is absent, or when what comes out
    is no value of its kind: ``8/0``. What comes out as ``8/2`` is the ratio 4.

    Raises:
        TextError: The driver's version is said, and is no value of its kind.
    """
    values: dict[str, Value] = {}
    for name, attribute in scheme.attributes.items():
        value = said.values.get(name)
        if value is None and attribute.fact is not None:
            value = _known(attribute, attribute.fact, subject, said, values)
        if value is not None:
            values[name] = value
    return values


def uses_version(attribute: Attribute) -> bool:
    """Tell whether the value comes from the version of the driver, alone or in a text."""
    fact = attribute.fact or ""
    return fact == VERSION or VERSION in PIECE.findall(fact)


def _known(
    attribute: Attribute,
    fact: str,
    subject: Subject,
    said: Publication,
    values: Mapping[str, Value],
) -> Value | None:
    pieces = PIECE.split(fact) if "{" in fact else ["", fact, ""]
    for index, piece in enumerate(pieces[1::2]):
        text = _piece(piece, subject, said, values)
        if text is None:
            return None
        pieces[2 * index + 1] = text
    try:
        value = parse_value(attribute.kind, "".join(pieces))
    except TextError:
        if fact == VERSION:
            raise
        return None
    return Ratio(value.value) if isinstance(value, Ratio) and "{" in fact else value


def _piece(
    name: str, subject: Subject, said: Publication, values: Mapping[str, Value]
) -> str | None:
    """Fill in one fact, or else an earlier attribute."""
    if name == VERSION:
        return said.driver_version
    if name in FACTS:
        return FACTS[name](subject)
    return str(values[name]) if name in values else None
