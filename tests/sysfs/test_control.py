"""The control directory: what a test does to a machine from outside its tree."""

import errno
from dataclasses import replace
from threading import Lock

import pytest

from simulator.errors import MdevError, TextError
from simulator.mdev import KERNELS, MdevBus, WouldBlockError
from simulator.sysfs.control import control_tree
from simulator.vendors import driver

U1, U2 = (f"0000000{n}-0000-0000-0000-00000000000a" for n in "12")


class Faults:
    """Faults that only remember."""

    def __init__(self):
        self.armed = ()

    def arm(self, line):
        if line.startswith("bad"):
            raise TextError(line, "no such fault", "fail create")
        self.armed += (line,)

    def clear(self):
        self.armed = ()


class Versions(dict):
    """What parents say of their driver's version."""

    def set(self, name, version):
        if name not in self:
            raise KeyError(name)
        if version == "none":
            raise ValueError("the host publishes no scheme")
        if "." not in version:
            raise TextError(version, "not a version", "1.2.0")
        self[name] = version


class Machine:
    """A machine with one mtty, and its control directory."""

    def __init__(self, kernel=KERNELS["6.1"]):
        self.bus = MdevBus(kernel)
        self.parent = self.bus.register(driver("mtty"))
        self.faults = Faults()
        self.versions = Versions(mtty=None)
        self.log = ["mtty mtty: first", "mtty mtty: second"]
        self.lock = Lock()
        self.tree = control_tree(
            self.bus,
            self.faults,
            self.lock,
            register=self.register,
            unregistered=lambda: [] if "mtty" in self.bus.parents else ["mtty"],
            set_driver_version=self.versions.set,
            driver_versions=lambda: self.versions,
            log=lambda: self.log,
        )

    def register(self, name):
        return self.bus.register({"mtty": driver("mtty")}[name])

    def create(self, uuid):
        return self.parent.types["mtty-1"].create(uuid)

    def echo(self, text, name):
        with self.tree.open(f"/{name}", writing=True) as file:
            return file.write(text.encode() if isinstance(text, str) else text)

    def cat(self, name):
        with self.tree.open(f"/{name}", reading=True) as file:
            return file.read(65536).decode()

    def refused(self, text, name):
        with pytest.raises(MdevError) as caught:
            self.echo(text, name)
        assert self.cat("error") == f"{caught.value.name}: {caught.value.reason}\n"
        return caught.value.errno


@pytest.fixture
def machine():
    return Machine()


def test_what_is_there(machine):
    """The directory has its files, with modes that say what each is for."""
    modes = {name: machine.tree.stat(f"/{name}").mode & 0o777 for name in machine.tree.list("/")}
    assert modes == {
        "close": 0o200,
        "driver_version": 0o644,
        "error": 0o444,
        "faults": 0o644,
        "kernel": 0o444,
        "log": 0o444,
        "mdevs": 0o444,
        "open": 0o644,
        "register": 0o644,
        "unregister": 0o644,
    }


def test_what_a_machine_cannot_do_has_no_file():
    """Without faults, and without a host behind it, there are no files for them."""
    tree = control_tree(MdevBus(KERNELS["6.1"]), None, Lock())
    assert tree.list("/") == ["close", "error", "kernel", "mdevs", "open", "unregister"]


def test_the_lock_is_the_machines(machine):
    """A command holds the lock of the machine's tree."""
    held = []
    machine.create(U1)
    machine.bus.listeners.append(lambda *_: held.append(machine.lock.locked()))
    machine.echo("mtty", "unregister")
    assert held
    assert all(held)


def test_open_and_close(machine):
    """An opened device blocks its removal, which the last close ends."""
    mdev = machine.create(U1)
    assert machine.echo(f"{U1}\n", "open") == 37
    machine.echo(U1.upper(), "open")
    assert machine.cat("open") == f"{U1}\n"
    assert machine.cat("mdevs") == f"{U1} mtty mtty-1 open\n"
    with pytest.raises(WouldBlockError):
        mdev.store("remove", b"1")
    assert machine.cat("mdevs") == f"{U1} mtty mtty-1 removing\n"
    machine.echo(U1, "close")
    assert machine.cat("open") == f"{U1}\n"
    assert machine.refused(U1, "open") == errno.ENODEV
    machine.echo(U1, "close")
    assert mdev.is_gone
    assert machine.cat("open") == machine.cat("mdevs") == ""


