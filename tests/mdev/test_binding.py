"""A parent loses its driver and gets it back. Source: drivers/base/bus.c, dd.c."""

from dataclasses import replace

import pytest

from simulator.errors import MdevError
from simulator.mdev import KERNELS, MdevBus, WouldBlockError

UUID = "00000001-0000-0000-0000-000000000000"
PATH = "/sys/devices/pci0000:00/rec"


@pytest.fixture
def told(bus):
    """What the functions and listeners of the bus were told."""
    found = []
    bus.on_unbinding.append(lambda node: found.append(("on_unbinding", node, node.is_gone)))
    bus.on_unregister.append(lambda node: found.append(("on_unregister", node)))
    bus.listeners.append(lambda action, node: found.append((action, node)))
    return found


@pytest.fixture
def bound(bus, recorder):
    """A parent that has a driver, as a device of a class has not."""
    return bus.register(recorder.driver(), path=PATH)


def reason_of(action, *args):
    """Return the errno and the reason of a refusal."""
    with pytest.raises(MdevError) as caught:
        action(*args)
    return caught.value.name, caught.value.reason


def test_unbind_unregisters(bus, bound, told):
    """The files hear of it first; the parent goes, then its driver; the device stays."""
    bus.unbind(bound)
    assert told == [
        ("on_unbinding", bound, False),
        ("on_unregister", bound),
        ("unregistered", bound),
        ("unbind", bound),
    ]
    assert (bound.is_gone, bound.driver_name) == (True, None)
    assert dict(bus.unregistered) == {"rec": bound}


def test_unbind_waits_for_an_open_mdev(bus, bound, told):
    """While a guest has one of its devices open, the parent does not go; the close ends it."""
    mdev = bound.types["rec-a"].create(UUID)
    mdev.open()
    told.clear()
    with pytest.raises(WouldBlockError, match="rec: an mdev is in use or is being created"):
        bus.unbind(bound)
    assert told == [("on_unbinding", bound, False), ("on_unregister", bound)]
    assert (bound.is_gone, bound.driver_name) == (False, None)
    told.clear()
    mdev.close()
    actions = [action for action, node in told if node is bound]
    assert actions == ["unregistered", "unbind"]


def test_unbind_of_what_is_unregistered(bus, bound, told):
    """A driver that is no parent any more can be taken away all the same."""
    bus.unregister(bound)
    told.clear()
    bus.unbind(bound)
    assert told == [("on_unbinding", bound, True), ("unbind", bound)]
    assert reason_of(bus.unbind, bound) == ("ENODEV", "rec has no driver")


def test_what_has_no_driver_cannot_lose_it(bus, parent):
    """A virtual device of a class has no driver."""
    assert reason_of(bus.unbind, parent) == ("ENODEV", "rec has no driver")
    assert not parent.is_gone


def test_bind_registers_again(bus, bound, told):
    """A new parent of the same name is there, and bound."""
    bus.unbind(bound)
    told.clear()
    bus.bind(bound)
    new = bus.parents["rec"]
    assert new is not bound
    assert new.path == PATH
    assert told == [("registered", new), ("bind", new)]


def test_bind_by_whom_it_is_told(bus, bound, told):
    """Who registers the parents of a host does so here, too."""
    names = []

    def register(name):
        names.append(name)
        bus.register_again(name)

    bus.unbind(bound)
    told.clear()
    bus.bind(bound, register)
    assert names == ["rec"]
    assert [action for action, _ in told] == ["registered", "bind"]


@pytest.mark.parametrize("name", KERNELS)
def test_bind_of_what_has_a_driver(name, recorder):
    """It is refused, by the errno of the kernel, also while the driver is still leaving."""
    bus = MdevBus(KERNELS[name])
    parent = bus.register(recorder.driver(), path=PATH)
    wanted = "EBUSY" if name == "6.1" else "ENODEV", "rec has a driver"
    assert reason_of(bus.bind, parent) == wanted
    if KERNELS[name].in_use != "waits":
        return
    mdev = parent.types["rec-a"].create(UUID)
    mdev.open()
    with pytest.raises(WouldBlockError):
        bus.unbind(parent)
    assert reason_of(bus.bind, parent) == wanted
    mdev.close()
    bus.bind(parent)
    assert bus.parents["rec"].driver_name == "rec"


@pytest.mark.parametrize(("version", "wanted"), [("5.13", "ENODEV"), ("5.14", "EBUSY")])
def test_the_errno_of_bind_changed_once(version, wanted, recorder):
    """From 5.14 on a device that has a driver is busy."""
    bus = MdevBus(replace(KERNELS["6.1"], name=version))
    parent = bus.register(recorder.driver(), path=PATH)
    assert reason_of(bus.bind, parent)[0] == wanted


def test_bind_of_what_was_only_unregistered(bus, bound):
    """A device that is no parent, yet has its driver, is refused."""
    bus.unregister(bound)
    assert bound.driver_name == "rec"
    assert reason_of(bus.bind, bound) == ("EBUSY", "rec has a driver")


def test_nodes_are_shown_by_their_names(bound):
    """What a traceback shows of a parent, a type and an mdev says which one it is."""
    mdev_type = bound.types["rec-a"]
    assert repr(bound) == "<Parent rec>"
    assert repr(mdev_type) == "<MdevType rec-a of rec>"
    assert repr(mdev_type.create(UUID)) == f"<Mdev {UUID} rec-a>"
