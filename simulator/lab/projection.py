"""
One fleet file seen by several schemes: what each knows of a device, by class.

Devices that differ in nothing but their name are found as bytes, before anything is parsed; a
million lines hold a few thousand texts.

Source: ours.
"""

import json
import re
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import Any, NoReturn

from simulator.compat.clause_text import parse_clause
from simulator.compat.description import Description
from simulator.compat.ndjson import Kinds, read_lines
from simulator.compat.rule import Clause, Object
from simulator.compat.scheme import Scheme
from simulator.compat.template import Variable
from simulator.documents import decode
from simulator.errors import InputError, Mistake
from simulator.values import String, Value, parse_value

__all__ = ["MAX_MISTAKES", "Projection", "other_kinds", "project"]

MAX_MISTAKES = 20
"""Lines with mistakes that are explained; the rest is counted."""

_BLANK = b" \t\r"
_NAME = rb'^(?:\{[ \t]*"name"[ \t]*:[ \t]*"[%b]{0,4096}")?(.*)'
# A name that could be wrong stays in the line, which is then read by itself.
_IN_ASCII = re.compile(_NAME % rb" !#-\[\]-~", re.MULTILINE)
_IN_UTF_8 = re.compile(_NAME % rb" !#-\[\]-~\x80-\xff", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Projection:
    """
    The classes of a fleet, as each of several schemes sees them.

    Devices are of one class when no scheme can tell them apart by their texts.

    Attributes:
        schemes: Who looks.
        seen: For each scheme the description of every class; its name is that of the first
            device.
        devices: How many devices each class has.
    """

    schemes: tuple[Scheme, ...]
    seen: tuple[tuple[Description, ...], ...]
    devices: tuple[int, ...]

    def __len__(self) -> int:
        return len(self.devices)


def other_kinds(schemes: Iterable[Scheme]) -> Kinds:
    """Return what any of *schemes* knows: the kinds of each attribute."""
    found: dict[str, frozenset[str]] = {}
    for scheme in schemes:
        for name, kind in scheme.kinds.items():
            found[name] = found.get(name, frozenset()) | {kind}
    return MappingProxyType(found)


def project(
    file: str,
    chunks: Iterable[bytes],
    schemes: Sequence[Scheme],
    progress: Callable[[int], None] | None = None,
) -> Projection:
    """
    Read NDJSON that carries the attributes of several schemes.

    Args:
        file: The name of the text, for messages.
        chunks: Its bytes, in pieces of any size.
        schemes: What may occur: an attribute that none of them knows is a mistake.
        progress: Called with the bytes read so far.

    Raises:
        InputError: With the mistakes of the first `MAX_MISTAKES` bad lines.
    """
    texts = _Texts()
    for chunk in chunks:
        texts.feed(chunk)
        if progress is not None:
            progress(texts.bytes)
    texts.finish()
    if not texts.devices:
        message = "the file holds no description" if texts.bytes else "the file is empty"
        raise InputError([Mistake(file, 0, 0, 1, message)])
    reader = _Reader(file, schemes)
    for text, devices in texts.devices.items():
        reader.read(*texts.first[text], devices)
    reader.check()
    return reader.projection()


class _Texts:
    """Counts the lines that are equal but for the name."""

    def __init__(self) -> None:
        self.bytes = 0
        self.lines = 0
        self.devices: Counter[bytes] = Counter()
        self.first: dict[bytes, tuple[int, bytes]] = {}
        self.rest: list[bytes] = []

    def feed(self, chunk: bytes) -> None:
        self.bytes += len(chunk)
        end = chunk.rfind(b"\n")
        if end < 0:
            self.rest.append(chunk)
            return
        self._whole(b"".join([*self.rest, chunk[:end]]) if self.rest else chunk[:end])
        self.rest = [chunk[end + 1 :]]

    def finish(self) -> None:
        self._whole(b"".join(self.rest))
        for text in [text for text in self.devices if not text.strip(_BLANK)]:
            del self.devices[text]

    def _whole(self, text: bytes) -> None:
        tails = (_IN_UTF_8 if _is_utf_8(text) else _IN_ASCII).findall(text)
        self.devices.update(tails)
        if len(self.devices) > len(self.first):
            lines = text.split(b"\n")
            for number, tail in enumerate(tails):
                if tail not in self.first:
                    self.first[tail] = self.lines + number, lines[number]
        self.lines += len(tails)


def _is_utf_8(text: bytes) -> bool:
    try:
        return text.isascii() or bool(text.decode())
    except UnicodeDecodeError:
        return False


# ---- lines


_Pairs = tuple[tuple[str, Any], ...]
_ABSENT = object()
"""In the place of what a line does not have."""


@dataclass(frozen=True, slots=True)
class _Number:
    """A number, as it is written."""

    text: str


class _OddError(ValueError):
    """A line that has to be read slowly, as a rule because of a mistake."""


def _once(pairs: list[tuple[str, Any]]) -> _Pairs:
    if len(dict(pairs)) < len(pairs):
        raise _OddError
    return tuple(pairs)


def _odd(_: str) -> NoReturn:
    raise _OddError


class _View:
    """What one scheme sees; remembers values, objects and whole descriptions."""

    def __init__(self, scheme: Scheme, kinds: Kinds) -> None:
        self.scheme = scheme
        self.others = kinds
        self.numbers = {
            name: any(kind in ("int", "ratio") for kind in found) for name, found in kinds.items()
        }
        self.strings = {name: found != {"int"} for name, found in kinds.items()}
        self.values: dict[tuple[str, str], Value] = {}
        self.objects: dict[_Pairs, Object | None] = {}
        self.known: dict[object, Description] = {}

    def description(self, own: _Pairs, lists: list[_Pairs] | None) -> Description:
        """Return what the scheme sees of a device; equal ones are one."""
        seen = tuple(pair for pair in own if pair[0] in self.scheme.kinds)
        objects = None
        if lists is not None and self.scheme.has_objects:
            found = [self._object(one) for one in lists]
            objects = tuple(one for one in found if one is not None)
            objects = objects if objects or not found else None
        key = seen, objects is None, tuple(id(one) for one in objects or ())
        if key not in self.known:
            values = {name: self._value(name, text) for name, text in seen}
            self.known[key] = Description(values, objects)
        return self.known[key]

    def _text(self, name: str, written: object, *, is_clause: bool) -> str:
        """Return a text that may stand for the attribute, as a number or in quotes."""
        if isinstance(written, _Number) and self.numbers[name]:
            return written.text
        if isinstance(written, str) and (is_clause or self.strings[name]):
            return written
        raise _OddError

    def _value(self, name: str, written: object) -> Value:
        text = self._text(name, written, is_clause=False)
        if (name, text) not in self.values:
            self.values[name, text] = parse_value(self.scheme.kinds[name], text)
        return self.values[name, text]

    def _object(self, pairs: _Pairs) -> Object | None:
        if not isinstance(pairs, tuple) or not pairs:
            raise _OddError
        if pairs not in self.objects:
            texts = {name: self._text(name, one, is_clause=True) for name, one in pairs}
            is_own = texts.keys() <= self.scheme.kinds.keys()
            self.objects[pairs] = self._parse_object(texts) if is_own else None
        return self.objects[pairs]

    def _parse_object(self, texts: Mapping[str, str]) -> Object:
        clauses: dict[str, Clause] = {}
        variables: Mapping[str, Variable] = {}
        for name, text in texts.items():
            clauses[name], variables = parse_clause(text, self.scheme.kinds[name], variables)
        return Object(clauses)


class _Reader:
    """Reads lines that differ, under every scheme; what is odd is read again, slowly."""

    def __init__(self, file: str, schemes: Sequence[Scheme]) -> None:
        self.file = file
        self.kinds = other_kinds(schemes)
        self.views = [_View(scheme, self.kinds) for scheme in schemes]
        self.decoder = json.JSONDecoder(
            object_pairs_hook=_once,
            parse_int=_Number,
            parse_float=_odd,
            parse_constant=_odd,
        )
        self.classes: dict[object, int] = {}
        self.seen: list[list[Description]] = []
        self.devices: list[int] = []
        self.mistakes: list[Mistake] = []
        self.bad_lines = 0

    def read(self, number: int, line: bytes, devices: int) -> None:
        """Read a line, which stands for so many *devices*; lines are counted from 0."""
        try:
            name, found = self._read_fast(line)
            key: object = tuple(map(id, found))
        except (ValueError, RecursionError, TypeError):
            if (slow := self._read_slowly(number, line, devices)) is None:
                return
            name, found, key = slow[0].name, slow, line
        place = self.classes.setdefault(key, len(self.devices))
        if place == len(self.devices):
            self.seen.append([replace(one, name=name) for one in found])
            self.devices.append(0)
        self.devices[place] += devices

    def check(self) -> None:
        """
        End the reading.

        Raises:
            InputError: There were mistakes.
        """
        explained = len({mistake.line for mistake in self.mistakes})
        if self.bad_lines > explained:
            more = self.bad_lines - explained
            message = f"{more} more line{'s have' if more > 1 else ' has'} mistakes"
            self.mistakes.append(Mistake(self.file, 0, 0, 1, message))
        if self.mistakes:
            raise InputError(self.mistakes)

    def projection(self) -> Projection:
        """Return what was read."""
        schemes = tuple(view.scheme for view in self.views)
        return Projection(schemes, tuple(zip(*self.seen, strict=True)), tuple(self.devices))

    def _read_fast(self, line: bytes) -> tuple[str | None, list[Description]]:
        """Read what is plain; raise where a mistake is possible."""
        if b"\\u" in line:
            raise _OddError
        data = self.decoder.decode(line.decode())
        if not isinstance(data, tuple):
            raise _OddError
        fields = dict(data)
        name, own, lists = (fields.get(key, _ABSENT) for key in ("name", "self", "compatible"))
        named, listed = name is not _ABSENT, lists is not _ABSENT
        if (
            len(fields) > 1 + named + listed
            or not isinstance(own, tuple)
            or (named and type(name) is not str)
            or (listed and not isinstance(lists, list))
            or any(key not in self.kinds for pairs in (own, *(lists or ())) for key, _ in pairs)
        ):
            raise _OddError
        found = [view.description(own, lists if listed else None) for view in self.views]
        return String.parse(name).text if named else None, found

    def _read_slowly(self, number: int, line: bytes, devices: int) -> list[Description] | None:
        """Read a line with its mistakes, each of which several schemes may find."""
        found: list[Description] = []
        mistakes: dict[tuple[int, str], Mistake] = {}
        for view in self.views:
            try:
                [one] = read_lines(self.file, decode(self.file, line), view.scheme, self.kinds)
                objects = one.objects if view.scheme.has_objects else None
                found.append(replace(one, objects=objects))
            except InputError as error:
                for mistake in error.mistakes:
                    where = max(mistake.column, 1)
                    moved = replace(mistake, line=number + 1, column=where)
                    mistakes.setdefault((where, mistake.message), moved)
        if not mistakes:
            return found
        if self.bad_lines < MAX_MISTAKES:
            self.mistakes += mistakes.values()
        self.bad_lines += devices
        return None
