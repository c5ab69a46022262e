"""IOMMU groups: numbers, members and the files of ``/sys/kernel/iommu_groups``."""

import errno
import heapq
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import NoReturn

from simulator.errors import MdevError
from simulator.mdev import Kernel, Mdev
from simulator.sysfs.buses import Device, Links
from simulator.sysfs.entries import Entry, File

__all__ = ["GROUPS", "IommuGroups"]

GROUPS = "/kernel/iommu_groups"

_MSI = "0x00000000fee00000 0x00000000feefffff msi\n"
"""Where interrupts are written. Source: general knowledge, drivers/iommu/intel/iommu.c."""

_DOMAINS = frozenset({b"DMA", b"DMA-FQ", b"identity", b"auto"})


class IommuGroups:
    """
    The groups, by number: the lowest that is free, as ``ida_alloc`` gives it.

    A number that a parent brings along is its own; others pass it over.

    Args:
        kernel: The personality.
    """

    def __init__(self, kernel: Kernel) -> None:
        self._kernel = kernel
        self._members: dict[str, dict[str, Device]] = {}
        self._numbers: dict[Device, str] = {}
        self._free: list[int] = []
        self._next = 0

    def add(self, device: Device, number: int | None = None) -> None:
        """Put a device into a group of its own, or into that of a number."""
        name = str(self._lowest() if number is None else number)
        self._members.setdefault(name, {})[device.path.rpartition("/")[2]] = device
        self._numbers[device] = name

    def replace(self, old: Device, new: Device) -> None:
        """Let a device that is registered again stay where it was."""
        name = self._numbers.pop(old, None)
        if name is not None:
            self._members[name][new.path.rpartition("/")[2]] = new
            self._numbers[new] = name

    def discard(self, device: Device) -> str | None:
        """Take a device out, and return the number of its group if that goes with it."""
        name = self._numbers.pop(device, None)
        if name is None:
            return None
        del self._members[name][device.path.rpartition("/")[2]]
        if self._members[name]:
            return None
        del self._members[name]
        heapq.heappush(self._free, int(name))
        return name

    def number(self, device: Device) -> str | None:
        """Return the number of the group of a device, if it has one."""
        return self._numbers.get(device)

    def _lowest(self) -> int:
        while self._free:
            number = heapq.heappop(self._free)
            if str(number) not in self._members:
                return number
        while str(self._next) in self._members:
            self._next += 1
        return self._next

    def names(self) -> Iterable[str]:
        """List the numbers."""
        return self._members

    def get(self, name: str) -> Entry | None:
        """Find a group by its number."""
        members = self._members.get(name)
        return None if members is None else _Group(self._kernel, name, members)


@dataclass(frozen=True, slots=True)
class _Group:
    """The directory of a group, made when it is asked for: there may be thousands."""

    kernel: Kernel
    number: str
    members: Mapping[str, Device]

    def names(self) -> Iterable[str]:
        yield "devices"
        for name, make in _FILES.items():
            if make(self.kernel, self.members) is not None:
                yield name

    def get(self, name: str) -> Entry | None:
        if name == "devices":
            return Links(f"{GROUPS}/{self.number}/devices", self.members)
        make = _FILES.get(name)
        return None if make is None else make(self.kernel, self.members)


def _is_emulated(members: Mapping[str, Device]) -> bool:
    return any(isinstance(device, Mdev) for device in members.values())


def _name(kernel: Kernel, members: Mapping[str, Device]) -> File | None:
    """Name the group of an mdev. Source: general knowledge, vfio_noiommu_group_alloc()."""
    is_named = _is_emulated(members) and kernel.version >= (6, 1)
    return File(0o444, lambda: b"vfio-noiommu\n") if is_named else None


def _regions(_kernel: Kernel, members: Mapping[str, Device]) -> File:
    """Source: general knowledge, drivers/iommu/iommu.c iommu_group_show_resv_regions()."""
    text = b"" if _is_emulated(members) else _MSI.encode()
    return File(0o444, lambda: text)


def _type(kernel: Kernel, members: Mapping[str, Device]) -> File | None:
    """
    Show the default domain; an mdev has none. It cannot be changed under a bound driver.

    Source: general knowledge, drivers/iommu/iommu.c iommu_group_show_type(),
    iommu_group_store_type().
    """
    if kernel.version < (5, 2):
        return None
    emulated = _is_emulated(members)
    text = b"unknown\n" if emulated else b"DMA\n"

    def store(data: bytes) -> NoReturn:
        if emulated or data.strip() not in _DOMAINS:
            raise MdevError(errno.EINVAL, "type: no such domain")
        raise MdevError(errno.EBUSY, "type: a driver is bound")

    can_write = kernel.version >= (6, 1)
    return File(0o644 if can_write else 0o444, lambda: text, store if can_write else None)


_FILES: Mapping[str, Callable[[Kernel, Mapping[str, Device]], File | None]] = MappingProxyType(
    {"reserved_regions": _regions, "type": _type, "name": _name}
)
