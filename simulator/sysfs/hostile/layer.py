"""
The layer itself: directories that stand for those of a tree, and show them as a seed has it.

Source: ours; why each variation is legal says `VARIATIONS`.
"""

import errno
import stat
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import Literal, TypeAlias
from zlib import crc32

from simulator.errors import MdevError
from simulator.mdev import PAGE_SIZE, Mdev, MdevBus, MdevType, Parent
from simulator.sysfs.entries import Directory, Entry, File, Link
from simulator.sysfs.files import NodeDirectory
from simulator.sysfs.hostile import contents
from simulator.sysfs.hostile.others import Others
from simulator.sysfs.hostile.told import Told
from simulator.sysfs.nodes import ParentDirectory

__all__ = ["Layer"]

Role: TypeAlias = Literal["parent", "types", "type", "list", "mdev", "group", "other"]
_BUS = "/bus/mdev/devices"
_OPTIONAL = frozenset({"name", "description"})
_NOT_DRIVERS = frozenset({"create", "uevent", "remove", "power", "devices"})
_NOTHING: Mapping[str, Entry] = MappingProxyType({})
_CORE_SHOWS = (6, 1)
"""The kernel since which the core shows the files of types. Source: mdev_sysfs.c."""


class Layer:
    """
    What a seed makes of a tree. The same seed and the same calls show the same.

    Args:
        told: The seed, and who is told what varies.
        bus: What the tree shows.
        others: Who else uses the machine.
    """

    def __init__(self, told: Told, bus: MdevBus, others: Others) -> None:
        self._bus = bus
        self._told = told
        self._others = others
        self._added: dict[str, Mapping[str, Entry]] = {}

    def over(self, root: Directory) -> Directory:
        """Return what stands for the root of the tree."""
        return _Hostile(self, root, "", "other", None)

    def names(self, here: "_Hostile") -> Iterable[str]:
        """List a directory."""
        with self._others.guest(here.path, self._types(here)):
            names = list(here.inner.names())
        names += [name for name in self.added(here) if name not in names]
        names = [name for name in names if not self._hides(here, name)]
        if self._told.has("order", here.path):
            seed = f"{self._told.hostility.seed}/{here.path}/"
            names.sort(key=lambda name: crc32(f"{seed}{name}".encode()))
        return names

    def get(self, here: "_Hostile", name: str) -> Entry | None:
        """Find an entry of a directory."""
        if self._hides(here, name):
            return None
        found = here.inner.get(name)
        if found is None:
            found = self.added(here).get(name)
        if found is None or isinstance(found, Link):
            return found
        if isinstance(found, File):
            return self._file(here, name, found)
        role, subject = _role(here, name, found)
        return _Hostile(self, found, f"{here.path}/{name}", role, subject)

    def added(self, here: "_Hostile") -> Mapping[str, Entry]:
        """Return what a directory has besides its own."""
        if here.role not in {"parent", "types", "type", "mdev"}:
            return _NOTHING
        # An mdev that is about to go has nothing but what waits.
        if here.role in {"type", "mdev"} and here.inner.get(_MARK[here.role]) is None:
            return _NOTHING
        if here.path not in self._added:
            self._added[here.path] = self._add(here)
        return self._added[here.path]

    def _add(self, here: "_Hostile") -> Mapping[str, Entry]:
        found: dict[str, Entry] = {}
        is_free = here.role != "type" or self._bus.kernel.version < _CORE_SHOWS
        if here.role != "types" and is_free and self._told.has("attributes", here.path):
            found |= contents.added_files(self._told.random("attributes", here.path))
            self._told.tell("attributes", here.path, f"has {', '.join(found)}")
        if here.role == "type" and self._told.has("description", f"{here.path}/description"):
            # What it says comes when it is read, as for those that are there.
            found["description"] = File(0o444, bytes)
        if here.role == "types" and self._told.has("types", here.path):
            found |= self._more_types(here)
        return found

    def _more_types(self, here: "_Hostile") -> dict[str, Entry]:
        first = next(iter(here.inner.names()), None)
        if first is None or not isinstance(here.subject, Parent):
            return {}
        random = self._told.random("types", here.path)
        api = next(iter(here.subject.types.values())).device_api
        prefix = f"{first.partition('-')[0]}-"
        count = contents.n_types(random)
        self._told.tell("types", here.path, f"has {count} more")
        return dict(contents.added_type(random, prefix, self._bus, api) for _ in range(count))

    def _types(self, here: "_Hostile") -> list[MdevType]:
        """Return the types of which a guest may show in a listing."""
        if here.role == "parent" and isinstance(here.subject, Parent):
            return list(here.subject.types.values())
        if here.role == "list" and isinstance(here.subject, MdevType):
            return [here.subject]
        if here.path == _BUS:
            return [one for parent in self._bus.parents.values() for one in parent.types.values()]
        return []

    def _hides(self, here: "_Hostile", name: str) -> bool:
        if (
            here.role != "type"
            or name not in _OPTIONAL
            or not self._told.has("optional", here.path)
        ):
            return False
        is_hidden = self._told.random("optional", here.path, name).random() < 1 / 2
        if is_hidden:
            self._told.tell("optional", f"{here.path}/{name}", "is missing")
        return is_hidden

    def _file(self, here: "_Hostile", name: str, file: File) -> File:
        """Vary a file of a driver."""
        is_drivers = here.role in {"type", "mdev", "group"} and name not in _NOT_DRIVERS
        if file.read is None or not is_drivers or file.is_seekable:
            return file
        path = f"{here.path}/{name}"
        of_core = here.role == "type" and name != "description"
        is_free = not of_core or self._bus.kernel.version < _CORE_SHOWS
        read = file.read

        def changed() -> bytes:
            if isinstance(here.subject, Mdev) and here.subject.is_gone:
                raise MdevError(errno.ENODEV, f"{path} has gone")
            content = read()
            if name == "available_instances" and self._told.has("instances", path):
                content = self._fewer(path, content)
            if here.role == "type" and name == "name" and self._told.has("name", path):
                content = contents.long_name(self._told.random("name", path))
                self._told.tell("name", path, f"has {len(content)} bytes")
            if here.role == "type" and name == "description" and self._told.has(name, path):
                content = contents.long_text(self._told.random(name, path))
                self._told.tell(name, path, f"has {len(content)} bytes")
            if is_free and self._told.has("newline", path):
                content = contents.ended(self._told.random("newline", path), content)
                self._told.tell("newline", path, f"ends in {content[-2:]!r}")
            return content[: PAGE_SIZE - 1]

        if self._told.has("short", path):
            file = contents.short(self._told.random("short", path), file)
            self._told.tell("short", path, f"gives {file.at_once} bytes at once")
        return replace(file, read=changed)

    def _fewer(self, path: str, content: bytes) -> bytes:
        number = self._told.count("instances", path)
        changed = contents.fewer(self._told.random("instances", path, number), content)
        if changed != content:
            self._told.tell("instances", path, f"is {int(changed)} at read {number}")
        return changed


