"""
The mdev core: who may be created where, in the order and with the errnos of the kernel.

    >>> from simulator.mdev.kernels import KERNELS
    >>> from simulator.vendors import driver
    >>> parent = MdevBus(KERNELS["6.1"]).register(driver("mtty"))
    >>> mtty_2 = parent.types["mtty-2"]
    >>> mtty_2.store("create", b"83b8f4f2-509f-382f-3c1e-e6bfe0fa1001")
    36
    >>> mtty_2.show("available_instances")
    '11\n'
"""
# ruff: noqa: D301 - the doctest shows the newline
# ruff: noqa: SLF001 - the mdev, its type, its parent and the bus are one mechanism

import errno
from collections.abc import Callable, Mapping
from functools import partial
from types import MappingProxyType
from typing import Any

from simulator.errors import MdevError, NoInstancesError, ParentGoneError, UuidInUseError
from simulator.mdev.attributes import TYPE_ATTRIBUTES, Node
from simulator.mdev.device import Mdev, WouldBlockError
from simulator.mdev.driver import Setup, TypeSpec, VendorDriver, read_options
from simulator.mdev.kernels import Kernel
from simulator.mdev.parse import parse_uuid
from simulator.values import PciId

__all__ = ["MdevBus", "MdevType", "Parent"]

_EMPTY: Mapping[str, object] = MappingProxyType({})


class MdevType(Node):
    """
    One directory of ``mdev_supported_types``. Made by `MdevBus.register` only.

    Attributes:
        parent: Its parent.
        sysfs_name: Its name without the driver.
        data: What the vendor driver keeps with the type.
    """

    def __init__(self, parent: "Parent", spec: TypeSpec) -> None:
        self.parent = parent
        self.sysfs_name = spec.sysfs_name
        self.data: Any = spec.data
        self._pretty_name = spec.pretty_name
        self._mdevs: dict[str, Mdev] = {}
        super().__init__(TYPE_ATTRIBUTES)

    def __repr__(self) -> str:
        return f"<MdevType {self.type_id} of {self.parent.name}>"

    @property
    def type_id(self) -> str:
        """The name of its directory. Source: mdev_sysfs.c mdev_type_add()."""
        return f"{self.parent.driver_string}-{self.sysfs_name}"

    @property
    def path(self) -> str:
        """Its directory in ``/sys``."""
        return f"{self.parent.path}/mdev_supported_types/{self.type_id}"

    @property
    def pretty_name(self) -> str:
        """What ``name`` shows. Source: mdev_sysfs.c name_show(): falls back to sysfs_name."""
        return self.sysfs_name if self._pretty_name is None else self._pretty_name

    @property
    def device_api(self) -> str:
        """What ``device_api`` shows, without the newline."""
        return self.parent.driver.device_api

    @property
    def mdevs(self) -> Mapping[str, Mdev]:
        """The links of ``devices/``, by UUID."""
        return MappingProxyType(self._mdevs)

    @property
    def available_instances(self) -> int:
        """
        How many more of this type can be created, computed on every access.

        Source: mdev_sysfs.c available_instances_show(): the vendor's answer, or else the counter
        that all types of the parent share.
        """
        get_available = self.parent.driver.get_available
        return get_available(self) if get_available else self.parent._available

    def create(self, uuid: str | bytes) -> Mdev:
        """
        Create an mdev of this type on its parent.

        Args:
            uuid: 36 or 37 characters, either case.

        Raises:
            BadUuidError: EINVAL. Not a UUID.
            UuidInUseError: EEXIST. The UUID is on the list, also of a device that is removed and
                not yet released.
            NoInstancesError: EUSERS. The core counts, and nothing is left.
            ParentGoneError: ENODEV. The parent is being unregistered.
            MdevError: The errno of the vendor's probe, as it is. Everything is undone.

        Source: mdev_sysfs.c create_store(), mdev_core.c mdev_device_create().
        """
        data = uuid.encode() if isinstance(uuid, str) else uuid
        mdev = self.parent.bus._claim(self, parse_uuid(data))
        if self.parent.is_unregistering:
            mdev.put()
            raise ParentGoneError(f"{self.parent.name} is being unregistered")
        self.parent.bus._add(mdev)
        return mdev


