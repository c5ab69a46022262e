"""Fleet files, in the forms that every verb takes: NDJSON and saved."""

from collections.abc import Iterable, Iterator, Sequence
from itertools import chain
from typing import BinaryIO

from simulator.cli.inputs import open_binary, shown_name
from simulator.cli.output import progress
from simulator.compat.scheme import Scheme
from simulator.errors import InputError, Mistake
from simulator.fleet.fleet import Fleet
from simulator.fleet.plain import PlainFleet
from simulator.fleet.saved import SAVED_MAGIC

__all__ = ["chunks_of", "load_fleet"]

_CHUNK = 1 << 22


def load_fleet(path: str, fleet: Fleet | PlainFleet, *also: Scheme) -> None:
    """
    Read a fleet file into an empty *fleet*, with progress on a terminal.

    Args:
        path: The file.
        fleet: The fleet.
        also: Other schemes under which a fleet may have been saved; it comes in as its lines.

    Raises:
        InputError: With the mistakes of the file; the fleet is as it was.
    """
    name = shown_name(path)
    with open_binary(path) as stream:
        total = stream.seek(0, 2) if stream.seekable() else None
        if total is not None:
            stream.seek(0)
        first = stream.read(_CHUNK)
        if first.startswith(SAVED_MAGIC) and not also:
            fleet.restore(name, first + stream.read())
        else:
            chunks = _lines(name, first, stream, also)
            with progress("loading", total, is_bytes=isinstance(fleet, Fleet)) as show:
                fleet.extend(name, chunks, show)
    if not len(fleet):
        raise InputError([Mistake(name, 0, 0, 1, "the file holds no description")])


def chunks_of(name: str, stream: BinaryIO, schemes: Sequence[Scheme]) -> Iterable[bytes]:
    """
    Return a fleet file as NDJSON, in pieces.

    Args:
        name: The name of the file, for messages.
        stream: The file.
        schemes: One of these a saved fleet was saved under.

    Raises:
        InputError: It is a saved fleet, and damaged or of another scheme.
    """
    return _lines(name, stream.read(_CHUNK), stream, schemes)


def _lines(name: str, first: bytes, stream: BinaryIO, schemes: Sequence[Scheme]) -> Iterable[bytes]:
    if not first.startswith(SAVED_MAGIC):
        return chain([first] if first else [], iter(lambda: stream.read(_CHUNK), b""))
    return _saved_lines(name, first + stream.read(), schemes)


def _saved_lines(name: str, data: bytes, schemes: Sequence[Scheme]) -> Iterator[bytes]:
    *others, last = schemes
    for scheme in others:
        try:
            return Fleet.load(data, scheme, name=name).lines()
        except InputError:
            continue
    return Fleet.load(data, last, name=name).lines()
