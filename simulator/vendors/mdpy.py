"""mdpy, the kernel's sample of a simple framebuffer: a few displays of fixed size."""

import errno
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

from simulator.mdev import Attribute, Mdev, Option, Setup, TypeSpec, VendorDriver
from simulator.values import PciId

__all__ = ["GUEST_CLASS", "GUEST_PCI_ID", "GUEST_SUBSYSTEM", "MDPY", "Framebuffer"]

MAX_DEVICES = 4
"""Source: samples/vfio-mdev/mdpy.c max_devices, the module parameter ``count``."""

GUEST_PCI_ID = PciId(0x1B36, 0x000F)
"""What the guest sees. Source: mdpy-defs.h; the numbers are general knowledge."""

GUEST_SUBSYSTEM = PciId(0x1AF4, 0x1100)
"""Red Hat, QEMU. Source: as `GUEST_PCI_ID`."""

GUEST_CLASS = 0x038000
"""Other display controller. Source: mdpy.c mdpy_create_config_space()."""


@dataclass(frozen=True, slots=True)
class Framebuffer:
    """Columns and lines, 4 bytes each."""

    width: int
    height: int

    def __str__(self) -> str:
        return f"{self.width}x{self.height}"


_TYPES = (
    TypeSpec("vga", "mdpy-vga", Framebuffer(640, 480)),
    TypeSpec("xga", "mdpy-xga", Framebuffer(1024, 768)),
    TypeSpec("hd", "mdpy-hd", Framebuffer(1920, 1080)),
)
"""Source: mdpy.c mdpy_types."""


def _setup(config: Mapping[str, Any]) -> Setup:
    """Let the core count. Source: mdpy.c mdpy_dev_init(): max_instances is the parameter."""
    return Setup(_TYPES, max_instances=config["count"])


def _nothing(_mdev: Mdev) -> None:
    """All that mdpy needs is memory of the host."""


MDPY = VendorDriver(
    name="mdpy",
    mdev_driver="mdpy",
    device_api="vfio-pci",
    path="/sys/devices/virtual/mdpy/mdpy",
    options=MappingProxyType({"count": Option(int, MAX_DEVICES, "mdevs of all types together", 0)}),
    setup=_setup,
    probe=_nothing,
    remove=_nothing,
    # Source: mdpy.c mdpy_create(), mdpy_init_dev() before the core counted.
    exhausted=errno.ENOMEM,
    # Source: mdpy.c mdpy_show_description().
    show_description=lambda mdev_type: f"virtual display, {mdev_type.data} framebuffer\n",
    # Source: mdpy.c resolution_show().
    attributes=(Attribute("vendor/resolution", 0o444, lambda mdev: f"{mdev.mdev_type.data}\n"),),
)
"""mdpy. Source: mdpy.c mdpy_driver."""
