"""mbochs. Source: samples/vfio-mdev/mbochs.c; vector 62."""

from dataclasses import replace

import pytest
from vendors.uuids import uuid

from simulator.errors import NoInstancesError
from simulator.mdev import KERNELS, MdevBus, OptionError
from simulator.vendors import driver
from simulator.vendors.mbochs import GUEST_CLASS, GUEST_PCI_ID, GUEST_SUBSYSTEM


def cards(kernel="6.1", **config):
    # Only the version of the kernel matters to the driver.
    return MdevBus(replace(KERNELS["6.1"], name=kernel)).register(driver("mbochs"), config)


def available(parent):
    return [mdev_type.available_instances for mdev_type in parent.types.values()]


def test_types():
    """Three types with their names, descriptions and memory, in the order of the module."""
    shown = {
        t.type_id: (t.show("name"), t.show("device_api"), t.show("description"))
        for t in cards().types.values()
    }
    assert shown == {
        f"mbochs-{size}": (
            f"mbochs-{size}\n",
            "vfio-pci\n",
            f"virtual display, {mbytes} MB video memory\n",
        )
        for size, mbytes in {"small": 4, "medium": 16, "large": 64}.items()
    }


def test_limits_of_the_edid():
    """Small and medium displays have a largest resolution, large ones have none."""
    rows = [t.data.max_resolution for t in cards().types.values()]
    assert rows == [(800, 600), (1920, 1440), None]


def test_vector_62():
    """After three large displays, 64 of 256 MB are free for every type."""
    parent = cards()
    assert available(parent) == [64, 16, 4]
    mdevs = [parent.types["mbochs-large"].create(uuid(n)) for n in range(3)]
    assert available(parent) == [16, 4, 1]
    mdevs[0].remove()
    assert available(parent) == [32, 8, 2]


@pytest.mark.parametrize(
    ("kernel", "name"),
    [("4.18", "ENOMEM"), ("5.2", "ENOMEM"), ("5.15", "ENOSPC"), ("6.1", "ENOSPC")],
)
def test_no_memory(kernel, name):
    """What does not fit is ENOSPC, was ENOMEM before 5.15, and takes nothing."""
    parent = cards(kernel, memory_mb=17)
    parent.types["mbochs-medium"].create(uuid(0))
    with pytest.raises(NoInstancesError) as caught:
        parent.types["mbochs-small"].create(uuid(1))
    assert (caught.value.name, caught.value.reason) == (name, "4 MB wanted, 1 MB free")
    assert available(parent) == [0, 0, 0]
    assert len(parent.mdevs) == 1


def test_device_file():
    """vendor/memory says how much it has."""
    mdev = cards().types["mbochs-small"].create(uuid(0))
    assert list(mdev.attributes) == ["remove", "vendor/memory"]
    assert mdev.show("vendor/memory") == "4 MB\n"


def test_memory_is_not_negative():
    """A memory below nothing is a mistake of the configuration."""
    with pytest.raises(OptionError, match="memory_mb"):
        cards(memory_mb=-1)


def test_places():
    """The parent is a virtual device, and the guest sees a display of QEMU."""
    parent = cards()
    assert (parent.path, parent.pci) == ("/sys/devices/virtual/mbochs/mbochs", None)
    assert (str(GUEST_PCI_ID), str(GUEST_SUBSYSTEM)) == ("12341111", "1af41100")
    assert GUEST_CLASS == 0x038000
