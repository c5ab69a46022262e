"""
What differs between kernels: one row a personality.

A field stands here only when the core asks for it, and a row only when everything it says is
implemented.
"""

import errno
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Literal, TypeAlias

__all__ = ["KERNELS", "Kernel", "Step"]

Step: TypeAlias = Literal["device", "bind", "probe", "files", "links"]
"""
A part of a creation, undone by a removal: the device with its ``add`` and ``remove``; its driver
with ``bind`` and ``unbind``; the vendor driver's create and remove; the vendor's files; the
links ``devices/<uuid>`` and ``mdev_type``.
"""


@dataclass(frozen=True, slots=True)
class Kernel:
    """
    The behaviour of the mdev core in one range of kernels.

    Attributes:
        name: The first kernel of the range, as ``--kernel`` takes it.
        duplicate_scope: Where a UUID must be new: on every parent, until the last reference to
            the old mdev is put; or on its own parent only, until the old mdev left the tree.
        has_unique_names: Whether ``/sys/bus/mdev/devices`` refuses a second link of one name,
            with EEXIST, whatever the core says. General knowledge, drivers/base/bus.c
            bus_add_device(): every kernel does; False shows what the core alone would do.
        exhausted: The errno of the core's own instance counter. None when it has none: then a
            vendor driver counts, with an errno of its own.
        creation: The order of a creation. What a failure finds done is undone backwards.
        removal: The order of a removal.
        in_use: What a removal does with an mdev that is open. ``refused`` is EBUSY, also for
            every error of the vendor driver; the mdev stays, and ``remove`` comes back.
            ``ignored``: it goes. ``waits``: it goes when it is closed. An unregistration of the
            parent never refuses.
        remove_file: Whether ``remove`` is there from the ``device`` step or with the links.
        has_unreg_sem: Whether create and remove answer ENODEV while the parent is unregistered.
        mdev_driver: The driver of all mdevs, or None when each vendor driver is one.
        has_parent_uevents: Whether a parent sends ``change`` with MDEV_STATE.
        has_bind_uevents: Whether the driver core sends ``bind`` and ``unbind``.
    """

    name: str
    duplicate_scope: Literal["global", "parent"]
    exhausted: int | None
    creation: tuple[Step, ...]
    removal: tuple[Step, ...]
    in_use: Literal["refused", "ignored", "waits"]
    remove_file: Literal["first", "last"]
    has_unreg_sem: bool
    mdev_driver: str | None
    has_parent_uevents: bool
    has_bind_uevents: bool
    has_unique_names: bool = True

    @property
    def version(self) -> tuple[int, ...]:
        """Its name as numbers, to be compared with a kernel that changed a vendor driver."""
        return tuple(map(int, self.name.split(".")))


KERNELS: Mapping[str, Kernel] = MappingProxyType(
    {
        kernel.name: kernel
        for kernel in (
            # mdev_core.c at 0d77316: mdev_device_exist() asks the children of the parent.
            Kernel(
                "4.10",
                duplicate_scope="parent",
                exhausted=None,
                creation=("device", "bind", "probe", "files", "links"),
                removal=("probe", "files", "links", "bind", "device"),
                in_use="refused",
                remove_file="last",
                has_unreg_sem=False,
                mdev_driver="vfio_mdev",
                has_parent_uevents=False,
                # Since 4.14: general knowledge, drivers/base/dd.c driver_bound().
                has_bind_uevents=False,
            ),
            # mdev_core.c at 1fca2c9: mdev_list; the rest as before.
            Kernel(
                "4.18",
                duplicate_scope="global",
                exhausted=None,
                creation=("device", "bind", "probe", "files", "links"),
                removal=("probe", "files", "links", "bind", "device"),
                in_use="refused",
                remove_file="last",
                has_unreg_sem=False,
                mdev_driver="vfio_mdev",
                has_parent_uevents=False,
                has_bind_uevents=True,
            ),
            # mdev_core.c at 52fde2a: create comes before device_add(), remove after device_del().
            Kernel(
                "5.2",
                duplicate_scope="global",
                exhausted=None,
                creation=("probe", "files", "device", "bind", "links"),
                removal=("links", "files", "bind", "device", "probe"),
                in_use="ignored",
                remove_file="last",
                has_unreg_sem=False,
                mdev_driver="vfio_mdev",
                has_parent_uevents=False,
                has_bind_uevents=True,
            ),
            # mdev_core.c at 062e720: the vendor driver is the driver of its mdevs, -EUSERS.
            Kernel(
                "6.1",
                duplicate_scope="global",
                exhausted=errno.EUSERS,
                creation=("device", "probe", "files", "bind", "links"),
                removal=("links", "files", "probe", "bind", "device"),
                in_use="waits",
                remove_file="first",
                has_unreg_sem=True,
                mdev_driver=None,
                has_parent_uevents=True,
                has_bind_uevents=True,
            ),
        )
    }
)
"""The personalities by name, oldest first."""
