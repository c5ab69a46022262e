r"""
All of ``/sys``: the devices of a bus, and the links by which clients find them.

    >>> from simulator.mdev import KERNELS, MdevBus, Uevents
    >>> from simulator.vendors import driver
    >>> bus = MdevBus(KERNELS["6.1"])
    >>> tree = mdev_sysfs(bus, Uevents(bus))
    >>> parent = bus.register(driver("mtty"))
    >>> uuid = "83b8f4f2-509f-382f-3c1e-e6bfe0fa1001"
    >>> create = "/class/mdev_bus/mtty/mdev_supported_types/mtty-2/create"
    >>> with tree.open(create, writing=True) as file:
    ...     file.write(uuid.encode())
    36
    >>> tree.readlink(f"/bus/mdev/devices/{uuid}")
    '../../../devices/virtual/mtty/mtty/83b8f4f2-509f-382f-3c1e-e6bfe0fa1001'
"""

import re
from collections.abc import Callable, Mapping

from simulator.mdev import Mdev, MdevBus, MdevType, Node, Parent, Uevents
from simulator.sysfs.buses import Bus, Device, Drive, Links, home
from simulator.sysfs.entries import Directory, Entry, FixedDirectory
from simulator.sysfs.files import Context
from simulator.sysfs.iommu import GROUPS, IommuGroups
from simulator.sysfs.machine import ALWAYS, Machine
from simulator.sysfs.nodes import ParentDirectory, host_bridge
from simulator.sysfs.tree import Tree

__all__ = ["mdev_sysfs"]


def mdev_sysfs(  # noqa: PLR0913 - a machine has as many sides
    bus: MdevBus,
    uevents: Uevents,
    *,
    before_show: Callable[[Node, str], None] | None = None,
    before_store: Callable[[Node, str], None] | None = None,
    cpus: int = 1,
    nodes: int = 1,
    register: Callable[[str], object] | None = None,
    layer: Callable[[Directory], Directory] | None = None,
) -> Tree:
    """
    Make the tree of a bus. It follows the bus from now on.

    Args:
        bus: What is registered and created there is in the tree at once.
        uevents: Those of the bus; shows and takes the files ``uevent``.
        before_show: Called before each show of a node; an `MdevError` is the reader's.
        before_store: Called before each store of a node; an `MdevError` is the writer's.
        cpus: How many CPUs the machine has, from 1.
        nodes: How many NUMA nodes share them, from 1; more if a parent is on a higher one.
        register: Registers the parent of this name again, when its driver is bound again.
        layer: Gives what stands for the root directory.

    Raises:
        ValueError: A parent lies outside ``/sys/devices``, or is inside an mdev.
    """
    most = [parent.numa_node for parent in bus.parents.values() if parent.numa_node is not None]
    machine = Machine(cpus, max([nodes - 1, *most]) + 1)
    groups = IommuGroups(bus.kernel)
    context = Context(uevents, groups, machine, before_show, before_store)
    return _Sysfs(bus, context, _drive(bus, register), layer).tree


_HOST_BRIDGE = re.compile(r"devices/pci[0-9a-f]{4}:[0-9a-f]{2}(?=/|$)")


def _place(device: Device | MdevType) -> str:
    return device.path.removeprefix("/sys")


def _drive(bus: MdevBus, register: Callable[[str], object] | None) -> Drive:
    def bind(device: Device) -> None:
        if isinstance(device, Mdev):
            device.bind()
        else:
            bus.bind(device, register)

    def unbind(device: Device) -> None:
        if isinstance(device, Mdev):
            device.unbind()
        else:
            bus.unbind(device)

    return Drive(bind, unbind)


def _is_listed(device: Device) -> bool:
    """Source: mdev_core.c mdev_unregister_parent(): the link goes before the mdevs do."""
    return isinstance(device, Parent) and not device.is_unregistering


def _grown(entry: Entry | None) -> dict[str, Entry] | None:
    """Return the entries of a directory that may grow."""
    if isinstance(entry, FixedDirectory | ParentDirectory) and isinstance(entry.entries, dict):
        return entry.entries
    return None


def _inside(root: dict[str, Entry], path: str) -> dict[str, Entry]:
    """
    Return the entries of a directory that may grow; one that is not there is made.

    Raises:
        ValueError: Something else is there.
    """
    here = root
    for part in path.split("/"):
        found = _grown(here.setdefault(part, FixedDirectory({})))
        if found is None:
            raise ValueError(f"{path}: {part} is no place for a device")
        here = found
    return here


