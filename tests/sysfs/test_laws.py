"""Laws of the tree: it holds together, clients find each device once, and it follows the model."""

import posixpath
from contextlib import suppress
from stat import S_ISDIR

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sysfs.walking import links, walk

from simulator.errors import MdevError
from simulator.mdev import KERNELS, MdevBus, Uevents, WouldBlockError
from simulator.sysfs.layout import mdev_sysfs
from simulator.vendors import VENDORS, driver

UUIDS = [f"c2177883-f1bb-47f0-914d-{number:012x}" for number in range(4)]
DRIVERS = ("i915", "mtty", "vfio_ap")


def enumerate_devices(tree):
    """Find devices as libudev does: behind each link of a bus or class, if uevent is there."""
    found = {}
    places = [f"/bus/{name}/devices" for name in tree.list("/bus")]
    for folder in [*places, *(f"/class/{name}" for name in tree.list("/class"))]:
        for name in tree.list(folder):
            target = tree.readlink(f"{folder}/{name}")
            place = posixpath.normpath(posixpath.join(folder, target))
            assert tree.stat(f"{place}/uevent"), place
            found.setdefault(place, []).append(folder)
    return found


@pytest.mark.parametrize("kernel", KERNELS)
@pytest.mark.parametrize("name", VENDORS)
def test_each_device_is_found_once(kernel, name):
    """One bus or class has a device; mdev_bus lists parents a second time."""
    bus = MdevBus(KERNELS[kernel])
    tree = mdev_sysfs(bus, Uevents(bus))
    parent = bus.register(driver(name))
    mdev = next(one for one in parent.types.values() if one.available_instances).create(UUIDS[0])
    found = enumerate_devices(tree)
    assert found.keys() == {parent.path.removeprefix("/sys"), mdev.path.removeprefix("/sys")}
    home, compat = found[parent.path.removeprefix("/sys")]
    assert compat == "/class/mdev_bus" or home == "/class/mdev_bus"
    assert found[mdev.path.removeprefix("/sys")] == ["/bus/mdev/devices"]


def follows(bus, tree):
    """The tree is what the model says, path by path."""
    parents = list(bus.parents.values())
    assert tree.list("/bus/mdev/devices") == list(bus.devices)
    assert tree.list("/class/mdev_bus") == [
        parent.name for parent in parents if not parent.is_unregistering
    ]
    mdevs = {mdev.path.removeprefix("/sys"): mdev for p in parents for mdev in p.mdevs.values()}
    there = dict(walk(tree))
    below = {path for path, one in there.items() if S_ISDIR(one.mode)}
    assert {path for path in below if posixpath.basename(path) in UUIDS} == set(mdevs)
    found = links(tree)
    assert {path: place for path, place in found.items() if place not in below} == {}
    for path, mdev in mdevs.items():
        is_there = not mdev.is_removing
        assert (f"{path}/remove" in there) == mdev.active
        assert is_there or tree.list(path) == ["iommu_group"]
        assert (found.get(f"/bus/mdev/devices/{mdev.uuid}") == path) == is_there
        assert (f"{path}/mdev_type" in found) == mdev.is_linked
        driver_link = found.get(f"{path}/driver")
        assert (driver_link is not None) == (mdev.driver_name is not None)
        assert driver_link is None or found[f"{driver_link}/{mdev.uuid}"] == path
    of_groups = {
        place: path for path, place in found.items() if path.startswith("/kernel/iommu_groups/")
    }
    for place, path in of_groups.items():
        assert path.startswith(f"{found[f'{place}/iommu_group']}/devices/")
    assert set(mdevs) <= set(of_groups)
    numbers = sorted(map(int, tree.list("/kernel/iommu_groups")))
    assert len(numbers) == len(of_groups)


ACTIONS = st.sampled_from(("create", "create", "create", "remove", "open", "close", "unregister"))
STEPS = st.lists(
    st.tuples(ACTIONS, st.sampled_from(DRIVERS), st.integers(0, 3), st.sampled_from(UUIDS)),
    max_size=20,
)


def act(bus, tree, step, names):
    """Do one step through the tree as far as a client could, and as a guest or host else."""
    action, name, number, uuid = step
    parent = bus.parents.get(names[name])
    mdev = bus.devices.get(uuid)
    # A mdev whose removal waits is known to its parent only.
    waiting = [one for each in bus.parents.values() for one in each.mdevs.values() if one.is_open]
    if action == "create" and parent is None:
        bus.register_again(names[name])
    elif action == "create":
        folder = f"{parent.path.removeprefix('/sys')}/mdev_supported_types"
        types = tree.list(folder)
        with tree.open(f"{folder}/{types[number % len(types)]}/create", writing=True) as file:
            file.write(uuid.encode())
    elif action == "remove" and mdev is not None:
        with tree.open(f"{mdev.path.removeprefix('/sys')}/remove", writing=True) as file:
            file.write(b"1")
    elif action == "open" and mdev is not None:
        mdev.open()
    elif action == "close" and waiting:
        waiting[number % len(waiting)].close()
    elif action == "unregister" and parent is not None and not parent.is_unregistering:
        bus.unregister(parent)


@given(st.sampled_from(sorted(KERNELS)), STEPS)
def test_the_tree_follows_the_model(kernel, steps):
    """After every step of any sequence the tree is what the model says, and holds together."""
    bus = MdevBus(KERNELS[kernel])
    tree = mdev_sysfs(bus, Uevents(bus))
    names = {name: bus.register(driver(name)).name for name in DRIVERS}
    empty = set(dict(walk(tree)))
    for step in steps:
        with suppress(MdevError, WouldBlockError):
            act(bus, tree, step, names)
        follows(bus, tree)
    for parent in list(bus.parents.values()):
        for mdev in list(parent.mdevs.values()):
            while mdev.is_open:
                mdev.close()
        with suppress(MdevError, WouldBlockError):
            bus.unregister(parent)
    for name in names.values():
        if name in bus.unregistered:
            bus.register_again(name)
    assert set(dict(walk(tree))) == empty
