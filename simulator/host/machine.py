"""
One simulated machine: a kernel, parents, mdevs and a published scheme.

    >>> from simulator.mdev import KERNELS
    >>> from simulator.vendors import driver
    >>> host = Host(KERNELS["6.1"])
    >>> gpu = host.add_parent(driver("i915"), {"aperture_mb": 512})
    >>> {name: t.available_instances for name, t in gpu.types.items()}
    {'i915-GVTg_V5_8': 6, 'i915-GVTg_V5_4': 3, 'i915-GVTg_V5_2': 1}
"""

from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from types import MappingProxyType

from simulator.compat.description import Description
from simulator.compat.scheme import Scheme
from simulator.errors import MdevError
from simulator.mdev import Kernel, Mdev, MdevBus, Parent, VendorDriver
from simulator.publish import Publication, Publisher

__all__ = ["LOG_LINES", "Host"]

LOG_LINES = 1000
"""Lines of the kernel log that a host keeps. Ours."""

_NOTHING: Mapping[str, object] = MappingProxyType({})
_NO_TYPES: Mapping[str, Publication] = MappingProxyType({})
_UUID_LEN = 36


@dataclass(frozen=True, slots=True)
class _Device:
    """What a parent was registered with, to register it again."""

    driver: VendorDriver
    options: Mapping[str, object]
    path: str | None
    numa_node: int | None
    iommu_group: int | None
    says: Publication
    types: Mapping[str, Publication] = field(default_factory=lambda: _NO_TYPES)

    @property
    def name(self) -> str:
        return (self.path or self.driver.path).rpartition("/")[2]


