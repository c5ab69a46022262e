"""qat. Source: the names and the field alg_set of the mails of September 2020; vector 46."""

import pytest
from vendors.uuids import uuid

from simulator.errors import NoInstancesError
from simulator.mdev import KERNELS, MdevBus
from simulator.vendors import driver


def device(**config):
    return MdevBus(KERNELS["6.1"]).register(driver("qat"), config)


@pytest.mark.parametrize("generation", ["v4", "v5"])
def test_each_generation_has_its_own_name(generation):
    """The type names of vector 46 belong to two drivers, so a device has one of them."""
    parent = device(generation=generation)
    assert list(parent.types) == [f"qat-{generation}-type1"]
    (mdev_type,) = parent.types.values()
    assert (mdev_type.show("name"), mdev_type.show("device_api")) == (
        f"{generation}-type1\n",
        "vfio-pci\n",
    )
    assert parent.pci.class_code == 0x0B4000


def test_instances():
    """As many as the option says; one more is ENOSPC."""
    (mdev_type,) = device(instances=1).types.values()
    mdev = mdev_type.create(uuid(0))
    assert mdev_type.available_instances == 0
    with pytest.raises(NoInstancesError) as caught:
        mdev_type.create(uuid(1))
    assert caught.value.name == "ENOSPC"
    mdev.remove()
    assert mdev_type.available_instances == 1


@pytest.mark.parametrize(("alg_set", "files"), [("", []), ("cy,dc", ["vendor/alg_set"])])
def test_alg_set(alg_set, files):
    """The proposed field is there when it has a value."""
    (mdev_type,) = device(alg_set=alg_set).types.values()
    mdev = mdev_type.create(uuid(0))
    assert list(mdev.attributes) == ["remove", *files]
    assert [mdev.show(name) for name in files] == ["cy,dc\n"] * len(files)
