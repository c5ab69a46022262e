"""
Attributes as files: those of a node, and the directories that their names make.

Source: general knowledge, fs/sysfs/file.c, fs/sysfs/group.c; how entries are made: ours.
"""

import errno
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Generic, TypeAlias, TypeVar

from simulator.errors import MdevError, NoHandlerError
from simulator.mdev import PAGE_SIZE, Mdev, MdevType, Node, Parent, Uevents
from simulator.sysfs.entries import Entry, File
from simulator.sysfs.iommu import IommuGroups
from simulator.sysfs.machine import Machine

__all__ = ["Context", "NodeDirectory"]

AnyNode: TypeAlias = Parent | MdevType | Mdev
N = TypeVar("N", Parent, MdevType, Mdev)


@dataclass(slots=True)
class Context:
    """
    What every directory needs.

    Attributes:
        uevents: Shows and takes the files ``uevent``.
        groups: The IOMMU groups.
        machine: CPUs and nodes.
        before_show: Called before each show with the node and the name of its file.
        before_store: Called before each store in the same way.
        controls: What was written to ``power/control``, by path of the device.
        forget: Called with the path of a file that has gone while its directory stays.
    """

    uevents: Uevents
    groups: IommuGroups
    machine: Machine
    before_show: Callable[[Node, str], None] | None = None
    before_store: Callable[[Node, str], None] | None = None
    controls: dict[str, str] = field(default_factory=dict)
    forget: Callable[[str], object] = str


def _attribute_file(context: Context, node: AnyNode, name: str) -> File:
    """
    Make the file of an attribute.

    An open file outlives its attribute, and answers ENODEV then. A show longer than a page is cut
    as fs/sysfs/file.c sysfs_kf_seq_show() cuts it; a binary attribute is not, and its size is that
    of its driver's table: none (general knowledge).
    """
    is_binary = node.attributes[name].is_binary

    def find() -> Any:  # noqa: ANN401 - an attribute of whatever node it is
        found = node.attributes.get(name)
        if found is None:
            raise MdevError(errno.ENODEV, f"{name} has gone")
        return found

    def read() -> bytes:
        if context.before_show is not None:
            context.before_show(node, name)
        attribute = find()
        if attribute.show is None:
            raise NoHandlerError(f"{name} has no show")
        content = str(attribute.show(node)).encode()
        return content if is_binary else content[: PAGE_SIZE - 1]

    def write(data: bytes) -> None:
        if context.before_store is not None:
            context.before_store(node, name)
        attribute = find()
        if attribute.store is None:
            raise NoHandlerError(f"{name} has no store")
        try:
            attribute.store(node, data)
        except MdevError:
            # A `remove` that is refused has taken itself away all the same.
            if name not in node.attributes and not node.is_gone:
                context.forget(f"{node.path.removeprefix('/sys')}/{name}")
            raise

    mode = node.attributes[name].mode
    return File(mode, read, write, 0, is_seekable=True) if is_binary else File(mode, read, write)


def _attribute_names(node: AnyNode, prefix: str) -> Iterable[str]:
    """List the first parts of all names below *prefix*."""
    names = (name for name in node.attributes if name.startswith(prefix))
    return dict.fromkeys(name[len(prefix) :].partition("/")[0] for name in names)


@dataclass(frozen=True, slots=True)
class _Group:
    """A directory that slashes in the names of attributes make. *prefix* ends in a slash."""

    context: Context
    node: AnyNode
    prefix: str

    def names(self) -> Iterable[str]:
        return _attribute_names(self.node, self.prefix)

    def get(self, name: str) -> Entry | None:
        return _attribute(self.context, self.node, self.prefix + name)


def _attribute(context: Context, node: AnyNode, name: str) -> Entry | None:
    """Find a file, or the directory of a group."""
    if name in node.attributes:
        return _attribute_file(context, node, name)
    prefix = f"{name}/"
    if any(other.startswith(prefix) for other in node.attributes):
        return _Group(context, node, prefix)
    return None


@dataclass(frozen=True, slots=True)
class NodeDirectory(Generic[N]):
    """A directory of a table and of attributes. An entry of the table may be absent: None."""

    context: Context
    node: N
    table: Mapping[str, Callable[[Context, N], Entry | None]]

    def names(self) -> Iterable[str]:
        """List what is there now."""
        for name, make in self.table.items():
            if make(self.context, self.node) is not None:
                yield name
        yield from _attribute_names(self.node, "")

    def get(self, name: str) -> Entry | None:
        """Find one entry."""
        make = self.table.get(name)
        if make is not None:
            return make(self.context, self.node)
        return _attribute(self.context, self.node, name)