class Host:
    """
    A simulated machine.

    Args:
        kernel: Its personality, one of `KERNELS`.
        scheme: The scheme that its devices publish, or None.

    Attributes:
        bus: The mdev core, with all parents and mdevs.
        scheme: As given.
    """

    def __init__(self, kernel: Kernel, scheme: Scheme | None = None) -> None:
        self.bus = MdevBus(kernel)
        self.scheme = scheme
        self._said: dict[tuple[str, ...], Publication] = {}
        self._devices: dict[str, _Device] = {}
        self._log: deque[str] = deque(maxlen=LOG_LINES)
        self.bus.listeners.append(self._forget)
        self._publisher = (
            None if scheme is None else Publisher(scheme, self._said, self._log.append)
        )
        if self._publisher is not None:
            self._publisher.attach(self.bus)

    def _forget(self, action: str, subject: Parent | Mdev) -> None:
        """Drop what was said of a parent or an mdev that goes."""
        if isinstance(subject, Mdev) and action == "remove":
            self._said.pop((subject.uuid,), None)
        elif isinstance(subject, Parent) and action == "unregistered":
            for key in [key for key in self._said if key[0] == subject.name]:
                del self._said[key]

    @property
    def mdevs(self) -> Mapping[str, Mdev]:
        """All mdevs by UUID."""
        return {mdev.uuid: mdev for mdev in self.bus.mdevs}

    @property
    def log(self) -> tuple[str, ...]:
        """The last lines of the kernel log, `LOG_LINES` at most: why writes were refused."""
        return tuple(self._log)

    @property
    def unregistered(self) -> tuple[str, ...]:
        """The parents that were there and are not registered now, by name."""
        return tuple(name for name in self._devices if name not in self.bus.parents)

    @property
    def driver_versions(self) -> Mapping[str, str | None]:
        """What each parent that is registered says of its driver's version."""
        return {
            name: self._said.get((name,), Publication()).driver_version for name in self.bus.parents
        }

    def add_parent(
        self,
        driver: VendorDriver,
        options: Mapping[str, object] = _NOTHING,
        *,
        path: str | None = None,
        numa_node: int | None = None,
        iommu_group: int | None = None,
        says: Publication | None = None,
        types: Mapping[str, Publication] = _NO_TYPES,
    ) -> Parent:
        """
        Register a parent.

        Args:
            driver: Its vendor driver.
            options: Values for the driver's options.
            path: Its directory in ``/sys``; the driver knows a usual one.
            numa_node: The node of its memory.
            iommu_group: The number of its own IOMMU group.
            says: What all its devices publish.
            types: What the devices of a type publish, by type id.

        Raises:
            OptionError: The options are wrong.
            ValueError: A file of the scheme would stand in the place of another one; or something
                is said of a type that the scheme publishes on parents.
            MdevError: As `MdevBus.register` says.
        """
        for of_type in types.values():
            self._check(of_type, "type")
        said = says or Publication()
        return self._register(
            _Device(driver, dict(options), path, numa_node, iommu_group, said, dict(types))
        )

    def register_again(self, name: str) -> Parent:
        """
        Register a parent that was unregistered, with what it said then. Its mdevs are gone.

        Raises:
            KeyError: There was no parent of this name.
            MdevError: EEXIST. It is registered.
        """
        return self._register(self._devices[name])

    def _register(self, device: _Device) -> Parent:
        before = dict(self._said)
        if device.name not in self.bus.parents:
            self._said[device.name,] = device.says
            self._said |= {(device.name, type_id): said for type_id, said in device.types.items()}
        try:
            parent = self.bus.register(
                device.driver,
                device.options,
                path=device.path,
                numa_node=device.numa_node,
                iommu_group=device.iommu_group,
            )
        except (MdevError, ValueError):
            self._said.clear()
            self._said |= before
            raise
        self._devices[device.name] = device
        return parent

    def create(self, parent: str, type_id: str, uuid: str, says: Publication | None = None) -> Mdev:
        """
        Create an mdev.

        Args:
            parent: The name of its parent.
            type_id: Its type.
            uuid: 36 characters.
            says: What this mdev publishes besides what its parent and type do.

        Raises:
            KeyError: There is no such parent or type.
            ValueError: The scheme publishes something of *says* on types or parents, so that an
                mdev has no such value of its own; or a file of the scheme would stand in the
                place of another one.
            MdevError: As `MdevType.create` says.
        """
        mdev_type = self.bus.parents[parent].types[type_id]
        self._check(says or Publication(), "device")
        key = (uuid[:_UUID_LEN].lower(),)
        before = self._said.get(key)
        self._said[key] = says or Publication()
        try:
            return mdev_type.create(uuid)
        except (MdevError, ValueError):
            self._said.pop(key, None)
            if before is not None:
                self._said[key] = before
            raise

    def set_driver_version(self, parent: str, version: str) -> None:
        """
        Let a parent, its types and its mdevs publish another version of their driver from now on.

        The parent keeps it when it is registered again. What a type or an mdev said of a version
        of its own is forgotten.

        Raises:
            KeyError: There is no such parent.
            TextError: The scheme knows no such version.
            ValueError: The host has no scheme, or its scheme says nothing of a driver's version;
                or a file of the scheme would stand in the place of another one.
        """
        node = self.bus.parents[parent]
        publisher = self._published()
        publisher.check_driver_version(version)
        before = dict(self._said)
        ours = {key for key in self._said if key[0] == parent} | {(uuid,) for uuid in node.mdevs}
        for key in ours & self._said.keys():
            self._said[key] = replace(self._said[key], driver_version=None)
        said = self._said.get((parent,), Publication())
        self._said[parent,] = replace(said, driver_version=version)
        try:
            publisher.publish_again(node)
        except ValueError:
            self._said.clear()
            self._said |= before
            raise
        if parent in self._devices:
            self._devices[parent] = self._current(parent)

    def _current(self, parent: str) -> _Device:
        device = self._devices[parent]
        types = {key[1]: said for key, said in self._said.items() if key[0] == parent and key[1:]}
        return replace(device, says=self._said[parent,], types=types)

    def describe(self, mdev: Mdev) -> Description:
        """
        Return what *mdev* publishes.

        Raises:
            ValueError: The host has no scheme.
        """
        return self._published().describe(mdev)

    def describe_parent(self, name: str) -> Description:
        """
        Return what a parent itself publishes, a physical function for example.

        Raises:
            KeyError: There is no such parent.
            ValueError: The host has no scheme.
        """
        return self._published().describe(self.bus.parents[name])

    def narrowed(self, says: Publication, scope: str) -> Publication:
        """Return what files of the scheme can show of *says*, at ``type`` or ``device``."""
        return says if self._publisher is None else self._publisher.plan.narrowed(says, scope)

    def _check(self, says: Publication, scope: str) -> None:
        if self._publisher is not None:
            self._publisher.plan.check(says, scope)

    def _published(self) -> Publisher:
        if self._publisher is None:
            raise ValueError("the host publishes no scheme")
        return self._publisher
