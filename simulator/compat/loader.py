"""Read a scheme from YAML, every mistake with its line and column. See docs/language.md."""

import enum
import re
from collections.abc import Iterator, Mapping
from types import MappingProxyType
from typing import TypeVar

from simulator.compat.scheme import (
    Attribute,
    Direction,
    Outcome,
    Preference,
    Relation,
    Scheme,
    Surface,
)
from simulator.documents import YamlValue, read_yaml
from simulator.values import KINDS

__all__ = ["FACTS", "MAX_ATTRIBUTES", "MAX_SCHEME_BYTES", "load_scheme"]

MAX_ATTRIBUTES = 64
"""Attributes in one scheme. Ours."""

MAX_SCHEME_BYTES = 2**18
"""The size of a scheme; far above 64 attributes, and soon read. Ours."""

FACTS: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "device_api": ("string",),
        "driver": ("string",),
        "driver_version": ("version", "string"),
        "mdev_type": ("string",),
        "parent_pci_id": ("pci_id", "string"),
    }
)
"""What a simulated host knows of a device without being told, and the kinds it can be of."""

_FIELDS = (
    *("scheme", "summary", "source", "accepted-by", "objects", "missing", "unlisted"),
    *("division", "attributes", "prefer", "surface"),
)
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_.-]*")
_PATH = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]*(/[A-Za-z0-9_][A-Za-z0-9_.-]*)*")
_OUTCOMES = MappingProxyType({str(outcome): outcome for outcome in Outcome})
_UNLISTED = MappingProxyType(
    {"ignored": Outcome.COMPATIBLE, "undecided": Outcome.UNDECIDED}
    | {"incompatible": Outcome.INCOMPATIBLE}
)
_ORDERED = ("int", "version", "ratio")
# What a relation needs of the target's kind, and of the source's.
_RELATION_KINDS: Mapping[Relation, tuple[str, str]] = MappingProxyType(
    {
        Relation.SUPERSET: ("set", "set"),
        Relation.SUBSET: ("set", "set"),
        Relation.VERSION: ("version", "version"),
        Relation.ONE_OF: ("set", "string"),
    }
)
E = TypeVar("E")


def load_scheme(file: str, data: bytes) -> Scheme:
    """
    Read a scheme.

    Args:
        file: The name of the file, for messages.
        data: Its bytes.

    Raises:
        InputError: With all mistakes that could be found.
    """
    root = read_yaml(file, data, MAX_SCHEME_BYTES)
    scheme = _Reader(root).scheme()
    root.document.check()
    return scheme


def _choice(value: YamlValue, choices: Mapping[str, E], default: E) -> E:
    text = value.text()
    if text is not None and text in choices:
        return choices[text]
    if text is not None:
        value.mistake(f"{text!r} is no choice here", "one of " + ", ".join(choices))
    return default


def _members(of: type[enum.StrEnum]) -> dict[str, enum.StrEnum]:
    return {str(member): member for member in of}


