"""The table of personalities, and the life of an mdev in each of them."""

import errno
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from simulator.errors import MdevError
from simulator.mdev import KERNELS, MdevBus, WouldBlockError

UUID = "c0ffee00-0a0b-4c0d-8e0f-aabbccddeeff"
OLD = ["4.10", "4.18"]
BEFORE_EUSERS = ["4.10", "4.18", "5.2"]
TYPE_FILES = ["create", "device_api", "name", "available_instances"]


@dataclass
class Site:
    """A bus, its one parent, and the log of its listeners and of its vendor driver."""

    bus: MdevBus
    parent: object
    log: list
    recorder: object

    @property
    def mdev_type(self):
        return self.parent.types["rec-a"]

    def answer(self, action, *args):
        try:
            return action(*args)
        except WouldBlockError:
            return "blocks"
        except MdevError as error:
            return error.name

    def create(self):
        return self.answer(self.mdev_type.store, "create", UUID.encode())

    def remove(self, mdev):
        return self.answer(mdev.store, "remove", b"1")


@pytest.fixture
def site(recorder):
    """Give a function that makes a site of a personality."""

    def build(name, **changes):
        bus = MdevBus(replace(KERNELS[name], **changes))
        parent = bus.register(recorder.driver())
        log = []
        bus.listeners.append(lambda action, _: log.append(action))
        bus.on_probe.append(lambda mdev: log.append(("visible", mdev.uuid in parent.mdevs)))
        recorder.calls = log
        return Site(bus, parent, log, recorder)

    return build


def test_every_row_is_under_its_name():
    """The table is keyed by the name of the personality, oldest first."""
    assert all(name == kernel.name for name, kernel in KERNELS.items())
    assert list(KERNELS) == ["4.10", "4.18", "5.2", "6.1"]
    versions = [kernel.version for kernel in KERNELS.values()]
    assert versions == sorted(versions)
    assert versions[0] == (4, 10)


@pytest.mark.parametrize("kernel", KERNELS.values(), ids=list(KERNELS))
def test_a_removal_undoes_every_step_of_a_creation(kernel):
    """Both orders name each step once."""
    assert sorted(kernel.creation) == sorted(kernel.removal)
    assert len(set(kernel.creation)) == len(kernel.creation)


PROBE, REMOVE = ("probe", UUID), ("remove", UUID)
LIVES = {
    "4.10": (["add", "bind", ("visible", True), PROBE], [REMOVE, "unbind", "remove"]),
    "4.18": (["add", "bind", ("visible", True), PROBE], [REMOVE, "unbind", "remove"]),
    "5.2": ([("visible", False), PROBE, "add", "bind"], ["unbind", "remove", REMOVE]),
    "6.1": (["add", ("visible", True), PROBE, "bind"], [REMOVE, "unbind", "remove"]),
}


@pytest.mark.parametrize("name", KERNELS)
def test_the_order_of_a_life(site, name):
    """When the device is visible, when the vendor driver is called, what is sent."""
    here = site(name)
    assert here.create() == 36
    assert here.remove(here.parent.mdevs[UUID]) == 1
    first, last = LIVES[name]
    assert here.log == first + last
    assert not here.parent.mdevs
    assert not here.bus.devices


FAILURES = {
    "4.10": ["add", "bind", ("visible", True), PROBE, "unbind", "remove"],
    "4.18": ["add", "bind", ("visible", True), PROBE, "unbind", "remove"],
    "5.2": [("visible", False), PROBE],
    "6.1": ["add", ("visible", True), PROBE, "remove"],
}


@pytest.mark.parametrize("name", KERNELS)
def test_a_creation_that_fails_leaves_nothing(site, name, recorder):
    """The vendor's errno is the answer; in 5.2 the device was never there."""
    here = site(name)
    recorder.probe_errno = errno.ENOTTY
    assert here.create() == "ENOTTY"
    assert here.log == FAILURES[name]
    assert here.mdev_type.show("available_instances") == "2\n"
    assert not here.bus.devices
    recorder.probe_errno = 0
    assert here.create() == 36


