"""
Fleets under schemes that derive objects: the matcher reads only what is written.

Source: ours.
"""

import re
from collections.abc import Iterable, Iterator

from simulator.compat.derive import complete
from simulator.compat.ndjson import parse_line
from simulator.compat.scheme import Scheme
from simulator.errors import InputError

__all__ = ["with_objects"]

_NAMED = re.compile(rb'\{"name":"(?:[^"\\]|\\.)*",')


def with_objects(scheme: Scheme, chunks: Iterable[bytes]) -> Iterator[bytes]:
    """
    Write the derived objects into the lines that have none.

    Args:
        scheme: The scheme; what it does not derive passes unchanged.
        chunks: NDJSON in pieces of any size.

    Yields:
        The same lines. One with a mistake stays as it is, so that it can be shown.
    """
    if not scheme.accepts:
        yield from chunks
        return
    known: dict[bytes, bytes] = {}
    rest = b""
    for chunk in chunks:
        *lines, rest = (rest + chunk).split(b"\n")
        if lines:
            yield b"".join(_completed(scheme, line, known) + b"\n" for line in lines)
    if rest:
        yield _completed(scheme, rest, known)


def _completed(scheme: Scheme, line: bytes, known: dict[bytes, bytes]) -> bytes:
    found = _NAMED.match(line)
    start, body = (found[0], b"{" + line[found.end() :]) if found else (b"{", line)
    if body not in known:
        known[body] = _complete_line(scheme, body)
    return start + known[body][1:] if known[body][:1] == b"{" else line


def _complete_line(scheme: Scheme, body: bytes) -> bytes:
    """Return a line with objects, or nothing for one that is not to be changed."""
    try:
        description = parse_line(body.decode(), scheme)
    except (InputError, UnicodeDecodeError):
        return b""
    if description.objects is not None:
        return b""
    return complete(scheme, description).to_line().encode()
