"""
idxd: work queues of a data streaming or in-memory analytics accelerator.

Three sets of names: those that the driver posted in May 2021 registers, the one that its cover
letter speaks of, and those of the mails of August 2020. It was not merged.
"""

import errno
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

from simulator.errors import NoInstancesError
from simulator.mdev import Mdev, MdevType, Option, PciFunction, Setup, TypeSpec, VendorDriver
from simulator.values import PciId
from simulator.vendors.aggregation import AGGREGATION, aggregation_files

__all__ = ["IDXD", "WorkQueues"]

_DEVICES = MappingProxyType({"dsa": PciId(0x8086, 0x0B25), "iax": PciId(0x8086, 0x0CFE)})
"""Source: general knowledge, drivers/dma/idxd/registers.h and the PCI id list."""

SYSTEM_PERIPHERAL = 0x088000
"""Source: general knowledge."""


@dataclass(frozen=True, slots=True)
class WorkQueues:
    """
    What an instance of a type takes.

    Attributes:
        accelerator: The device that has such queues.
        mode: ``dedicated`` or ``shared``.
        count: How many.
    """

    accelerator: str
    mode: str
    count: int = 1


_POSTED = tuple(
    TypeSpec(f"{accelerator}-1{mode[0]}wq-v1", data=WorkQueues(accelerator, mode))
    for mode in ("dedicated", "shared")
    for accelerator in _DEVICES
)
"""All are registered on every device. Source: 162164283194.261970.12689960276759011457.stgit@…
(v6 14/20) for the dedicated ones; the shared ones were added later."""


def _types(config: Mapping[str, Any]) -> tuple[TypeSpec, ...]:
    accelerator = config["accelerator"]
    if config["names"] == "posted":
        return _POSTED
    if config["names"] == "cover":
        return (TypeSpec("1dwq-v1", data=WorkQueues(accelerator, "dedicated")),)
    counts = (1, 2)
    return tuple(
        TypeSpec(f"{count}dwq", data=WorkQueues(accelerator, "dedicated", count))
        for count in counts
    )


def _setup(config: Mapping[str, Any]) -> Setup:
    accelerator = config["accelerator"]
    free = {"dedicated": config["dedicated"], "shared": config["shared"]}
    pci = PciFunction(_DEVICES[accelerator], SYSTEM_PERIPHERAL)
    # The mails of 2020 call the types dsa-1dwq and dsa-2dwq.
    driver_string = accelerator if config["names"] == "thread" else None
    return Setup(_types(config), free, pci, driver_string=driver_string)


def _get_available(mdev_type: MdevType) -> int:
    """Count free queues. Source: vfio/mdev/idxd/mdev.c find_available_mdev_instances(), v6."""
    queues: WorkQueues = mdev_type.data
    if queues.accelerator != mdev_type.parent.config["accelerator"]:
        return 0
    free: int = mdev_type.parent.state[queues.mode]
    return free // queues.count


def _take(mdev: Mdev, instances: int) -> None:
    """Hold this many instances of the type in all."""
    queues: WorkQueues = mdev.mdev_type.data
    mdev.parent.state[queues.mode] -= (instances - mdev.state) * queues.count
    mdev.state = instances


def _probe(mdev: Mdev) -> None:
    """Take free queues, or ENODEV. Source: vfio/mdev/idxd/mdev.c vdcm_vidxd_create(), v6."""
    if not _get_available(mdev.mdev_type):
        raise NoInstancesError(errno.ENODEV, f"{mdev.parent.name}: no work queue is free")
    mdev.state = 0
    _take(mdev, 1)


def _remove(mdev: Mdev) -> None:
    _take(mdev, 0)


IDXD = VendorDriver(
    name="idxd",
    mdev_driver="idxd-mdev",  # Source: vfio/mdev/idxd/mdev.c idxd_vdcm_driver, v6.
    device_api="vfio-pci",
    path="/sys/devices/pci0000:6a/0000:6a:01.0",
    options=MappingProxyType(
        {
            "accelerator": Option(str, "dsa", "what the device is", choices=tuple(_DEVICES)),
            "names": Option(
                str,
                "posted",
                "of the types: idxd-dsa-1dwq-v1, idxd-1dwq-v1, or dsa-1dwq and dsa-2dwq",
                choices=("posted", "cover", "thread"),
            ),
            "dedicated": Option(int, 8, "enabled dedicated work queues", 0),
            "shared": Option(int, 0, "enabled shared work queues, one mdev each", 0),
            "aggregation": Option(bool, False, AGGREGATION),
        }
    ),
    setup=_setup,
    probe=_probe,
    remove=_remove,
    get_available=_get_available,
    attributes=aggregation_files(
        current=lambda mdev: mdev.state,
        available=lambda mdev: _get_available(mdev.mdev_type),
        change=_take,
    ),
)
"""idxd as posted; it has no description. Source: vfio/mdev/idxd/mdev.c, v6."""
