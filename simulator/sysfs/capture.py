"""
Reads the mdev tree of a machine: parents, types, mdevs and their files, as they are.

The root may be ``/sys``, a snapshot of one, or a simulated one. Nothing is ever opened for
writing. Links lead nowhere outside of the root.
"""

import errno
import os
import re
import stat
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from simulator.errors import InputError, Mistake
from simulator.mdev import Mdev, PciFunction, parse_uuid
from simulator.sysfs.snapshot import read_file
from simulator.values import PciId

__all__ = ["CapturedFile", "CapturedMdev", "CapturedParent", "CapturedType", "read_tree"]

_MOST_FOLDERS = 3
"""How deep the files of an mdev or a type may lie. Ours: attribute groups make one folder."""

_CORE = frozenset({"create", "device_api", "name", "available_instances", "description", "devices"})
_OF_MDEVS = Mdev.reserved | {"remove"}


@dataclass(frozen=True, slots=True)
class CapturedFile:
    """A file that is not the core's: its mode, and its text if it could be read."""

    mode: int
    text: str = ""


@dataclass(frozen=True, slots=True)
class CapturedType:
    """A type: the texts of the core's files as they are, None for one that is not there."""

    type_id: str
    device_api: str
    available_instances: int
    name: str | None
    description: str | None
    files: Mapping[str, CapturedFile]

    @property
    def shown(self) -> dict[str, str]:
        """What its files show, by name."""
        texts = {
            "device_api": self.device_api,
            "available_instances": f"{self.available_instances}\n",
            "name": self.name,
            "description": self.description,
        }
        found = {name: text for name, text in texts.items() if text is not None}
        return found | {name: one.text for name, one in self.files.items() if one.mode & 0o444}


@dataclass(frozen=True, slots=True)
class CapturedMdev:
    """An mdev, with the driver that it is bound to."""

    uuid: str
    type_id: str
    driver: str | None
    files: Mapping[str, CapturedFile]


@dataclass(frozen=True, slots=True)
class CapturedParent:
    """
    A parent.

    Attributes:
        path: Its directory, as it is called below ``/sys``.
        driver: What it is bound to, if anything.
        subsystem: Its bus or class, if it says any.
        pci: What it is on the PCI bus, if it is there.
        numa_node: The node of its memory, if it says any.
        iommu_group: The number of its IOMMU group, if it is in one.
        types: By type id, in the order of their numbers and letters.
        mdevs: By UUID, likewise.
    """

    path: str
    driver: str | None
    subsystem: str | None
    pci: PciFunction | None
    numa_node: int | None
    iommu_group: int | None
    types: tuple[CapturedType, ...]
    mdevs: tuple[CapturedMdev, ...]


def read_tree(root: Path) -> tuple[tuple[CapturedParent, ...], tuple[str, ...]]:
    """
    Read the mdev tree below *root*, which is a ``/sys`` or holds one as ``sys``.

    Returns:
        The parents by name, and the names of all mdev drivers.

    Raises:
        InputError: A file of a parent or type does not hold what it has to.
        OSError: The root is no directory, or a file cannot be read.
    """
    real = root.resolve(strict=True)
    if not real.is_dir():
        raise NotADirectoryError(errno.ENOTDIR, os.strerror(errno.ENOTDIR), str(root))
    if not (real / "class").is_dir() and (real / "sys").is_dir():
        real /= "sys"
    parents = tuple(_parent(real, link) for link in _entries(real / "class/mdev_bus"))
    drivers = tuple(driver.name for driver in _entries(real / "bus/mdev/drivers"))
    return parents, drivers


def _entries(folder: Path) -> list[Path]:
    """List a directory in the order in which people count; nothing if it is not there."""
    if not folder.is_dir():
        return []
    return sorted(folder.iterdir(), key=lambda path: _counted(path.name))


def _counted(name: str) -> list[tuple[int, str]]:
    """Make a key by which ``x-10`` comes after ``x-9``."""
    return [(len(part) if part.isdigit() else 0, part) for part in re.split(r"(\d+)", name)]


