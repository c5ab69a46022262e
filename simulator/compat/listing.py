"""
The SELF / COMPATIBLE text of July 2020: read, and written back byte for byte.

Source: 20200729080503.GB28676@joy-OptiPlex-7040; the grammar was reconstructed from its example.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass

from simulator.compat.clause_text import parse_clause
from simulator.compat.description import Description
from simulator.compat.rule import Clause, EmptyClause, Equal, Object
from simulator.compat.scheme import Scheme
from simulator.compat.template import Variable, quote
from simulator.documents import Document
from simulator.errors import TextError
from simulator.values import Value, parse_value

__all__ = ["Listing", "format_listing", "parse_listing"]

_HEAD = re.compile(r"([A-Za-z]+):[ \t]*(#.*)?")
_EMPTY = re.compile(r"[ \t]*(#.*)?")
_FIELD = re.compile(r"\t([A-Za-z_][A-Za-z0-9_.-]*)=")
# The value ends where a blank or a comment begins outside quotes.
_VALUE = re.compile(r'(?:"[^"\\]*+(?:\\.[^"\\]*+)*+"|[^ \t#"]++)*+')
# What makes more of a text than a bare value.
_SPECIAL = re.compile(r'["{}()\\]')
_REST = re.compile(r"[ \t]*(#.*)?")


@dataclass(frozen=True, slots=True)
class Listing:
    """
    A listing as it was read.

    Attributes:
        text: All of it, with comments and blanks: writing a listing back is writing this.
        description: What it says.
    """

    text: str
    description: Description

    def __str__(self) -> str:
        return self.text


def parse_listing(file: str, text: str, scheme: Scheme, name: str | None = None) -> Listing:
    """
    Read a listing.

    Args:
        file: Its name, for messages.
        text: All of it.
        scheme: The attributes that may occur.
        name: What the device is called.

    Raises:
        InputError: With all mistakes of the text.
    """
    reader = _Reader(Document(file, text), scheme)
    for number, line in enumerate(reader.document.lines):
        reader.line(number, line)
    values, objects = reader.finish()
    return Listing(text, Description(values, objects, name))


class _Reader:
    """Reads line by line, so that a mistake in one does not hide the next."""

    def __init__(self, document: Document, scheme: Scheme) -> None:
        self.document = document
        self.scheme = scheme
        self.head: tuple[int, str] | None = None
        self.has_self = False
        self.values: dict[str, Value] = {}
        self.objects: list[dict[str, Clause]] = []
        self.variables: Mapping[str, Variable] = {}
        self.seen: set[str] = set()

    def line(self, number: int, line: str) -> None:
        if _EMPTY.fullmatch(line):
            return
        if line.startswith((" ", "\t")) or "=" in line.split("#", maxsplit=1)[0]:
            self._field(number, line)
        else:
            self._heading(number, line)

    def finish(self) -> tuple[dict[str, Value], tuple[Object, ...] | None]:
        self._close()
        if not self.has_self:
            self.document.mistake(0, 0, 1, "no SELF", "SELF: and its fields")
        self.document.check()
        objects = tuple(Object(clauses) for clauses in self.objects if clauses)
        return self.values, objects or None

    def _heading(self, number: int, line: str) -> None:
        found = _HEAD.fullmatch(line)
        if not found or found[1] not in ("SELF", "COMPATIBLE"):
            length = len(line.rstrip(" \t"))
            self.document.mistake(number, 0, length, "not a heading", "SELF: or COMPATIBLE:")
            return
        self._close()
        self.head = (number, found[1])
        self.seen, self.variables = set(), {}
        if found[1] == "COMPATIBLE":
            if not self.has_self:
                self.document.mistake(number, 0, 11, "COMPATIBLE before SELF", "SELF: first")
            self.objects.append({})
            return
        if self.has_self:
            self.document.mistake(number, 0, 5, "a second SELF", "one SELF a device")
        self.has_self = True

    def _close(self) -> None:
        if self.head is not None and not self.seen:
            number, word = self.head
            self.document.mistake(number, 0, len(word) + 1, f"{word} has no field", "\\tkey=value")

    def _field(self, number: int, line: str) -> None:
        found = _FIELD.match(line)
        if not found:
            self.document.mistake(
                number, 0, len(line.rstrip(" \t")), "not a field", "a tab, key=value"
            )
            self.seen.add("")
            return
        name, start = found[1], found.end()
        value = _VALUE.match(line, start)
        stop = value.end() if value else start
        if line[stop : stop + 1] == '"':
            self.document.mistake(
                number, stop, len(line) - stop, "unclosed quote", "a closing quote"
            )
            self.seen.add(name)
            return
        if not _REST.fullmatch(line, stop):
            rest = len(line.rstrip(" \t")) - stop
            expected = "the end of the line or a comment; quote a value with blanks"
            self.document.mistake(number, stop, rest, "text after the value", expected)
        self._named(number, name, line[start:stop], start)

    def _named(self, number: int, name: str, text: str, start: int) -> None:
        kind = self.scheme.kinds.get(name)
        problem = expected = ""
        if self.head is None:
            problem, expected = "a field before any heading", "SELF:"
        elif kind is None:
            problem = f"unknown attribute {name}"
            expected = "one of " + ", ".join(self.scheme.kinds)
        elif name in self.seen:
            problem, expected = f"{name} is there twice", "each attribute once"
        self.seen.add(name)
        if problem or kind is None or self.head is None:
            self.document.mistake(number, 1, len(name), problem, expected)
            return
        try:
            if self.head[1] == "SELF":
                self.values[name] = _self_value(text, kind)
            else:
                clause, self.variables = parse_clause(text, kind, self.variables)
                self.objects[-1][name] = clause
        except TextError as error:
            self.document.text_mistake(number, start, error)


def _self_value(text: str, kind: str) -> Value:
    """Read a value of SELF: clause text that is a literal."""
    if not _SPECIAL.search(text):
        return parse_value(kind, text)
    clause, _ = parse_clause(text, kind, {})
    if isinstance(clause, Equal):
        return clause.value
    if isinstance(clause, EmptyClause):
        return parse_value(kind, "")
    expected = "a value without variables or operators; quote what looks like one"
    raise TextError(text, "SELF says what the device is", expected)


def format_listing(description: Description) -> str:
    """
    Write a description in the form of the mail: tabs, sets and odd strings in quotes.

    The name, and the difference between no list and an empty one, have no place in it.
    """
    lines = ["SELF:"]
    lines += [f"\t{name}={_self_text(value)}" for name, value in description.values.items()]
    for one in description.objects or ():
        lines.append("COMPATIBLE:")
        lines += [f"\t{name}={clause}" for name, clause in one.clauses.items()]
    return "\n".join(lines) + "\n"


def _self_text(value: Value) -> str:
    text = str(value)
    return f'"{text}"' if value.kind == "set" else quote(text)
