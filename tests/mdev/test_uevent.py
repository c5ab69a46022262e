"""The uevents of parents and mdevs: their order, keys and payload, and those that are asked for."""

import errno
from dataclasses import replace

import pytest

from simulator.mdev import (
    KERNELS,
    MdevBus,
    PciFunction,
    Setup,
    TypeSpec,
    Uevent,
    Uevents,
    WouldBlockError,
)
from simulator.mdev.uevent import MAX_PAYLOAD, Kobject
from simulator.values import PciId
from simulator.vendors import driver

UUID = "c0ffee00-0a0b-4c0d-8e0f-aabbccddeeff"
GPU = "/devices/pci0000:00/0000:00:02.0"


@pytest.fixture
def uevents(bus):
    return Uevents(bus)


@pytest.fixture
def sent(uevents):
    seen = []
    uevents.sinks.append(seen.append)
    return seen


def short(sent):
    return [(uevent.action, dict(uevent.properties).get("DRIVER")) for uevent in sent]


def test_a_payload_is_what_the_kernel_sends():
    """First ACTION@DEVPATH, then every key, each ended by NUL; SEQNUM is not ours."""
    uevent = Uevent("add", f"{GPU}/{UUID}", (("SUBSYSTEM", "mdev"),))
    assert uevent.payload().split(b"\0") == [
        f"add@{GPU}/{UUID}".encode(),
        b"ACTION=add",
        f"DEVPATH={GPU}/{UUID}".encode(),
        b"SUBSYSTEM=mdev",
        b"",
    ]


def test_a_life_in_the_order_of_the_kernel(bus, recorder, sent):
    """Registered, add, bind, unbind, remove, unregistered; DRIVER only while it is bound."""
    parent = bus.register(recorder.driver())
    parent.types["rec-a"].create(UUID).store("remove", b"1")
    bus.unregister(parent)
    assert short(sent) == [
        ("change", None),
        ("add", None),
        ("bind", "rec_mdev"),
        ("unbind", None),
        ("remove", None),
        ("change", None),
    ]
    assert sent[0].properties == (("SUBSYSTEM", "rec"), ("MDEV_STATE", "registered"))
    assert sent[-1].properties[1] == ("MDEV_STATE", "unregistered")
    assert sent[1].devpath == f"/devices/virtual/rec/rec/{UUID}"


def test_a_pci_parent_says_what_it_is(bus, uevents, sent):
    """Its uevent file and its uevents have the driver, the ids, the slot and the alias."""
    gpu = bus.register(driver("i915"))
    assert uevents.show(gpu) == (
        "DRIVER=i915\n"
        "PCI_CLASS=30000\n"
        "PCI_ID=8086:591D\n"
        "PCI_SUBSYS_ID=0000:0000\n"
        "PCI_SLOT_NAME=0000:00:02.0\n"
        "MODALIAS=pci:v00008086d0000591Dsv00000000sd00000000bc03sc00i00\n"
    )
    assert [key for key, _ in sent[0].properties][:3] == ["SUBSYSTEM", "MDEV_STATE", "DRIVER"]
    assert sent[0].properties[0] == ("SUBSYSTEM", "pci")


def test_a_board_has_ids_of_its_own(bus, recorder, uevents):
    """The subsystem ids stand in PCI_SUBSYS_ID and in the alias."""
    pci = PciFunction(PciId(0x10DE, 0x2230), 0x030200, subsystem=PciId(0x10DE, 0x1459))
    setup = Setup((TypeSpec("a"),), pci=pci)
    gpu = bus.register(recorder.driver(setup=lambda _: setup))
    assert "PCI_SUBSYS_ID=10DE:1459\n" in uevents.show(gpu)
    assert uevents.show(gpu).endswith("sv000010DEsd00001459bc03sc02i00\n")


def test_a_device_on_another_bus(bus, recorder, uevents):
    """The setup names the bus and what it adds; without that, the driver's name is taken."""
    setup = Setup((TypeSpec("a"),), subsystem="css", uevent=(("ST", "00"),))
    path = "/sys/devices/css0/0.0.0013"
    subchannel = bus.register(recorder.driver(setup=lambda _: setup), path=path)
    assert (subchannel.subsystem, uevents.show(subchannel)) == ("css", "DRIVER=rec\nST=00\n")
    plain = bus.register(recorder.driver(), path="/sys/devices/plain")
    assert (plain.subsystem, uevents.show(plain)) == ("rec", "DRIVER=rec\n")


def test_an_mdev_shows_its_driver(parent, uevents):
    """The uevent file of an mdev has DRIVER and nothing else."""
    assert uevents.show(parent.types["rec-a"].create(UUID)) == "DRIVER=rec_mdev\n"
    assert uevents.show(parent) == ""


def test_all_links_are_there_when_add_is_sent(parent, uevents):
    """A client that looks at once finds what it needs."""
    seen = []
    uevents.sinks.append(lambda uevent: seen.append((uevent.action, parent.mdevs[UUID].is_linked)))
    parent.types["rec-a"].create(UUID)
    assert seen == [("add", True), ("bind", True)]


