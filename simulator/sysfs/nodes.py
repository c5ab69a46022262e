"""The directories of parents, types and mdevs: what the driver core adds to their attributes."""

import errno
from collections.abc import Callable, Iterable, Mapping
from functools import partial
from types import MappingProxyType
from typing import NoReturn

from simulator.errors import MdevError
from simulator.mdev import Mdev, MdevType, Parent
from simulator.mdev.uevent import Kobject
from simulator.sysfs.buses import Device, home
from simulator.sysfs.entries import (
    Directory,
    Entry,
    File,
    FixedDirectory,
    Link,
    MappedDirectory,
    relative,
)
from simulator.sysfs.files import Context, NodeDirectory
from simulator.sysfs.iommu import GROUPS
from simulator.sysfs.pci import pci_files

__all__ = ["ParentDirectory", "host_bridge"]


def _place(device: Device | Kobject) -> str:
    return device.path.removeprefix("/sys")


# ---- what the driver core adds


def _check(device: Device | Kobject) -> None:
    """Refuse what an open file is asked for when its device has gone."""
    if isinstance(device, Mdev) and (device.is_gone or device.is_removing):
        raise MdevError(errno.ENODEV, f"{device.uuid} has gone")


def _uevent(context: Context, device: Device) -> File:
    """Source: general knowledge, drivers/base/core.c uevent_show(), uevent_store()."""

    def read() -> bytes:
        if context.before_show is not None:
            context.before_show(device, "uevent")
        _check(device)
        return context.uevents.show(device).encode()

    def write(data: bytes) -> None:
        _check(device)
        context.uevents.synthesize(device, data)

    return File(0o644, read, write)


def _power(context: Context, device: Device | Kobject) -> Directory:
    """
    Make ``power/`` of a device without runtime power management.

    Source: general knowledge, drivers/base/power/sysfs.c.
    """
    place = _place(device)
    # pci_pm_init() calls pm_runtime_forbid().
    usual = "on" if isinstance(device, Parent) and device.pci is not None else "auto"

    def show(text: str) -> bytes:
        _check(device)
        return f"{text}\n".encode()

    def store(data: bytes) -> None:
        _check(device)
        text = data.removesuffix(b"\n")
        if text not in {b"auto", b"on"}:
            raise MdevError(errno.EINVAL, "control takes auto or on")
        context.controls[place] = text.decode()

    def fail(*_: object) -> NoReturn:
        _check(device)
        raise MdevError(errno.EIO, "no autosuspend")

    constant = {"active_time": "0", "status": "unsupported", "suspended_time": "0"}
    files = {f"runtime_{k}": File(0o444, partial(show, v)) for k, v in constant.items()}
    files["control"] = File(0o644, lambda: show(context.controls.get(place, usual)), store)
    files["autosuspend_delay_ms"] = File(0o644, fail, fail)
    return FixedDirectory(files)


def host_bridge(context: Context, place: str) -> dict[str, Entry]:
    """
    Make the files of a PCI host bridge, a device of no bus and no class.

    Source: general knowledge, drivers/pci/probe.c pci_register_host_bridge().
    """
    bridge = Kobject(f"/sys{place}", "")
    uevent = File(0o644, lambda: b"", partial(context.uevents.synthesize, bridge))
    return {"uevent": uevent, "power": _power(context, bridge)}


def _subsystem(_context: Context, device: Device) -> Link:
    return Link(relative(_place(device), home(device)))


def _driver(_context: Context, device: Device) -> Link | None:
    name = device.driver_name
    if name is None:
        return None
    return Link(relative(_place(device), f"{home(device)}/drivers/{name}"))


def _iommu_group(context: Context, device: Device) -> Link | None:
    number = context.groups.number(device)
    return None if number is None else Link(relative(_place(device), f"{GROUPS}/{number}"))


# ---- types


def _devices(_context: Context, mdev_type: MdevType) -> Directory:
    return MappedDirectory(mdev_type.mdevs, lambda mdev: Link(f"../../../{mdev.uuid}"))


_TYPE: Mapping[str, Callable[[Context, MdevType], Entry | None]] = MappingProxyType(
    {"devices": _devices}
)


def _types(context: Context, parent: Parent) -> Directory | None:
    if parent.is_gone:
        return None
    return MappedDirectory(parent.types, lambda mdev_type: NodeDirectory(context, mdev_type, _TYPE))


# ---- mdevs


def _unless_removing(
    make: Callable[[Context, Mdev], Entry | None],
) -> Callable[[Context, Mdev], Entry | None]:
    """Hide what device_del() takes away before it waits for the vendor driver."""

    def made(context: Context, mdev: Mdev) -> Entry | None:
        return None if mdev.is_removing else make(context, mdev)

    return made


def _mdev_type(_context: Context, mdev: Mdev) -> Link | None:
    is_there = mdev.is_linked
    return Link(f"../mdev_supported_types/{mdev.mdev_type.type_id}") if is_there else None


_MDEV: Mapping[str, Callable[[Context, Mdev], Entry | None]] = MappingProxyType(
    {
        "uevent": _unless_removing(_uevent),
        "power": _unless_removing(_power),
        "subsystem": _unless_removing(_subsystem),
        "driver": _driver,
        # vfio_device_remove_group() comes when the wait is over.
        "iommu_group": _iommu_group,
        "mdev_type": _mdev_type,
    }
)
"""Source: drivers/base/core.c device_add(), dd.c; mdev_sysfs.c mdev_create_sysfs_files()."""


# ---- parents

_PARENT: Mapping[str, Callable[[Context, Parent], Entry | None]] = MappingProxyType(
    {
        "uevent": _uevent,
        "power": _power,
        "subsystem": _subsystem,
        "driver": _driver,
        "iommu_group": _iommu_group,
        "mdev_supported_types": _types,
    }
)


class ParentDirectory:
    """
    The directory of a device that is, was or will again be a parent.

    Attributes:
        parent: The last that was registered for it.
        entries: Directories of other devices in it.
    """

    def __init__(self, context: Context, parent: Parent, entries: dict[str, Entry]) -> None:
        self.entries = entries
        self._context = context
        self.replace(parent)

    def replace(self, parent: Parent) -> None:
        """Take what a new registration made of the device."""
        self.parent = parent
        context = self._context
        self._own = NodeDirectory(context, parent, _PARENT)
        self._files: Mapping[str, Entry] = {}
        if parent.pci is not None:
            self._files = pci_files(parent, parent.pci, context.uevents, context.machine)

    def names(self) -> Iterable[str]:
        """List files, directories of others, and mdevs."""
        yield from self._files
        yield from self._own.names()
        yield from self.entries
        yield from self.parent.mdevs

    def get(self, name: str) -> Entry | None:
        """Find one of them."""
        mdev = self.parent.mdevs.get(name)
        if mdev is not None:
            return NodeDirectory(self._context, mdev, _MDEV)
        return self._files.get(name) or self._own.get(name) or self.entries.get(name)
