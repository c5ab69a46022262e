"""What a scheme file says of its files on sysfs, and of the objects that it derives."""

import re
from collections.abc import Mapping
from types import MappingProxyType

from simulator.compat.attribute_file import PIECE, SCOPES
from simulator.compat.derive import OWN, example_object
from simulator.compat.file_choices import Field
from simulator.compat.scheme import FORMS, Attribute, Scheme, Surface
from simulator.documents import YamlValue
from simulator.errors import TextError

__all__ = ["FILE_NAME", "SURFACE_FIELDS", "read_accepts", "read_surfaces"]

FILE_NAME = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]*(/[A-Za-z0-9_][A-Za-z0-9_.-]*)*")
"""How files are named."""


def _names(value: YamlValue) -> tuple[str, ...]:
    found = (one.text("the name of an attribute") for one in value.items("a list of attributes"))
    return tuple(name for name in found if name is not None)


SURFACE_FIELDS: Mapping[str, Field] = MappingProxyType(
    {
        "form": Field("what it puts on sysfs", {form: form for form in FORMS}, "files"),
        "scope": Field("the directory that has the files", SCOPES, "device"),
        "name": Field("the file, or the directory of several", None, "", "a file name"),
        "attributes": Field("the attributes that are shown"),
        "text": Field(
            "for test: what is read and written", None, "", "a text with attributes in braces"
        ),
        "log": Field(
            "for test: what the log says of a text of another form",
            None,
            "",
            "a line of the kernel log",
        ),
    }
)
"""The fields of a surface; all but the list of attributes are scalars."""


def read_surfaces(value: YamlValue, attributes: Mapping[str, Attribute]) -> tuple[Surface, ...]:
    """
    Read one surface, or a list of them.

    Returns:
        What could be read; mistakes are noted in the document.
    """
    found = [value] if value.is_mapping() else value.items("a surface, or a list of surfaces")
    return tuple(_surface(one, attributes) for one in found)


def _surface(body: YamlValue, attributes: Mapping[str, Attribute]) -> Surface:
    fields = body.known_fields(SURFACE_FIELDS, "form, scope and name")
    read = {"form": "files", "scope": "device"} | {
        name: _names(value) if name == "attributes" else SURFACE_FIELDS[name].read(value)
        for name, value in fields.items()
    }
    surface = Surface(**read)  # type: ignore[arg-type]
    if surface.name and not FILE_NAME.fullmatch(surface.name):
        fields["name"].mistake(
            f"{surface.name!r} cannot name a file", "a name such as compatibility"
        )
    if surface.form != "files" and not surface.name:
        body.mistake(f"{FORMS[surface.form]}: it has no name", "name: compatibility")
    for name in surface.attributes:
        if name not in attributes:
            fields["attributes"].mistake(
                f"{name} is no attribute", "one of " + ", ".join(attributes)
            )
    _check_text(surface, body, fields, attributes)
    if surface.form == "lines":
        kinds = [attributes[name].kind for name in surface.attributes if name in attributes]
        if kinds != ["set"]:
            body.mistake("lines show one set", "attributes: [NAME] of kind set")
    return surface


def _check_text(
    surface: Surface,
    body: YamlValue,
    fields: Mapping[str, YamlValue],
    attributes: Mapping[str, Attribute],
) -> None:
    if surface.form != "test":
        for name in ("text", "log"):
            if name in fields:
                fields[name].mistake(f"{name} is for form: test", "form: test")
        return
    pieces = PIECE.findall(surface.text)
    if not pieces:
        place = fields.get("text", body)
        place.mistake("a test needs a text", "text: with attributes in braces")
    for piece in pieces:
        if piece not in attributes:
            expected = "one of " + ", ".join(attributes)
            fields["text"].mistake(f"{piece!r} is no attribute", expected)


# ---- derived objects


def read_accepts(
    value: YamlValue, attributes: Mapping[str, Attribute]
) -> tuple[Mapping[str, str], ...]:
    """
    Read the objects that every device accepts by.

    Returns:
        What could be read; mistakes are noted in the document.
    """
    found = []
    scheme = Scheme("", attributes)
    for body in value.items("a list of objects, {attribute: clause}"):
        texts: dict[str, str] = {}
        places: dict[str, YamlValue] = {}
        is_empty = body.is_mapping()
        for key, name, clause in body.fields("an object, {attribute: clause}"):
            is_empty = False
            text = clause.text("clause text")
            if name not in attributes:
                key.mistake(f"{name} is no attribute", "one of " + ", ".join(attributes))
            elif text is not None:
                texts[name], places[name] = text, clause
        if is_empty:
            body.mistake("an object without clauses", "at least one clause")
        _check_clauses(scheme, texts, places)
        found.append(MappingProxyType(texts))
    return tuple(found)


def _check_clauses(
    scheme: Scheme,
    texts: Mapping[str, str],
    places: Mapping[str, YamlValue],
) -> None:
    written: dict[str, str] = {}
    for name, text in texts.items():
        unknown = [own for own in OWN.findall(text) if own not in scheme.attributes]
        for own in unknown:
            expected = "one of " + ", ".join(scheme.attributes)
            places[name].mistake(f"{own!r} is no attribute", expected)
        if unknown:
            return
        written[name] = text
        try:
            example_object(scheme, written)
        except TextError as error:
            places[name].mistake(error.message, error.expected)
            return
