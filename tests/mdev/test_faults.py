"""Faults as text: what they do, when, how often, and what is no fault."""

import errno

import pytest

from simulator.errors import MdevError, TextError
from simulator.mdev import KERNELS, Faults, MdevBus, Uevents, WouldBlockError

UUIDS = [f"0000000{n}-0000-0000-0000-000000000000" for n in range(9)]


class Machine:
    """A bus with faults; its sleep does what a test wants."""

    def __init__(self, recorder, kernel="6.1", seed=0):
        self.bus = MdevBus(KERNELS[kernel])
        self.uevents = Uevents(self.bus)
        self.sent, self.slept = [], []
        self.uevents.sinks.append(lambda uevent: self.sent.append(uevent.action))
        self.faults = Faults(self.bus, self.uevents, seed=seed, sleep=self.sleep)
        self.meanwhile = lambda: None
        self.parent = self.bus.register(recorder.driver(max_instances=100))
        self.sent.clear()

    def sleep(self, seconds):
        self.slept.append(seconds)
        self.meanwhile()

    def create(self, n=0):
        try:
            self.parent.types["rec-a"].create(UUIDS[n])
        except MdevError as error:
            return error.name
        return "ok"

    def read(self, mdev, name="vendor/uuid"):
        self.faults.before_show(mdev, name)
        try:
            return mdev.show(name)
        except MdevError as error:
            return error.name


@pytest.fixture
def machine(recorder):
    return Machine(recorder)


def test_the_nth_creation_fails_once(machine, recorder):
    """The others are as always; the vendor driver is not asked; the fault is gone afterwards."""
    machine.faults.arm("fail create 2 ENOSPC")
    assert [machine.create(n) for n in range(4)] == ["ok", "ENOSPC", "ok", "ok"]
    assert ("probe", UUIDS[1]) not in recorder.calls
    assert machine.faults.armed == ()
    assert machine.create(1) == "ok"


def test_a_creation_that_is_refused_before_is_not_counted(machine):
    """A UUID in use does not reach the vendor driver."""
    machine.faults.arm("fail create 2 EIO")
    assert [machine.create(n) for n in (0, 0, 1)] == ["ok", "EEXIST", "EIO"]


def test_all_creations_fail(machine):
    """`all` stays armed until it is cleared."""
    machine.faults.arm("  fail   create all  EBUSY ")
    assert [machine.create(n) for n in range(3)] == ["EBUSY"] * 3
    assert machine.faults.armed == ("fail create all EBUSY",)
    machine.faults.clear()
    assert machine.faults.armed == ()
    assert machine.create() == "ok"


def chances(recorder, seed, lines=("fail create 40% EIO",)):
    machine = Machine(recorder, seed=seed)
    for line in lines:
        machine.faults.arm(line)
    answers = []
    for _ in range(60):
        answers.append(machine.create())
        if answers[-1] == "ok":
            machine.parent.mdevs[UUIDS[0]].remove()
    return answers


def test_chances_come_from_the_seed(recorder):
    """One seed, one history; another seed, another; about as often as was said."""
    assert chances(recorder, 1) == chances(recorder, 1) != chances(recorder, 2)
    assert 10 < chances(recorder, 1).count("EIO") < 40


def test_a_fault_does_not_change_the_chances_of_another(recorder):
    """What is armed later leaves what was armed before as it was."""
    alone = chances(recorder, 5)
    both = chances(recorder, 5, ["fail create 40% EIO", "drop event 50%"])
    assert alone == both


def test_to_clear_begins_anew(recorder):
    """After `clear` the same faults do the same again."""
    machine = Machine(recorder, seed=3)
    histories = []
    for _ in range(2):
        machine.faults.clear()
        machine.faults.arm("drop event 50% change")
        machine.sent.clear()
        for _ in range(40):
            machine.uevents.synthesize(machine.parent, b"change")
        histories.append(len(machine.sent))
    assert histories[0] == histories[1]
    assert 5 < histories[0] < 35


@pytest.mark.parametrize(("which", "slept"), [("2", [0.25]), ("all", [0.25] * 3)])
def test_a_probe_is_delayed(machine, which, slept):
    """The nth, or every one, sleeps for as long as was said."""
    machine.faults.arm(f"delay probe {which} 0.25")
    assert [machine.create(n) for n in range(3)] == ["ok"] * 3
    assert machine.slept == slept


def test_others_go_on_while_a_probe_is_delayed(machine):
    """A second creation is not delayed, the same UUID is in use, an unregistration waits."""
    machine.faults.arm("delay probe 1 1")
    seen = []

    def meanwhile():
        seen.extend([machine.create(0), machine.create(1), machine.bus.devices[UUIDS[0]].active])
        with pytest.raises(WouldBlockError):
            machine.bus.unregister(machine.parent)

    machine.meanwhile = meanwhile
    assert machine.create(0) == "ok"
    assert seen == ["EEXIST", "ok", False]
    assert machine.parent.is_gone
    assert not machine.bus.devices


def test_a_delay_and_a_failure(machine):
    """Both faults of one creation happen: first it sleeps, then it fails."""
    machine.faults.arm("fail create 1 EIO")
    machine.faults.arm("delay probe 1 2")
    machine.faults.arm("delay probe 1 3")
    assert machine.create() == "EIO"
    assert machine.slept == [5.0]


@pytest.mark.parametrize(
    ("line", "sent"),
    [
        ("drop event 1", ["bind", "unbind", "remove"]),
        ("drop event 1 unbind", ["add", "bind", "remove"]),
        ("drop event all", []),
        ("duplicate event 2", ["add", "bind", "bind", "unbind", "remove"]),
        ("duplicate event 1 remove", ["add", "bind", "unbind", "remove", "remove"]),
        ("duplicate event 2 remove", ["add", "bind", "unbind", "remove"]),
        ("drop event 0.0% add", ["add", "bind", "unbind", "remove"]),
        ("drop event 100%", []),
    ],
)
def test_events_are_dropped_and_sent_twice(machine, line, sent):
    """Of all events, or of those of one action."""
    machine.faults.arm(line)
    machine.create()
    machine.parent.mdevs[UUIDS[0]].remove()
    assert machine.sent == sent


