"""One machine, from code."""

import pytest
from host.loading import version_of

from simulator.compat.loader import load_scheme
from simulator.compat.schemes import load_builtin
from simulator.errors import MdevError, TextError
from simulator.host import Host
from simulator.mdev import KERNELS, OptionError
from simulator.publish import Publication, read_back
from simulator.values import parse_value
from simulator.vendors import driver

MAIL = load_builtin("self-compatible")
VERSION = load_builtin("software-version")
PARENT = "0000:00:02.0"
TYPE = "i915-GVTg_V5_8"
U1, U2, U3 = (f"0000000{n}-0000-0000-0000-00000000000a" for n in "123")


@pytest.fixture
def host():
    """A host with one GPU and the scheme of the mail."""
    made = Host(KERNELS["6.1"], MAIL)
    made.add_parent(driver("i915"), {"aperture_mb": 1024})
    return made


def said(number):
    """What an mdev says: one value."""
    return Publication({"interface_version": parse_value("int", str(number))})


def numbered(number):
    """A UUID with a number."""
    return f"{number:08x}-0000-0000-0000-000000000000"


def test_create_and_describe(host):
    """An mdev is on the bus, in the mapping by UUID, and described."""
    mdev = host.create(PARENT, TYPE, U1.upper(), said(1))
    assert host.mdevs == {U1: mdev}
    assert host.describe(mdev).name == f"{PARENT}/{U1}"
    assert version_of(host, mdev) == 1


def test_a_uuid_with_its_newline(host):
    """A 37th character is ignored, for what the mdev says too."""
    assert version_of(host, host.create(PARENT, TYPE, f"{U1}\n", said(1))) == 1


def test_create_is_refused(host):
    """A refused create leaves what was there, and what it says, as it was."""
    mdev = host.create(PARENT, TYPE, U1, said(1))
    for uuid, name in ((U1, "EEXIST"), ("bad", "EINVAL")):
        with pytest.raises(MdevError) as caught:
            host.create(PARENT, TYPE, uuid, said(2))
        assert caught.value.name == name
    assert host.mdevs == {U1: mdev}
    assert version_of(host, mdev) == 1
    left = host.bus.parents[PARENT].types[TYPE].available_instances
    for number in range(left):
        host.create(PARENT, TYPE, numbered(number), said(3))
    last = numbered(left)
    with pytest.raises(MdevError) as caught:
        host.create(PARENT, TYPE, last, said(3))
    assert caught.value.name == "ENOSPC"
    next(iter(host.mdevs.values())).remove()
    again = host.bus.parents[PARENT].types[TYPE].create(last)
    assert version_of(host, again) is None


def test_what_a_removed_mdev_said_is_forgotten(host):
    """A new mdev with the UUID of an old one says what it says itself."""
    host.create(PARENT, TYPE, U1, said(1)).remove()
    mdev = host.create(PARENT, TYPE, U1)
    assert version_of(host, mdev) is None
    mdev.remove()
    assert version_of(host, host.create(PARENT, TYPE, U1, said(2))) == 2


def test_what_an_unregistered_parent_said_is_forgotten(host):
    """A parent that comes again says what it says then."""
    host.add_parent(driver("mtty"), says=said(1), types={"mtty-1": said(2)})
    host.bus.unregister(host.bus.parents["mtty"])
    host.add_parent(driver("mtty"))
    assert version_of(host, host.create("mtty", "mtty-1", U1)) is None
    assert version_of(host, host.create("mtty", "mtty-2", U2)) is None


def test_a_refused_parent_says_nothing(host):
    """A parent that is refused changes nothing that others say."""
    mdev = host.create(PARENT, TYPE, U1)
    for options, error in (
        ({"aperture_mb": 0}, OptionError),
        ({"pci_id": "80860000"}, MdevError),
        ({"nobody": 1}, OptionError),
        ({}, MdevError),
    ):
        with pytest.raises(error):
            host.add_parent(driver("i915"), options, says=said(9), types={TYPE: said(8)})
    assert list(host.bus.parents) == [PARENT]
    assert version_of(host, mdev) is None


def test_unknown_parent_or_type(host):
    """A parent or type that is not there is a KeyError."""
    for parent, type_id in (("nobody", TYPE), (PARENT, "nobody")):
        with pytest.raises(KeyError):
            host.create(parent, type_id, U1)


def test_a_parent_comes_again(host):
    """A parent that was unregistered comes again as it was, with what it said and without mdevs."""
    host.add_parent(
        driver("mtty"),
        {"ports": 3},
        path="/sys/devices/virtual/mtty/second",
        numa_node=1,
        iommu_group=2,
        says=said(1),
        types={"mtty-1": said(2)},
    )
    host.create("second", "mtty-1", U1, said(3))
    assert host.unregistered == ()
    host.bus.unregister(host.bus.parents["second"])
    assert host.unregistered == ("second",)
    parent = host.register_again("second")
    assert (parent.path, parent.numa_node, parent.iommu_group, parent.config["ports"]) == (
        "/sys/devices/virtual/mtty/second",
        1,
        2,
        3,
    )
    assert not host.mdevs
    assert version_of(host, host.create("second", "mtty-1", U1)) == 2
    assert version_of(host, host.create("second", "mtty-2", U2)) == 1
    assert host.unregistered == ()