class _Sysfs:
    """The directories that follow the bus, and the listener that keeps them so."""

    def __init__(
        self,
        bus: MdevBus,
        context: Context,
        drive: Drive,
        layer: Callable[[Directory], Directory] | None,
    ) -> None:
        self._mdevs = bus
        self._drive = drive
        self._context = context
        self._buses: dict[str, Bus] = {}
        self._members: dict[str, dict[str, Device]] = {"/bus/pci": {}}
        root: dict[str, Entry] = {}
        for path in ALWAYS:
            _inside(root, path)
        _inside(root, "kernel")["iommu_groups"] = context.groups
        _inside(root, "class")["mdev_bus"] = Links(
            "/class/mdev_bus", bus.parents, is_there=_is_listed
        )
        _inside(root, "devices")["system"] = context.machine.system()
        self._root = root
        self._mdev_bus = self._bus_of("mdev", bus.devices)
        self._bus_of("pci", self._members["/bus/pci"])
        self.tree = Tree(layer(FixedDirectory(root)) if layer else FixedDirectory(root))
        context.forget = self.tree.forget
        self._follow()

    def _bus_of(self, name: str, devices: Mapping[str, Device]) -> Bus:
        if name not in self._buses:
            self._buses[name] = Bus(name, devices, self._context.uevents, self._drive)
            _inside(self._root, "bus")[name] = self._buses[name].directory
        return self._buses[name]

    def _follow(self) -> None:
        parents = self._mdevs.parents.values()
        for parent in parents:
            self._check(parent)
            # Before others take the numbers.
            if parent.iommu_group is not None:
                self._context.groups.add(parent, parent.iommu_group)
        for parent in parents:
            self._registered(parent)
        for mdev in self._mdevs.mdevs:
            if mdev.driver_name is not None:
                self._bind(mdev)
        self._mdevs.on_register.append(self._check)
        self._mdevs.on_unregister.append(self._unregister)
        self._mdevs.on_waiting.append(self._waiting)
        self._mdevs.on_unbinding.append(self._unbinding)
        # First, so that a uevent tells of what is there already.
        self._mdevs.listeners.insert(0, self._listen)

    def _check(self, parent: Parent) -> None:
        """Refuse a path before anything is registered there."""
        parts = parent.path.removeprefix("/sys/").split("/")
        is_below = parent.path.startswith("/sys/devices/")
        if not is_below or not all(part.strip(".") for part in parts):
            raise ValueError(f"{parent.path} is not below /sys/devices")
        here = self._root
        for part in parts:
            if part not in here:
                return
            found = _grown(here[part])
            if found is None:
                raise ValueError(f"{parent.path}: {part} is no place for a device")
            here = found

    def _listen(self, action: str, subject: Device) -> None:
        if isinstance(subject, Parent):
            if action == "registered":
                self._registered(subject)
            elif action == "unregistered":
                self._unregistered(subject)
        elif action == "bind":
            self._bind(subject)
        elif action == "unbind":
            self._unbind(subject)
        elif action == "remove":
            self._remove(subject)

    def _registered(self, parent: Parent) -> None:
        self._mdev_bus.driver(parent.mdev_driver)
        old = self._place_directory(parent)
        groups = self._context.groups
        if old is not None:
            groups.replace(old, parent)
        has_group = parent.iommu_group is not None or parent.pci is not None
        if has_group and groups.number(parent) is None:
            groups.add(parent, parent.iommu_group)
        where = home(parent)
        kind, name = where[1:].split("/")
        members = self._members.setdefault(where, {})
        if kind == "class":
            _inside(self._root, "class").setdefault(name, Links(where, members))
        else:
            bus = self._bus_of(name, members)
            if parent.driver_name is not None:
                bus.driver(parent.driver_name)[parent.name] = parent
        members[parent.name] = parent

    def _place_directory(self, parent: Parent) -> Parent | None:
        """Make the directory of a device, or take over that of an earlier registration."""
        above, _, name = _place(parent)[1:].rpartition("/")
        entries = _inside(self._root, above)
        bridge = _HOST_BRIDGE.match(above)
        if bridge:
            files = host_bridge(self._context, f"/{bridge[0]}")
            for file, entry in files.items():
                _inside(self._root, bridge[0]).setdefault(file, entry)
        found = entries.get(name)
        if isinstance(found, ParentDirectory):
            old = found.parent
            found.replace(parent)
            return old
        below = found.entries if isinstance(found, FixedDirectory) else {}
        entries[name] = ParentDirectory(self._context, parent, dict(below))
        return None

    def _unregister(self, parent: Parent) -> None:
        self.tree.forget(f"/class/mdev_bus/{parent.name}")

    def _unregistered(self, parent: Parent) -> None:
        """Take away what is of mdevs; the device itself stays."""
        place = _place(parent)
        self.tree.forget(f"{place}/mdev_supported_types")
        for attribute in parent.driver.parent_attributes:
            self.tree.forget(f"{place}/{attribute.name.partition('/')[0]}")

    def _bind(self, mdev: Mdev) -> None:
        self._mdev_bus.driver(mdev.parent.mdev_driver)[mdev.uuid] = mdev
        self._context.groups.add(mdev)

    def _waiting(self, mdev: Mdev) -> None:
        """Take the names away that go before the wait, in the directory of the mdev as well."""
        self._remove(mdev)
        self._drop_driver(mdev)

    def _unbinding(self, device: Device) -> None:
        """Take the names away that go with the driver of a device that stays."""
        names = ["driver"]
        if isinstance(device, Mdev):
            names += [name.partition("/")[0] for name in device.driver_files]
            self._drop_driver(device)
        else:
            bus = self._bus_of(device.subsystem, {})
            bus.driver(device.driver_string).pop(device.name, None)
            self.tree.forget(f"{home(device)}/drivers/{device.driver_string}/{device.name}")
        for name in dict.fromkeys(names):
            self.tree.forget(f"{_place(device)}/{name}")

    def _drop_driver(self, mdev: Mdev) -> None:
        driver = mdev.parent.mdev_driver
        self._mdev_bus.driver(driver).pop(mdev.uuid, None)
        self.tree.forget(f"/bus/mdev/drivers/{driver}/{mdev.uuid}")

    def _unbind(self, mdev: Mdev) -> None:
        self._drop_driver(mdev)
        if not mdev.is_removing:
            self.tree.forget(f"{_place(mdev)}/iommu_group")
        group = self._context.groups.discard(mdev)
        if group is not None:
            self.tree.forget(f"{GROUPS}/{group}")

    def _remove(self, mdev: Mdev) -> None:
        self.tree.forget(f"/bus/mdev/devices/{mdev.uuid}")
        self.tree.forget(f"{_place(mdev.mdev_type)}/devices/{mdev.uuid}")
        # Who writes to it has it open: kept by the kernel, it would keep the directory, too.
        self.tree.forget(f"{_place(mdev)}/remove")
        self.tree.forget(_place(mdev))
        self._context.controls.pop(_place(mdev), None)
