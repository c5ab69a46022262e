"""An mdev: from the claim of its UUID to the release of its last reference."""
# ruff: noqa: SLF001 - the mdev, its type, its parent and the bus are one mechanism

import errno
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, ClassVar

from simulator.errors import BusyError, MdevError, ParentGoneError
from simulator.mdev.attributes import MDEV_ATTRIBUTES, Node
from simulator.mdev.kernels import Step
from simulator.mdev.steps import do, remove_vendor, undo

if TYPE_CHECKING:  # they import this module
    from simulator.mdev.parent import MdevType, Parent

__all__ = ["Mdev", "WouldBlockError"]


class WouldBlockError(Exception):
    """
    The caller has to sleep here, and this process has no thread to put to sleep.

    Not an errno. The operation has begun, will be finished by `Mdev.close` or by the end of a
    creation, and needs no second call. A file system keeps its answer back and appends a function
    to *on_gone* that sends it: the count of bytes for a write.

    Args:
        reason: What a kernel log would say.
        on_gone: Functions called once, when the mdev or the parent has left the tree, or the mdev
            has lost its driver.

    Source: drivers/vfio/vfio_main.c vfio_unregister_group_dev().
    """

    def __init__(self, reason: str, on_gone: list[Callable[[], None]]) -> None:
        super().__init__(reason)
        self.reason = reason
        self.on_gone = on_gone