def _parent(root: Path, link: Path) -> CapturedParent:
    folder = _followed(root, link)
    types = folder / "mdev_supported_types"
    pci_files = [_text(folder / name) for name in ("vendor", "device")]
    node = (_text(folder / "numa_node") or "-1").strip()
    group = _link_name(folder / "iommu_group")
    mdevs = (entry for entry in _entries(folder) if _is_uuid(entry.name))
    return CapturedParent(
        path="/sys/" + folder.relative_to(root).as_posix(),
        driver=_link_name(folder / "driver"),
        subsystem=_link_name(folder / "subsystem"),
        pci=_pci(folder) if None not in pci_files else None,
        numa_node=int(node) if node.isdecimal() else None,
        iommu_group=int(group) if group is not None and group.isdecimal() else None,
        types=tuple(_type(entry) for entry in _entries(types) if entry.is_dir()),
        mdevs=tuple(_mdev(entry) for entry in mdevs if (entry / "mdev_type").is_symlink()),
    )


def _followed(root: Path, link: Path) -> Path:
    """Follow the link of a parent to its directory, within the root."""
    if not link.is_symlink():
        raise _refused(link, "not a link", "a tree whose links are kept")
    target = link.readlink()
    if target.is_relative_to("/sys"):
        target = root / target.relative_to("/sys")
    folder = (link.parent / target).resolve()
    if not folder.is_relative_to(root / "devices") or not folder.is_dir():
        raise _refused(link, f"{target} is no directory below {root}/devices", "a whole tree")
    return folder


def _refused(path: Path, message: str, expected: str = "") -> InputError:
    return InputError([Mistake(str(path), 0, 0, 1, message, expected)])


def _text(path: Path) -> str | None:
    """Read a file, or None if there is none: links are not followed."""
    try:
        if not stat.S_ISREG(path.lstat().st_mode):
            return None
        return read_file(path).decode(errors="backslashreplace")
    except FileNotFoundError:
        return None


def _needed(path: Path) -> str:
    text = _text(path)
    if text is None:
        raise _refused(path, "there is no such file", "a file of every type")
    return text


def _link_name(path: Path) -> str | None:
    return path.readlink().name if path.is_symlink() else None


def _is_uuid(name: str) -> bool:
    try:
        return parse_uuid(os.fsencode(name)) == name
    except OSError:
        return False


def _hex(path: Path) -> int:
    text = (_text(path) or "0x0").strip()
    if not re.fullmatch(r"0x[0-9a-f]{1,8}", text):
        raise _refused(path, f"{text!r} is no number", "0x and hex digits")
    return int(text, 16)


def _pci(folder: Path) -> PciFunction | None:
    """Source: general knowledge, drivers/pci/pci-sysfs.c: every file is ``0x`` and hex digits."""
    vendor, device, class_code, revision, board_vendor, board = (
        _hex(folder / name)
        for name in (
            *("vendor", "device", "class", "revision"),
            *("subsystem_vendor", "subsystem_device"),
        )
    )
    subsystem = PciId(board_vendor, board) if board_vendor or board else None
    return PciFunction(PciId(vendor, device), class_code, revision, subsystem)


def _type(folder: Path) -> CapturedType:
    number = _needed(folder / "available_instances").strip()
    if not re.fullmatch("[0-9]{1,18}", number):
        message = f"{number!r} is no number of instances"
        raise _refused(folder / "available_instances", message, "decimal digits")
    return CapturedType(
        folder.name,
        _needed(folder / "device_api"),
        int(number),
        _text(folder / "name"),
        _text(folder / "description"),
        dict(_files(folder, _CORE)),
    )


def _mdev(folder: Path) -> CapturedMdev:
    type_id = _link_name(folder / "mdev_type") or ""
    driver = _link_name(folder / "driver")
    return CapturedMdev(folder.name, type_id, driver, dict(_files(folder, _OF_MDEVS)))


def _files(
    folder: Path, skipped: frozenset[str], depth: int = _MOST_FOLDERS
) -> Iterator[tuple[str, CapturedFile]]:
    """Find the vendor's files, the same in every run."""
    for entry in _entries(folder):
        mode = entry.lstat().st_mode
        if entry.name in skipped:
            continue
        if stat.S_ISDIR(mode) and depth:
            for name, file in _files(entry, frozenset({"uevent"}), depth - 1):
                yield f"{entry.name}/{name}", file
        elif stat.S_ISREG(mode) and entry.name != "uevent":
            yield entry.name, _file(entry, mode)


def _file(path: Path, mode: int) -> CapturedFile:
    kind = (0o444 if mode & 0o444 else 0) | (0o200 if mode & 0o222 else 0)
    try:
        text = _text(path) if kind & 0o444 else None
    except OSError:
        # A show may refuse; what it would have said is not known.
        text = None
    return CapturedFile(kind, text or "")