class Parent(Node):
    """
    A device that hosts mdevs. Made by `MdevBus.register` only.

    Attributes:
        bus: The bus it is registered with.
        driver: Its vendor driver.
        driver_string: The first part of its type ids: dev_driver_string().
        path: Its directory in ``/sys``, whose last part is its name.
        config: The checked configuration it was made from.
        state: What the vendor driver keeps with it.
        pci_id: If it is a PCI device.
        on_gone: Functions called once, when it is unregistered.
    """

    def __init__(
        self, bus: "MdevBus", driver: VendorDriver, driver_string: str, path: str, setup: Setup
    ) -> None:
        super().__init__(())
        self.bus = bus
        self.driver = driver
        self.driver_string = driver_string
        self.path = path
        self.state: Any = setup.state
        self.pci_id: PciId | None = setup.pci_id
        self.on_gone: list[Callable[[], None]] = []
        self._available = driver.max_instances
        self._is_unregistering = False
        self._mdevs: dict[str, Mdev] = {}
        self._types: dict[str, MdevType] = {}
        for spec in setup.types:
            mdev_type = MdevType(self, spec)
            if mdev_type.type_id in self._types:
                raise MdevError(errno.EEXIST, f"{path}: two types {mdev_type.type_id}")
            self._types[mdev_type.type_id] = mdev_type

    def __repr__(self) -> str:
        return f"<Parent {self.name}>"

    @property
    def name(self) -> str:
        """The name of the device, as ``/sys/class/mdev_bus`` lists it: ``0000:00:02.0``."""
        return self.path.rpartition("/")[2]

    @property
    def types(self) -> Mapping[str, MdevType]:
        """Its types by type id, in registration order; empty once it is unregistered."""
        return MappingProxyType(self._types)

    @property
    def mdevs(self) -> Mapping[str, Mdev]:
        """The mdevs in its directory, by UUID, in the order of creation."""
        return MappingProxyType(self._mdevs)

    @property
    def is_unregistering(self) -> bool:
        """Whether it is being unregistered, or is gone: create and remove answer ENODEV."""
        return self._is_unregistering