class Mdev(Node):
    """
    A mediated device. Made by `MdevType.create` only.

    Its life in kernel 6.1: on the list of UUIDs; in the tree; probed; bound; linked; active. Then
    not active; not linked and without files; while it is open it stays like this; removed by the
    vendor driver; unbound; out of the tree; and off the list once the last reference is put.
    Older kernels do the same in other orders: see `Kernel`.

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
        is_first = mdev_type.parent.bus.kernel.remove_file == "first"
        super().__init__(MDEV_ATTRIBUTES if is_first else ())
        self.uuid = uuid
        self.mdev_type = mdev_type
        self.state: Any = None
        self.on_gone: list[Callable[[], None]] = []
        self._active = False
        self._is_bound = False
        self._is_removing = False
        self._is_unbinding = False
        self._on_unbound: list[Callable[[], None]] = []
        self._opens = 0
        self._references = 1
        self._to_undo: tuple[Step, ...] = ()

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
        """The driver under ``/sys/bus/mdev/drivers``, from its binding until that begins to end."""
        is_leaving = self._is_removing or self._is_unbinding
        return self.parent.mdev_driver if self._is_bound and not is_leaving else None

    @property
    def driver_files(self) -> tuple[str, ...]:
        """
        The files that go with the driver; none where the vendor driver is not the driver.

        Source: general knowledge, drivers/base/dd.c device_remove(): dev_groups go first.
        """
        if not self._is_bound_to_vendor:
            return ()
        own = {attribute.name for attribute in MDEV_ATTRIBUTES}
        return tuple(name for name in self._attributes if name not in own)

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
            MdevError: ENODEV. It is not active, or has no driver.
        """
        if not self._active or self.driver_name is None:
            raise MdevError(errno.ENODEV, f"{self.uuid} is not active or has no driver")
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
        if self._opens:
            return
        if self.is_removing:
            self._finish_removal()
        elif self._is_unbinding:
            self._finish_unbinding()

    def unbind(self) -> None:
        """
        Take its driver away. The device stays, and can be removed.

        Raises:
            MdevError: ENODEV. It has no driver, or not yet.
            WouldBlockError: It is open. It has lost the files of its driver; the last `close` does
                the rest.

        Source: general knowledge, drivers/base/bus.c unbind_store(), dd.c
        __device_release_driver(); vfio_main.c vfio_unregister_group_dev() waits in every kernel.
        """
        if self.driver_name is None:
            raise MdevError(errno.ENODEV, f"{self.uuid} has no driver")
        self._is_unbinding = True
        for function in tuple(self.parent.bus.on_unbinding):
            function(self)
        for name in self.driver_files:
            del self._attributes[name]
        if self._opens:
            reason = f"{self.uuid} is in use; its driver waits until it is closed"
            raise WouldBlockError(reason, self._on_unbound)
        self._finish_unbinding()

    def bind(self) -> None:
        """
        Give it its driver again.

        Raises:
            MdevError: ENODEV. It has a driver, or the kernel lets nothing match: from 5.14
                mdev_match() says no, and bind_store() asks it.

        Source: general knowledge, drivers/base/bus.c bind_store(); mdev_driver.c mdev_match().
        """
        if self._is_bound_to_vendor or self._is_bound or not self._active:
            raise MdevError(errno.ENODEV, f"{self.uuid} matches no driver, or has one")
        do(self, ("bind",))

    @property
    def _is_bound_to_vendor(self) -> bool:
        """Whether the vendor driver is the driver of the device: it probes, and has its files."""
        return self.parent.bus.kernel.mdev_driver is None

    def _finish_unbinding(self) -> None:
        undo(self, ("probe", "bind") if self._is_bound_to_vendor else ("bind",))
        self._is_unbinding = False
        waiting, self._on_unbound = self._on_unbound, []
        for function in waiting:
            function()

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
            MdevError: ENODEV, it is not on the list any more; EBUSY, the kernel lets the vendor
                driver refuse, and it does, or the mdev is open.
            ParentGoneError: ENODEV. The parent is being unregistered.
            WouldBlockError: It is open. The removal has begun and ends with the last `close`.

        Source: mdev_core.c mdev_device_remove().
        """
        kernel = self.parent.bus.kernel
        if not self._references:
            raise MdevError(errno.ENODEV, f"{self.uuid} is not on the list")
        if not self._active:
            raise BusyError(f"{self.uuid} is not active")
        self._active = False
        if kernel.has_unreg_sem and self.parent.is_unregistering:
            raise ParentGoneError(f"{self.parent.name} is being unregistered")
        is_refusable = kernel.in_use == "refused"
        if is_refusable:
            self._ask_vendor()
        self._begin_removal(is_vendor_done=is_refusable)
        if self.is_removing:
            reason = f"{self.uuid} is in use; the removal waits until it is closed"
            raise WouldBlockError(reason, self.on_gone)

    def _ask_vendor(self) -> None:
        """Let the vendor driver refuse. Source: mdev_core.c mdev_device_remove_ops(), to 5.1."""
        reason = f"{self.uuid} is in use"
        if not self._opens:
            try:
                remove_vendor(self)
            except MdevError as error:
                reason = error.reason
            else:
                return
        self._active = True
        raise BusyError(reason, errno.EBUSY)

    def _begin_removal(self, *, is_vendor_done: bool = False) -> None:
        """
        Remove what can be removed until the vendor driver may sleep.

        device_del() takes the files away before it unbinds the driver, which is what sleeps.
        Source: drivers/base/core.c device_del(), dd.c device_remove(); general knowledge.
        """
        kernel = self.parent.bus.kernel
        self._active = False
        self._is_removing = True
        self._to_undo = tuple(step for step in kernel.removal if self._has(step, is_vendor_done))
        if self._opens and kernel.in_use == "waits":
            first = self._to_undo.index("probe")
            before, self._to_undo = self._to_undo[:first], self._to_undo[first:]
            undo(self, before)
            for function in tuple(self.parent.bus.on_waiting):
                function(self)
        else:
            self._finish_removal()

    def _has(self, step: Step, is_vendor_done: bool) -> bool:
        """Tell whether a step is still to be undone. Without a driver there is none to remove."""
        if step == "bind":
            return self._is_bound
        if step == "probe":
            return not is_vendor_done and (self._is_bound or not self._is_bound_to_vendor)
        return True

    def _finish_removal(self) -> None:
        try:
            undo(self, self._to_undo)
        finally:
            self._end()

    def _end(self) -> None:
        """Drop the reference of the tree, and tell who waits."""
        self._go()
        self.put()
        for function in (*self.on_gone, *self._on_unbound):
            function()

    def _go(self) -> None:
        self._drop_files()
        self._is_gone = True
