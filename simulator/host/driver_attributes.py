"""The files of a vendor driver described in a host file, and what may be written to them."""

import errno
import re
from collections.abc import Mapping
from types import MappingProxyType
from typing import TypeVar

from simulator.documents import YamlValue
from simulator.errors import TextError
from simulator.values import FlagSet, Value, parse_value
from simulator.vendors.described import DescribedFile, Kind, Rule

__all__ = ["ERRNOS", "PART", "check_first", "choice", "read_files"]

PART = r"(?!\.\.?(?:/|$))[^/\x00-\x20\x7f]+"
"""A name in a path, as a regular expression."""

ERRNOS: Mapping[str, int] = MappingProxyType(
    {name: getattr(errno, name) for name in dir(errno) if name.startswith("E")}
)
"""Numbers by name."""

_FILE = re.compile(rf"{PART}(/{PART})*")
_MODES: Mapping[str, int] = MappingProxyType(
    {f"{zero}{mode:o}": mode for mode in (0o444, 0o200, 0o644) for zero in ("", "0")}
)
_KINDS: Mapping[str, Kind] = MappingProxyType(
    {"int": "int", "string": "string", "set": "set", "version": "version"}
)
_RULE = ("kind", "values", "range", "refused", "while_open")

T = TypeVar("T")


def read_files(node: YamlValue, taken: frozenset[str]) -> tuple[DescribedFile, ...]:
    """
    Read files by name, noting mistakes in the document.

    Args:
        node: A mapping.
        taken: First parts of names that are there already.
    """
    found: dict[str, DescribedFile] = {}
    for key, name, body in node.fields("files by name"):
        if not _FILE.fullmatch(name):
            key.mistake(f"{name!r} is no name of a file", "a name such as vendor/switch")
        elif name.split("/", maxsplit=1)[0] in taken:
            key.mistake(f"{name} is there already", "a name such as vendor/switch")
        elif clash := [
            one
            for one in found
            if f"{one}/".startswith(f"{name}/") or f"{name}/".startswith(f"{one}/")
        ]:
            key.mistake(f"{name} collides with {clash[0]}", "files in directories")
        found[name] = _file(name, body)
    return tuple(found.values())


def _file(name: str, node: YamlValue) -> DescribedFile:
    """Read a file: its text, or its value, mode and rule."""
    if not node.is_mapping():
        return DescribedFile(name, value=node.text("a text, or value, mode and rule") or "")
    fields = node.known_fields(("value", "mode", *_RULE), "a file")
    ruled = [fields[one] for one in _RULE if one in fields]
    mode = choice(fields, "mode", _MODES, "0444, 0644 or 0200")
    if mode is None:
        mode = 0o644 if ruled else 0o444
    elif ruled and not mode & 0o222:
        ruled[0].mistake("a rule for a file that nobody may write", "mode: 0644")
    text = fields["value"].text("a text") if "value" in fields else None
    file = DescribedFile(name, mode, text or "", _rule(fields))
    if text is not None:
        check_first(fields["value"], text, file)
    return file


def check_first(node: YamlValue, text: str, file: DescribedFile) -> None:
    """Note a first value that could not be written, where anything is said of what can."""
    if file.mode & 0o222 and file.rule != Rule():
        try:
            file.rule.check(text)
        except TextError as error:
            node.text_mistake(error)


def _rule(fields: Mapping[str, YamlValue]) -> Rule:
    kind = choice(fields, "kind", _KINDS, ", ".join(_KINDS)) or "string"
    values = []
    for node in fields["values"].items("a list of values") if "values" in fields else ():
        text = node.text("a value")
        if text is not None:
            values.append(text)
            found = _value(node, text, kind)
            if isinstance(found, FlagSet) and len(found.members) != 1:
                node.mistake(f"{len(found.members)} members", "one member of the set")
    return Rule(
        kind,
        tuple(values),
        _range(fields["range"], kind) if "range" in fields else None,
        choice(fields, "refused", ERRNOS, "the name of an errno, such as EINVAL") or errno.EINVAL,
        choice(fields, "while_open", ERRNOS, "the name of an errno, such as EBUSY"),
    )


def _value(node: YamlValue, text: str, kind: str) -> Value | None:
    try:
        return parse_value(kind, text)
    except TextError as error:
        node.text_mistake(error)
        return None


def _range(node: YamlValue, kind: Kind) -> tuple[Value, Value] | None:
    if kind not in {"int", "version"}:
        node.mistake(f"a range of kind {kind}", "kind: int or kind: version")
        return None
    ends = node.items("the least and the most, [1, 8]")
    values = [_value(end, end.text() or "", kind) for end in ends]
    if len(values) != 2:
        node.mistake(f"{len(values)} values", "the least and the most, [1, 8]")
        return None
    least, most = values
    if least is None or most is None:
        return None
    try:
        Rule(kind, range=(least, most)).check(str(least))
    except TextError:
        node.mistake(f"{least} is above the most, {most}", "the least and the most, [1, 8]")
        return None
    return least, most


def choice(
    fields: Mapping[str, YamlValue], name: str, known: Mapping[str, T], expected: str
) -> T | None:
    """Return what a field that may be there names, or note that it names nothing known."""
    text = fields[name].text(expected) if name in fields else None
    if text is not None and text not in known:
        fields[name].mistake(f"{text!r} is no {name}", expected)
    return None if text is None else known.get(text)
