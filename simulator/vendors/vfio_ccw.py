"""vfio_ccw: one I/O subchannel of an s390 machine, handed to one guest."""

import errno
import re
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

from simulator.errors import MdevError
from simulator.mdev import Mdev, Option, OptionError, Setup, TypeSpec, VendorDriver

__all__ = ["VFIO_CCW", "Subchannel"]

IO_SUBCHANNEL = 0
"""The only type of subchannel it takes. Source: vfio_ccw_drv.c vfio_ccw_sch_ids."""

_CHPID_TYPE = re.compile("0x[0-9a-f]{2}")


@dataclass(slots=True)
class Subchannel:
    """
    What the parent is: ``struct vfio_ccw_private``.

    Attributes:
        is_operational: Whether the channel subsystem can reach it.
        chpid_type: The type of its channel paths, ``0x1a`` for FICON; for rules of migration.
    """

    is_operational: bool
    chpid_type: str


def _setup(config: Mapping[str, Any]) -> Setup:
    """
    Take an I/O subchannel that is not QDIO; others are ENODEV.

    Source: vfio_ccw_drv.c vfio_ccw_sch_probe(); bus and uevent: css.c css_uevent(), general
    knowledge.
    """
    if not _CHPID_TYPE.fullmatch(config["chpid_type"]):
        raise OptionError("chpid_type", f"{config['chpid_type']} is none", "0x1a, two hex digits")
    kind = config["subchannel_type"]
    if kind != IO_SUBCHANNEL:
        raise MdevError(errno.ENODEV, f"a subchannel of type {kind} is no I/O subchannel")
    if config["qdio"]:
        raise MdevError(errno.ENODEV, "a QDIO subchannel is not supported")
    return Setup(
        (TypeSpec("io", "I/O subchannel (Non-QDIO)"),),
        Subchannel(config["operational"], config["chpid_type"]),
        subsystem="css",
        uevent=(("ST", f"{kind:X}"), ("MODALIAS", f"css:t{kind:X}")),
    )


def _probe(mdev: Mdev) -> None:
    """Source: vfio_ccw_ops.c vfio_ccw_mdev_probe()."""
    if not mdev.parent.state.is_operational:
        raise MdevError(errno.ENODEV, f"{mdev.parent.name} is not operational")


def _remove(_mdev: Mdev) -> None:
    """The core counts, and there is nothing else to give back."""


VFIO_CCW = VendorDriver(
    name="vfio_ccw",
    mdev_driver="vfio_ccw_mdev",
    device_api="vfio-ccw",
    path="/sys/devices/css0/0.0.0313",  # Source: general knowledge; the number is ours.
    options=MappingProxyType(
        {
            "operational": Option(bool, True, "the channel subsystem reaches the subchannel"),
            "qdio": Option(bool, False, "it is a QDIO subchannel, which the driver refuses"),
            "subchannel_type": Option(int, IO_SUBCHANNEL, "0, I/O; the driver refuses others", 0),
            "chpid_type": Option(str, "0x1a", "the type of its channel paths"),
        }
    ),
    setup=_setup,
    probe=_probe,
    remove=_remove,
    max_instances=1,
)
"""vfio_ccw; it has no description and no files. Source: vfio_ccw_ops.c vfio_ccw_mdev_driver."""
