"""
Attributes: the files of a directory, and the tables of those that the core itself provides.

The whole sysfs interface of the mdev core is read from `TYPE_ATTRIBUTES` and `MDEV_ATTRIBUTES`,
as it is in mdev_sysfs.c. Vendor drivers and schemes add more of the same kind. A slash in a name
makes a sub-directory, as a named attribute group does: ``intel_vgpu/vgpu_id``.
"""

import errno
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING, ClassVar, Generic, Self, TypeVar

from simulator.errors import MdevError, NoHandlerError
from simulator.mdev.parse import parse_ulong

if TYPE_CHECKING:  # they import this module
    from simulator.mdev.device import Mdev
    from simulator.mdev.parent import MdevType

__all__ = ["MDEV_ATTRIBUTES", "PAGE_SIZE", "TYPE_ATTRIBUTES", "Attribute", "Node"]

PAGE_SIZE = 4096
"""Bytes of one write that reach a store. Source: fs/kernfs/file.c kernfs_fop_write_iter()."""

T_contra = TypeVar("T_contra", contravariant=True)


@dataclass(frozen=True, slots=True)
class Attribute(Generic[T_contra]):
    """
    One file of a directory.

    Attributes:
        name: Its path below the directory of its owner, such as ``vendor/resolution``.
        mode: 0o444, 0o200 or 0o644.
        show: Gives the whole content, with its newline.
        store: Takes the bytes of one write, or raises `MdevError`.
        is_visible: Whether the owner has this file at all; ``None`` means always.
        is_binary: It is a ``bin_attribute``: longer than a page if need be, of no size, and read
            anew at each offset.
    """

    name: str
    mode: int
    show: Callable[[T_contra], str] | None = None
    store: Callable[[T_contra, bytes], None] | None = None
    is_visible: Callable[[T_contra], bool] | None = None
    is_binary: bool = False


class Node:
    """
    A directory of attributes: a parent, a type or an mdev.

    `show` and `store` stand for open, one read or write, and close. A file system, which opens
    first, asks `check_open` when a file is opened and `show` or `store` afterwards.

    Attributes:
        reserved: Names in the directory that are no attributes of this table.
    """

    reserved: ClassVar[frozenset[str]] = frozenset()

    def __init__(self, table: Iterable[Attribute[Self]]) -> None:
        self._attributes: dict[str, Attribute[Self]] = {}
        self._has_files = True
        self._is_gone = False
        for attribute in table:
            if attribute.is_visible is None or attribute.is_visible(self):
                self.add_attribute(attribute)

    @property
    def attributes(self) -> Mapping[str, Attribute[Self]]:
        """The files that are there now, by name, in the order in which they were added."""
        return MappingProxyType(self._attributes)

    @property
    def is_gone(self) -> bool:
        """Whether the directory has left the tree. It does not come back."""
        return self._is_gone

    def add_attribute(self, attribute: Attribute[Self]) -> None:
        """
        Add a file at run time, as device_add_groups() does.

        Raises:
            ValueError: The name is taken, is no relative path, or needs a file as a directory.
            MdevError: ENODEV. The directory has lost its files.
        """
        name = attribute.name
        if not self._has_files:
            raise MdevError(errno.ENODEV, f"{name}: the directory is gone")
        parts = name.split("/")
        if not all(part.strip(".") for part in parts):
            raise ValueError(f"{name!r} is not a path below a directory")
        if parts[0] in self.reserved:
            raise ValueError(f"{parts[0]} is not free for an attribute")
        for other in self._attributes:
            if name == other or name.startswith(f"{other}/") or other.startswith(f"{name}/"):
                raise ValueError(f"{name} collides with {other}")
        self._attributes[name] = attribute

    def remove_file_self(self, name: str) -> None:
        """
        Take one file away before its own store ends, so that the first writer is the only one.

        A later open gets ENOENT. Source: fs/sysfs/file.c sysfs_remove_file_self().
        """
        del self._attributes[name]

    def check_open(self, name: str, *, writing: bool) -> Attribute[Self]:
        """
        Open a file for reading, or for writing.

        Raises:
            MdevError: ENOENT, no such file; EACCES, its mode forbids this, also to root.

        Source: general knowledge; fs/kernfs/file.c kernfs_fop_open().
        """
        attribute = self._attributes.get(name)
        if attribute is None:
            raise MdevError(errno.ENOENT, f"no attribute {name}")
        if not attribute.mode & (0o222 if writing else 0o444):
            raise MdevError(errno.EACCES, f"{name} has mode {attribute.mode:04o}")
        return attribute

    def show(self, name: str) -> str:
        """
        Read a file as a whole.

        Raises:
            NoHandlerError: EIO. The attribute has no show.
            MdevError: ENODEV when the directory is gone; what `check_open` or the show raises.

        Source: mdev_sysfs.c mdev_type_attr_show(); ENODEV: general knowledge, kernfs_get_active().
        """
        attribute = self._checked(name, writing=False)
        if attribute.show is None:
            raise NoHandlerError(f"{name} has no show")
        return attribute.show(self)

    def store(self, name: str, data: bytes) -> int:
        """
        Write to a file once. An empty write calls nothing; what exceeds a page is not taken.

        Returns:
            The bytes taken.

        Raises:
            NoHandlerError: EIO. The attribute has no store.
            MdevError: ENODEV when the directory is gone; what `check_open` or the store raises.
            WouldBlockError: The writer has to sleep.

        Source: mdev_sysfs.c mdev_type_attr_store(); empty write: general knowledge, fs/kernfs.
        """
        attribute = self._checked(name, writing=True)
        if not data:
            return 0
        if attribute.store is None:
            raise NoHandlerError(f"{name} has no store")
        taken = data[:PAGE_SIZE]
        attribute.store(self, taken)
        return len(taken)

    def _checked(self, name: str, *, writing: bool) -> Attribute[Self]:
        if not self._has_files:
            raise MdevError(errno.ENODEV, f"{name}: the directory is gone")
        return self.check_open(name, writing=writing)

    def _drop_files(self) -> None:
        """Take all files away. An open gets ENOENT, a read or write of an open file ENODEV."""
        self._attributes.clear()
        self._has_files = False


