"""mtty. Source: samples/vfio-mdev/mtty.c."""

from dataclasses import replace

import pytest
from vendors.uuids import uuid

from simulator.errors import NoInstancesError
from simulator.mdev import KERNELS, MdevBus
from simulator.vendors import driver
from simulator.vendors.mtty import GUEST_CLASS, GUEST_PCI_ID


@pytest.fixture
def parent():
    return MdevBus(KERNELS["6.1"]).register(driver("mtty"))


def test_types(parent):
    """Two types with their names, vfio-pci, and no description."""
    shown = {t.type_id: (t.show("name"), t.show("device_api")) for t in parent.types.values()}
    assert shown == {
        "mtty-1": ("Single port serial\n", "vfio-pci\n"),
        "mtty-2": ("Dual port serial\n", "vfio-pci\n"),
    }
    assert all("description" not in t.attributes for t in parent.types.values())


def test_ports_are_shared(parent):
    """24 ports serve both types; what does not fit is ENOSPC."""
    one, two = parent.types.values()
    assert (one.available_instances, two.available_instances) == (24, 12)
    mdevs = [one.create(uuid(n)) for n in range(23)]
    assert (one.available_instances, two.available_instances) == (1, 0)
    with pytest.raises(NoInstancesError) as caught:
        two.create(uuid(23))
    assert (caught.value.name, caught.value.reason) == ("ENOSPC", "2 ports wanted, 1 free")
    mdevs[0].remove()
    assert two.create(uuid(23)).active


@pytest.mark.parametrize("kernel", ["4.10", "4.18", "5.2"])
def test_ports_are_not_counted_by_older_kernels(kernel):
    """Before 5.14 nothing is refused; what is left is negative then, rounded towards 0 as in C."""
    one, two = MdevBus(KERNELS[kernel]).register(driver("mtty"), {"ports": 2}).types.values()
    shown = []
    for n in range(3):
        two.create(uuid(n))
        shown.append((one.show("available_instances"), two.show("available_instances")))
    assert shown == [("0\n", "0\n"), ("-2\n", "-1\n"), ("-4\n", "-2\n")]
    one.create(uuid(3))
    assert two.show("available_instances") == "-2\n"


def test_device_file(parent):
    """vendor/sample_mdev_dev names the device."""
    mdev = parent.types["mtty-1"].create(uuid(1))
    assert mdev.show("vendor/sample_mdev_dev") == f"This is MDEV {uuid(1)}\n"


def test_places(parent):
    """The parent is a virtual device, and the guest sees a serial card."""
    assert (parent.path, parent.name) == ("/sys/devices/virtual/mtty/mtty", "mtty")
    assert parent.pci_id is None
    assert (str(GUEST_PCI_ID), GUEST_CLASS) == ("43483253", 0x070002)


@pytest.mark.parametrize(("version", "shown"), [("4.10", True), ("5.15", True), ("6.1", False)])
def test_file_of_the_parent(version, shown):
    """Older kernels have a file beside the types, which says that this is the device."""
    bus = MdevBus(replace(KERNELS["6.1"], name=version))
    parent = bus.register(driver("mtty"))
    assert ("mtty_dev/sample_mtty_dev" in parent.attributes) is shown
    if shown:
        assert parent.show("mtty_dev/sample_mtty_dev") == "This is phy device\n"
