"""
Read a description from a line of NDJSON, with the place of every mistake.

The standard library's scanner does strings; the shape is fixed, so each position is known.
"""

import json
import re
from collections.abc import Callable, Iterator, Mapping
from functools import partial
from types import MappingProxyType
from typing import TypeVar

from simulator.compat.clause_text import parse_clause
from simulator.compat.description import Description
from simulator.compat.rule import Clause, Object
from simulator.compat.scheme import Scheme
from simulator.compat.template import Variable
from simulator.documents import Document
from simulator.errors import TextError
from simulator.values import String, Value, parse_value

__all__ = ["Kinds", "names_of", "parse_line", "read_lines"]

T = TypeVar("T")
Kinds = Mapping[str, frozenset[str]]
"""The kinds that an attribute can be of, by name."""

_NOBODY: Kinds = MappingProxyType({})

_DECODER = json.JSONDecoder()
_BLANK = re.compile(r"[ \t\r]*")
_NUMBER = re.compile(r"-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][-+]?[0-9]+)?")
_WORD = re.compile(r"[A-Za-z]+")
_KEYS = '"name", "self" or "compatible"'


class _Stop(Exception):  # noqa: N818
    """The rest of the line cannot be read; the mistake is noted."""


class _Line:
    """A cursor over one line, what may stand there, and the mistakes found so far."""

    def __init__(self, text: str, scheme: Scheme, others: Kinds) -> None:
        self.text = text
        self.names = names_of(scheme) if others else {name: name for name in scheme.kinds}
        self.kinds = {key: scheme.kinds[name] for key, name in self.names.items()}
        self.others = others
        self.reads_objects = scheme.has_objects or not others
        self.at = 0
        self.mistakes: list[TextError] = []

    def note(self, start: int, stop: int, message: str, expected: str = "") -> None:
        self.mistakes.append(TextError(self.text, message, expected, start, stop))

    def stop(self, message: str, expected: str) -> _Stop:
        self.note(self.at, self.at + 1, message, expected)
        return _Stop()

    def peek(self) -> str:
        """Skip blanks and show the next character; none at the end."""
        found = _BLANK.match(self.text, self.at)
        self.at = found.end() if found else self.at
        return self.text[self.at : self.at + 1]

    def take(self, character: str) -> None:
        if self.peek() != character:
            raise self.stop("this is not JSON" if self.peek() else "the line ends here", character)
        self.at += 1

    def string(self) -> str:
        """Read a string; a wrong one ends the line."""
        start = self.at
        if self.peek() != '"':
            raise self.stop("this is not JSON" if self.peek() else "the line ends here", "a string")
        start = self.at
        try:
            found, self.at = _DECODER.raw_decode(self.text, start)
            text = str(found)
            text.encode()
        except (json.JSONDecodeError, UnicodeEncodeError) as error:
            reason = error.msg if isinstance(error, json.JSONDecodeError) else "lone surrogate"
            message = "unclosed quote" if "Unterminated" in reason else f"bad string: {reason}"
            expected = "a closing quote" if "Unterminated" in reason else "a JSON string"
            self.note(start, len(self.text), message, expected)
            raise _Stop from None
        return text

    def skip(self) -> None:
        """Pass over a value that should not be there, or is for others."""
        try:
            _, self.at = _DECODER.raw_decode(self.text, self.at)
        except (ValueError, RecursionError):
            if not self.mistakes:
                raise self.stop("this is not JSON", "a value") from None
            raise _Stop from None

    def members(self, what: str) -> Iterator[tuple[str, int, int]]:
        """Yield the keys of an object and where they stand; the caller reads the values."""
        if self.peek() != "{":
            self.wrong(what)
            return
        self.at += 1
        if self.peek() == "}":
            self.at += 1
            return
        seen: set[str] = set()
        while True:
            self.peek()
            start = self.at
            key = self.string()
            stop = self.at
            self.take(":")
            self.peek()
            if key in seen:
                self.note(start, stop, f'"{key}" is there twice', "each key once")
                self.skip()
            else:
                seen.add(key)
                yield key, start, stop
            if self.peek() != ",":
                break
            self.at += 1
        self.take("}")

    def elements(self, what: str) -> Iterator[int]:
        """Yield the index of each element of an array; the caller reads them."""
        if self.peek() != "[":
            self.wrong(what)
            return
        self.at += 1
        if self.peek() == "]":
            self.at += 1
            return
        index = 0
        while True:
            self.peek()
            yield index
            index += 1
            if self.peek() != ",":
                break
            self.at += 1
        self.take("]")

    def wrong(self, expected: str) -> None:
        """Note that the value here is of a wrong type, and pass over it."""
        start = self.at
        if not self.peek():
            raise self.stop("the line ends here", expected)
        if self.text[start] not in '{["-0123456789tfnNI':
            raise self.stop("this is not JSON", expected)
        before = len(self.mistakes)
        self.note(start, start + 1, "wrong type", expected)
        self.skip()
        if len(self.mistakes) == before + 1:
            self.mistakes[-1] = TextError(self.text, "wrong type", expected, start, self.at)


