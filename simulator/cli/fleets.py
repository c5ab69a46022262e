"""Fleet files, in the forms that every verb takes: NDJSON, saved, Parquet and Arrow."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from io import BytesIO
from itertools import chain
from typing import BinaryIO

from simulator.cli.inputs import open_binary, shown_name
from simulator.cli.output import progress
from simulator.compat.scheme import Scheme
from simulator.errors import InputError, Mistake
from simulator.fleet.fleet import Fleet
from simulator.fleet.parquet import ARROW_MAGIC, PARQUET_MAGIC, extend_from_file
from simulator.fleet.plain import PlainFleet
from simulator.fleet.saved import SAVED_MAGIC
from simulator.sysfs.missing import MissingError

__all__ = ["chunks_of", "is_text", "load_fleet", "with_extra"]

_CHUNK = 1 << 20
_TABLES = (PARQUET_MAGIC, ARROW_MAGIC)


def is_text(start: bytes) -> bool:
    """Tell NDJSON from the other forms, by the first bytes of a file."""
    return not start.startswith((SAVED_MAGIC, *_TABLES))


def load_fleet(path: str, fleet: Fleet | PlainFleet, *also: Scheme) -> None:
    """
    Read a fleet file into an empty *fleet*, with progress on a terminal.

    Args:
        path: The file.
        fleet: The fleet.
        also: Other schemes, under which a fleet may have been saved.

    Raises:
        InputError: With the mistakes of the file; the fleet is as it was.
        MissingError: The extra that reads the file is not installed.
    """
    name = shown_name(path)
    with open_binary(path) as stream:
        total = stream.seek(0, 2) if stream.seekable() else None
        if total is not None:
            stream.seek(0)
        first = stream.read(_CHUNK)
        if first.startswith(SAVED_MAGIC) and not also:
            fleet.restore(name, first + stream.read())
        elif first.startswith(_TABLES) and isinstance(fleet, Fleet):
            _extend(fleet, name, first, stream)
        else:
            chunks = _lines(name, first, stream, also or (fleet.scheme,))
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
        schemes: Where it is no text, one of these is that of its devices.

    Raises:
        InputError: It is no text, and damaged or of another scheme.
        MissingError: The extra that reads the file is not installed.
    """
    return _lines(name, stream.read(_CHUNK), stream, schemes)


@contextmanager
def with_extra() -> Iterator[None]:
    """
    Tell which extra is needed.

    Raises:
        MissingError: It is not installed.
    """
    try:
        yield
    except ImportError as error:
        piece, _, remedy = str(error).partition("; ")
        raise MissingError(piece, remedy) from None


def _extend(fleet: Fleet, name: str, first: bytes, stream: BinaryIO) -> None:
    if stream.seekable():
        stream.seek(0)
    else:
        stream = BytesIO(first + stream.read())
    with with_extra(), progress("loading", None, is_bytes=False) as show:
        extend_from_file(fleet, name, stream, show)


def _lines(name: str, first: bytes, stream: BinaryIO, schemes: Sequence[Scheme]) -> Iterable[bytes]:
    if first.startswith(SAVED_MAGIC):
        data = first + stream.read()
        return _first(schemes, lambda scheme: Fleet.load(data, scheme, name=name)).lines()
    if first.startswith(_TABLES):

        def read(scheme: Scheme) -> Fleet:
            fleet = Fleet(scheme)
            _extend(fleet, name, first, stream)
            return fleet

        return _first(schemes, read).lines()
    return chain([first] if first else [], iter(lambda: stream.read(_CHUNK), b""))


def _first(schemes: Sequence[Scheme], load: Callable[[Scheme], Fleet]) -> Fleet:
    """Load under the first scheme that suits."""
    *others, last = schemes
    for scheme in others:
        try:
            return load(scheme)
        except InputError:
            continue
    return load(last)
