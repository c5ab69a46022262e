"""
Texts that people wrote, read so that every mistake can be shown where it stands.

Nothing here opens a file: the faces do, and pass the bytes on with the name of the file.
"""

import re
from bisect import bisect_right
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import accumulate

from ruamel.yaml import YAML
from ruamel.yaml.error import MarkedYAMLError
from ruamel.yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode
from ruamel.yaml.reader import ReaderError

from simulator.errors import InputError, Mistake, TextError

__all__ = ["MAX_YAML_BYTES", "Document", "YamlValue", "decode", "read_yaml"]

MAX_YAML_BYTES = 2**20
"""The longest YAML text: a host with thousands of mdevs. Ours."""

_BYTE_ORDER_MARK = "\ufeff"
_SURROGATE = re.compile("[\ud800-\udfff]")
_INTEGER = re.compile("-?[0-9]{1,19}")


def decode(file: str, data: bytes) -> str:
    """
    Turn the bytes of a text file into text.

    Args:
        file: Its name, for messages.
        data: All of it.

    Raises:
        InputError: It is empty, begins with a byte order mark, or has lines that are not UTF-8 or
            hold a NUL byte.
    """
    if not data:
        raise InputError([Mistake(file, 0, 0, 1, "the file is empty")])
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError:
        text = "\0"
    if "\0" not in text and not text.startswith(_BYTE_ORDER_MARK):
        return text
    lines = enumerate(data.split(b"\n"), 1)
    found = (_undecodable(file, number, line) for number, line in lines)
    raise InputError(mistake for mistake in found if mistake is not None)


def _undecodable(file: str, number: int, line: bytes) -> Mistake | None:
    """Find the first byte of a line that no text has."""
    where, message, expected = line.find(b"\0"), "a NUL byte", "a text file in UTF-8"
    try:
        text = line.decode("utf-8")
    except UnicodeDecodeError as error:
        if where < 0 or error.start < where:
            where, message = error.start, f"byte 0x{line[error.start]:02x} is not UTF-8"
    else:
        if number == 1 and text.startswith(_BYTE_ORDER_MARK):
            where, message, expected = 0, "a byte order mark", "a text file without one"
    if where < 0:
        return None
    column = len(line[:where].decode("utf-8", "replace")) + 1
    source = line.decode("utf-8", "replace").removesuffix("\r")
    return Mistake(file, number, column, 1, message, expected, source)


class Document:
    """
    The mistakes of one text, gathered while it is read.

    Args:
        file: The name of the text, for messages.
        text: All of it.
    """

    def __init__(self, file: str, text: str) -> None:
        self.file = file
        whole = text.split("\n")
        self.lines = [line.removesuffix("\r") for line in whole]
        self._starts = [0, *accumulate(len(line) + 1 for line in whole)]
        self.mistakes: list[Mistake] = []

    def place(self, index: int) -> tuple[int, int]:
        """Return the line and the column (from 0) of the character at *index* of the text."""
        line = min(bisect_right(self._starts, index), len(self.lines)) - 1
        return line, min(index - self._starts[line], len(self.lines[line]))

    def mistake(
        self, line: int, column: int, length: int, message: str, expected: str = ""
    ) -> None:
        """Note a mistake; *line* and *column* count from 0."""
        source = self.lines[line]
        self.mistakes.append(
            Mistake(self.file, line + 1, column + 1, length, message, expected, source)
        )

    def text_mistake(self, line: int, column: int, error: TextError) -> None:
        """Note that the piece of text at *line* and *column* (from 0) is wrong."""
        self.mistakes.append(error.located(self.file, line + 1, self.lines[line], column))

    def check(self) -> None:
        """
        End the reading.

        Raises:
            InputError: Mistakes were noted.
        """
        if self.mistakes:
            raise InputError(sorted(self.mistakes, key=lambda m: (m.line, m.column)))


