"""Lines and columns of what findings are about, in the texts that people wrote."""

import json
import re
from collections.abc import Callable, Sequence

from ruamel.yaml.nodes import MappingNode, Node, SequenceNode

from simulator.documents import MAX_YAML_BYTES, read_yaml

__all__ = ["Path", "in_description", "in_line", "in_yaml"]

Path = Sequence[str | int]
"""The keys that lead to a value; `simulator.lab.lint.finding.Place` has them."""

_DECODER = json.JSONDecoder()
_BLANKS = re.compile(r"[ \t\r\n]*")


def in_yaml(file: str, text: str) -> Callable[[Path], tuple[int, int]]:
    """
    Read a scheme for its places.

    Returns:
        A function from a path to line and column, from 1. A path that leads to nothing is
        followed as far as it goes.
    """
    root = read_yaml(file, text.encode(), MAX_YAML_BYTES)

    def find(path: Path) -> tuple[int, int]:
        node, key = root.node, root.node
        for step in path:
            found = _step(node, step)
            if found is None:
                break
            key, node = found
        line, column = root.document.place(key.start_mark.index)
        return line + 1, column + 1

    return find


def _step(node: Node, step: str | int) -> tuple[Node, Node] | None:
    """Go to a key and its value; one surface alone may stand without a list."""
    if isinstance(node, SequenceNode) and isinstance(step, int) and step < len(node.value):
        return node.value[step], node.value[step]
    if isinstance(node, MappingNode):
        for key, value in node.value:
            if key.value == step:
                return key, value
        if step == 0:
            return node, node
    return None


def in_description(text: str, path: Path) -> tuple[int, int]:
    """Find a path in a listing or in a text of one line of NDJSON; line and column from 1."""
    if not text.lstrip().startswith("{"):
        return _in_listing(text, path)
    skipped = len(text) - len(text.lstrip())
    start = text.rfind("\n", 0, skipped) + 1
    line = text[start:].split("\n", 1)[0]
    return text.count("\n", 0, skipped) + 1, in_line(line, path)


def _in_listing(text: str, path: Path) -> tuple[int, int]:
    at, name = -1, str(path[-1]) if path else ""
    wanted = int(path[1]) if len(path) > 1 and path[0] == "compatible" else -1
    for number, line in enumerate(text.split("\n"), 1):
        if line.startswith("COMPATIBLE:"):
            at += 1
            if at == wanted and len(path) == 2:
                return number, 1
        elif at == wanted and line.startswith(f"\t{name}="):
            return number, 2
    return 1, 1


def in_line(line: str, path: Path) -> int:
    """Find a path in a line of NDJSON; the column from 1."""
    at = _BLANKS.match(line).end()  # type: ignore[union-attr]
    for step in path:
        found = _member(line, at, step)
        if found is None:
            break
        at = found
    return at + 1


def _member(line: str, at: int, step: str | int) -> int | None:
    """Find the value of a key, or an element, of the JSON value at *at*."""
    is_object = line[at] == "{"
    if not is_object and line[at] != "[":
        return None
    at = _skip(line, at + 1)
    count = 0
    while line[at] not in "}]":
        key: str | int = count
        if is_object:
            name, end = _DECODER.raw_decode(line, at)
            key, at = str(name), _skip(line, _skip(line, end) + 1)
        if key == step:
            return at
        at = _skip(line, _DECODER.raw_decode(line, at)[1])
        at = _skip(line, at + 1) if line[at] == "," else at
        count += 1
    return None


def _skip(line: str, at: int) -> int:
    found = _BLANKS.match(line, at)
    return found.end() if found else at
