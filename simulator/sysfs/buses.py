"""The directories of buses, classes and drivers: links to devices by name."""

import errno
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from stat import S_IFLNK
from types import MappingProxyType
from typing import TypeAlias

from simulator.errors import MdevError
from simulator.mdev import Mdev, Parent, Uevents
from simulator.mdev.uevent import Kobject
from simulator.sysfs.entries import Entry, File, FixedDirectory, Link, relative

__all__ = ["Bus", "Device", "Drive", "Links", "home"]

Device: TypeAlias = Parent | Mdev

_EMPTY: Mapping[str, Entry] = MappingProxyType({})


class Links:
    """
    A directory of links to devices by name, after some fixed entries.

    Args:
        path: Where it is, as the tree counts.
        devices: Every device that may be there, in the order of the listing.
        entries: The fixed ones.
        is_there: Whether a device has its link now; None: always.
    """

    def __init__(
        self,
        path: str,
        devices: Mapping[str, Device],
        entries: Mapping[str, Entry] = _EMPTY,
        is_there: Callable[[Device], bool] | None = None,
    ) -> None:
        self._path = path
        self._devices = devices
        self._entries = entries
        self._is_there = is_there

    def names(self) -> Iterable[str]:
        """List what is there now."""
        yield from self._entries
        if self._is_there is None:
            yield from self._devices
        else:
            yield from (name for name, one in self._devices.items() if self._is_there(one))

    def kind(self, name: str) -> int | None:
        """Tell that a name is a link without making it; None for the fixed entries."""
        return None if name in self._entries else S_IFLNK

    def get(self, name: str) -> Entry | None:
        """Find one of them."""
        device = self._devices.get(name)
        if device is None or not (self._is_there is None or self._is_there(device)):
            return self._entries.get(name)
        return Link(relative(self._path, device.path.removeprefix("/sys")))


@dataclass(frozen=True, slots=True)
class Drive:
    """
    What ``bind`` and ``unbind`` do. Both raise `MdevError` or `WouldBlockError`.

    Attributes:
        bind: Gives a device its driver.
        unbind: Takes it away.
    """

    bind: Callable[[Device], object]
    unbind: Callable[[Device], object]


class Bus:
    """
    One directory of ``/sys/bus``. A driver, once loaded, stays.

    Args:
        name: Its name.
        devices: What is on it, by name.
        uevents: Takes what is written to ``uevent``.
        drive: Gives a device its driver, and takes it away.

    Attributes:
        directory: The directory itself.

    Source: general knowledge, drivers/base/bus.c.
    """

    def __init__(
        self, name: str, devices: Mapping[str, Device], uevents: Uevents, drive: Drive
    ) -> None:
        self._name = name
        self._drive = drive
        self._uevents = uevents
        self._devices = devices
        self._autoprobe = b"1\n"
        self._bound: dict[str, dict[str, Device]] = {}
        self._drivers: dict[str, Entry] = {}
        self.directory = FixedDirectory(
            {
                "devices": Links(f"/bus/{name}/devices", devices),
                "drivers": FixedDirectory(self._drivers),
                "drivers_autoprobe": File(0o644, lambda: self._autoprobe, self._set_autoprobe),
                "drivers_probe": File(0o200, write=self._probe),
                "uevent": self._uevent(f"/bus/{name}", "bus"),
            }
        )

    def driver(self, name: str) -> dict[str, Device]:
        """Return what is bound to a driver, which is loaded if it is not yet."""
        if name not in self._bound:
            path = f"/bus/{self._name}/drivers/{name}"
            entries = {
                "uevent": self._uevent(path, "drivers"),
                "bind": File(0o200, write=partial(self._bind, name)),
                "unbind": File(0o200, write=partial(self._unbind, name)),
            }
            self._bound[name] = {}
            self._drivers[name] = Links(path, self._bound[name], entries, _is_bound)
        return self._bound[name]

    def _uevent(self, path: str, subsystem: str) -> File:
        kobject = Kobject(f"/sys{path}", subsystem)
        return File(0o200, write=partial(self._uevents.synthesize, kobject))

    def _set_autoprobe(self, data: bytes) -> None:
        self._autoprobe = b"0\n" if data[:1] == b"0" else b"1\n"

    def _find(self, data: bytes) -> Device:
        """Find the device that a write names. Source: lib/string.c sysfs_streq()."""
        name = data.decode(errors="replace").removesuffix("\n")
        if name not in self._devices:
            raise MdevError(errno.ENODEV, f"/bus/{self._name}: no device {name}")
        return self._devices[name]

    def _probe(self, data: bytes) -> None:
        """Source: general knowledge, bus.c bus_rescan_devices_helper(): no match is no error."""
        device = self._find(data)
        with suppress(MdevError):
            self._drive.bind(device)

    def _bind(self, driver: str, data: bytes) -> None:
        """Source: general knowledge, bus.c bind_store()."""
        device = self._find(data)
        if _likely_driver(device) != driver:
            raise MdevError(errno.ENODEV, f"{driver} does not match {device.path}")
        self._drive.bind(device)

    def _unbind(self, driver: str, data: bytes) -> None:
        """Source: general knowledge, bus.c unbind_store()."""
        device = self._find(data)
        if device.driver_name != driver:
            raise MdevError(errno.ENODEV, f"{device.path} is not bound to {driver}")
        self._drive.unbind(device)


def _likely_driver(device: Device) -> str:
    return device.parent.mdev_driver if isinstance(device, Mdev) else device.driver_string


def _is_bound(device: Device) -> bool:
    return device.driver_name is not None


def home(device: Device) -> str:
    """
    Return the directory of the bus or class of a device.

    Source: general knowledge, drivers/base/core.c device_create(): what has a class only, lies
    under ``/sys/devices/virtual``.
    """
    is_on_bus = isinstance(device, Mdev) or device.pci is not None
    is_virtual = device.path.startswith("/sys/devices/virtual/")
    return f"/{'class' if is_virtual and not is_on_bus else 'bus'}/{device.subsystem}"
