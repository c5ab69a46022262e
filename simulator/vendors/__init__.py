"""The vendor drivers: one module each, data plus two or three functions. Start from SKELETON."""

from collections.abc import Mapping
from types import MappingProxyType

from simulator.errors import TextError
from simulator.mdev import VendorDriver
from simulator.vendors.i915 import I915
from simulator.vendors.idxd import IDXD
from simulator.vendors.mbochs import MBOCHS
from simulator.vendors.mdpy import MDPY
from simulator.vendors.mtty import MTTY
from simulator.vendors.nvidia import NVIDIA
from simulator.vendors.qat import QAT
from simulator.vendors.vfio_ap import VFIO_AP
from simulator.vendors.vfio_ccw import VFIO_CCW

__all__ = ["VENDORS", "driver"]

VENDORS: Mapping[str, VendorDriver] = MappingProxyType(
    {
        driver.name: driver
        for driver in (I915, NVIDIA, VFIO_AP, VFIO_CCW, MTTY, MDPY, MBOCHS, IDXD, QAT)
    }
)
"""The built-in drivers by name."""


def __dir__() -> list[str]:
    return __all__


def driver(name: str) -> VendorDriver:
    """
    Find a built-in vendor driver.

    Raises:
        TextError: There is none of this name.
    """
    try:
        return VENDORS[name]
    except KeyError:
        raise TextError(name, "no such vendor driver", ", ".join(VENDORS)) from None