class MdevBus:
    """
    The registry: every parent, and the list of all UUIDs in use.

    Args:
        kernel: The personality.

    Attributes:
        on_register: Called with each new `Parent` before it is in the tree. Files for the parent
            and its types are added here.
        on_create: Called with each new `Mdev` after the vendor's probe, before its links. Files
            for the mdev are added here. An exception undoes the creation.
        listeners: Called with an action and its `Parent` or `Mdev`, in the order of the kernel's
            uevents: ``registered``; ``add``, ``bind``; ``unbind``, ``remove``; ``unregistered``.
    """

    def __init__(self, kernel: Kernel) -> None:
        self.kernel = kernel
        self.on_register: list[Callable[[Parent], None]] = []
        self.on_create: list[Callable[[Mdev], None]] = []
        self.listeners: list[Callable[[str, Parent | Mdev], None]] = []
        self._parents: dict[str, Parent] = {}
        self._list: dict[tuple[str, str], Mdev] = {}

    @property
    def parents(self) -> Mapping[str, Parent]:
        """The parents by name, in registration order: ``/sys/class/mdev_bus``."""
        return MappingProxyType(self._parents)

    @property
    def mdevs(self) -> tuple[Mdev, ...]:
        """Every mdev in the tree: ``/sys/bus/mdev/devices``."""
        return tuple(mdev for parent in self._parents.values() for mdev in parent.mdevs.values())

    def register(
        self,
        driver: VendorDriver,
        config: Mapping[str, object] = _EMPTY,
        *,
        path: str | None = None,
        driver_string: str | None = None,
    ) -> Parent:
        """
        Register a device as a parent, with its types.

        Args:
            driver: Its vendor driver.
            config: Values for the driver's options.
            path: Its directory in ``/sys``; the driver knows a usual one.
            driver_string: The first part of its type ids, if it is not the driver's name.

        Raises:
            OptionError: The configuration is wrong.
            MdevError: ENODEV, the driver does not take such a device; EEXIST, the name is taken.

        Source: mdev_core.c mdev_register_parent().
        """
        setup = driver.setup(MappingProxyType(read_options(driver.options, config)))
        parent = Parent(self, driver, driver_string or driver.name, path or driver.path, setup)
        if parent.name in self._parents:
            raise MdevError(errno.EEXIST, f"{parent.name} is registered")
        for function in self.on_register:
            function(parent)
        self._parents[parent.name] = parent
        self._notify("registered", parent)
        return parent

    def unregister(self, parent: Parent) -> None:
        """
        Remove all mdevs of a parent, errors ignored, then its types, then the parent.

        Raises:
            ParentGoneError: ENODEV. It is not registered.
            WouldBlockError: An mdev is open. Create and remove answer ENODEV from now on; the
                rest is done when the open ones are closed.

        Source: mdev_core.c mdev_unregister_parent().
        """
        if parent.is_gone:
            raise ParentGoneError(f"{parent.name} is not registered")
        parent._is_unregistering = True
        self._drain(parent)
        if not parent.is_gone:
            raise WouldBlockError(f"{parent.name}: an mdev is in use", parent.on_gone)

    def _drain(self, parent: Parent) -> None:
        """Remove mdevs until none is left, or one is open; then its last close goes on here."""
        while parent.mdevs:
            mdevs = tuple(parent.mdevs.values())
            # A writer that sleeps in `remove` holds unreg_sem, so it comes first.
            mdev = next((mdev for mdev in mdevs if mdev.is_removing), mdevs[0])
            if not mdev.is_removing:
                mdev._begin_removal()
            if mdev.is_removing:
                mdev.on_gone.append(partial(self._drain, parent))
                return
        if parent.is_gone:
            return
        for mdev_type in parent.types.values():
            mdev_type._is_gone = True
        parent._types.clear()
        parent._is_gone = True
        del self._parents[parent.name]
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
        if parent.driver.get_available is None:
            if not parent._available:
                reason = f"{parent.name}: all {parent.driver.max_instances} instances are in use"
                raise NoInstancesError(self.kernel.exhausted, reason)
            parent._available -= 1
        mdev = self._list[key] = Mdev(mdev_type, uuid)
        return mdev

    def _release(self, mdev: Mdev) -> None:
        """Take an mdev off the list. Source: mdev_core.c mdev_device_release()."""
        del self._list[self._key(mdev.parent, mdev.uuid)]
        if mdev.parent.driver.get_available is None:
            mdev.parent._available += 1

    def _add(self, mdev: Mdev) -> None:
        """Bring an mdev into the tree. Source: mdev_core.c mdev_device_create(), second half."""
        parent = mdev.parent
        parent._mdevs[mdev.uuid] = mdev
        self._notify("add", mdev)
        try:
            parent.driver.probe(mdev)
        except BaseException:
            mdev._leave()
            raise
        try:
            for attribute in parent.driver.attributes:
                mdev.add_attribute(attribute)
            for function in self.on_create:
                function(mdev)
        except BaseException:
            parent.driver.remove(mdev)
            mdev._leave()
            raise
        self._notify("bind", mdev)
        mdev.mdev_type._mdevs[mdev.uuid] = mdev
        mdev._active = True

    def _notify(self, action: str, subject: Parent | Mdev) -> None:
        for function in self.listeners:
            function(action, subject)
