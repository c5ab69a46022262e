"""mtty, the kernel's sample: virtual serial cards that share 24 ports."""

import errno
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

from simulator.errors import NoInstancesError
from simulator.mdev import Attribute, Mdev, MdevType, Option, Setup, TypeSpec, VendorDriver
from simulator.values import PciId

__all__ = ["GUEST_CLASS", "GUEST_PCI_ID", "MTTY"]

MAX_MTTYS = 24
"""Source: samples/vfio-mdev/mtty.c."""

_ENFORCED = (5, 14)
"""The kernel since which there are no more mdevs than ports."""

GUEST_PCI_ID = PciId(0x4348, 0x3253)
"""What the guest sees. Source: mtty.c mtty_create_config_space()."""

GUEST_CLASS = 0x070002
"""Serial controller, 16550. Source: mtty.c mtty_create_config_space()."""

_TYPES = (
    TypeSpec("1", "Single port serial", data=1),
    TypeSpec("2", "Dual port serial", data=2),
)
"""The ports of each type are its data. Source: mtty.c mtty_types."""


@dataclass(slots=True)
class _Ports:
    """What is free: mdev_avail_ports."""

    free: int


def _setup(config: Mapping[str, Any]) -> Setup:
    return Setup(_TYPES, _Ports(config["ports"]))


def _get_available(mdev_type: MdevType) -> int:
    """Source: mtty.c mtty_get_available(); before, available_instances_show(): negative, too."""
    ports: _Ports = mdev_type.parent.state
    n_ports: int = mdev_type.data
    whole = abs(ports.free) // n_ports
    return whole if ports.free >= 0 else -whole


def _probe(mdev: Mdev) -> None:
    """
    Take the ports of the type, or ENOSPC.

    Source: mtty.c mtty_init_dev(). mtty_create() of older kernels asks nothing; that this ended
    with 5.14 is general knowledge.
    """
    ports: _Ports = mdev.parent.state
    n_ports: int = mdev.mdev_type.data
    if ports.free < n_ports and mdev.parent.bus.kernel.version >= _ENFORCED:
        raise NoInstancesError(errno.ENOSPC, f"{n_ports} ports wanted, {ports.free} free")
    ports.free -= n_ports


def _remove(mdev: Mdev) -> None:
    """Source: mtty.c mtty_release_dev()."""
    mdev.parent.state.free += mdev.mdev_type.data


MTTY = VendorDriver(
    name="mtty",
    mdev_driver="mtty",
    device_api="vfio-pci",
    path="/sys/devices/virtual/mtty/mtty",
    options=MappingProxyType(
        {"ports": Option(int, MAX_MTTYS, "serial ports of all types together", 0)}
    ),
    setup=_setup,
    probe=_probe,
    remove=_remove,
    get_available=_get_available,
    # Source: mtty.c sample_mdev_dev_show().
    attributes=(
        Attribute("vendor/sample_mdev_dev", 0o444, lambda mdev: f"This is MDEV {mdev.uuid}\n"),
    ),
    # Source: mtty.c mtty_dev_groups, general knowledge; parents have no groups since 5.19.
    parent_attributes=(
        Attribute(
            "mtty_dev/sample_mtty_dev",
            0o444,
            lambda _: "This is phy device\n",
            is_visible=lambda parent: parent.bus.kernel.version < (5, 19),
        ),
    ),
)
"""mtty; it has no description. Source: mtty.c mtty_driver."""
