"""
What a tree is made of: directories, files and links, found by name.

Source: ours.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Generic, Protocol, TypeAlias, TypeVar

from simulator.mdev import PAGE_SIZE

__all__ = ["Directory", "Entry", "File", "FixedDirectory", "Link", "MappedDirectory", "relative"]

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Link:
    """
    A symbolic link.

    Attributes:
        target: Relative to the directory of the link, as in sysfs.
    """

    target: str


@dataclass(frozen=True, slots=True)
class File:
    """
    A file.

    Attributes:
        mode: 0o444, 0o200 or 0o644; checked when it is opened, also for root.
        read: Gives the whole content, or raises `MdevError`.
        write: Takes the bytes of one write, a page at most, or raises `MdevError` or
            `WouldBlockError`.
        size: What stat says, whatever the content.
        is_seekable: Each read asks anew at its offset and gives a page at most, as it does for
            binary attributes; else the content is kept from the first read on.
        at_once: The bytes that one read gives at most; None is as many as are asked for.
    """

    mode: int
    read: Callable[[], bytes] | None = None
    write: Callable[[bytes], object] | None = None
    size: int = PAGE_SIZE
    is_seekable: bool = False
    at_once: int | None = None


class Directory(Protocol):
    """A directory, which need not hold its entries: it makes them when asked."""

    def names(self) -> Iterable[str]:
        """List what is there now."""

    def get(self, name: str) -> "Entry | None":
        """Find one entry, in a time that does not depend on how many there are."""


Entry: TypeAlias = Directory | File | Link


@dataclass(frozen=True, slots=True)
class FixedDirectory:
    """A directory whose entries are known beforehand."""

    entries: Mapping[str, Entry] = field(default_factory=lambda: MappingProxyType({}))

    def names(self) -> Iterable[str]:
        """List what is there."""
        return self.entries

    def get(self, name: str) -> Entry | None:
        """Find one entry."""
        return self.entries.get(name)


@dataclass(frozen=True, slots=True)
class MappedDirectory(Generic[T]):
    """
    A directory with one entry for each thing in a mapping that may change.

    Attributes:
        things: By name, in the order of the listing.
        make: Gives the entry of one.
    """

    things: Mapping[str, T]
    make: Callable[[T], Entry]

    def names(self) -> Iterable[str]:
        """List what is there now."""
        return self.things

    def get(self, name: str) -> Entry | None:
        """Find one entry."""
        thing = self.things.get(name)
        return None if thing is None else self.make(thing)


def relative(directory: str, target: str) -> str:
    """Return what a link in *directory* says of *target*, both paths of the tree: via the root."""
    return "../" * directory.count("/") + target[1:]
