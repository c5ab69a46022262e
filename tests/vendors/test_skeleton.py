"""The skeleton works as it is."""

import pytest
from vendors.uuids import uuid

from simulator.errors import MdevError
from simulator.mdev import KERNELS, MdevBus
from simulator.vendors.SKELETON import SKELETON


def test_the_skeleton_is_a_vendor_driver():
    """It shows types, a shared pool, and one file that can be read and written."""
    parent = MdevBus(KERNELS["6.1"]).register(SKELETON)
    single, pair = parent.types.values()
    assert (single.available_instances, pair.available_instances) == (3, 1)
    assert pair.show("description") == "lights: 2\n"
    mdev = pair.create(uuid(1))
    assert mdev.show("vendor/switch") == "off\n"
    assert mdev.store("vendor/switch", b"on\n") == 3
    assert mdev.show("vendor/switch") == "on\n"
    with pytest.raises(MdevError) as caught:
        mdev.store("vendor/switch", b"dim")
    assert caught.value.name == "EINVAL"
    with pytest.raises(MdevError) as caught:
        pair.create(uuid(2))
    assert caught.value.name == "ENOSPC"
    mdev.remove()
    assert pair.available_instances == 1
