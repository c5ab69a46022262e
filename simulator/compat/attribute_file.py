"""The attributes of a scheme file."""

import errno
import re
from collections.abc import Iterable, Mapping
from types import MappingProxyType

from simulator.compat.clause_text import parse_clause
from simulator.compat.file_choices import OUTCOMES, YES_OR_NO, Field, members
from simulator.compat.scheme import Attribute, Limit, Relation
from simulator.documents import YamlValue
from simulator.errors import TextError
from simulator.values import KINDS

__all__ = [
    "ATTRIBUTE_FIELDS",
    "ATTRIBUTE_NAME",
    "FACTS",
    "MAX_ATTRIBUTES",
    "PIECE",
    "RELATION_KINDS",
    "SCOPES",
    "read_attributes",
]

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

ATTRIBUTE_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_.-]*")
"""How attributes are named."""

_ERRNOS = MappingProxyType({name: name for name in sorted(errno.errorcode.values())})
RELATION_KINDS: Mapping[Relation, tuple[str, str]] = MappingProxyType(
    {
        Relation.SUPERSET: ("set", "set"),
        Relation.SUBSET: ("set", "set"),
        Relation.VERSION: ("version", "version"),
        Relation.ONE_OF: ("set", "string"),
    }
)
"""What a relation needs of the target's kind, and of the source's."""


def _words(names: Iterable[str]) -> Mapping[str, str]:
    return MappingProxyType({name: name for name in names})


def read_attributes(value: YamlValue) -> dict[str, Attribute]:
    """
    Read the attributes of a scheme.

    Returns:
        What could be read; mistakes are noted in the document.
    """
    found: dict[str, Attribute] = {}
    places: dict[str, YamlValue] = {}
    for key, name, body in value.fields("attributes by name"):
        if not ATTRIBUTE_NAME.fullmatch(name):
            key.mistake(f"{name!r} cannot name an attribute", "letters, digits, _ . -")
        if len(found) == MAX_ATTRIBUTES:
            key.mistake("too many attributes", f"{MAX_ATTRIBUTES} at most")
            break
        fields = body.known_fields(ATTRIBUTE_FIELDS, "the type of the attribute, {type: int}")
        places[name] = fields.get("clause", fields.get("of", key))
        found[name] = _attribute(name, key, body, fields, found)
    _check_relations(found, places)
    return found


ATTRIBUTE_FIELDS: Mapping[str, Field] = MappingProxyType(
    {
        "type": Field("what its values are", _words(KINDS)),
        "clause": Field("how the target's own value is compared", members(Relation)),
        "of": Field(
            "the source's attribute to compare with, if it is another one",
            expected="the name of an attribute",
        ),
        "missing": Field("what it means that a device lacks it", OUTCOMES),
        "required": Field("that both devices lack it is missing too", YES_OR_NO, False),
        "from": Field(
            "what a simulated host fills in: a fact, or a text with facts in braces",
            expected="a fact, or a text with facts in braces",
        ),
        "scope": Field("where its file is, if not where the surface is", SCOPES),
        "settable": Field("its file can be written", YES_OR_NO, False),
        "valid": Field(
            "clause text for a device's own value, without which it cannot be tested by writing",
            expected="clause text",
        ),
        "limit": Field("what a mismatch stands for", members(Limit), Limit.OTHER),
        "blocks": Field("what a mismatch forbids", _words(("all", "live")), "all"),
        "errno": Field("what a test by writing answers", _ERRNOS, "EINVAL"),
        "log": Field("what the kernel log says then", expected="a line of the kernel log"),
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
    read = {field: ATTRIBUTE_FIELDS[field].read(value) for field, value in fields.items()}
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
        wanted = RELATION_KINDS.get(attribute.relation, (attribute.kind, attribute.kind))
        if (attribute.kind, other.kind) != wanted:
            message = f"{attribute.relation} cannot compare {other.name} of the source, "
            message += f"of kind {other.kind}, with {name} of the target, of kind "
            place.mistake(message + attribute.kind, f"{wanted[1]} and {wanted[0]}")
