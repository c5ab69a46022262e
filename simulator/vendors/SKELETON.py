r"""
A vendor driver to copy: blinking lights, two types, one pool, one file that can be written.

Copy this file, go through the lines marked CHANGE, and run the copy: ``python mine.py`` plays
what follows. To have it in every host file, add it to ``VENDORS`` in
``simulator/vendors/__init__.py``.

    >>> from simulator.mdev import KERNELS, MdevBus
    >>> types = MdevBus(KERNELS["6.1"]).register(SKELETON).types
    >>> mdev = types["skeleton-pair"].create("83b8f4f2-509f-382f-3c1e-e6bfe0fa1001")
    >>> {type_id: mdev_type.show("available_instances") for type_id, mdev_type in types.items()}
    {'skeleton-single': '1\n', 'skeleton-pair': '0\n'}
    >>> mdev.store("vendor/switch", b"on\n"), mdev.show("vendor/switch")
    (3, 'on\n')
    >>> types["skeleton-pair"].create("83b8f4f2-509f-382f-3c1e-e6bfe0fa1002")
    Traceback (most recent call last):
    simulator.errors.NoInstancesError: [Errno 28] No space left on device
    >>> mdev.store("remove", b"1")
    1
"""
# ruff: noqa: N999 - a name in capitals stands out among the drivers

import errno
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from simulator.errors import MdevError, NoInstancesError
from simulator.mdev import Attribute, Mdev, MdevType, Option, Setup, TypeSpec, VendorDriver

__all__ = ["SKELETON"]

# CHANGE: the types, in registration order. `data` is yours: here, the lights of each type.
_TYPES = (TypeSpec("single", "One light", data=1), TypeSpec("pair", "Two lights", data=2))


def _setup(config: Mapping[str, Any]) -> Setup:
    """Make types and state from the options. CHANGE: what a parent of yours has to share."""
    return Setup(_TYPES, state={"free": config["lights"]})


def _get_available(mdev_type: MdevType) -> int:
    """Say how many fit. CHANGE, or leave it out and give max_instances: then the core counts."""
    free: int = mdev_type.parent.state["free"]
    lights: int = mdev_type.data
    return free // lights


def _probe(mdev: Mdev) -> None:
    """Take what an mdev needs, all or nothing. CHANGE: the resources and the errno."""
    if mdev.mdev_type.data > mdev.parent.state["free"]:
        raise NoInstancesError(errno.ENOSPC, "not enough lights")
    mdev.parent.state["free"] -= mdev.mdev_type.data
    mdev.state = "off"


def _remove(mdev: Mdev) -> None:
    """Give it back. It cannot be refused. CHANGE: the same resources."""
    mdev.parent.state["free"] += mdev.mdev_type.data


def _store_switch(mdev: Mdev, data: bytes) -> None:
    """Take one write. CHANGE: what may be written; `data` is as it came, newline included."""
    text = data.removesuffix(b"\n")
    if text not in (b"on", b"off"):
        raise MdevError(errno.EINVAL, "switch takes on or off")
    mdev.state = text.decode()


SKELETON = VendorDriver(
    name="skeleton",  # CHANGE: the first part of the type ids
    mdev_driver="skeleton_mdev",  # CHANGE: /sys/bus/mdev/drivers/...
    device_api="vfio-platform",  # CHANGE: vfio-pci, vfio-ap, vfio-ccw, ...
    path="/sys/devices/virtual/skeleton/skeleton",  # CHANGE: where its parent lies
    options=MappingProxyType({"lights": Option(int, 3, "lights of all types together", 0)}),
    setup=_setup,
    probe=_probe,
    remove=_remove,
    get_available=_get_available,
    # CHANGE: leave it out if the types have no description.
    show_description=lambda mdev_type: f"lights: {mdev_type.data}\n",
    # CHANGE: the files of each mdev; a slash makes a directory.
    attributes=(Attribute("vendor/switch", 0o644, lambda mdev: f"{mdev.state}\n", _store_switch),),
)

if __name__ == "__main__":
    import doctest

    doctest.testmod(verbose=True)
