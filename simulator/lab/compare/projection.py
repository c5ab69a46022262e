"""
One fleet file seen by several schemes: what each knows of a device, by class.

A million lines hold a few thousand texts. The matcher finds them, under a scheme of all attributes;
where schemes take one attribute for different kinds, they are found as bytes.

Source: ours.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace

from simulator.compat.description import Description
from simulator.compat.loader import MAX_ATTRIBUTES
from simulator.compat.ndjson import Kinds
from simulator.compat.scheme import Attribute, Scheme
from simulator.errors import InputError, Mistake
from simulator.fleet.fleet import Fleet
from simulator.lab.compare.lines import LineReader
from simulator.lab.compare.texts import Texts

__all__ = ["Projection", "project"]


@dataclass(frozen=True, slots=True)
class Projection:
    """
    The classes of a fleet, as each of several schemes sees them.

    Devices are of one class when no scheme can tell them apart by their texts.

    Attributes:
        schemes: Who looks.
        own: For each scheme the descriptions that it can tell apart.
        places: For each scheme, which of *own* every class is.
        devices: How many devices each class has.
        names: What the first device of each class is called.
    """

    schemes: tuple[Scheme, ...]
    own: tuple[tuple[Description, ...], ...]
    places: tuple[tuple[int, ...], ...]
    devices: tuple[int, ...]
    names: tuple[str | None, ...]

    def __len__(self) -> int:
        return len(self.devices)

    def seen(self, scheme: int, one: int) -> Description:
        """Return what a scheme sees of a class, by their places."""
        found = self.own[scheme][self.places[scheme][one]]
        return replace(found, name=self.names[one])


def project(
    file: str,
    chunks: Iterable[bytes],
    schemes: Sequence[Scheme],
    progress: Callable[[int], None] | None = None,
    again: Callable[[], Iterable[bytes]] | None = None,
) -> Projection:
    """
    Read NDJSON that carries the attributes of several schemes.

    Args:
        file: The name of the text, for messages.
        chunks: Its bytes, in pieces of any size.
        schemes: What may occur: an attribute that none of them knows is a mistake.
        progress: Called with the bytes read so far.
        again: Gives the same bytes once more. With it, attributes of several kinds are read
            faster, and only a text that the matcher refuses is read in the careful way.

    Raises:
        InputError: With the mistakes of the first `MAX_MISTAKES` bad lines.
    """
    reader = LineReader(file, schemes)
    union = _union(reader.kinds, schemes)
    is_sure = all(len(kinds) == 1 for kinds in reader.kinds.values())
    if union is None or not (is_sure or again):
        _read_texts(file, chunks, reader, progress)
    else:
        try:
            _read_by_matcher(file, chunks, union, reader, progress)
        except InputError:
            if is_sure or again is None:
                raise
            reader = LineReader(file, schemes)
            _read_texts(file, again(), reader, progress)
    reader.check()
    if not reader.devices:
        raise InputError([Mistake(file, 0, 0, 1, "the file holds no description")])
    return Projection(
        tuple(schemes), reader.own, reader.places, tuple(reader.devices), tuple(reader.names)
    )


def _union(kinds: Kinds, schemes: Sequence[Scheme]) -> Scheme | None:
    """
    Return a scheme under which the matcher reads what any of *schemes* does, if there is one.

    What is a string in JSON is a string for the matcher where the kinds differ.
    """
    attributes = {}
    for name, found in kinds.items():
        if len(found) > 1 and found & {"int", "ratio"}:
            return None
        attributes[name] = Attribute(name, next(iter(found)) if len(found) == 1 else "string")
    if len(attributes) > MAX_ATTRIBUTES:
        return None
    return Scheme("", attributes, has_objects=any(scheme.has_objects for scheme in schemes))


def _read_by_matcher(
    file: str,
    chunks: Iterable[bytes],
    union: Scheme,
    reader: LineReader,
    progress: Callable[[int], None] | None,
) -> None:
    fleet = Fleet(union)
    fleet.extend(file, chunks, progress)
    for row, devices in fleet.classes():
        reader.read(-1, fleet.line(row), devices)
    reader.check()


def _read_texts(
    file: str,
    chunks: Iterable[bytes],
    reader: LineReader,
    progress: Callable[[int], None] | None,
) -> None:
    """Read what schemes take for different kinds, so that the matcher could not."""
    texts = Texts()
    for chunk in chunks:
        texts.feed(chunk)
        if progress is not None:
            progress(texts.bytes)
    texts.finish()
    if not texts.bytes:
        raise InputError([Mistake(file, 0, 0, 1, "the file is empty")])
    for text, devices in texts.devices.items():
        reader.read(*texts.first[text], devices)