def test_who_cannot_come_again(host):
    """A parent that is there, or never was, is not registered again."""
    with pytest.raises(MdevError) as caught:
        host.register_again(PARENT)
    assert caught.value.name == "EEXIST"
    with pytest.raises(KeyError):
        host.register_again("nobody")


@pytest.fixture
def versioned():
    """A host whose types publish their driver's version, two of the parent and one their own."""
    made = Host(KERNELS["6.1"], VERSION)
    own = Publication(driver_version="1.1.0")
    made.add_parent(driver("mtty"), says=Publication(driver_version="1.0.0"), types={"mtty-2": own})
    return made


def shown_versions(host):
    """What the types of mtty publish."""
    types = host.bus.parents["mtty"].types.values()
    path = next(name for name in next(iter(types)).attributes if "software_version" in name)
    return [mdev_type.show(path) for mdev_type in types]


def test_another_driver_version(versioned):
    """From now on the parent and all its types publish it, also when it is registered again."""
    mdev = versioned.create("mtty", "mtty-2", U1)
    assert shown_versions(versioned) == ["1.0.0\n", "1.1.0\n"]
    versioned.set_driver_version("mtty", "2.0.0")
    assert shown_versions(versioned) == ["2.0.0\n", "2.0.0\n"]
    assert str(versioned.describe(mdev).values["software_version"]) == "2.0.0"
    assert read_back(VERSION, mdev) == versioned.describe(mdev)
    assert versioned.driver_versions == {"mtty": "2.0.0"}
    versioned.bus.unregister(versioned.bus.parents["mtty"])
    versioned.register_again("mtty")
    assert shown_versions(versioned) == ["2.0.0\n", "2.0.0\n"]


@pytest.mark.parametrize("surface", ["type", "device", "listing"])
def test_a_driver_version_that_was_not_said(surface):
    """A version that is said for the first time gets its file, on types or on mdevs."""
    form = "form: files, scope: " + surface
    form = "form: listing, scope: device, name: all" if surface == "listing" else form
    text = "scheme: s\nattributes: {v: {type: version, from: driver_version}}\nsurface: {FORM}"
    scheme = load_scheme("s", text.replace("FORM", form).encode())
    host = Host(KERNELS["6.1"], scheme)
    host.add_parent(driver("mtty"))
    mdev = host.create("mtty", "mtty-1", U1)
    assert host.driver_versions == {"mtty": None}
    for version in ("1.2", "1.3"):
        host.set_driver_version("mtty", version)
        assert str(read_back(scheme, mdev).values["v"]) == version
    assert str(read_back(scheme, host.create("mtty", "mtty-2", U2)).values["v"]) == "1.3"


def test_driver_versions_that_cannot_be(versioned):
    """A version that the scheme does not know, or a parent that is not there, changes nothing."""
    with pytest.raises(TextError):
        versioned.set_driver_version("mtty", "new")
    with pytest.raises(KeyError):
        versioned.set_driver_version("nobody", "1.0.0")
    assert shown_versions(versioned) == ["1.0.0\n", "1.1.0\n"]


def test_hosts_that_publish_no_driver_version(host):
    """Without a scheme, or with one that does not publish it, there is no version to set."""
    bare = Host(KERNELS["6.1"])
    bare.add_parent(driver("mtty"))
    with pytest.raises(ValueError, match="no scheme"):
        bare.set_driver_version("mtty", "1.0.0")
    with pytest.raises(ValueError, match="publishes no driver_version"):
        host.set_driver_version(PARENT, "1.0.0")


def test_a_driver_version_whose_file_is_taken():
    """A version whose file would stand in the place of another one is refused, all of it."""
    text = (
        "scheme: s\nattributes: {sample_mdev_dev: {type: version, from: driver_version}}\n"
        "surface: {form: files, scope: device, name: vendor/sample_mdev_dev}"
    )
    host = Host(KERNELS["6.1"], load_scheme("s", text.encode()))
    host.add_parent(driver("mtty"))
    host.create("mtty", "mtty-1", U1)
    with pytest.raises(ValueError, match="collides"):
        host.set_driver_version("mtty", "1.0")
    assert host.driver_versions == {"mtty": None}


def test_a_host_without_a_scheme():
    """Without a scheme mdevs live, and describing them is refused."""
    host = Host(KERNELS["6.1"])
    host.add_parent(driver("mtty"))
    mdev = host.create("mtty", "mtty-1", U1)
    assert mdev.active
    with pytest.raises(ValueError, match="no scheme"):
        host.describe(mdev)
