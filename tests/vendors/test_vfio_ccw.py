"""vfio_ccw. Source: vfio_ccw_ops.c, vfio_ccw_drv.c; vectors 60a and 60c."""

import pytest
from vendors.uuids import uuid

from simulator.errors import MdevError, NoInstancesError
from simulator.mdev import KERNELS, MdevBus, OptionError
from simulator.vendors import driver


def subchannel(kernel="6.1", **config):
    return MdevBus(KERNELS[kernel]).register(driver("vfio_ccw"), config)


def io(parent):
    return parent.types["vfio_ccw-io"]


def test_the_type():
    """One type with its name, vfio-ccw, one instance, no description."""
    parent = subchannel()
    assert list(parent.types) == ["vfio_ccw-io"]
    assert io(parent).show("name") == "I/O subchannel (Non-QDIO)\n"
    assert io(parent).show("device_api") == "vfio-ccw\n"
    assert io(parent).show("available_instances") == "1\n"
    assert "description" not in io(parent).attributes


@pytest.mark.parametrize("kernel", KERNELS)
def test_one_instance(kernel):
    """The second mdev is EUSERS of the core, before 6.1 EPERM of the driver (60a, 60c)."""
    parent = subchannel(kernel)
    mdev = io(parent).create(uuid(0))
    assert list(mdev.attributes) == ["remove"]
    assert io(parent).available_instances == 0
    with pytest.raises(NoInstancesError) as caught:
        io(parent).create(uuid(1))
    assert caught.value.name == ("EUSERS" if KERNELS[kernel].version >= (6, 1) else "EPERM")
    mdev.remove()
    assert io(parent).create(uuid(1)).active


def test_a_subchannel_that_is_not_operational():
    """The probe is ENODEV, and the instance is given back."""
    parent = subchannel(operational=False)
    with pytest.raises(MdevError) as caught:
        io(parent).create(uuid(0))
    assert caught.value.name == "ENODEV"
    assert io(parent).available_instances == 1
    parent.state.is_operational = True
    assert io(parent).create(uuid(0)).active


@pytest.mark.parametrize("config", [{"qdio": True}, {"subchannel_type": 1}])
def test_subchannels_that_are_refused(config):
    """The driver does not bind to a QDIO subchannel, nor to one that is not for I/O."""
    with pytest.raises(MdevError) as caught:
        subchannel(**config)
    assert caught.value.name == "ENODEV"


@pytest.mark.parametrize("text", ["1a", "0x1", "0x1g", "0x1A0"])
def test_chpid_type(text):
    """The type of the channel paths is a byte in hex, kept for rules of migration."""
    assert subchannel(chpid_type="0x1b").state.chpid_type == "0x1b"
    with pytest.raises(OptionError, match="chpid_type"):
        subchannel(chpid_type=text)


def test_places():
    """The parent is a subchannel of the channel subsystem."""
    parent = subchannel()
    assert (parent.path, parent.name) == ("/sys/devices/css0/0.0.0313", "0.0.0313")
    assert (parent.subsystem, parent.driver_name, parent.pci) == ("css", "vfio_ccw", None)
    assert parent.uevent_properties == (("ST", "0"), ("MODALIAS", "css:t0"))
    assert driver("vfio_ccw").mdev_driver == "vfio_ccw_mdev"
