r"""
The mdev core: who may be created where, in the order and with the errnos of the kernel.

Nothing here locks. Whoever uses a bus from several threads holds one lock around every call, as
``mdev_list_lock`` and ``unreg_sem`` do in the kernel.

    >>> from simulator.mdev.kernels import KERNELS
    >>> from simulator.vendors import driver
    >>> parent = MdevBus(KERNELS["6.1"]).register(driver("mtty"))
    >>> mtty_2 = parent.types["mtty-2"]
    >>> mtty_2.store("create", b"83b8f4f2-509f-382f-3c1e-e6bfe0fa1001")
    36
    >>> mtty_2.show("available_instances")
    '11\n'
"""
# ruff: noqa: SLF001 - the mdev, its type, its parent and the bus are one mechanism

import errno
from collections.abc import Callable, Mapping
from functools import partial
from types import MappingProxyType

from simulator.errors import MdevError, NoInstancesError, ParentGoneError, UuidInUseError
from simulator.mdev.device import Mdev, WouldBlockError
from simulator.mdev.driver import VendorDriver, read_options
from simulator.mdev.kernels import Kernel
from simulator.mdev.parent import MdevType, Parent
from simulator.mdev.steps import do

__all__ = ["Mdev", "MdevBus", "MdevType", "Parent"]

_EMPTY: Mapping[str, object] = MappingProxyType({})