def names_of(scheme: Scheme) -> dict[str, str]:
    """
    Return the keys of a text that several schemes share, and the attributes that they stand for.

    ``SCHEME:NAME`` is for one scheme only, and goes before a plain ``NAME``.
    """
    plain = {name: name for name in scheme.kinds}
    return plain | {f"{scheme.name}:{name}": name for name in scheme.kinds}


def parse_line(text: str, scheme: Scheme) -> Description:
    """
    Read one description.

    Args:
        text: One line of NDJSON, with or without its end.
        scheme: The attributes that may occur.

    Raises:
        InputError: With all mistakes of the line that could be found.
    """
    document = Document("<text>", text)
    description = _parse(document, 0, scheme, _NOBODY)
    for number, line in enumerate(document.lines[1:], 1):
        if line.strip(" \t\r"):
            document.mistake(number, 0, len(line), "a second line", "one description")
    document.check()
    if description is None:
        raise AssertionError("a mistake was noted")
    return description


def read_lines(file: str, text: str, scheme: Scheme, others: Kinds = _NOBODY) -> list[Description]:
    """
    Read all descriptions of a text; lines of blanks are skipped.

    Args:
        file: The name of the text, for messages.
        text: All of it.
        scheme: The attributes that are read.
        others: What other schemes know that share the text. Their attributes, and objects with
            clauses for them, are passed over; so are all objects for a scheme that has none. A
            number may be written as the kinds of any scheme allow, in quotes or without.

    Raises:
        InputError: With all mistakes of the text.
    """
    document = Document(file, text)
    found = [
        _parse(document, number, scheme, others)
        for number, line in enumerate(document.lines)
        if line.strip(" \t\r")
    ]
    document.check()
    return [description for description in found if description is not None]


def _parse(document: Document, number: int, scheme: Scheme, others: Kinds) -> Description | None:
    line = _Line(document.lines[number], scheme, others)
    try:
        description = _description(line)
    except _Stop:
        description = None
    for mistake in line.mistakes:
        document.text_mistake(number, 0, mistake)
    return None if line.mistakes else description


def _description(line: _Line) -> Description | None:
    name: str | None = None
    values: dict[str, Value] | None = None
    objects: tuple[Object, ...] | None = None
    if line.peek() != "{":
        raise line.stop("this is not a description", '{"self":{…}}')
    for key, start, stop in line.members("an object"):
        if key == "name":
            name = _name(line)
        elif key == "self":
            values = _values(line)
        elif key == "compatible" and not line.reads_objects:
            line.skip()
        elif key == "compatible":
            found = [_object(line) for _ in line.elements("a list of objects")]
            own = tuple(one for one in found if one is not None)
            # A list for other schemes only is none for this one; an empty list is one for all.
            objects = own if own or not found else None
        else:
            line.note(start, stop, f'unknown key "{key}"', _KEYS)
            line.skip()
    if line.peek():
        raise line.stop("text after the description", "the end of the line")
    if values is None:
        line.note(0, 1, 'no "self"', '{"self":{…}}')
        return None
    return Description(values, objects, name)