def _create(mdev_type: "MdevType", data: bytes) -> None:
    mdev_type.create(data)


def _description(mdev_type: "MdevType") -> str:
    show = mdev_type.parent.driver.show_description
    return show(mdev_type) if show else ""


def _has_description(mdev_type: "MdevType") -> bool:
    return mdev_type.parent.driver.show_description is not None


def _is_named(mdev_type: "MdevType") -> bool:
    is_named = mdev_type.parent.driver.is_named
    return is_named is None or is_named(mdev_type)


def _remove(mdev: "Mdev", data: bytes) -> None:
    """Remove on any number but 0. Source: mdev_sysfs.c remove_store()."""
    try:
        wanted = parse_ulong(data)
    except MdevError as error:
        # remove_store() answers EINVAL to every failure of kstrtoul(), ERANGE included.
        raise MdevError(errno.EINVAL, f"remove: {error.reason}") from None
    if wanted:
        remove = mdev.attributes["remove"]
        mdev.remove_file_self("remove")
        try:
            mdev.remove()
        except MdevError:
            # device_create_file(), until 5.1.
            if mdev.parent.bus.kernel.in_use == "refused" and not mdev.is_gone:
                mdev.add_attribute(remove)
            raise


TYPE_ATTRIBUTES: tuple[Attribute["MdevType"], ...] = (
    Attribute("create", 0o200, store=_create),
    Attribute("device_api", 0o444, lambda mdev_type: f"{mdev_type.device_api}\n"),
    Attribute("name", 0o444, lambda mdev_type: f"{mdev_type.pretty_name}\n", is_visible=_is_named),
    Attribute("available_instances", 0o444, lambda mdev_type: f"{mdev_type.available_instances}\n"),
    Attribute("description", 0o444, _description, is_visible=_has_description),
)
"""The files of ``mdev_supported_types/<type-id>``. Source: mdev_sysfs.c mdev_types_core_attrs."""

MDEV_ATTRIBUTES: tuple[Attribute["Mdev"], ...] = (Attribute("remove", 0o200, store=_remove),)
"""The files of an mdev. Source: mdev_sysfs.c mdev_device_attrs."""