@pytest.mark.parametrize("name", KERNELS)
def test_files_that_cannot_be_made_undo_the_creation(site, name, recorder):
    """The vendor driver takes back what it gave."""
    here = site(name)

    def fail(_):
        raise MdevError(errno.ENOMEM, "told to")

    here.bus.on_create.append(fail)
    recorder.remove_errno = errno.EIO
    assert here.create() == "ENOMEM"
    assert here.log.count(PROBE) == here.log.count(REMOVE) == 1
    assert here.log.count("add") == here.log.count("remove")
    assert here.mdev_type.show("available_instances") == "2\n"
    assert not here.bus.devices


@pytest.mark.parametrize("name", OLD)
def test_a_removal_is_refused_until_5_1(site, name, recorder):
    """In use, or an error of the vendor driver: EBUSY, `remove` comes back, the mdev stays."""
    here = site(name)
    here.create()
    mdev = here.parent.mdevs[UUID]
    mdev.open()
    assert here.remove(mdev) == "EBUSY"
    assert REMOVE not in here.log
    mdev.close()
    recorder.remove_errno = errno.EIO
    assert here.remove(mdev) == "EBUSY"
    assert (mdev.active, mdev.is_linked, mdev.is_gone) == (True, True, False)
    assert sorted(mdev.attributes) == ["remove", "vendor/uuid"]
    assert here.mdev_type.show("available_instances") == "1\n"
    recorder.remove_errno = 0
    assert here.remove(mdev) == 1
    assert here.mdev_type.show("available_instances") == "2\n"


def test_a_removal_cannot_be_refused_in_5_2(site, recorder):
    """The device disappears although it is open and the vendor driver fails."""
    here = site("5.2")
    here.create()
    mdev = here.parent.mdevs[UUID]
    mdev.open()
    recorder.remove_errno = errno.EBUSY
    assert here.remove(mdev) == 1
    assert mdev.is_gone
    assert not here.bus.devices
    mdev.close()
    assert here.log.count(REMOVE) == 1


def test_a_removal_waits_in_6_1(site, recorder):
    """It blocks while the device is open; an error of the vendor driver changes nothing."""
    here = site("6.1")
    here.create()
    mdev = here.parent.mdevs[UUID]
    mdev.open()
    recorder.remove_errno = errno.EBUSY
    assert here.remove(mdev) == "blocks"
    assert (mdev.is_removing, mdev.driver_name, mdev.is_linked) == (True, None, False)
    assert UUID in here.parent.mdevs
    assert UUID not in here.bus.devices
    mdev.close()
    assert mdev.is_gone


@pytest.mark.parametrize("name", KERNELS)
def test_an_unregistration_refuses_nothing(site, name, recorder):
    """Errors are ignored; only 6.1 waits for an open device."""
    here = site(name)
    here.create()
    mdev = here.parent.mdevs[UUID]
    mdev.open()
    recorder.remove_errno = errno.EBUSY
    waits = name == "6.1"
    assert here.answer(here.bus.unregister, here.parent) == ("blocks" if waits else None)
    mdev.close()
    assert mdev.is_gone
    assert here.parent.is_gone
    assert here.log[-1] == "unregistered"


@pytest.mark.parametrize("name", KERNELS)
def test_the_driver_of_an_mdev(site, name):
    """Before 6.1 it is vfio_mdev, whoever the vendor is."""
    here = site(name)
    here.create()
    expected = "rec_mdev" if name == "6.1" else "vfio_mdev"
    assert here.parent.mdevs[UUID].driver_name == here.parent.mdev_driver == expected


@pytest.mark.parametrize("name", KERNELS)
def test_remove_is_the_last_file_until_6_1(site, name):
    """While the vendor driver creates, only 6.1 has the file already."""
    here = site(name)
    seen = []
    here.bus.on_probe.append(lambda mdev: seen.extend(mdev.attributes))
    here.create()
    assert seen == (["remove"] if name == "6.1" else [])
    assert sorted(here.parent.mdevs[UUID].attributes) == ["remove", "vendor/uuid"]


