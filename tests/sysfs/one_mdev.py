"""A tree with one parent and one mdev; by default a GPU with a vGPU."""

from simulator.mdev import KERNELS, MdevBus, Uevents
from simulator.sysfs.layout import mdev_sysfs
from simulator.vendors import driver

U1 = "c2177883-f1bb-47f0-914d-32a22e3a8804"
PD = "/devices/pci0000:00/0000:00:02.0"
D = f"{PD}/{U1}"


def live(name="i915", kernel="6.1"):
    """The bus and its tree, with an mdev of the first type that has any left."""
    bus = MdevBus(KERNELS[kernel])
    parent = bus.register(driver(name))
    next(one for one in parent.types.values() if one.available_instances).create(U1)
    return bus, mdev_sysfs(bus, Uevents(bus))
