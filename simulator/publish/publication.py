"""What a host says of its parents, types and mdevs, also as a host file says it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

from simulator.compat.clause_text import parse_clause
from simulator.compat.rule import Clause, Object
from simulator.compat.scheme import Scheme
from simulator.compat.template import Variable
from simulator.documents import YamlValue
from simulator.errors import TextError
from simulator.values import Value, parse_value

__all__ = ["Publication", "read_publication"]


@dataclass(frozen=True, slots=True)
class Publication:
    """
    What a host says of a parent, a type or an mdev, in the words of a scheme.

    Attributes:
        values: Values by name of the attribute.
        objects: Whom it accepts; None says nothing.
        driver_version: As written, for attributes that come from it; None says nothing.
    """

    values: Mapping[str, Value] = field(default_factory=lambda: MappingProxyType({}))
    objects: tuple[Object, ...] | None = None
    driver_version: str | None = None

    def over(self, general: "Publication") -> "Publication":
        """Return this on top of what is said more generally; a list of objects is replaced."""
        return Publication(
            {**general.values, **self.values},
            general.objects if self.objects is None else self.objects,
            general.driver_version if self.driver_version is None else self.driver_version,
        )


def read_publication(
    fields: Mapping[str, YamlValue], scheme: Scheme, *, known: Scheme | None = None
) -> Publication:
    """
    Read the fields ``attributes``, ``compatible`` and ``driver_version`` of a host file.

    Args:
        fields: The fields that are there; others are not looked at.
        scheme: The scheme that is published.
        known: The scheme the host file was written for. What only this one knows, or knows to be
            of another kind, is passed over, and so are objects with clauses on it: they are for
            those to judge who know them all.

    Returns:
        What could be read; mistakes are noted in the document.
    """
    values: dict[str, Value] = {}
    version = None
    if "driver_version" in fields:
        version = _version(fields["driver_version"], scheme, known)
    if "attributes" in fields:
        for key, name, value in fields["attributes"].fields("values by attribute"):
            kind = _kind(key, name, scheme, known)
            text = value.text() if kind else None
            if kind and text is not None:
                try:
                    values[name] = parse_value(kind, text)
                except TextError as error:
                    if known is None or not _is_value(known.kinds.get(name), text):
                        value.text_mistake(error)
    objects = None
    is_foreign = known is not None and known is not scheme
    if "compatible" in fields and (scheme.has_objects or not is_foreign):
        found = [_object(one, scheme, known) for one in fields["compatible"].items("objects")]
        objects = tuple(one for one in found if one is not None)
        if found and not objects:
            objects = None
    return Publication(values, objects, version)


def _is_value(kind: str | None, text: str) -> bool:
    try:
        return kind is not None and parse_value(kind, text) is not None
    except TextError:
        return False


def _version(value: YamlValue, scheme: Scheme, known: Scheme | None) -> str | None:
    """Read the driver's version, and check it as every attribute that comes from it."""
    text = value.text("a version")
    for attribute in scheme.attributes.values():
        if text is not None and attribute.fact == "driver_version":
            try:
                parse_value(attribute.kind, text)
            except TextError as error:
                if known is None or known is scheme:
                    value.text_mistake(error)
                return None
    return text


def _kind(key: YamlValue, name: str, scheme: Scheme, known: Scheme | None) -> str | None:
    if name not in scheme.kinds and (known is None or name not in known.kinds):
        key.mistake(f"unknown attribute {name}", "one of " + ", ".join(scheme.kinds))
    return scheme.kinds.get(name)


def _object(one: YamlValue, scheme: Scheme, known: Scheme | None) -> Object | None:
    clauses: dict[str, Clause] = {}
    variables: Mapping[str, Variable] = {}
    is_whole = is_own = True
    for key, name, value in one.fields("an object, {attribute: clause}"):
        kind = _kind(key, name, scheme, known)
        text = value.text("clause text") if kind else None
        if not kind or text is None:
            is_own &= name in scheme.kinds
            is_whole = False
            continue
        if not is_own:
            continue
        try:
            clauses[name], variables = parse_clause(text, kind, variables)
        except TextError as error:
            value.text_mistake(error)
            is_whole = False
    if is_whole and not clauses and one.is_mapping():
        one.mistake("an object without clauses", "at least one clause")
    return Object(clauses) if clauses and is_whole else None