class MdevBus:
    """
    The registry: every parent, and the list of all UUIDs in use.

    Args:
        kernel: The personality.

    Attributes:
        on_register: Called with each new `Parent` before it is in the tree. Files for the parent
            and its types are added here.
        on_unregister: Called with each `Parent` whose unregistration begins, mdevs and all.
        on_probe: Called with each new `Mdev` just before the vendor's probe. An `MdevError` is
            answered as if the probe gave it. A function may sleep here and let others use the
            bus: the creation is in progress meanwhile.
        on_create: Called with each new `Mdev` after the vendor's probe, before its links. Files
            for the mdev are added here. An exception undoes the creation.
        on_active: Called with each new `Mdev` when its creation has ended well.
        on_waiting: Called with each `Mdev` whose removal waits, when it has lost links and files.
        on_unbinding: Called with each `Parent` or `Mdev` whose driver is taken away, before its
            files go.
        listeners: Called with an action and its `Parent` or `Mdev`, in the order of the kernel's
            uevents: ``registered``; ``add``, ``bind``; ``unbind``, ``remove``; ``unregistered``.
            A parent has ``bind`` and ``unbind`` only where these are called.
    """

    def __init__(self, kernel: Kernel) -> None:
        self.kernel = kernel
        self.on_register: list[Callable[[Parent], None]] = []
        self.on_unregister: list[Callable[[Parent], None]] = []
        self.on_probe: list[Callable[[Mdev], None]] = []
        self.on_create: list[Callable[[Mdev], None]] = []
        self.on_active: list[Callable[[Mdev], None]] = []
        self.on_waiting: list[Callable[[Mdev], None]] = []
        self.on_unbinding: list[Callable[[Parent | Mdev], None]] = []
        self.listeners: list[Callable[[str, Parent | Mdev], None]] = []
        self._parents: dict[str, Parent] = {}
        self._unregistered: dict[str, Parent] = {}
        self._devices: dict[str, Mdev] = {}
        self._list: dict[tuple[str, str], Mdev] = {}

    @property
    def parents(self) -> Mapping[str, Parent]:
        """The parents by name, in registration order: ``/sys/class/mdev_bus``."""
        return MappingProxyType(self._parents)

    @property
    def unregistered(self) -> Mapping[str, Parent]:
        """What was a parent and is none now, by name. The devices themselves are still there."""
        return MappingProxyType(self._unregistered)

    @property
    def devices(self) -> Mapping[str, Mdev]:
        """The links of ``/sys/bus/mdev/devices`` by UUID, in the order of creation."""
        return MappingProxyType(self._devices)

    @property
    def mdevs(self) -> tuple[Mdev, ...]:
        """
        The links of ``/sys/bus/mdev/devices``, parent by parent.

        An mdev whose removal waits has lost its link already. Source: general knowledge,
        drivers/base/bus.c bus_remove_device().
        """
        every = (mdev for parent in self._parents.values() for mdev in parent.mdevs.values())
        return tuple(mdev for mdev in every if not mdev.is_removing)

    def register(
        self,
        driver: VendorDriver,
        config: Mapping[str, object] = _EMPTY,
        *,
        path: str | None = None,
        driver_string: str | None = None,
        numa_node: int | None = None,
        iommu_group: int | None = None,
    ) -> Parent:
        """
        Register a device as a parent, with its types.

        Args:
            driver: Its vendor driver.
            config: Values for the driver's options.
            path: Its directory in ``/sys``; the driver knows a usual one.
            driver_string: The first part of its type ids, if it is not the driver's name.
            numa_node: The node of its memory.
            iommu_group: The number of its own IOMMU group.

        Raises:
            OptionError: The configuration is wrong.
            MdevError: ENODEV, the driver does not take such a device; EEXIST, the name is taken.

        Source: mdev_core.c mdev_register_parent().
        """
        checked = MappingProxyType(read_options(driver.options, config))
        places = {"numa_node": numa_node, "iommu_group": iommu_group}
        parent = Parent(self, driver, checked, path, driver_string, **places)
        if parent.name in self._parents:
            raise MdevError(errno.EEXIST, f"{parent.name} is registered")
        for function in self.on_register:
            function(parent)
        self._unregistered.pop(parent.name, None)
        self._parents[parent.name] = parent
        self._notify("registered", parent)
        return parent

    def register_again(self, name: str) -> Parent:
        """
        Register a device that was unregistered, as it was at first: a new `Parent`.

        Raises:
            KeyError: No such device was unregistered.
            MdevError: As `register` says.
        """
        old = self._unregistered[name]
        return self.register(
            old.driver,
            old.config,
            path=old.path,
            driver_string=old.driver_string,
            numa_node=old.numa_node,
            iommu_group=old.iommu_group,
        )

    def unregister(self, parent: Parent) -> None:
        """
        Remove all mdevs of a parent, errors ignored, then its types, then the parent.

        Raises:
            ParentGoneError: ENODEV. It is not registered.
            WouldBlockError: An mdev is open and the kernel waits for it, or one is being created.
                Create and remove are refused from now on; the rest is done when the open ones
                are closed and the creations have ended.

        Source: mdev_core.c mdev_unregister_parent(). Kernels without unreg_sem do not wait for a
        creation there, but when they remove ``create``: general knowledge, fs/kernfs/dir.c
        kernfs_drain(). They may leave the new mdev behind; here it is removed.
        """
        if parent.is_gone:
            raise ParentGoneError(f"{parent.name} is not registered")
        parent._is_unregistering = True
        for function in tuple(self.on_unregister):
            function(parent)
        self._drain(parent)
        if not parent.is_gone:
            reason = f"{parent.name}: an mdev is in use or is being created"
            raise WouldBlockError(reason, parent.on_gone)

    def unbind(self, parent: Parent) -> None:
        """
        Take the driver of a parent away, which unregisters it. The device stays.

        Raises:
            MdevError: ENODEV. It has no driver.
            WouldBlockError: As `unregister` says.

        Source: general knowledge, drivers/base/bus.c unbind_store(), dd.c
        __device_release_driver(); vendor drivers unregister when they are removed.
        """
        if parent.driver_name is None:
            raise MdevError(errno.ENODEV, f"{parent.name} has no driver")
        parent._is_bound = False
        for function in tuple(self.on_unbinding):
            function(parent)
        if parent.is_gone:
            self._notify("unbind", parent)
            return
        parent.on_gone.append(partial(self._notify, "unbind", parent))
        self.unregister(parent)

    def bind(self, parent: Parent, register: Callable[[str], object] | None = None) -> None:
        """
        Give the driver of a parent back, which registers it again.

        Args:
            parent: As it was.
            register: Does it, by name; `register_again` by default.

        Raises:
            MdevError: EBUSY, it has a driver, or is not unregistered yet, where the kernel would
                wait; ENODEV before 5.14. Or as *register* says.

        Source: general knowledge, drivers/base/bus.c bind_store(), dd.c driver_probe_device().
        """
        if parent.driver_name is not None or not parent.is_gone:
            number = errno.EBUSY if self.kernel.version >= (5, 14) else errno.ENODEV
            raise MdevError(number, f"{parent.name} has a driver")
        (register or self.register_again)(parent.name)
        self._notify("bind", self._parents[parent.name])

    def _drain(self, parent: Parent) -> None:
        """
        Remove mdevs until none is left.

        When one is open, its last close goes on here; when one is being created, the end of the
        creation does.
        """
        if parent._n_creating:
            return
        # A writer that sleeps in `remove` holds unreg_sem, so it comes first.
        for mdev in sorted(parent.mdevs.values(), key=lambda mdev: not mdev.is_removing):
            if not mdev.is_removing:
                mdev._begin_removal()
            if mdev.is_removing:
                mdev.on_gone.append(partial(self._drain, parent))
                return
        if parent.is_gone:
            return
        for node in (*parent.types.values(), parent):
            node._drop_files()
            node._is_gone = True
        parent._types.clear()
        del self._parents[parent.name]
        self._unregistered[parent.name] = parent
        self._notify("unregistered", parent)
        for function in parent.on_gone:
            function()

    def _key(self, parent: Parent, uuid: str) -> tuple[str, str]:
        return ("" if self.kernel.duplicate_scope == "global" else parent.name, uuid)

    def _claim(self, mdev_type: MdevType, uuid: str) -> Mdev:
        """Put a new mdev on the list. Source: mdev_core.c mdev_device_create(), first half."""
        parent = mdev_type.parent
        key = self._key(parent, uuid)
        if key in self._list:
            raise UuidInUseError(f"{uuid} is in use")
        if self._counts(parent):
            if not parent._available:
                reason = f"{parent.name}: all {parent.max_instances} instances are in use"
                raise NoInstancesError(self.kernel.exhausted or 0, reason)
            parent._available -= 1
        mdev = self._list[key] = Mdev(mdev_type, uuid)
        return mdev

    def _counts(self, parent: Parent) -> bool:
        return parent.driver.get_available is None and self.kernel.exhausted is not None

    def _forget(self, mdev: Mdev) -> None:
        """Take an mdev off the list."""
        key = self._key(mdev.parent, mdev.uuid)
        if self._list.get(key) is mdev:
            del self._list[key]

    def _release(self, mdev: Mdev) -> None:
        """Give back what was claimed. Source: mdev_core.c mdev_device_release()."""
        self._forget(mdev)
        if self._counts(mdev.parent):
            mdev.parent._available += 1

    def _add(self, mdev: Mdev) -> None:
        """Bring an mdev into the tree. Source: mdev_core.c mdev_device_create(), second half."""
        parent = mdev.parent
        parent._n_creating += 1
        try:
            self._create(mdev)
        finally:
            parent._n_creating -= 1
            if parent.is_unregistering:
                self._drain(parent)

    def _create(self, mdev: Mdev) -> None:
        try:
            do(mdev, self.kernel.creation)
        except BaseException:
            mdev._end()
            raise
        mdev._active = True
        for function in tuple(self.on_active):
            function(mdev)

    def _notify(self, action: str, subject: Parent | Mdev) -> None:
        for function in self.listeners:
            function(action, subject)
