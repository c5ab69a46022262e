"""Files: modes, visibility, errnos of open, show and store."""

import pytest

from simulator.errors import MdevError
from simulator.mdev import PAGE_SIZE, Attribute

UUID = "83b8f4f2-509f-382f-3c1e-e6bfe0fa1001"


def modes(node):
    return {name: oct(attribute.mode) for name, attribute in node.attributes.items()}


def test_files_of_a_type(parent):
    """A type has these files and modes; without a description callback there is no such file."""
    assert modes(parent.types["rec-a"]) == {
        "create": "0o200",
        "device_api": "0o444",
        "name": "0o444",
        "available_instances": "0o444",
    }


def test_description_is_there_when_the_driver_has_one(bus, recorder):
    """The description is shown as the driver gives it."""
    parent = bus.register(recorder.driver(show_description=lambda t: f"<{t.sysfs_name}>\n"))
    assert modes(parent.types["rec-a"])["description"] == "0o444"
    assert parent.types["rec-a"].show("description") == "<a>\n"


def test_values_end_in_a_newline(parent):
    """device_api, name and available_instances end in a newline; name falls back to sysfs_name."""
    a, b = parent.types.values()
    assert (a.show("device_api"), a.show("name"), b.show("name")) == (
        "vfio-pci\n",
        "Type A\n",
        "b\n",
    )
    assert a.show("available_instances") == "2\n"


def test_files_of_an_mdev(parent):
    """An mdev has `remove` and the files of its vendor driver."""
    mdev = parent.types["rec-a"].create(UUID)
    assert modes(mdev) == {"remove": "0o200", "vendor/uuid": "0o444"}
    assert mdev.show("vendor/uuid") == f"{UUID}\n"


def test_modes_hold_for_everybody(parent, refused):
    """To read a 0200 file or to write a 0444 file is EACCES, at open and in show and store."""
    a = parent.types["rec-a"]
    assert refused(a.check_open, "create", writing=False) == "EACCES"
    assert refused(a.check_open, "name", writing=True) == "EACCES"
    assert refused(a.show, "create") == "EACCES"
    assert refused(a.store, "name", b"") == "EACCES"
    assert a.check_open("create", writing=True).name == "create"


def test_missing_file_is_enoent(parent, refused):
    """A name that is not there is ENOENT."""
    assert refused(parent.show, "nothing") == "ENOENT"


def test_attribute_without_handler_is_eio(parent, refused):
    """A type attribute without show or store gives EIO."""
    a = parent.types["rec-a"]
    a.add_attribute(Attribute("empty", 0o644))
    assert refused(a.show, "empty") == "EIO"
    assert refused(a.store, "empty", b"1") == "EIO"
    assert a.store("empty", b"") == 0


def test_a_store_gets_one_page(parent):
    """One write is one call, of at most 4096 bytes, and an empty write is none."""
    seen = []
    parent.add_attribute(Attribute("file", 0o200, store=lambda _, data: seen.append(data)))
    assert parent.store("file", b"") == 0
    assert parent.store("file", b"x" * 5000) == PAGE_SIZE
    assert list(map(len, seen)) == [PAGE_SIZE]


@pytest.mark.parametrize(
    "name",
    ["remove", "vendor", "vendor/uuid", "vendor/uuid/x", "", "/a", "a//b", "../a", "mdev_type"],
)
def test_names_that_collide_are_refused(parent, name):
    """A name that is taken, reserved or no relative path is a mistake of the caller."""
    mdev = parent.types["rec-a"].create(UUID)
    with pytest.raises(ValueError, match=r"\S"):
        mdev.add_attribute(Attribute(name, 0o444))


def test_files_are_added_to_new_mdevs(bus, parent):
    """on_create adds files to every new mdev, nested ones too, before it is linked."""
    seen = []

    def publish(mdev):
        seen.append((mdev.active, mdev.is_linked, "vendor/uuid" in mdev.attributes))
        mdev.add_attribute(Attribute("migration/self/mdev_type", 0o444, lambda _: "x\n"))

    bus.on_create.append(publish)
    mdev = parent.types["rec-a"].create(UUID)
    assert mdev.show("migration/self/mdev_type") == "x\n"
    assert seen == [(False, False, True)]


def test_a_publisher_that_fails_undoes_the_creation(bus, parent, recorder):
    """An exception in on_create gives everything back."""

    def publish(mdev):
        raise RuntimeError(mdev.uuid)

    bus.on_create.append(publish)
    with pytest.raises(RuntimeError):
        parent.types["rec-a"].create(UUID)
    assert not bus.mdevs
    assert not parent.mdevs
    assert parent.types["rec-a"].available_instances == 2
    assert recorder.calls == [("probe", UUID), ("remove", UUID)]


def test_files_are_added_to_types_and_parents_at_registration(bus, recorder):
    """on_register sees the parent with its types before it is in the tree."""

    def publish(parent):
        assert parent.name not in bus.parents
        for node in (parent, *parent.types.values()):
            node.add_attribute(Attribute("software_version", 0o444, lambda _: "1.0\n"))

    bus.on_register.append(publish)
    parent = bus.register(recorder.driver())
    assert parent.show("software_version") == "1.0\n"
    assert parent.types["rec-b"].show("software_version") == "1.0\n"


def test_nothing_is_added_to_what_is_gone(bus, parent):
    """A directory that has lost its files takes no new ones."""
    bus.unregister(parent)
    with pytest.raises(MdevError):
        parent.add_attribute(Attribute("late", 0o444))