@dataclass(frozen=True, slots=True)
class YamlValue:
    """
    One node of a YAML text, which knows where it stands.

    Scalars are given as they are written: ``6.1`` is a kernel and ``591d`` an id, whatever YAML
    would make of them.
    """

    document: Document
    node: Node

    def mistake(self, message: str, expected: str = "") -> None:
        """Note that this node is wrong."""
        line, column = self.document.place(self.node.start_mark.index)
        if self.node.start_mark.index == self.node.end_mark.index:
            # A value that is not there is marked where the text before it ends.
            while line and not self.document.lines[line][:column].strip():
                line, column = line - 1, len(self.document.lines[line - 1])
        last, end = self.document.place(self.node.end_mark.index)
        length = end - column if last == line else 1
        self.document.mistake(line, column, max(length, 1), message, expected)

    def text_mistake(self, error: TextError) -> None:
        """Note that the text of this scalar is wrong, pointing into it where it is plain."""
        if isinstance(self.node, ScalarNode) and self.node.style in (None, "'", '"'):
            quotes = 0 if self.node.style is None else 1
            start = self.node.start_mark.index
            width = self.node.end_mark.index - start - 2 * quotes
            if width == len(self.node.value):
                line, column = self.document.place(start + quotes)
                self.document.text_mistake(line, column, error)
                return
        self.mistake(error.message, error.expected)

    def text(self, expected: str = "a value") -> str | None:
        """Return the scalar as it is written, or note that it is none."""
        if isinstance(self.node, ScalarNode):
            text = str(self.node.value)
            if not _SURROGATE.search(text):
                return text
            self.mistake("a lone surrogate", "characters that UTF-8 can write")
            return None
        self.mistake("a list or mapping stands here", expected)
        return None

    def is_mapping(self) -> bool:
        """Tell whether this is a mapping."""
        return isinstance(self.node, MappingNode)

    def items(self, expected: str = "a list") -> "list[YamlValue]":
        """Return the members of a sequence, or note that it is none."""
        if isinstance(self.node, SequenceNode):
            return [YamlValue(self.document, node) for node in self.node.value]
        self.mistake("not a list", expected)
        return []

    def fields(self, expected: str = "a mapping") -> "Iterator[tuple[YamlValue, str, YamlValue]]":
        """Yield the key, its text and the value of each field, each name once."""
        if not isinstance(self.node, MappingNode):
            self.mistake("not a mapping", expected)
            return
        seen: set[str] = set()
        for key_node, value_node in self.node.value:
            key = YamlValue(self.document, key_node)
            name = key.text("a name")
            if name is None:
                continue
            if name in seen:
                key.mistake(f"{name} is there twice", "each name once")
                continue
            seen.add(name)
            yield key, name, YamlValue(self.document, value_node)

    def known_fields(self, names: Iterable[str], expected: str) -> "dict[str, YamlValue]":
        """Return the values of the fields in *names*, noting each field that is none of them."""
        known = tuple(names)
        found = {}
        for key, name, value in self.fields(expected):
            if name in known:
                found[name] = value
            else:
                key.mistake(f"unknown field {name}", "one of " + ", ".join(known))
        return found

    def integer(self, least: int, most: int, expected: str) -> int | None:
        """Return a number from *least* to *most*, or note that it is none."""
        text = self.text(expected)
        if text is None:
            return None
        if _INTEGER.fullmatch(text) and least <= int(text) <= most:
            return int(text)
        self.mistake(f"not a number from {least} to {most}", expected)
        return None


def read_yaml(file: str, data: bytes, most: int = MAX_YAML_BYTES) -> YamlValue:
    """
    Read the nodes of a YAML text.

    Args:
        file: Its name, for messages.
        data: All of it.
        most: The bytes it may have. YAML with positions is read at about 100 kB/s.

    Raises:
        InputError: It is too long, no text, or no YAML.
    """
    if len(data) > most:
        expected = f"at most {most} bytes"
        raise InputError([Mistake(file, 0, 0, 1, "the file is too long", expected)])
    text = decode(file, data)
    document = Document(file, text)
    try:
        node = YAML(typ="safe", pure=True).compose(text)
    except Exception as error:  # noqa: BLE001 - on hostile text not only YAMLError comes out
        raise InputError([_refusal(document, error)]) from None
    if node is None:
        raise InputError([Mistake(file, 0, 0, 1, "the file holds nothing")])
    return YamlValue(document, node)


def _refusal(document: Document, error: Exception) -> Mistake:
    """Turn what the YAML library says into a mistake, with its place where that is known."""
    index: int | None = None
    if isinstance(error, MarkedYAMLError):
        mark = error.problem_mark or error.context_mark
        if mark is not None and not document.lines[document.place(mark.index)[0]].strip():
            # What is never closed is missed on a line that says nothing; show where it begins.
            mark = error.context_mark or mark
        index = None if mark is None else mark.index
        reason = f"{error.problem or ''} {error.context or ''}"
    elif isinstance(error, ReaderError):
        index, reason = error.position, f"the character U+{error.character:04X}"
    elif isinstance(error, RecursionError):
        reason = "nested too deeply"
    else:
        reason = str(error)
    message = "not YAML: " + " ".join(reason.split())
    if index is None:
        return Mistake(document.file, 0, 0, 1, message)
    line, column = document.place(index)
    return Mistake(document.file, line + 1, column + 1, 1, message, "", document.lines[line])
