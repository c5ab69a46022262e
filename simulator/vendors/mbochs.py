"""mbochs, the kernel's sample of a display with an EDID: stdvga cards that share video memory."""

import errno
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

from simulator.errors import NoInstancesError
from simulator.mdev import Attribute, Mdev, MdevType, Option, Setup, TypeSpec, VendorDriver
from simulator.values import PciId

__all__ = ["GUEST_CLASS", "GUEST_PCI_ID", "GUEST_SUBSYSTEM", "MBOCHS", "DisplayType"]

MAX_MBYTES = 256
"""Source: samples/vfio-mdev/mbochs.c max_mbytes, the module parameter ``count``."""

GUEST_PCI_ID = PciId(0x1234, 0x1111)
"""What the guest sees. Source: mbochs.c mbochs_create_config_space()."""

GUEST_SUBSYSTEM = PciId(0x1AF4, 0x1100)
"""Red Hat, QEMU. Source: as `GUEST_PCI_ID`; the numbers are general knowledge, pci_ids.h."""

GUEST_CLASS = 0x038000
"""Other display controller. Source: as `GUEST_PCI_ID`."""


@dataclass(frozen=True, slots=True)
class DisplayType:
    """
    One row of the table of types.

    Attributes:
        mbytes: Video memory, MB.
        max_resolution: Columns and lines that the EDID may offer; None for no limit.
    """

    mbytes: int
    max_resolution: tuple[int, int] | None


_TYPES = (
    TypeSpec("small", "mbochs-small", DisplayType(4, (800, 600))),
    TypeSpec("medium", "mbochs-medium", DisplayType(16, (1920, 1440))),
    TypeSpec("large", "mbochs-large", DisplayType(64, None)),
)
"""Source: mbochs.c mbochs_types."""


@dataclass(slots=True)
class _Memory:
    """What is free: mbochs_avail_mbytes."""

    free_mb: int


def _setup(config: Mapping[str, Any]) -> Setup:
    return Setup(_TYPES, _Memory(config["memory_mb"]))


def _get_available(mdev_type: MdevType) -> int:
    """Source: mbochs.c mbochs_get_available()."""
    memory: _Memory = mdev_type.parent.state
    row: DisplayType = mdev_type.data
    return memory.free_mb // row.mbytes


def _probe(mdev: Mdev) -> None:
    """
    Take the memory of the type, or ENOSPC.

    Source: mbochs.c mbochs_init_dev(); ENOMEM: mbochs_create() before mbochs_avail_mbytes (5.15).
    """
    memory: _Memory = mdev.parent.state
    row: DisplayType = mdev.mdev_type.data
    if memory.free_mb < row.mbytes:
        number = errno.ENOMEM if mdev.parent.bus.kernel.version < (5, 15) else errno.ENOSPC
        raise NoInstancesError(number, f"{row.mbytes} MB wanted, {memory.free_mb} MB free")
    memory.free_mb -= row.mbytes


def _remove(mdev: Mdev) -> None:
    """Source: mbochs.c mbochs_release_dev()."""
    mdev.parent.state.free_mb += mdev.mdev_type.data.mbytes


MBOCHS = VendorDriver(
    name="mbochs",
    mdev_driver="mbochs",
    device_api="vfio-pci",
    path="/sys/devices/virtual/mbochs/mbochs",
    options=MappingProxyType(
        {"memory_mb": Option(int, MAX_MBYTES, "video memory of all types together, MB", 0)}
    ),
    setup=_setup,
    probe=_probe,
    remove=_remove,
    get_available=_get_available,
    # Source: mbochs.c mbochs_show_description().
    show_description=lambda mdev_type: (
        f"virtual display, {mdev_type.data.mbytes} MB video memory\n"
    ),
    # Source: mbochs.c memory_show().
    attributes=(
        Attribute("vendor/memory", 0o444, lambda mdev: f"{mdev.mdev_type.data.mbytes} MB\n"),
    ),
)
"""mbochs. Source: mbochs.c mbochs_driver."""
