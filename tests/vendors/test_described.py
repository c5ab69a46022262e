"""A vendor driver that is described by data alone."""

import errno

import pytest

from simulator.errors import MdevError, TextError
from simulator.mdev import KERNELS, MdevBus
from simulator.values import Integer, Version
from simulator.vendors.described import (
    DescribedFile,
    DescribedType,
    DriverDescription,
    Rule,
    described,
)

U1, U2, U3 = (f"0000000{n}-0000-0000-0000-00000000000a" for n in "123")
SINGLE = DescribedType("single", {"lights": 1}, "One light", "lights: 1")
PAIR = DescribedType("pair", {"lights": 2, "heat": 5}, values={"vendor/level": "3"})


def make(kernel="6.1", **changes):
    """Register a parent of a driver with two types and two pools."""
    said = {"name": "blink", "types": (SINGLE, PAIR), "capacity": {"lights": 4, "heat": 9}}
    return MdevBus(KERNELS[kernel]).register(described(DriverDescription(**(said | changes))))


def mdev_with(*files):
    """Create an mdev that has files."""
    return make(mdev_files=files).types["blink-pair"].create(U1)


def refused(node, name, data):
    """Give the errno of a write that is refused and changes nothing."""
    before = node.show(name)
    with pytest.raises(MdevError) as caught:
        node.store(name, data)
    assert node.show(name) == before
    return caught.value.name


def available(parent):
    """How many of each type fit."""
    return {name: one.available_instances for name, one in parent.types.items()}


def test_what_is_left_out():
    """A driver of three words has a virtual device, vfio-pci and mdevs of its own name."""
    parent = make()
    assert parent.path == "/sys/devices/virtual/blink/blink"
    assert (parent.driver.mdev_driver, parent.pci) == ("blink", None)
    shown = {name: parent.types["blink-pair"].show(name) for name in ("device_api", "name")}
    assert shown == {"device_api": "vfio-pci\n", "name": "pair\n"}


def test_types_share_pools():
    """A type fits as often as its scarcest pool allows, and gives back what it took."""
    parent = make()
    assert available(parent) == {"blink-single": 4, "blink-pair": 1}
    mdev = parent.types["blink-pair"].create(U1)
    assert available(parent) == {"blink-single": 2, "blink-pair": 0}
    mdev.remove()
    assert available(parent) == {"blink-single": 4, "blink-pair": 1}


@pytest.mark.parametrize(("said", "name"), [(None, "ENOSPC"), (errno.ENOMEM, "ENOMEM")])
def test_a_create_too_many(said, name):
    """A pool that is empty refuses with the driver's errno, and no pool loses anything."""
    parent = make(exhausted=said)
    parent.types["blink-pair"].create(U1)
    with pytest.raises(MdevError) as caught:
        parent.types["blink-pair"].create(U2)
    assert caught.value.name == name
    assert available(parent) == {"blink-single": 2, "blink-pair": 0}


@pytest.mark.parametrize(
    ("kernel", "said", "name"),
    [("6.1", errno.EIO, "EUSERS"), ("4.10", None, "EPERM"), ("4.10", errno.EIO, "EIO")],
)
def test_the_core_counts(kernel, said, name):
    """With a number as capacity all types share a counter: the core's, or the driver's of old."""
    types = (DescribedType("a"), DescribedType("b"))
    parent = make(kernel, capacity=1, types=types, exhausted=said)
    assert available(parent) == {"blink-a": 1, "blink-b": 1}
    parent.types["blink-a"].create(U1)
    assert available(parent) == {"blink-a": 0, "blink-b": 0}
    with pytest.raises(MdevError) as caught:
        parent.types["blink-b"].create(U2)
    assert caught.value.name == name


def test_description_is_a_file_if_any_type_has_one():
    """Either all types have the file or none; it ends with a newline."""
    parent = make()
    assert parent.types["blink-single"].show("description") == "lights: 1\n"
    assert parent.types["blink-pair"].show("description") == "\n"
    assert "description" not in make(types=(PAIR,)).types["blink-pair"].attributes


def test_types_without_names():
    """A driver may have no file `name`, as some old ones."""
    assert "name" not in make(is_named=False).types["blink-pair"].attributes


def test_types_take_of_pools_that_are_there():
    """A type of another pool, or of none, is refused before anything runs."""
    for takes in ({"water": 1}, {}, {"lights": 0}):
        with pytest.raises(ValueError, match="takes of"):
            make(types=(DescribedType("single", takes),))


def test_files_of_all_three():
    """Parents, types and mdevs have files; a type says what differs for it."""
    files = (DescribedFile("vendor/level", 0o644, "1"), DescribedFile("id", value="x-{uuid}"))
    parent = make(mdev_files=files, type_files=files[:1], parent_files=files[:1])
    mdevs = [
        parent.types[one].create(uuid) for one, uuid in (("blink-single", U1), ("blink-pair", U2))
    ]
    assert [mdev.show("vendor/level") for mdev in mdevs] == ["1\n", "3\n"]
    assert [mdev.show("id") for mdev in mdevs] == [f"x-{U1}\n", f"x-{U2}\n"]
    assert [one.show("vendor/level") for one in parent.types.values()] == ["1\n", "3\n"]
    parent.store("vendor/level", b"9")
    mdevs[0].store("vendor/level", b"8\n")
    parent.types["blink-pair"].store("vendor/level", b"7\n")
    assert parent.show("vendor/level") == "9\n"
    assert [mdev.show("vendor/level") for mdev in mdevs] == ["8\n", "3\n"]
    assert [one.show("vendor/level") for one in parent.types.values()] == ["1\n", "7\n"]


