"""
What has to hold for any bytes: one law for each reader of text that people write.

A law raises nothing. A reader may refuse with the errors that it documents, whose messages can be
printed; what it takes comes back when it is written and read again.
"""

from collections.abc import Mapping
from functools import cache
from itertools import islice
from pathlib import Path
from tempfile import TemporaryDirectory
from types import MappingProxyType

from fuzz_python.written import write_scheme

from simulator.cli.live import make_live
from simulator.compat.clause_text import parse_clause
from simulator.compat.listing import format_listing, parse_listing
from simulator.compat.loader import load_scheme
from simulator.compat.rule import Object
from simulator.compat.scheme import Attribute, Scheme
from simulator.compat.schemes import load_builtin
from simulator.compat.template import Scaled, Template, render, solve
from simulator.documents import decode
from simulator.errors import InputError, MdevError, TextError
from simulator.host import Host, load_host
from simulator.mdev import KERNELS, Uevents, WouldBlockError
from simulator.sysfs.capture import read_tree
from simulator.sysfs.layout import mdev_sysfs
from simulator.sysfs.snapshot import take, write_directory
from simulator.sysfs.tree import Tree
from simulator.sysfs.umockdev import format_umockdev, read_umockdev
from simulator.values import KINDS, parse_value
from simulator.vendors import driver

__all__ = ["control", "host", "listing", "scheme", "template", "umockdev"]

_KINDS = tuple(KINDS)
_SCHEME = Scheme("s", {kind: Attribute(kind, kind) for kind in KINDS}, has_objects=True)
_SAMPLES = MappingProxyType(
    {
        "int": ("0", "1", "2", "-3"),
        "string": ("", "t1", "1", "-1", "a b"),
        "set": ("", "A", "A+B"),
        "version": ("0.1", "1.1.2"),
        "pci_id": ("8086591d", "591d"),
        "ratio": ("0", "1/2", "2", "-3/2"),
    }
)
_VERSIONED = load_builtin("software-version")
_LINES = 30
"""How many lines of an input are commands."""
_MEMORY = "/dev/shm" if Path("/dev/shm").is_dir() else None
"""Where directories are made that nobody keeps: removing one from a disk takes milliseconds."""
_PLACES = MappingProxyType(
    {
        "00000001-0000-0000-0000-00000000000a": "mtty",
        "00000002-0000-0000-0000-00000000000a": "card",
    }
)
"""The parents of the mdevs that a control directory begins with."""


def _check_told(error: Exception) -> None:
    """A refusal says something that can be printed."""
    told = error.reason if isinstance(error, MdevError) else str(error)
    assert told.encode()


def listing(data: bytes) -> None:
    """A listing is refused, or written back byte for byte; its description survives, too."""
    try:
        text = decode("x", data)
        read = parse_listing("x", text, _SCHEME)
    except InputError as error:
        _check_told(error)
        return
    assert str(read) == text
    written = format_listing(read.description)
    again = parse_listing("x", written, _SCHEME)
    assert again.description == read.description
    assert format_listing(again.description) == written


def template(data: bytes) -> None:
    """An object, a line a clause, begins with a letter for the kind; what solving finds renders."""
    clauses = {}
    variables: Mapping = {}
    for number, line in enumerate(data.decode("utf-8", "replace").split("\n")[:8]):
        kind = _KINDS[ord(line[0]) % len(_KINDS)] if line else "string"
        try:
            clause, variables = parse_clause(line[1:], kind, variables)
        except TextError as error:
            _check_told(error)
            return
        clauses[kind, number] = clause
    assert Object(clauses).variables == variables
    again: Mapping = {}
    for (kind, _), clause in clauses.items():
        read, again = parse_clause(str(clause), kind, again)
        assert read == clause
        if isinstance(clause, Template | Scaled):
            _solve(clause, kind, variables)
    assert again == variables


def _solve(clause: Template | Scaled, kind: str, variables: Mapping) -> None:
    for floor in (False, True):
        for text in _SAMPLES[kind]:
            value = parse_value(kind, text)
            found = solve(clause, value, variables, {}, floor_division=floor)
            for binding in islice(found, 8):
                assert render(clause, binding, floor_division=floor) == value
                assert all(variables[name].has(chosen) for name, chosen in binding.items())


def scheme(data: bytes) -> None:
    """A scheme is refused, or the same when all of it is written and read."""
    try:
        read = load_scheme("x", data)
    except InputError as error:
        _check_told(error)
        return
    assert load_scheme("x", write_scheme(read).encode()) == read


