"""The steps of a creation, each with what undoes it. `Kernel` says in which order they come."""
# ruff: noqa: SLF001 - the mdev, its type, its parent and the bus are one mechanism

from collections.abc import Callable, Iterable, Mapping
from contextlib import ExitStack, suppress
from types import MappingProxyType
from typing import TYPE_CHECKING

from simulator.errors import MdevError, NoInstancesError, UuidInUseError
from simulator.mdev.attributes import MDEV_ATTRIBUTES
from simulator.mdev.kernels import Step

if TYPE_CHECKING:  # they import this module
    from simulator.mdev.device import Mdev
    from simulator.mdev.parent import Parent

__all__ = ["do", "remove_vendor", "undo"]


def _device(mdev: "Mdev") -> None:
    """Source: general knowledge, drivers/base/core.c device_add(), bus.c bus_add_device()."""
    bus = mdev.parent.bus
    if bus.kernel.has_unique_names and mdev.uuid in bus.devices:
        raise UuidInUseError(f"{mdev.uuid} is on the bus")
    bus._devices[mdev.uuid] = mdev
    mdev.parent._mdevs[mdev.uuid] = mdev
    bus._notify("add", mdev)


def _no_device(mdev: "Mdev") -> None:
    """Source: general knowledge, drivers/base/core.c device_del()."""
    _no_files(mdev)
    mdev._go()
    del mdev.parent._mdevs[mdev.uuid]
    if mdev.parent.bus.kernel.duplicate_scope == "parent":
        mdev.parent.bus._forget(mdev)
    mdev.parent.bus._notify("remove", mdev)


def _bind(mdev: "Mdev") -> None:
    """Source: general knowledge, drivers/base/dd.c driver_bound()."""
    mdev._is_bound = True
    mdev.parent.bus._notify("bind", mdev)


def _unbind(mdev: "Mdev") -> None:
    """Source: general knowledge, drivers/base/dd.c __device_release_driver()."""
    mdev._is_bound = False
    mdev.parent.bus._notify("unbind", mdev)


def _probe(mdev: "Mdev") -> None:
    """Let the vendor driver take what it needs, and count where the core does not."""
    parent = mdev.parent
    for function in tuple(parent.bus.on_probe):
        function(mdev)
    if parent.vendor_counts and not parent._available:
        reason = f"{parent.name}: all {parent.max_instances} instances are in use"
        raise NoInstancesError(parent.driver.exhausted, reason)
    parent.driver.probe(mdev)
    if parent.vendor_counts:
        parent._available -= 1


def remove_vendor(mdev: "Mdev") -> None:
    """
    Let the vendor driver give back what it took.

    Raises:
        MdevError: It refuses. Nothing else has changed.
    """
    mdev.parent.driver.remove(mdev)
    _count_back(mdev.parent)


def _remove(mdev: "Mdev") -> None:
    """Source: mdev_core.c mdev_device_remove(): an error of the vendor driver is only logged."""
    with suppress(MdevError):
        mdev.parent.driver.remove(mdev)
    _count_back(mdev.parent)


def _count_back(parent: "Parent") -> None:
    if parent.vendor_counts:
        parent._available += 1


def _files(mdev: "Mdev") -> None:
    for attribute in mdev.parent.driver.attributes:
        if attribute.is_visible is None or attribute.is_visible(mdev):
            mdev.add_attribute(attribute)
    for function in tuple(mdev.parent.bus.on_create):
        function(mdev)


def _no_files(mdev: "Mdev") -> None:
    """Source: general knowledge, drivers/base/bus.c bus_remove_device()."""
    mdev._drop_files()
    if mdev.parent.bus.devices.get(mdev.uuid) is mdev:
        del mdev.parent.bus._devices[mdev.uuid]


def _links(mdev: "Mdev") -> None:
    """Source: mdev_sysfs.c mdev_create_sysfs_files()."""
    mdev.mdev_type._mdevs[mdev.uuid] = mdev
    if mdev.parent.bus.kernel.remove_file == "last":
        for attribute in MDEV_ATTRIBUTES:
            mdev.add_attribute(attribute)


def _no_links(mdev: "Mdev") -> None:
    """Source: mdev_sysfs.c mdev_remove_sysfs_files()."""
    del mdev.mdev_type._mdevs[mdev.uuid]


_Function = Callable[["Mdev"], None]
_STEPS: Mapping[Step, tuple[_Function, _Function]] = MappingProxyType(
    {
        "device": (_device, _no_device),
        "bind": (_bind, _unbind),
        "probe": (_probe, _remove),
        "files": (_files, _no_files),
        "links": (_links, _no_links),
    }
)


def do(mdev: "Mdev", steps: Iterable[Step]) -> None:
    """
    Do some steps, all or none.

    Raises:
        MdevError: As the step that failed gives it. What was done before is undone.
    """
    done: list[Step] = []
    try:
        for step in steps:
            _STEPS[step][0](mdev)
            done.append(step)
    except BaseException:
        undo(mdev, reversed(done))
        raise


def undo(mdev: "Mdev", steps: Iterable[Step]) -> None:
    """Undo some steps, every one of them, whatever the vendor driver raises."""
    with ExitStack() as stack:
        for step in reversed(tuple(steps)):
            stack.callback(_STEPS[step][1], mdev)
