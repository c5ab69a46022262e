"""The attributes of a scheme file."""

import errno
import re
from collections.abc import Callable, Mapping
from types import MappingProxyType

from simulator.compat.clause_text import parse_clause
from simulator.compat.file_choices import OUTCOMES, YES_OR_NO, choice, members
from simulator.compat.scheme import Attribute, Limit, Relation
from simulator.documents import YamlValue
from simulator.errors import TextError
from simulator.values import KINDS

__all__ = ["FACTS", "MAX_ATTRIBUTES", "PIECE", "SCOPES", "read_attributes"]

MAX_ATTRIBUTES = 64
"""Attributes in one scheme. Ours."""

_NUMBERS = ("int", "string", "ratio")
FACTS: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "aggregated_instances": _NUMBERS,
        "base_type": ("string",),
        "device_api": ("string",),
        "driver": ("string",),
        "driver_version": ("version", "string"),
        "mdev_type": ("string",),
        "parent_pci_device": ("string", "pci_id"),
        "parent_pci_id": ("pci_id", "string"),
        "parent_pci_vendor": ("string",),
        "type_name": ("string",),
        "type_number": _NUMBERS,
    }
)
"""What a simulated host knows of a device without being told, and the kinds it can be of."""

SCOPES: Mapping[str, str] = MappingProxyType({one: one for one in ("parent", "type", "device")})
"""The directories that can have files."""

PIECE = re.compile(r"\{([^{}]*)\}")
"""A fact or an attribute in a text."""

_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_.-]*")
_BLOCKS = MappingProxyType({one: one for one in ("all", "live")})
_ERRNOS = MappingProxyType({name: name for name in sorted(errno.errorcode.values())})
# What a relation needs of the target's kind, and of the source's.
_RELATION_KINDS: Mapping[Relation, tuple[str, str]] = MappingProxyType(
    {
        Relation.SUPERSET: ("set", "set"),
        Relation.SUBSET: ("set", "set"),
        Relation.VERSION: ("version", "version"),
        Relation.ONE_OF: ("set", "string"),
    }
)


def read_attributes(value: YamlValue) -> dict[str, Attribute]:
    """
    Read the attributes of a scheme.

    Returns:
        What could be read; mistakes are noted in the document.
    """
    found: dict[str, Attribute] = {}
    places: dict[str, YamlValue] = {}
    for key, name, body in value.fields("attributes by name"):
        if not _NAME.fullmatch(name):
            key.mistake(f"{name!r} cannot name an attribute", "letters, digits, _ . -")
        if len(found) == MAX_ATTRIBUTES:
            key.mistake("too many attributes", f"{MAX_ATTRIBUTES} at most")
            break
        fields = body.known_fields(_FIELDS, "the type of the attribute, {type: int}")
        places[name] = fields.get("clause", fields.get("of", key))
        found[name] = _attribute(name, key, body, fields, found)
    _check_relations(found, places)
    return found


_FIELDS: Mapping[str, Callable[[YamlValue], object]] = MappingProxyType(
    {
        "type": lambda value: choice(value, {kind: kind for kind in KINDS}, "string"),
        "clause": lambda value: choice(value, members(Relation), None),
        "of": lambda value: value.text("the name of an attribute"),
        "missing": lambda value: choice(value, OUTCOMES, None),
        "required": lambda value: choice(value, YES_OR_NO, False),
        "from": lambda value: value.text("a fact, or a text with facts in braces"),
        "scope": lambda value: choice(value, SCOPES, None),
        "settable": lambda value: choice(value, YES_OR_NO, False),
        "valid": lambda value: value.text("clause text"),
        "limit": lambda value: choice(value, members(Limit), Limit.OTHER),
        "blocks": lambda value: choice(value, _BLOCKS, "all"),
        "errno": lambda value: choice(value, _ERRNOS, "EINVAL"),
        "log": lambda value: value.text("a line of the kernel log"),
    }
)
"""The fields of an attribute, and how each is read."""

_RENAMED: Mapping[str, str] = MappingProxyType(
    {"type": "kind", "clause": "relation", "from": "fact"}
)


def _attribute(
    name: str,
    key: YamlValue,
    body: YamlValue,
    fields: Mapping[str, YamlValue],
    earlier: Mapping[str, Attribute],
) -> Attribute:
    read = {field: _FIELDS[field](value) for field, value in fields.items()}
    kind = str(read.get("type") or "string")
    if "type" not in fields and body.is_mapping():
        key.mistake(f"{name} has no type", "type: " + ", ".join(KINDS))
    if "from" in fields and not _check_fact(fields["from"], key, read["from"], kind, earlier):
        read["from"] = None
    if "valid" in fields and read["valid"] is not None and "type" in fields:
        try:
            parse_clause(str(read["valid"]), kind, {})
        except TextError as error:
            fields["valid"].text_mistake(error)
    given = {_RENAMED.get(field, field): one for field, one in read.items() if one is not None}
    return Attribute(name, **{"kind": kind} | given)  # type: ignore[arg-type]


def _check_fact(
    value: YamlValue, key: YamlValue, fact: object, kind: str, earlier: Mapping[str, Attribute]
) -> bool:
    """Check a fact against the kind, or every piece of a text against what is known by then."""
    text = str(fact)
    if "{" not in text:
        if text not in FACTS:
            value.mistake(f"{text!r} is no choice here", "one of " + ", ".join(FACTS))
            return False
        if kind not in FACTS[text]:
            key.mistake(f"{text} is no {kind}", "type: " + " or ".join(FACTS[text]))
        return True
    known = [*FACTS, *earlier]
    wrong = [piece for piece in PIECE.findall(text) if piece not in known]
    if "{" in PIECE.sub("", text) or "}" in PIECE.sub("", text):
        value.mistake("a brace without its other half", "a text such as {type_number}/2")
    for piece in wrong:
        expected = "a fact or an attribute above: " + ", ".join(known)
        value.mistake(f"{piece!r} is not known here", expected)
    return not wrong


def _check_relations(found: Mapping[str, Attribute], places: Mapping[str, YamlValue]) -> None:
    for name, attribute in found.items():
        place = places[name]
        other = found.get(attribute.of or name)
        if other is None:
            place.mistake(f"{attribute.of} is no attribute", "one of " + ", ".join(places))
            continue
        if attribute.relation is None or attribute.relation is Relation.ANY:
            if attribute.of is not None:
                place.mistake("of is given without a clause to compare by", "clause: equal")
            continue
        wanted = _RELATION_KINDS.get(attribute.relation, (attribute.kind, attribute.kind))
        if (attribute.kind, other.kind) != wanted:
            message = f"{attribute.relation} cannot compare {other.name} of the source, "
            message += f"of kind {other.kind}, with {name} of the target, of kind "
            place.mistake(message + attribute.kind, f"{wanted[1]} and {wanted[0]}")