def host(data: bytes) -> None:
    """A host is refused, or its tree can be read and is the same when it is made again."""
    find = cache(load_builtin)
    try:
        made = load_host("x", data, find)
    except InputError as error:
        _check_told(error)
        return
    tree = _sysfs(made)
    assert take(tree) == take(_sysfs(load_host("x", data, find)))


def _sysfs(made: Host) -> Tree:
    try:
        return mdev_sysfs(made.bus, Uevents(made.bus))
    except ValueError as error:
        _check_told(error)
        return mdev_sysfs(Host(made.kernel).bus, Uevents(made.bus))


def umockdev(data: bytes) -> None:
    """A text for umockdev is refused, or what is written of it reads and writes the same."""
    try:
        read = read_umockdev("x", data.decode(errors="surrogateescape"))
    except InputError as error:
        _check_told(error)
        return
    written = format_umockdev(read)
    assert format_umockdev(read_umockdev("x", written)) == written
    with TemporaryDirectory(dir=_MEMORY) as folder:
        place = Path(folder).resolve() / "sys"
        try:
            write_directory(read, place)
            read_tree(place)
        except (InputError, OSError) as error:
            _check_told(error)


def control(data: bytes) -> None:
    """Lines of FILE TEXT are written to a control directory; what is refused changes nothing."""
    spare = _spare()
    # One that has broken the law is not used again.
    machine = spare.pop() if spare else _Machine()
    before, has_taken = machine.state(), False
    for line in data.split(b"\n")[:_LINES]:
        takes = machine.takes(line)
        if takes is not None:
            after = machine.state()
            assert takes or after == before
            before, has_taken = after, has_taken or takes
    if not has_taken:
        assert machine.state() == before
    if machine.is_undone(before):
        spare.append(machine)


@cache
def _spare() -> list["_Machine"]:
    """Keep machines that are as they were made, since making one takes a millisecond."""
    return []


class _Machine:
    """The control directory of a machine with two parents that have an mdev each."""

    def __init__(self) -> None:
        made = Host(KERNELS["6.1"], _VERSIONED)
        for uuid, name in _PLACES.items():
            parent = made.add_parent(driver("mtty"), path=f"/sys/devices/virtual/mtty/{name}")
            parent.types["mtty-2"].create(uuid)
        self._bus = made.bus
        self._tree = make_live(made, 0).control
        # Save for why the last command was refused.
        names = [name for name in self._tree.list("/") if name not in ("close", "error")]
        self._files = {name: self._tree.open(f"/{name}", reading=True) for name in names}
        for name in self._bus.parents:
            assert self.takes(f"driver_version {name} 1.1.2".encode())
        self._at_first = self.state()

    def state(self) -> dict[str, bytes]:
        """Read all that the control directory tells."""
        return {name: file.read(65536) for name, file in self._files.items()}

    def takes(self, line: bytes) -> bool | None:
        """Write one command, and say whether it was taken; None, there is no such file."""
        name, _, text = line.partition(b" ")
        try:
            file = self._tree.open("/" + name.decode("utf-8", "replace"), writing=True)
        except MdevError as error:
            _check_told(error)
            return None
        try:
            assert file.write(text) == len(text)
        except (MdevError, WouldBlockError) as error:
            _check_told(error)
            return isinstance(error, WouldBlockError)
        return True

    def is_undone(self, state: dict[str, bytes]) -> bool:
        """Take back what can be taken back; say whether all is as it was made, but for the log."""
        if state | {"log": b""} == self._at_first | {"log": b""}:
            return True
        self.takes(b"faults clear")
        for uuid in state["open"].split():
            while self.takes(b"close " + uuid):
                pass
        state = self.state()
        for name in state["register"].split():
            self.takes(b"register " + name)
        for uuid, parent in _PLACES.items():
            if uuid.encode() not in state["mdevs"] and parent in self._bus.parents:
                self._bus.parents[parent].types["mtty-2"].create(uuid)
        for line in self._at_first["driver_version"].splitlines():
            if line not in state["driver_version"]:
                self.takes(b"driver_version " + line)
        return _sorted(self.state()) == _sorted(self._at_first)


def _sorted(state: dict[str, bytes]) -> dict[str, list[bytes]]:
    """Let a parent that was registered again be as good as one that was there all the time."""
    return {name: sorted(text.splitlines()) for name, text in state.items() if name != "log"}