@pytest.mark.parametrize("name", BEFORE_EUSERS)
def test_before_6_1_the_vendor_counts(site, name):
    """One too many is EPERM unless the driver says otherwise, and nothing is left of it."""
    here = site(name)
    for n in range(2):
        here.mdev_type.create(f"0000000{n}-0000-0000-0000-000000000000")
    assert here.create() == "EPERM"
    assert here.mdev_type.show("available_instances") == "0\n"
    assert len(here.parent.mdevs) == 2


def test_since_6_1_the_core_counts(site):
    """One too many is EUSERS, and the device never appears."""
    here = site("6.1")
    for n in range(2):
        here.mdev_type.create(f"0000000{n}-0000-0000-0000-000000000000")
    del here.log[:]
    assert here.create() == "EUSERS"
    assert here.log == []


@pytest.mark.parametrize("name", KERNELS)
def test_a_reference_holds_the_uuid_but_in_4_10(site, name):
    """A list keeps the UUID until the last reference is put; 4.10 looks into the parent."""
    here = site(name)
    here.create()
    mdev = here.parent.mdevs[UUID]
    mdev.get()
    assert here.remove(mdev) == 1
    assert here.create() == (36 if name == "4.10" else "EEXIST")
    counted = 1 if name in {"4.10", "6.1"} else 2
    assert here.mdev_type.available_instances == counted
    mdev.put()
    assert here.mdev_type.available_instances == (1 if name == "4.10" else 2)


@pytest.mark.parametrize(
    ("name", "is_unique", "answer"),
    [
        ("4.10", True, "EEXIST"),
        ("4.10", False, 36),
        ("4.18", False, "EEXIST"),
        ("5.2", False, "EEXIST"),
        ("6.1", False, "EEXIST"),
    ],
)
def test_a_uuid_on_another_parent(site, recorder, name, is_unique, answer):
    """The core of 4.10 would take it, were the bus to have the same name twice."""
    here = site(name, has_unique_names=is_unique)
    other = here.bus.register(recorder.driver(), path="/sys/devices/other")
    other.types["rec-a"].create(UUID)
    del here.log[:]
    assert here.create() == answer
    if answer == "EEXIST":
        assert here.log == []
        other.mdevs[UUID].remove()
        assert here.create() == 36


@pytest.mark.parametrize("name", KERNELS)
def test_types_have_their_files(site, name):
    """The files of a type are the same in every personality, unless the driver says otherwise."""
    assert list(site(name).mdev_type.attributes) == TYPE_FILES


ANSWERS = {
    "a UUID must be new": lambda k: {"parent": "on its parent"}.get(
        k.duplicate_scope, "everywhere"
    ),
    "a UUID is free again": lambda k: {"parent": "when the mdev has left the tree"}.get(
        k.duplicate_scope, "at the last put"
    ),
    "order of a creation": lambda k: ", ".join(k.creation),
    "order of a removal": lambda k: ", ".join(k.removal),
    "`remove` appears": lambda k: k.remove_file,
    "removal of an open mdev": lambda k: k.in_use,
    "one instance too many": lambda k: errno.errorcode.get(k.exhausted, "vendor's errno"),
    "create while the parent goes": lambda k: "ENODEV" if k.has_unreg_sem else "EINVAL",
    "driver of the mdevs": lambda k: k.mdev_driver or "vendor's",
    "`MDEV_STATE` uevents": lambda k: "yes" if k.has_parent_uevents else "no",
    "`bind` and `unbind` uevents": lambda k: "yes" if k.has_bind_uevents else "no",
}


def test_the_document_says_what_the_table_says():
    """docs/kernels.md has a column for each personality and a row for each difference."""
    text = (Path(__file__).parents[2] / "docs/kernels.md").read_text("utf-8")
    rows = [line[2:-2].split(" | ") for line in text.splitlines() if line.startswith("| ")]
    assert rows[0] == ["kernel", *KERNELS]
    said = {row[0]: row[1:] for row in rows[1:]}
    assert said == {
        name: [answer(kernel) for kernel in KERNELS.values()] for name, answer in ANSWERS.items()
    }
