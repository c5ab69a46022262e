"""Parents and their types: what is there before any mdev is."""
# ruff: noqa: SLF001 - the mdev, its type, its parent and the bus are one mechanism

import errno
from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, ClassVar

from simulator.errors import MdevError, ParentGoneError
from simulator.mdev.attributes import TYPE_ATTRIBUTES, Attribute, Node
from simulator.mdev.device import Mdev
from simulator.mdev.driver import PciFunction, TypeSpec, VendorDriver
from simulator.mdev.parse import parse_uuid
from simulator.values import PciId

if TYPE_CHECKING:  # the core imports this module
    from simulator.mdev.core import MdevBus

__all__ = ["MdevType", "Parent"]

_VIRTUAL = "/sys/devices/virtual/"

_OF_DEVICES = frozenset(
    {"driver", "subsystem", "power", "uevent", "iommu", "iommu_group", "firmware_node"}
)
"""What every device has. Source: general knowledge, drivers/base/core.c."""

_OF_PCI = frozenset(
    {"vendor", "device", "class", "revision", "subsystem_vendor", "subsystem_device"}
    | {"config", "resource", "irq", "enable", "local_cpus", "local_cpulist"}
    | {"numa_node", "modalias", "driver_override", "remove", "rescan", "reset"}
)
"""What a PCI device has. Source: general knowledge, drivers/pci/pci-sysfs.c."""


class MdevType(Node):
    """
    One directory of ``mdev_supported_types``. Made by `MdevBus.register` only.

    Attributes:
        parent: Its parent.
        sysfs_name: Its name without the driver.
        data: What the vendor driver keeps with the type.
    """

    reserved: ClassVar[frozenset[str]] = frozenset({"devices"})

    def __init__(self, parent: "Parent", spec: TypeSpec) -> None:
        self.parent = parent
        self.sysfs_name = spec.sysfs_name
        self.data: Any = spec.data
        self._pretty_name = spec.pretty_name
        self._mdevs: dict[str, Mdev] = {}
        super().__init__((*TYPE_ATTRIBUTES, *parent.driver.type_attributes))

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
            ParentGoneError: ENODEV. The parent is being unregistered. EINVAL in older kernels.
            MdevError: The errno of the vendor's probe, as it is. Everything is undone.

        Source: mdev_sysfs.c create_store(), mdev_core.c mdev_device_create().
        """
        parsed = parse_uuid(uuid.encode() if isinstance(uuid, str) else uuid)
        has_unreg_sem = self.parent.bus.kernel.has_unreg_sem
        if self.parent.is_unregistering and not has_unreg_sem:
            raise MdevError(errno.EINVAL, f"{self.parent.name} is no parent any more")
        mdev = self.parent.bus._claim(self, parsed)
        if self.parent.is_unregistering:
            mdev.put()
            raise ParentGoneError(f"{self.parent.name} is being unregistered")
        self.parent.bus._add(mdev)
        return mdev


class Parent(Node):
    """
    A device that hosts mdevs. Made by `MdevBus.register` only.

    Attributes:
        reserved_on_pci: Names that are no attributes where the parent is a PCI device.
        bus: The bus it is registered with.
        driver: Its vendor driver.
        driver_string: The first part of its type ids: dev_driver_string().
        path: Its directory in ``/sys``, whose last part is its name.
        config: The checked configuration it was made from.
        state: What the vendor driver keeps with it.
        pci: What it is on the PCI bus, if it is there.
        max_instances: Where the core's counter started.
        mdev_driver: The driver of its mdevs, under ``/sys/bus/mdev/drivers``.
        subsystem: Its bus or class.
        uevent_properties: What its bus adds to its uevents, PCI apart.
        numa_node: The node of its memory, or None: ``numa_node`` shows -1 then.
        iommu_group: The number of its own IOMMU group, or None: it has no link to one.
        on_gone: Functions called once, when it is unregistered.
    """

    reserved: ClassVar[frozenset[str]] = frozenset({"mdev_supported_types"}) | _OF_DEVICES
    reserved_on_pci: ClassVar[frozenset[str]] = _OF_PCI

    def __init__(
        self,
        bus: "MdevBus",
        driver: VendorDriver,
        config: Mapping[str, Any],
        path: str | None,
        driver_string: str | None,
        *,
        numa_node: int | None = None,
        iommu_group: int | None = None,
    ) -> None:
        self.bus = bus
        self.driver = driver
        self.config = config
        self.path = path or driver.path
        setup = driver.setup(config)
        self.driver_string = driver_string or setup.driver_string or driver.name
        self.state: Any = setup.state
        self.pci: PciFunction | None = setup.pci
        self.mdev_driver = bus.kernel.mdev_driver or driver.mdev_driver
        self.subsystem = setup.subsystem or self._usual_subsystem()
        self.uevent_properties = setup.uevent
        self.on_gone: list[Callable[[], None]] = []
        most = setup.max_instances
        self.max_instances = self._available = driver.max_instances if most is None else most
        self.numa_node = numa_node
        self.iommu_group = iommu_group
        self._is_bound = True
        self._is_unregistering = False
        self._n_creating = 0
        self._mdevs: dict[str, Mdev] = {}
        self._types: dict[str, MdevType] = {}
        for spec in setup.types:
            mdev_type = MdevType(self, spec)
            if mdev_type.type_id in self._types:
                raise MdevError(errno.EEXIST, f"{self.name}: two types {mdev_type.type_id}")
            self._types[mdev_type.type_id] = mdev_type
        super().__init__(driver.parent_attributes)

    def __repr__(self) -> str:
        return f"<Parent {self.name}>"

    @property
    def name(self) -> str:
        """The name of the device, as ``/sys/class/mdev_bus`` lists it: ``0000:00:02.0``."""
        return self.path.rpartition("/")[2]

    @property
    def vendor_counts(self) -> bool:
        """Whether its driver counts the mdevs, in a kernel whose core does not."""
        return self.driver.get_available is None and self.bus.kernel.exhausted is None

    @property
    def driver_name(self) -> str | None:
        """
        The driver it is bound to, until that begins to end; a virtual device of a class has none.

        Source: general knowledge, drivers/base/core.c device_create().
        """
        is_virtual = self.path.startswith(_VIRTUAL)
        has_driver = self._is_bound and not (is_virtual and self.pci is None)
        return self.driver_string if has_driver else None

    def add_attribute(self, attribute: Attribute["Parent"]) -> None:
        """
        Add a file at run time, as `Node.add_attribute` says.

        Raises:
            ValueError: As there; or a PCI device has a file of this name.
            MdevError: As there.
        """
        first = attribute.name.split("/", maxsplit=1)[0]
        if self.pci is not None and first in self.reserved_on_pci:
            raise ValueError(f"{first} is not free for an attribute")
        super().add_attribute(attribute)

    def _usual_subsystem(self) -> str:
        if self.pci is not None:
            return "pci"
        if self.path.startswith(_VIRTUAL):
            return self.path.removeprefix(_VIRTUAL).partition("/")[0]
        return self.driver.name

    @property
    def pci_id(self) -> PciId | None:
        """Its vendor and device, if it is a PCI device."""
        return None if self.pci is None else self.pci.id

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
