"""
qat: crypto devices as the threads of 2020 imagine them; no such mdev driver was published.

One driver a generation, so that type names of two generations never agree.
"""

import errno
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

from simulator.errors import NoInstancesError
from simulator.mdev import (
    Attribute,
    Mdev,
    MdevType,
    Option,
    PciFunction,
    Setup,
    TypeSpec,
    VendorDriver,
)
from simulator.values import PciId

__all__ = ["QAT"]

_DEVICES = MappingProxyType({"v4": PciId(0x8086, 0x4940), "v5": PciId(0x8086, 0x4942)})
"""The physical functions. Source: general knowledge, QAT 4xxx and 401xx; the pairing is ours."""

PROCESSOR = 0x0B4000
"""Co-processor. Source: general knowledge."""


@dataclass(slots=True)
class _Instances:
    free: int


def _setup(config: Mapping[str, Any]) -> Setup:
    generation = config["generation"]
    pci = PciFunction(_DEVICES[generation], PROCESSOR)
    types = (TypeSpec(f"{generation}-type1"),)
    return Setup(types, _Instances(config["instances"]), pci)


def _get_available(mdev_type: MdevType) -> int:
    instances: _Instances = mdev_type.parent.state
    return instances.free


def _probe(mdev: Mdev) -> None:
    if not mdev.parent.state.free:
        raise NoInstancesError(errno.ENOSPC, f"{mdev.parent.name}: no instance is free")
    mdev.parent.state.free -= 1


def _remove(mdev: Mdev) -> None:
    mdev.parent.state.free += 1


QAT = VendorDriver(
    name="qat",
    mdev_driver="qat_mdev",
    device_api="vfio-pci",
    path="/sys/devices/pci0000:6b/0000:6b:00.0",
    options=MappingProxyType(
        {
            "generation": Option(str, "v4", "which driver it is", choices=tuple(_DEVICES)),
            "instances": Option(int, 16, "mdevs of the device", 0),
            "alg_set": Option(str, "", "the vendor field proposed for it; none: no such file"),
        }
    ),
    setup=_setup,
    probe=_probe,
    remove=_remove,
    get_available=_get_available,
    attributes=(
        Attribute(
            "vendor/alg_set",
            0o444,
            lambda mdev: f"{mdev.parent.config['alg_set']}\n",
            is_visible=lambda mdev: bool(mdev.parent.config["alg_set"]),
        ),
    ),
)
"""
QAT, with the type names of the thread. All but those and ``alg_set`` is ours.

Source: 20200910120244.71e7b630@w520.home and its thread.
"""