def test_two_parents_of_one_driver():
    """Parents of the same driver share nothing."""
    driver = described(
        DriverDescription(
            "blink", (SINGLE,), {"lights": 1}, parent_files=(DescribedFile("x", 0o644),)
        )
    )
    bus = MdevBus(KERNELS["6.1"])
    one, two = (bus.register(driver, path=f"/sys/devices/{name}") for name in "ab")
    one.types["blink-single"].create(U1)
    one.store("x", b"1")
    assert [available(parent)["blink-single"] for parent in (one, two)] == [0, 1]
    assert two.show("x") == "\n"


@pytest.mark.parametrize(
    ("rule", "taken", "shown"),
    [
        (Rule(), b"any text\n", "any text\n"),
        (Rule(values=("on", "off")), b"on", "on\n"),
        (Rule("int"), b"0x10\n", "16\n"),
        (Rule("int"), b"-010", "-8\n"),
        (Rule("int", range=(Integer(-1), Integer(3))), b"+3\n", "3\n"),
        (Rule("int", values=("1", "2")), b"2\n", "2\n"),
        (Rule("set", values=("a", "b")), b"b+a\n", "b+a\n"),
        (Rule("set", values=("a", "b")), b"\n", "\n"),
        (Rule("version", range=(Version(1, 0), Version(1, 9))), b"1.2\n", "1.2\n"),
    ],
)
def test_what_a_rule_allows(rule, taken, shown):
    """A value that is allowed is shown from then on; numbers are shown in decimal."""
    mdev = mdev_with(DescribedFile("file", 0o644, "", rule))
    assert mdev.store("file", taken) == len(taken)
    assert mdev.show("file") == shown


@pytest.mark.parametrize(
    ("rule", "data", "name"),
    [
        (Rule(refused=errno.EPERM), b"a\nb\n", "EPERM"),
        (Rule(), b"\xff", "EINVAL"),
        (Rule(values=("on", "off")), b"On\n", "EINVAL"),
        (Rule("int"), b"x", "EINVAL"),
        (Rule("int", refused=errno.EPERM), b"--1", "EINVAL"),
        (Rule("int"), b"-+1", "EINVAL"),
        (Rule("int"), b"9223372036854775808", "ERANGE"),
        (Rule("int", range=(Integer(1), Integer(3)), refused=errno.EDOM), b"4", "EDOM"),
        (Rule("int", range=(Integer(1), Integer(3))), b"0", "EINVAL"),
        (Rule("int", values=("1", "2")), b"3", "EINVAL"),
        (Rule("set", values=("a", "b")), b"a+c", "EINVAL"),
        (Rule("version", range=(Version(1, 0), Version(1, 9))), b"2.0", "EINVAL"),
        (Rule("version"), b"2", "EINVAL"),
    ],
)
def test_what_a_rule_refuses(rule, data, name):
    """A value that is not allowed has the errno of the rule; no number has the kernel's."""
    assert refused(mdev_with(DescribedFile("file", 0o644, "", rule)), "file", data) == name


def test_files_that_stay_while_a_guest_runs():
    """A file may refuse writes while an mdev of its owner is open."""
    rule = Rule(while_open=errno.EBUSY)
    file = DescribedFile("file", 0o644, "a", rule)
    parent = make(mdev_files=(file,), type_files=(file,), parent_files=(file,))
    mdev = parent.types["blink-single"].create(U1)
    other = parent.types["blink-pair"].create(U2)
    mdev.open()
    assert refused(mdev, "file", b"b") == "EBUSY"
    assert refused(mdev.mdev_type, "file", b"b") == "EBUSY"
    assert refused(parent, "file", b"b") == "EBUSY"
    assert other.store("file", b"b") == other.mdev_type.store("file", b"b") == 1
    mdev.close()
    assert mdev.store("file", b"b") == 1


def test_modes():
    """A file can be read, written or both, as its mode says."""
    mdev = mdev_with(DescribedFile("r", value="a\nb\n"), DescribedFile("w", 0o200))
    assert mdev.show("r") == "a\nb\n"
    assert mdev.store("w", b"x") == 1
    for act in (lambda: mdev.store("r", b"x"), lambda: mdev.show("w")):
        with pytest.raises(MdevError) as caught:
            act()
        assert caught.value.name == "EACCES"


def test_a_rule_says_what_it_expects():
    """What a rule refuses is told with the place in the text."""
    with pytest.raises(TextError) as caught:
        Rule("set", values=("a", "b")).check("a+c")
    error = caught.value
    assert (error.text[error.start : error.stop], error.expected) == ("c", "a, b")