def test_early_events_are_sent_while_it_is_created(bus, recorder, uevents):
    """As a kernel does: `add` comes before the probe, so before the links."""
    parent = bus.register(recorder.driver())
    uevents.early = True
    seen = []
    uevents.sinks.append(lambda uevent: seen.append((uevent.action, list(recorder.calls))))
    parent.types["rec-a"].create(UUID)
    assert seen[0] == ("add", [])
    assert seen[1] == ("bind", [("probe", UUID)])


def test_a_failed_creation_sends_add_and_remove(recorder, parent, sent):
    """The device was there for a moment."""
    recorder.probe_errno = errno.EIO
    with pytest.raises(OSError, match="Input/output"):
        parent.types["rec-a"].create(UUID)
    assert short(sent) == [("add", None), ("remove", None)]


def test_a_removal_that_waits_sends_nothing_yet(parent, sent):
    """`unbind` and `remove` are sent when the last close has ended the removal."""
    mdev = parent.types["rec-a"].create(UUID)
    mdev.open()
    del sent[:]
    with pytest.raises(WouldBlockError):
        mdev.store("remove", b"1")
    assert sent == []
    mdev.close()
    assert [uevent.action for uevent in sent] == ["unbind", "remove"]


def test_filters_drop_and_repeat(parent, uevents, sent):
    """Each filter gets what the one before it passed on."""
    uevents.filters += [lambda one: [one, one], lambda one: [] if one.action == "add" else [one]]
    parent.types["rec-a"].create(UUID)
    assert [uevent.action for uevent in sent] == ["bind", "bind"]


def test_kernels_without_them(recorder):
    """A personality without MDEV_STATE or bind events sends neither."""
    kernel = replace(KERNELS["6.1"], has_parent_uevents=False, has_bind_uevents=False)
    bus = MdevBus(kernel)
    sent = []
    Uevents(bus).sinks.append(sent.append)
    parent = bus.register(recorder.driver())
    parent.types["rec-a"].create(UUID)
    bus.unregister(parent)
    assert [uevent.action for uevent in sent] == ["add", "remove"]


@pytest.mark.parametrize(
    ("data", "action", "extra"),
    [
        (b"change", "change", [("SYNTH_UUID", "0")]),
        (b"add\n", "add", [("SYNTH_UUID", "0")]),
        (b"unbind\0", "unbind", [("SYNTH_UUID", "0")]),
        (f"online {UUID.upper()}\n".encode(), "online", [("SYNTH_UUID", UUID.upper())]),
        (
            f"move {UUID} A=1 b2=Z".encode(),
            "move",
            [("SYNTH_UUID", UUID), ("SYNTH_ARG_A", "1"), ("SYNTH_ARG_b2", "Z")],
        ),
    ],
)
def test_synthetic_events(parent, uevents, sent, data, action, extra):
    """A write of an action, a UUID and arguments sends that event, with what it said."""
    uevents.synthesize(parent, data)
    assert [(one.action, list(one.properties)) for one in sent] == [
        (action, [("SUBSYSTEM", "rec"), *extra])
    ]


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\n",
        b"chang",
        b"Change",
        b"change\n\n",
        b"change ",
        b"change \n",
        b"change 1",
        f"change {UUID[:-1]}".encode(),
        f"change {{{UUID}}}".encode(),
        f"change  {UUID}".encode(),
        f"change {UUID} ".encode(),
        f"change {UUID} A".encode(),
        f"change {UUID} A=".encode(),
        f"change {UUID} =1".encode(),
        f"change {UUID} A=1  B=2".encode(),
        f"change {UUID} A_B=1".encode(),
        f"change {UUID} A=1=2".encode(),
        f"change {UUID} \xc4=1".encode("latin-1"),
        b"\xff",
    ],
)
def test_what_is_no_synthetic_event(parent, uevents, sent, refused, data):
    """Anything else is EINVAL, and nothing is sent."""
    assert refused(uevents.synthesize, parent, data) == "EINVAL"
    assert sent == []


def test_a_synthetic_event_has_an_end(parent, uevents, sent, refused):
    """What does not fit in one uevent is ENOMEM; what fits exactly is sent."""
    start = f"change {UUID} A=".encode()
    uevents.synthesize(parent, start + b"1")
    room = MAX_PAYLOAD - 1 - len(sent[0].payload())
    uevents.synthesize(parent, start + b"1" * (room + 1))
    assert len(sent[1].payload()) == MAX_PAYLOAD - 1
    assert refused(uevents.synthesize, parent, start + b"1" * (room + 2)) == "ENOMEM"


def test_a_driver_that_leaves_a_parent_and_comes_back(bus, recorder, sent):
    """The parent sends unbind without a driver, and bind with it."""
    parent = bus.register(recorder.driver(), path="/sys/devices/pci0000:00/rec")
    bus.unbind(parent)
    bus.bind(parent)
    assert short(sent) == [
        ("change", "rec"),
        ("change", None),
        ("unbind", None),
        ("change", "rec"),
        ("bind", "rec"),
    ]


def test_what_is_no_device_says_no_more_than_its_subsystem(uevents, sent):
    """A bus or a driver sends what is written to its uevent; without a subsystem, nothing."""
    uevents.synthesize(Kobject("/sys/bus/mdev", "bus"), b"change")
    uevents.synthesize(Kobject("/sys/devices/x", ""), b"change")
    [uevent] = sent
    assert uevent.devpath == "/bus/mdev"
    assert dict(uevent.properties) == {"SUBSYSTEM": "bus", "SYNTH_UUID": "0"}
