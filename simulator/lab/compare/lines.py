"""
Lines of NDJSON under several schemes, fast where they are plain and with every mistake where not.

Source: ours.
"""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import Any, NoReturn

from simulator.compat.clause_text import parse_clause
from simulator.compat.description import Description
from simulator.compat.ndjson import Kinds, names_of, read_lines
from simulator.compat.rule import Clause, Object
from simulator.compat.scheme import Scheme
from simulator.compat.template import Variable
from simulator.documents import decode
from simulator.errors import InputError, Mistake
from simulator.values import String, Value, parse_value

__all__ = ["MAX_MISTAKES", "LineReader", "other_kinds"]

MAX_MISTAKES = 20
"""Lines with mistakes that are explained; the rest is counted."""


def other_kinds(schemes: Iterable[Scheme]) -> Kinds:
    """Return what any of *schemes* knows: the kinds of each attribute."""
    found: dict[str, frozenset[str]] = {}
    for scheme in schemes:
        for key, name in names_of(scheme).items():
            found[key] = found.get(key, frozenset()) | {scheme.kinds[name]}
    return MappingProxyType(found)


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


class _Seen:
    """What one scheme sees; remembers values, objects and whole descriptions."""

    def __init__(self, scheme: Scheme, kinds: Kinds) -> None:
        self.scheme = scheme
        self.names = names_of(scheme)
        self.qualified = self.names.keys() - scheme.kinds.keys()
        self.numbers = {
            name: any(kind in ("int", "ratio") for kind in found) for name, found in kinds.items()
        }
        self.strings = {name: found != {"int"} for name, found in kinds.items()}
        self.values: dict[tuple[str, str], Value] = {}
        self.objects: dict[_Pairs, Object | None] = {}
        self.known: dict[object, int] = {}
        self.own: list[Description] = []

    def look(self, own: _Pairs, lists: list[_Pairs] | None) -> tuple[object, Description | None]:
        """Return what stands for what the scheme sees of a device, and that, if it is new."""
        seen = {self.names[key]: (key, text) for key, text in own if key in self.scheme.kinds}
        # A key of the scheme's own goes before the plain one.
        seen |= {self.names[key]: (key, text) for key, text in own if key in self.qualified}
        objects = None
        if lists is not None and self.scheme.has_objects:
            found = [self._object(one) for one in lists]
            objects = tuple(one for one in found if one is not None)
            objects = objects if objects or not found else None
        listed = tuple(id(one) for one in objects or ())
        key = tuple(seen.items()), objects is None, listed
        if key in self.known:
            return key, None
        values = {name: self._value(*written) for name, written in seen.items()}
        return key, Description(values, objects)

    def place(self, key: object, description: Description | None) -> int:
        """Return the place of what is seen; what is seen for the first time gets one."""
        if description is not None:
            self.own.append(description)
            self.known[key] = len(self.own) - 1
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
            self.values[name, text] = parse_value(self.scheme.kinds[self.names[name]], text)
        return self.values[name, text]

    def _object(self, pairs: _Pairs) -> Object | None:
        if not isinstance(pairs, tuple) or not pairs:
            raise _OddError
        if pairs not in self.objects:
            texts = {name: self._text(name, one, is_clause=True) for name, one in pairs}
            is_own = texts.keys() <= self.names.keys()
            self.objects[pairs] = self._parse_object(texts) if is_own else None
        return self.objects[pairs]

    def _parse_object(self, texts: Mapping[str, str]) -> Object:
        clauses: dict[str, Clause] = {}
        variables: Mapping[str, Variable] = {}
        for key, text in texts.items():
            name = self.names[key]
            clauses[name], variables = parse_clause(text, self.scheme.kinds[name], variables)
        if len(clauses) < len(texts):
            raise _OddError
        return Object(clauses)


class LineReader:
    """Reads lines that differ, under every scheme; what is odd is read again, slowly."""

    def __init__(self, file: str, schemes: Sequence[Scheme]) -> None:
        self.file = file
        self.kinds = other_kinds(schemes)
        self.views = [_Seen(scheme, self.kinds) for scheme in schemes]
        self.decoder = json.JSONDecoder(
            object_pairs_hook=_once,
            parse_int=_Number,
            parse_float=_odd,
            parse_constant=_odd,
        )
        self.classes: dict[tuple[int, ...], int] = {}
        self.devices: list[int] = []
        self.names: list[str | None] = []
        self.mistakes: list[Mistake] = []
        self.bad_lines = self.explained = 0

    def read(self, number: int, line: bytes, devices: int) -> None:
        """Read a line, which stands for so many *devices*; lines are counted from 0."""
        try:
            name, places = self._read_fast(line)
        except (ValueError, RecursionError, TypeError):
            if (found := self._read_slowly(number, line, devices)) is None:
                return
            pairs = zip(self.views, found, strict=True)
            places = tuple(view.place(line, replace(one, name=None)) for view, one in pairs)
            name = found[0].name
        one = self.classes.setdefault(places, len(self.devices))
        if one == len(self.devices):
            self.devices.append(0)
            self.names.append(name)
        self.devices[one] += devices

    def check(self) -> None:
        """
        End the reading.

        Raises:
            InputError: There were mistakes.
        """
        if more := self.bad_lines - self.explained:
            message = f"{more} more line{'s have' if more > 1 else ' has'} mistakes"
            self.mistakes.append(Mistake(self.file, 0, 0, 1, message))
        if self.mistakes:
            raise InputError(self.mistakes)

    @property
    def own(self) -> tuple[tuple[Description, ...], ...]:
        """For each scheme the descriptions that it can tell apart."""
        return tuple(tuple(one.own) for one in self.views)

    @property
    def places(self) -> tuple[tuple[int, ...], ...]:
        """For each scheme, which of its own every class is."""
        return tuple(zip(*self.classes, strict=True))

    def _read_fast(self, line: bytes) -> tuple[str | None, tuple[int, ...]]:
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
            or any(
                key not in self.kinds
                for pairs in (own, *(lists if listed else ()))
                for key, _ in pairs
            )
        ):
            raise _OddError
        name = String.parse(name).text if named else None
        looks = [view.look(own, lists if listed else None) for view in self.views]
        pairs = zip(self.views, looks, strict=True)
        return name, tuple(view.place(*look) for view, look in pairs)

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
        if self.explained < MAX_MISTAKES:
            self.mistakes += mistakes.values()
            self.explained += 1
        self.bad_lines += devices
        return None