def test_an_event_that_is_dropped_is_not_sent_twice(machine):
    """Dropped is dropped, whatever else is armed."""
    machine.faults.arm("duplicate event 1")
    machine.faults.arm("drop event 1")
    machine.create()
    assert machine.sent == ["bind"]


def test_an_early_add(machine):
    """It is sent before the probe; `clear` brings back what was."""
    machine.faults.arm("early add")
    machine.faults.arm("delay probe all 1")
    machine.meanwhile = lambda: machine.sent.append("asleep")
    machine.create()
    assert machine.sent == ["add", "asleep", "bind"]
    machine.faults.clear()
    machine.sent.clear()
    machine.faults.arm("delay probe all 1")
    machine.create(1)
    assert machine.sent == ["asleep", "add", "bind"]


@pytest.mark.parametrize("kernel", KERNELS)
def test_an_mdev_goes_while_it_is_read(recorder, kernel):
    """The reader gets ENODEV, and the mdev is removed as if it had been told to."""
    machine = Machine(recorder, kernel)
    machine.faults.arm("remove read 2")
    machine.create()
    mdev = machine.bus.devices[UUIDS[0]]
    assert [machine.read(mdev) for _ in range(3)] == [f"{UUIDS[0]}\n", "ENODEV", "ENODEV"]
    assert mdev.is_gone
    assert machine.create() == "ok"


def written(machine, node, name):
    """The errno of a write, or ``ok``."""
    try:
        machine.faults.before_store(node, name)
    except MdevError as error:
        return error.name
    return "ok"


def test_a_store_fails(machine):
    """The n-th write to a file of an mdev fails, or that to one file, wherever it is."""
    mdev_type = machine.parent.types["rec-a"]
    mdev = mdev_type.create(UUIDS[0])
    machine.faults.arm("fail store 2 EIO")
    assert [written(machine, mdev, name) for name in "abc"] == ["ok", "EIO", "ok"]
    machine.faults.arm("fail store all ENOSPC vendor/a")
    assert machine.faults.armed == ("fail store all ENOSPC vendor/a",)
    nodes = (mdev, mdev_type, machine.parent)
    assert [written(machine, node, "vendor/a") for node in nodes] == ["ENOSPC"] * 3
    assert [written(machine, node, "create") for node in nodes] == ["ok"] * 3
    machine.faults.clear()
    machine.faults.arm("fail store all EIO")
    assert [written(machine, node, "create") for node in nodes] == ["EIO", "ok", "ok"]


def test_the_read_of_one_file(machine):
    """Reads of other files, of types and of parents do not count."""
    machine.faults.arm("remove read 1 vendor/uuid")
    machine.create()
    mdev = machine.bus.devices[UUIDS[0]]
    for node in (machine.parent, mdev.mdev_type):
        machine.faults.before_show(node, "vendor/uuid")
    machine.faults.before_show(mdev, "uevent")
    assert not mdev.is_gone
    assert machine.read(mdev) == "ENODEV"


@pytest.mark.parametrize("kernel", KERNELS)
def test_an_open_mdev_that_is_read(recorder, kernel):
    """Where an open mdev cannot be removed, the reader notices nothing."""
    machine = Machine(recorder, kernel)
    machine.faults.arm("remove read 1")
    machine.create()
    mdev = machine.bus.devices[UUIDS[0]]
    mdev.open()
    expected = f"{UUIDS[0]}\n" if kernel in {"4.10", "4.18"} else "ENODEV"
    assert machine.read(mdev) == expected
    assert machine.faults.armed == ()


@pytest.mark.parametrize(
    ("line", "marked"),
    [
        ("", ""),
        ("   ", "   "),
        ("fail", "fail"),
        ("break create 1 EIO", "break create 1 EIO"),
        ("create fail 1 EIO", "create fail 1 EIO"),
        ("fail create", ""),
        ("fail create 0 EIO", "0"),
        ("fail create -1 EIO", "-1"),
        ("fail create 101% EIO", "101%"),
        ("fail create each EIO", "each"),
        ("fail create 1", ""),
        ("fail create 1 28", "28"),
        ("fail create 1 ENOPE", "ENOPE"),
        ("fail create 1 EIO EIO", "EIO"),
        ("delay probe 1", ""),
        ("delay probe 1 -1", "-1"),
        ("delay probe 1 nan", "nan"),
        ("delay probe 1 3601", "3601"),
        ("drop event", ""),
        ("drop event 1 offline", "offline"),
        ("duplicate event 1 add bind", "bind"),
        ("remove read", ""),
        ("early add 1", "1"),
    ],
)
def test_what_is_no_fault(machine, line, marked):
    """The mistake is marked, what was expected is said, and nothing is armed."""
    with pytest.raises(TextError) as caught:
        machine.faults.arm(line)
    error = caught.value
    assert line[error.start : error.stop] == marked
    assert error.expected
    assert machine.faults.armed == ()
    assert machine.create() == "ok"


@pytest.mark.parametrize("name", ["EPERM", "ENODEV", "EUSERS", "EOPNOTSUPP", "EWOULDBLOCK"])
def test_every_errno_can_be_given(machine, name):
    """By its name, as it stands in errno.h, also by the second name of a number."""
    machine.faults.arm(f"fail create 1 {name}")
    answer = machine.create()
    assert getattr(errno, answer) == getattr(errno, name)