class _Reader:
    """Gathers the fields of one scheme."""

    def __init__(self, root: YamlValue) -> None:
        self.root = root
        self.attributes: dict[str, Attribute] = {}
        self.places: dict[str, YamlValue] = {}
        self.fields: dict[str, YamlValue] = {}

    def scheme(self) -> Scheme:
        for key, name, value in self.root.fields("a scheme"):
            if name in _FIELDS:
                self.fields[name] = value
            else:
                key.mistake(f"unknown field {name}", "one of " + ", ".join(_FIELDS))
        for needed in ("scheme", "attributes"):
            if self.root.is_mapping() and needed not in self.fields:
                self.root.mistake(f"no field {needed}", f"{needed}: …")
        if "attributes" in self.fields:
            self._attributes(self.fields["attributes"])
        self._check_relations()
        return self._build()

    def _build(self) -> Scheme:
        direction = self._pick("accepted-by", _members(Direction), Direction.TARGET)
        return Scheme(
            name=self._text("scheme"),
            attributes=MappingProxyType(self.attributes),
            accepted_by=Direction(direction),
            has_objects=self._pick("objects", {"published": True, "none": False}, False),
            missing=self._pick("missing", _OUTCOMES, Outcome.UNDECIDED),
            unlisted=self._pick("unlisted", _UNLISTED, Outcome.COMPATIBLE),
            floor_division=self._pick("division", {"exact": False, "floor": True}, False),
            prefer=tuple(self._prefer()),
            surface=self._surface(),
            summary=self._text("summary"),
            source=self._text("source"),
        )

    def _text(self, name: str) -> str:
        return (self.fields[name].text() or "") if name in self.fields else ""

    def _pick(self, name: str, choices: Mapping[str, E], default: E) -> E:
        return _choice(self.fields[name], choices, default) if name in self.fields else default

    def _attributes(self, value: YamlValue) -> None:
        for key, name, body in value.fields("attributes by name"):
            if not _NAME.fullmatch(name):
                key.mistake(f"{name!r} cannot name an attribute", "letters, digits, _ . -")
            if len(self.attributes) == MAX_ATTRIBUTES:
                key.mistake("too many attributes", f"{MAX_ATTRIBUTES} at most")
                return
            self.places[name] = key
            self.attributes[name] = self._attribute(name, key, body)

    def _attribute(self, name: str, key: YamlValue, body: YamlValue) -> Attribute:
        kind, relation, of, missing, fact = "", None, None, None, None
        for field_key, field, value in body.fields("the type of the attribute, {type: int}"):
            if field == "type":
                kind = _choice(value, {kind: kind for kind in KINDS}, "string")
            elif field == "clause":
                self.places[name] = value
                relation = _choice(value, _members(Relation), None)
            elif field == "of":
                self.places[name] = value
                of = value.text("the name of an attribute")
            elif field == "missing":
                missing = _choice(value, _OUTCOMES, None)
            elif field == "from":
                fact = _choice(value, {fact: fact for fact in FACTS}, None)
            else:
                field_key.mistake(f"unknown field {field}", "type, clause, of, missing or from")
        if fact is not None and kind and kind not in FACTS[fact]:
            key.mistake(f"{fact} is no {kind}", "type: " + " or ".join(FACTS[fact]))
        if not kind and body.is_mapping():
            key.mistake(f"{name} has no type", "type: " + ", ".join(KINDS))
        chosen = None if relation is None else Relation(relation)
        return Attribute(name, kind or "string", chosen, of, missing, fact)

    def _check_relations(self) -> None:
        for name, attribute in self.attributes.items():
            place = self.places[name]
            other = self.attributes.get(attribute.of or name)
            if other is None:
                place.mistake(f"{attribute.of} is no attribute", "one of " + ", ".join(self.places))
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

    def _prefer(self) -> Iterator[Preference]:
        if "prefer" not in self.fields:
            return
        for key, name, order in self.fields["prefer"].fields("attributes, highest or lowest"):
            if name not in self.attributes:
                key.mistake(f"{name} is no attribute", "one of " + ", ".join(self.attributes))
            elif self.attributes[name].kind not in _ORDERED:
                message = f"{name} is of kind {self.attributes[name].kind}, which has no order"
                key.mistake(message, "an attribute of kind " + ", ".join(_ORDERED))
            yield Preference(name, _choice(order, {"highest": True, "lowest": False}, True))

    def _surface(self) -> Surface | None:
        if "surface" not in self.fields:
            return None
        form, scope, name = "files", "device", ""
        for key, field, value in self.fields["surface"].fields("form, scope and name"):
            if field == "form":
                form = _choice(value, {"listing": "listing", "files": "files"}, form)
            elif field == "scope":
                scope = _choice(value, {"device": "device", "type": "type"}, scope)
            elif field == "name":
                name = value.text("a file name") or ""
                if name and not _PATH.fullmatch(name):
                    value.mistake(f"{name!r} cannot name a file", "a name such as compatibility")
            else:
                key.mistake(f"unknown field {field}", "form, scope or name")
        if form == "listing" and not name:
            self.fields["surface"].mistake("a listing without a file", "name: compatibility")
        return Surface(form, scope, name)
