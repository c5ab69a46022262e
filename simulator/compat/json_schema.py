"""
A JSON Schema of the scheme file, for editors, made from the tables that the loader reads by.

It says what can be said of one field at a time. That names agree, that clause text can be parsed
and that texts are closed is the loader's.

Source: JSON Schema, draft 2020-12.
"""

from collections.abc import Iterable, Mapping
from typing import Any, TypeAlias

from simulator.compat.attribute_file import (
    ATTRIBUTE_FIELDS,
    ATTRIBUTE_NAME,
    FACTS,
    MAX_ATTRIBUTES,
    RELATION_KINDS,
)
from simulator.compat.file_choices import YES_OR_NO, Field
from simulator.compat.loader import NEEDED, ORDERS, SCHEME_FIELDS
from simulator.compat.scheme import FORMS
from simulator.compat.surface_file import FILE_NAME, SURFACE_FIELDS

__all__ = ["json_schema"]

Json: TypeAlias = dict[str, Any]


def _scalar() -> Json:
    """Take any scalar: YAML makes something else of `6.1` or `true`, the loader does not."""
    return {"$ref": "#/$defs/scalar"}


def json_schema() -> Json:
    """Return the JSON Schema of a scheme file, as data."""
    own = {
        "attributes": _mapping({"$ref": "#/$defs/attribute"}) | {"maxProperties": MAX_ATTRIBUTES},
        "accepts": {"type": "array", "items": {"$ref": "#/$defs/object"}},
        "prefer": _mapping(_enum(ORDERS)),
        "surface": {
            "oneOf": [
                {"$ref": "#/$defs/surface"},
                {"type": "array", "items": {"$ref": "#/$defs/surface"}},
            ]
        },
        "copied": _named(),
    }
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "mdevsim scheme",
        "description": "An attribute scheme: what devices publish, and what is compared.",
        **_fields(SCHEME_FIELDS, own),
        "required": list(NEEDED),
        "$defs": {
            "attribute": _attribute(),
            "scalar": {"type": ["string", "number", "boolean", "null"]},
            "object": _mapping(_scalar()) | {"minProperties": 1},
            "surface": _surface(),
        },
    }


def _fields(table: Mapping[str, Field], own: Mapping[str, Json]) -> Json:
    """Describe the fields of a table; *own* has those that are no words and no plain text."""
    properties = {}
    for name, field in table.items():
        choices = field.choices
        plain = _scalar() if choices is None else _enum(choices)
        properties[name] = {"description": field.what, **own.get(name, plain)}
        if choices is not None and field.default is not None:
            [default] = [word for word, meaning in choices.items() if meaning == field.default]
            properties[name]["default"] = field.default if choices is YES_OR_NO else default
    return {"type": "object", "properties": properties, "additionalProperties": False}


def _enum(words: Iterable[str]) -> Json:
    """List words; YAML reads true and false as no words."""
    found: list[object] = list(words)
    return {"enum": [*found, *YES_OR_NO.values()] if words is YES_OR_NO else found}


def _mapping(values: Json) -> Json:
    return {"type": "object", "propertyNames": _named(), "additionalProperties": values}


def _named() -> Json:
    return {"type": "string", "pattern": f"^({ATTRIBUTE_NAME.pattern})$"}


def _attribute() -> Json:
    fact = {"anyOf": [{"enum": list(FACTS)}, {"type": "string", "pattern": "[{]"}]}
    found = _fields(ATTRIBUTE_FIELDS, {"of": _named(), "from": fact})
    rules: list[Json] = [
        _when("clause", [relation], {"type": _enum([kind])})
        for relation, (kind, _) in RELATION_KINDS.items()
    ]
    # A fact that stands alone has to be of the kind.
    rules += [_when("from", [name], {"type": _enum(kinds)}) for name, kinds in FACTS.items()]
    compared = [one for one in ATTRIBUTE_FIELDS["clause"].choices or () if one != "any"]
    rules.append(
        {
            "if": {"required": ["of"]},
            "then": {"required": ["clause"], "properties": {"clause": _enum(compared)}},
        }
    )
    return {**found, "required": ["type"], "allOf": rules}


def _surface() -> Json:
    own: dict[str, Json] = {
        "name": {**_scalar(), "pattern": f"^(|{FILE_NAME.pattern})$"},
        "attributes": {"type": "array", "items": _named()},
        "text": {"type": "string"},
    }
    named = [form for form in FORMS if form != "files"]
    others = [form for form in FORMS if form != "test"]
    nothing = {"not": {"anyOf": [{"required": ["text"]}, {"required": ["log"]}]}}
    return {
        **_fields(SURFACE_FIELDS, own),
        "allOf": [
            _when("form", named, {"name": {"minLength": 1}}, ["name"]),
            _when("form", ["test"], {"text": {"pattern": "[{][^{}]+[}]"}}, ["text"]),
            _when(
                "form", ["lines"], {"attributes": {"minItems": 1, "maxItems": 1}}, ["attributes"]
            ),
            {"if": {"properties": {"form": _enum(others)}}, "then": nothing},
        ],
    }


def _when(name: str, words: list[str], properties: Json, needed: Iterable[str] = ()) -> Json:
    then: Json = {"properties": properties}
    if needed:
        then["required"] = list(needed)
    return {"if": {"properties": {name: _enum(words)}, "required": [name]}, "then": then}