@pytest.mark.parametrize(
    ("text", "file", "name"),
    [
        ("nobody", "open", "EINVAL"),
        (" ", "open", "EINVAL"),
        (f"{U1}\n{U2}\n", "open", "EINVAL"),
        (b"\xff\n", "open", "EINVAL"),
        (U2, "open", "ENODEV"),
        (U2, "close", "ENODEV"),
        (U1, "close", "EBADF"),
        (f"nobody/{U1}", "open", "ENODEV"),
        ("nobody", "unregister", "ENODEV"),
        ("nobody", "register", "ENODEV"),
        ("mtty", "register", "EEXIST"),
        ("mtty", "driver_version", "EINVAL"),
        ("mtty x", "driver_version", "EINVAL"),
        ("mtty none", "driver_version", "EOPNOTSUPP"),
        ("nobody 1.0", "driver_version", "ENODEV"),
        ("bad fault", "faults", "EINVAL"),
    ],
)
def test_a_refusal_says_why(machine, text, file, name):
    """A command that cannot be done has an errno, and `error` says it in words."""
    machine.create(U1)
    before = [machine.cat(name) for name in ("open", "mdevs", "driver_version", "faults")]
    assert machine.refused(text, file) == getattr(errno, name)
    after = [machine.cat(name) for name in ("open", "mdevs", "driver_version", "faults")]
    assert after == before


def test_a_command_that_is_done_leaves_no_error(machine):
    """The reason of the last refusal goes with the next command."""
    machine.refused("nobody", "open")
    machine.create(U1)
    machine.echo(U1, "open")
    assert machine.cat("error") == ""


def test_a_uuid_on_two_parents():
    """Where the kernel lets two parents have one UUID, the name of the parent tells them apart."""
    machine = Machine(replace(KERNELS["4.10"], has_unique_names=False))
    other = machine.bus.register(driver("mtty"), path="/sys/devices/virtual/mtty/other")
    mdevs = [machine.create(U1), other.types["mtty-1"].create(U1)]
    assert machine.refused(U1, "open") == errno.ENOTUNIQ
    machine.echo(f"other/{U1}", "open")
    assert [mdev.is_open for mdev in mdevs] == [False, True]


def test_unregister_and_register(machine):
    """A parent goes and comes again; both files list what they take."""
    assert (machine.cat("unregister"), machine.cat("register")) == ("mtty\n", "")
    machine.echo("mtty\n", "unregister")
    assert machine.parent.is_gone
    assert (machine.cat("unregister"), machine.cat("register")) == ("", "mtty\n")
    machine.echo("mtty\n", "register")
    assert list(machine.bus.parents) == ["mtty"]


def test_unregister_of_a_busy_parent_blocks(machine):
    """The writer sleeps until the open device is closed."""
    machine.create(U1)
    machine.echo(U1, "open")
    gone = []
    with pytest.raises(WouldBlockError) as caught:
        machine.echo("mtty", "unregister")
    caught.value.on_gone.append(lambda: gone.append(True))
    assert not machine.lock.locked()
    machine.echo(f"mtty/{U1}", "close")
    assert gone == [True]
    assert machine.cat("register") == "mtty\n"


def test_the_log(machine):
    """The lines of the kernel log are read as they are at each read, the oldest first."""
    assert machine.cat("log") == "mtty mtty: first\nmtty mtty: second\n"
    del machine.log[0]
    assert machine.cat("log") == "mtty mtty: second\n"


def test_driver_version(machine):
    """The version of a parent's driver is listed, and set."""
    assert machine.cat("driver_version") == "mtty -\n"
    machine.echo("mtty  1.2.0\n", "driver_version")
    assert machine.cat("driver_version") == "mtty 1.2.0\n"


@pytest.mark.parametrize("ending", ["\n", "clear\n"])
def test_faults(machine, ending):
    """Each line arms a fault; an empty one, or clear, disarms them all."""
    machine.echo("fail create\n", "faults")
    machine.echo("delay probe", "faults")
    assert machine.cat("faults") == "fail create\ndelay probe\n"
    machine.echo(ending, "faults")
    assert machine.cat("faults") == ""


def test_kernel(machine):
    """The personality can be read, and not written."""
    assert machine.cat("kernel") == "6.1\n"
    with pytest.raises(MdevError) as caught:
        machine.echo("5.2", "kernel")
    assert caught.value.name == "EACCES"
