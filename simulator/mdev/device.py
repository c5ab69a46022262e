"""An mdev: from the claim of its UUID to the release of its last reference."""
# ruff: noqa: SLF001 - the mdev, its type, its parent and the bus are one mechanism

import errno
from collections.abc import Callable
from contextlib import suppress
from typing import TYPE_CHECKING, Any, ClassVar

from simulator.errors import BusyError, MdevError, ParentGoneError
from simulator.mdev.attributes import MDEV_ATTRIBUTES, Node

if TYPE_CHECKING:  # they import this module
    from simulator.mdev.parent import MdevType, Parent

__all__ = ["Mdev", "WouldBlockError"]


class WouldBlockError(Exception):
    """
    The caller has to sleep here, and this process has no thread to put to sleep.

    Not an errno. The operation has begun, will be finished by `Mdev.close`, and needs no second
    call. A file system keeps its answer back and appends a function to *on_gone* that sends it:
    the count of bytes for a write.

    Args:
        reason: What a kernel log would say.
        on_gone: Functions called once, when the mdev or the parent has left the tree.

    Source: drivers/vfio/vfio_main.c vfio_unregister_group_dev().
    """

    def __init__(self, reason: str, on_gone: list[Callable[[], None]]) -> None:
        super().__init__(reason)
        self.reason = reason
        self.on_gone = on_gone


class Mdev(Node):
    """
    A mediated device. Made by `MdevType.create` only.

    Its life: on the list of UUIDs; in the tree; probed; linked; active. Then not active; not
    linked and without files; while it is open it stays like this; removed by the vendor driver;
    out of the tree; and off the list once the last reference is put.

    Attributes:
        uuid: In lower case, its name in the tree.
        mdev_type: Its type.
        state: What the vendor driver keeps with it, as ``dev_set_drvdata`` does.
        on_gone: Functions called once, when it has left the tree.
    """

    # Made by the driver core and VFIO (general knowledge) and by mdev_create_sysfs_files().
    reserved: ClassVar[frozenset[str]] = frozenset(
        {"driver", "iommu_group", "mdev_type", "power", "subsystem", "uevent", "vfio-dev"}
    )

    def __init__(self, mdev_type: "MdevType", uuid: str) -> None:
        super().__init__(MDEV_ATTRIBUTES)
        self.uuid = uuid
        self.mdev_type = mdev_type
        self.state: Any = None
        self.on_gone: list[Callable[[], None]] = []
        self._active = False
        self._is_bound = False
        self._is_removing = False
        self._opens = 0
        self._references = 1

    def __repr__(self) -> str:
        return f"<Mdev {self.uuid} {self.mdev_type.type_id}>"

    @property
    def parent(self) -> "Parent":
        """The parent of its type."""
        return self.mdev_type.parent

    @property
    def path(self) -> str:
        """Its directory in ``/sys``."""
        return f"{self.parent.path}/{self.uuid}"

    @property
    def subsystem(self) -> str:
        """The name of its bus."""
        return "mdev"

    @property
    def driver_name(self) -> str | None:
        """The driver it is bound to, under ``/sys/bus/mdev/drivers``."""
        return self.parent.driver.mdev_driver if self._is_bound else None

    @property
    def active(self) -> bool:
        """Whether its creation has ended and its removal has not begun."""
        return self._active

    @property
    def is_linked(self) -> bool:
        """Whether ``devices/<uuid>`` of the type and ``mdev_type`` are there."""
        return self.mdev_type.mdevs.get(self.uuid) is self

    @property
    def is_open(self) -> bool:
        """Whether user space has the VFIO device open."""
        return self._opens > 0

    @property
    def is_removing(self) -> bool:
        """Whether its removal has begun and waits for the last `close`."""
        return self._is_removing and not self._is_gone

    def open(self) -> None:
        """
        Open the VFIO device, as QEMU does.

        Raises:
            MdevError: ENODEV. It is not active.
        """
        if not self._active:
            raise MdevError(errno.ENODEV, f"{self.uuid} is not active")
        self._opens += 1

    def close(self) -> None:
        """
        Close the VFIO device once. The last close ends a removal that waits for it.

        Raises:
            ValueError: It is not open.
        """
        if not self._opens:
            raise ValueError(f"{self.uuid} is not open")
        self._opens -= 1
        if self.is_removing and not self._opens:
            self._finish_removal()

    def get(self) -> None:
        """
        Take a reference, as get_device() does. Pairs with `put`.

        While there is one, the UUID stays in use and the core's counter is not given back, also
        after the removal: ``available_instances`` may lag behind ``remove``.
        """
        self._references += 1

    def put(self) -> None:
        """
        Put a reference back, as put_device() does. The last one releases the mdev.

        Raises:
            ValueError: There is none left.

        Source: mdev_core.c mdev_device_release().
        """
        if not self._references:
            raise ValueError(f"{self.uuid} has been released")
        self._references -= 1
        if not self._references:
            self.parent.bus._release(self)

    def remove(self) -> None:
        """
        Remove this mdev, whatever its ``remove`` file would say.

        Raises:
            BusyError: EAGAIN. Its creation has not ended, or a removal has begun.
            MdevError: ENODEV. It is not on the list any more.
            ParentGoneError: ENODEV. The parent is being unregistered.
            WouldBlockError: It is open. The removal has begun and ends with the last `close`.

        Source: mdev_core.c mdev_device_remove().
        """
        if not self._references:
            raise MdevError(errno.ENODEV, f"{self.uuid} is not on the list")
        if not self._active:
            raise BusyError(f"{self.uuid} is not active")
        self._active = False
        if self.parent.is_unregistering:
            raise ParentGoneError(f"{self.parent.name} is being unregistered")
        self._begin_removal()
        if self.is_removing:
            reason = f"{self.uuid} is in use; the removal waits until it is closed"
            raise WouldBlockError(reason, self.on_gone)

    def remove_file_self(self, name: str) -> None:
        """
        Take one file away before its own store ends, so that the first writer is the only one.

        A later open gets ENOENT. Source: fs/sysfs/file.c sysfs_remove_file_self().
        """
        del self._attributes[name]

    def _begin_removal(self) -> None:
        """Do what mdev_device_remove_common() does until the vendor driver may sleep."""
        self._active = False
        self._is_removing = True
        self.mdev_type._mdevs.pop(self.uuid, None)
        # device_del() takes the files away before it unbinds the driver, which is what sleeps
        # (drivers/base/core.c device_del(), dd.c device_remove(); general knowledge).
        self._drop_files()
        if not self._opens:
            self._finish_removal()

    def _finish_removal(self) -> None:
        try:
            # Since 5.2 a removal cannot be refused.
            with suppress(MdevError):
                self.parent.driver.remove(self)
        finally:
            self._is_bound = False
            self.parent.bus._notify("unbind", self)
            self._leave()
            for function in self.on_gone:
                function()

    def _leave(self) -> None:
        """Leave the tree and drop the reference of the tree."""
        self._drop_files()
        self._is_gone = True
        del self.parent._mdevs[self.uuid]
        self.parent.bus._notify("remove", self)
        self.put()
