"""The kernel wing: a model of the Linux mdev core. It knows nothing of compatibility."""

from simulator.mdev.attributes import PAGE_SIZE, Attribute, Node
from simulator.mdev.core import MdevBus
from simulator.mdev.device import Mdev, WouldBlockError
from simulator.mdev.driver import (
    Option,
    OptionError,
    PciFunction,
    Setup,
    TypeSpec,
    VendorDriver,
    read_options,
)
from simulator.mdev.faults import Faults
from simulator.mdev.kernels import KERNELS, Kernel
from simulator.mdev.parent import MdevType, Parent
from simulator.mdev.parse import parse_ulong, parse_uuid
from simulator.mdev.uevent import Uevent, Uevents

__all__ = [
    "KERNELS",
    "PAGE_SIZE",
    "Attribute",
    "Faults",
    "Kernel",
    "Mdev",
    "MdevBus",
    "MdevType",
    "Node",
    "Option",
    "OptionError",
    "Parent",
    "PciFunction",
    "Setup",
    "TypeSpec",
    "Uevent",
    "Uevents",
    "VendorDriver",
    "WouldBlockError",
    "parse_ulong",
    "parse_uuid",
    "read_options",
]


def __dir__() -> list[str]:
    return __all__