def _name(line: _Line) -> str | None:
    if line.peek() != '"':
        line.wrong("a string")
        return None
    start = line.at
    text = line.string()
    try:
        return String.parse(text).text
    except TextError as error:
        line.note(start, line.at, error.message, error.expected)
        return None


def _values(line: _Line) -> dict[str, Value]:
    plain: dict[str, Value] = {}
    own: dict[str, Value] = {}
    wrong: dict[str, list[TextError]] = {}
    for key, start, stop in line.members("an object with attributes"):
        if kind := _kind(line, key, start, stop):
            before, name = len(line.mistakes), line.names[key]
            value = _scalar(line, key, _self_number, partial(parse_value, kind))
            if value is not None:
                (plain if key == name else own)[name] = value
            elif key == name:
                wrong[name] = line.mistakes[before:]
    # A plain value is for others where the scheme has its own.
    others = [mistake for name in wrong.keys() & own.keys() for mistake in wrong[name]]
    line.mistakes = [mistake for mistake in line.mistakes if mistake not in others]
    return plain | own


def _object(line: _Line) -> Object | None:
    opened, before = line.at, len(line.mistakes)
    clauses: dict[str, Clause] = {}
    variables: Mapping[str, Variable] = {}
    empty, is_foreign, unknown = True, False, list[TextError]()
    for key, start, stop in line.members("an object with clauses"):
        empty = False
        if kind := _kind(line, key, start, stop):
            parse = partial(parse_clause, kind=kind, variables=variables)
            if (parsed := _scalar(line, key, _clause_number, parse)) is not None:
                clauses[line.names[key]], variables = parsed
        elif key in line.others:
            is_foreign = True
        else:
            unknown.append(line.mistakes[-1])
    if is_foreign:
        # What its clauses say is for those to judge who know them all.
        line.mistakes[before:] = unknown
        return None
    if empty and len(line.mistakes) == before:
        line.note(opened, line.at, "an object without clauses", "at least one clause")
    return Object(clauses) if clauses else None


def _kind(line: _Line, key: str, start: int, stop: int) -> str | None:
    kind = line.kinds.get(key)
    if kind is None:
        if key not in line.others:
            known = dict.fromkeys((*line.names.values(), *line.others))
            expected = "one of " + ", ".join(name for name in known if ":" not in name)
            line.note(start, stop, f'unknown attribute "{key}"', expected)
        line.skip()
    return kind


def _self_number(kind: str) -> tuple[bool, bool, str]:
    """Say for a value of SELF: may it be a number, may it be a string, and in words."""
    if kind == "int":
        return True, False, "an integer"
    return kind == "ratio", True, f"a {'number or ' * (kind == 'ratio')}string"


def _clause_number(kind: str) -> tuple[bool, bool, str]:
    number = kind in ("int", "ratio")
    return number, True, f"clause text{' or a number' * number}"


def _scalar(
    line: _Line,
    key: str,
    rule: Callable[[str], tuple[bool, bool, str]],
    parse: Callable[[str], T],
) -> T | None:
    """Read a number or string and parse what it says; a mistake is noted where it stands."""
    number_allowed, string_allowed, expected = rule(line.kinds[key])
    for kind in line.others.get(key, ()):
        as_number, as_string, _ = rule(kind)
        number_allowed, string_allowed = number_allowed or as_number, string_allowed or as_string
    start = line.at
    number = _NUMBER.match(line.text, start)
    if number and number_allowed:
        line.at = number.end()
        text, shift = number.group(), 0
    elif line.peek() == '"' and string_allowed:
        text, shift = line.string(), 1
    else:
        line.wrong(expected)
        return None
    try:
        return parse(text)
    except TextError as error:
        # Escapes move the columns; then the whole string is marked.
        plain = line.at - start == len(text) + 2 * shift
        first, last = (start + shift + error.start, start + shift + error.stop)
        if not plain:
            first, last = start, line.at
        line.note(first, max(last, first + 1), error.message, error.expected)
        return None
