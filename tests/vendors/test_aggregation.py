"""The aggregation proposal on GVT-g. Source: its third version, 2020."""

import pytest
from vendors.uuids import uuid

from simulator.errors import MdevError
from simulator.mdev import KERNELS, MdevBus
from simulator.vendors import driver

NOW, MOST = "mdev/aggregated_instances", "mdev/max_aggregation"


def gpu(**config):
    config = {"aggregation": True, "aperture_mb": 512} | config
    return MdevBus(KERNELS["6.1"]).register(driver("i915"), config)


def create(parent, size, n=0):
    return parent.types[f"i915-GVTg_V5_{size}"].create(uuid(n))


def write(mdev, data):
    try:
        return mdev.store(NOW, data)
    except MdevError as error:
        return error.name


def test_files_are_there_only_if_asked_for():
    """No kernel has them, so they are an option; one can be written."""
    mdev = create(gpu(), 8)
    assert {name: mdev.attributes[name].mode for name in (NOW, MOST)} == {NOW: 0o644, MOST: 0o444}
    assert list(create(gpu(aggregation=False), 8).attributes) == ["remove", "intel_vgpu/vgpu_id"]


def test_description_says_who_can():
    """One more line; only the smallest type can be aggregated."""
    parent = gpu()
    said = {t.type_id: t.show("description").splitlines()[-1] for t in parent.types.values()}
    assert said == {
        "i915-GVTg_V5_8": "aggregation: yes",
        "i915-GVTg_V5_4": "aggregation: no",
        "i915-GVTg_V5_2": "aggregation: no",
    }
    assert "aggregation" not in gpu(aggregation=False).types["i915-GVTg_V5_8"].show("description")


def test_instances_are_taken_and_given_back():
    """An mdev of four instances leaves room for two; its own maximum counts what it holds."""
    parent = gpu()
    mdev = create(parent, 8)
    assert (mdev.show(NOW), mdev.show(MOST)) == ("1\n", "6\n")
    assert write(mdev, b"4\n") == 2
    assert (mdev.show(NOW), mdev.show(MOST)) == ("4\n", "6\n")
    assert [t.available_instances for t in parent.types.values()] == [2, 1, 0]
    other = create(parent, 8, 1)
    assert (mdev.show(MOST), other.show(MOST)) == ("5\n", "2\n")
    assert write(mdev, b"0x2") == 3
    assert other.show(MOST) == "4\n"
    mdev.remove()
    other.remove()
    assert [t.available_instances for t in parent.types.values()] == [6, 3, 1]


def test_fences_are_those_of_one():
    """Aggregated instances share the fences of one."""
    parent = gpu(fences=12)
    mdev = create(parent, 8)
    assert mdev.show(MOST) == "2\n"
    assert write(mdev, b"2") == 1
    assert parent.types["i915-GVTg_V5_8"].available_instances == 1


@pytest.mark.parametrize(
    "data", [b"0\n", b"7\n", b"x", b"-1", b"", b"2 2", b"0x10000000000000000", b"1000"]
)
def test_what_is_refused(data):
    """Zero, too many and no number are all EINVAL; an empty write calls nothing."""
    mdev = create(gpu(), 8)
    assert write(mdev, data) == ("EINVAL" if data else 0)
    assert mdev.show(NOW) == "1\n"


def test_a_guest_fixes_the_number():
    """While the mdev is open, only the number it has may be written."""
    mdev = create(gpu(), 8)
    mdev.open()
    assert write(mdev, b"2") == "EINVAL"
    assert write(mdev, b"1") == 1
    mdev.close()
    assert write(mdev, b"2") == 1


def test_types_that_cannot():
    """They show 0 twice, and take only the one instance that they are."""
    mdev = create(gpu(), 4)
    assert (mdev.show(NOW), mdev.show(MOST)) == ("0\n", "0\n")
    assert write(mdev, b"1") == 1
    assert write(mdev, b"2") == "EINVAL"
