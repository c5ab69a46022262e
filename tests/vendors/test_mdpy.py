"""mdpy. Source: samples/vfio-mdev/mdpy.c."""

import pytest
from vendors.uuids import uuid

from simulator.errors import NoInstancesError
from simulator.mdev import KERNELS, MdevBus, OptionError
from simulator.vendors import driver
from simulator.vendors.mdpy import GUEST_CLASS, GUEST_PCI_ID, GUEST_SUBSYSTEM


def displays(kernel="6.1", **config):
    return MdevBus(KERNELS[kernel]).register(driver("mdpy"), config)


def test_types():
    """Three types with their names, descriptions and sizes, in the order of the module."""
    shown = {
        t.type_id: (t.show("name"), t.show("device_api"), t.show("description"))
        for t in displays().types.values()
    }
    assert shown == {
        f"mdpy-{name}": (
            f"mdpy-{name}\n",
            "vfio-pci\n",
            f"virtual display, {size} framebuffer\n",
        )
        for name, size in {"vga": "640x480", "xga": "1024x768", "hd": "1920x1080"}.items()
    }


@pytest.mark.parametrize("kernel", KERNELS)
def test_types_share_a_count(kernel):
    """All types together have four instances; one more is EUSERS, of the driver itself ENOMEM."""
    parent = displays(kernel)
    vga, xga, hd = parent.types.values()
    mdevs = [t.create(uuid(n)) for n, t in enumerate((vga, xga, hd, vga))]
    assert [t.available_instances for t in parent.types.values()] == [0, 0, 0]
    with pytest.raises(NoInstancesError) as caught:
        hd.create(uuid(9))
    core_counts = KERNELS[kernel].version >= (6, 1)
    assert caught.value.name == ("EUSERS" if core_counts else "ENOMEM")
    mdevs[0].remove()
    assert [t.available_instances for t in parent.types.values()] == [1, 1, 1]


@pytest.mark.parametrize("count", [0, 1, 7])
def test_count_is_an_option(count):
    """The module parameter says how many there may be."""
    parent = displays(count=count)
    assert {t.available_instances for t in parent.types.values()} == {count}
    with pytest.raises(OptionError, match="count"):
        displays(count=-1)


def test_device_file():
    """vendor/resolution says the size of the display."""
    mdev = displays().types["mdpy-xga"].create(uuid(0))
    assert list(mdev.attributes) == ["remove", "vendor/resolution"]
    assert mdev.show("vendor/resolution") == "1024x768\n"


def test_places():
    """The parent is a virtual device, and the guest sees a display of its own kind."""
    parent = displays()
    assert (parent.path, parent.pci) == ("/sys/devices/virtual/mdpy/mdpy", None)
    assert (str(GUEST_PCI_ID), str(GUEST_SUBSYSTEM)) == ("1b36000f", "1af41100")
    assert GUEST_CLASS == 0x038000