@dataclass(frozen=True, slots=True)
class _Hostile:
    """A directory of the layer. *role* says which, and *subject* of what."""

    layer: Layer
    inner: Directory
    path: str
    role: Role
    subject: Parent | MdevType | Mdev | None

    def names(self) -> Iterable[str]:
        return self.layer.names(self)

    def kind(self, _name: str) -> int | None:
        """Say what an entry is that may have gone since it was listed."""
        return stat.S_IFLNK if self.role == "list" else None

    def get(self, name: str) -> Entry | None:
        return self.layer.get(self, name)


_MARK: Mapping[str, str] = MappingProxyType({"type": "create", "mdev": "uevent"})
"""What a directory has as long as it is whole."""


def _role(
    here: _Hostile, name: str, found: Directory
) -> tuple[Role, Parent | MdevType | Mdev | None]:
    """Say what a directory below another is."""
    if isinstance(found, ParentDirectory):
        return "parent", found.parent
    if isinstance(found, NodeDirectory) and isinstance(found.node, MdevType | Mdev):
        return ("mdev" if isinstance(found.node, Mdev) else "type"), found.node
    if here.role == "parent" and name == "mdev_supported_types":
        return "types", here.subject
    if here.role == "types":
        return "type", None
    if f"{here.path}/{name}" == _BUS:
        return "list", None
    if here.role == "type" and name == "devices":
        return "list", here.subject
    if here.role == "mdev" and name not in _NOT_DRIVERS:
        return "group", here.subject
    return "other", None
