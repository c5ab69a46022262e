"""
What has to hold for any bytes: one law for each reader of text that people write.

A law raises nothing. A reader may refuse with the errors that it documents, whose messages can be
printed; what it takes comes back when it is written and read again.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
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

__all__ = ["TARGETS", "Target"]

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
_UUID = "00000001-0000-0000-0000-00000000000a"


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
    with TemporaryDirectory() as folder:
        place = Path(folder).resolve() / "sys"
        try:
            write_directory(read, place)
            read_tree(place)
        except (InputError, OSError) as error:
            _check_told(error)


def control(data: bytes) -> None:
    """Lines of FILE TEXT are written to a control directory; what is refused changes nothing."""
    made = Host(KERNELS["6.1"], _VERSIONED)
    for path in ("/sys/devices/virtual/mtty/mtty", "/sys/devices/x/card"):
        parent = made.add_parent(driver("mtty"), path=path)
        parent.types["mtty-2"].create(_UUID.replace("1", str(len(made.bus.parents)), 1))
    tree = make_live(made, 0).control
    for line in data.split(b"\n")[:30]:
        name, _, text = line.partition(b" ")
        before = _state(tree)
        try:
            with tree.open("/" + name.decode("utf-8", "replace"), writing=True) as file:
                assert file.write(text) == len(text)
        except MdevError as error:
            _check_told(error)
            _check_same(before, _state(tree))
        except WouldBlockError as error:
            _check_told(error)


def _check_same(before: dict[str, bytes], after: dict[str, bytes]) -> None:
    assert after == before


def _state(tree: Tree) -> dict[str, bytes]:
    """Read all that the control directory tells, save why the last command was refused."""
    found = {}
    for name in tree.list("/"):
        if name not in ("close", "error"):
            with tree.open(f"/{name}", reading=True) as file:
                found[name] = file.read(65536)
    return found


@dataclass(frozen=True)
class Target:
    """
    One reader.

    Attributes:
        law: Takes any bytes, and raises when the law is broken.
        most: The longest input that is worth trying, in bytes.
        words: What a mutation may put in.
    """

    law: Callable[[bytes], None]
    most: int
    words: tuple[str, ...]


_CLAUSE_WORDS = (
    *("one_of(", "range(", "superset(", "subset(", "version(", "any()", "absent()", ")", ","),
    *("{v:int:1,2-9}", '{w:string:"a","b"}', "{v}", "{w}", "/2", "*3", '"', "\\\\", '\\"'),
    *("9223372036854775807", "-1", "1/2", "1.2.3", "8086591d", "A+B"),
)
_UMOCKDEV_WORDS = (
    *("P: /devices/", "E: SUBSYSTEM=pci", "E: SUBSYSTEM=mdev", "A: ", "H: ", "L: ", "N: ", "S: "),
    *("mdev_supported_types/", "available_instances", "device_api", "=", "/", "..", "\\n", "\\101"),
    *(_UUID, "mdev_type=", "driver=../../bus/pci/drivers/i915", "vendor", "iommu_group"),
)
_YAML_WORDS = (
    ": ",
    "- ",
    "{",
    "}",
    "[",
    "]",
    '"',
    "'",
    "|\n",
    ">\n",
    "&a ",
    "*a",
    "<<",
    "!!x ",
    "#",
)

TARGETS: Mapping[str, Target] = MappingProxyType(
    {
        "listing": Target(
            listing,
            1024,
            ("SELF:\n", "COMPATIBLE:\n", "\t", "=", "#", "\r\n", *KINDS, *_CLAUSE_WORDS),
        ),
        "template": Target(template, 512, ("\n", *_CLAUSE_WORDS)),
        "scheme": Target(
            scheme,
            1024,
            (
                *("scheme", "attributes", "type", "clause", "of", "missing", "required", "from"),
                *("accepts", "prefer", "surface", "form", "scope", "name", "text", "log", "copied"),
                *("settable", "valid", "limit", "blocks", "errno", "objects", "published", "none"),
                *(
                    "accepted-by",
                    "unlisted",
                    "division",
                    "floor",
                    "undecided",
                    "both",
                    "${",
                    "test",
                ),
                *(*KINDS, "equal", *_YAML_WORDS, *_CLAUSE_WORDS),
            ),
        ),
        "host": Target(
            host,
            1024,
            (
                *("kernel", "scheme", "parents", "driver", "path", "options", "driver_version"),
                *(
                    "attributes",
                    "compatible",
                    "types",
                    "mdevs",
                    "uuid",
                    "type",
                    "writes",
                    "capacity",
                ),
                *("numa_node", "iommu_group", "takes", "shared", "instances", "mtty", "i915"),
                *("/sys/devices/", "6.1", "4.10", _UUID, "mtty-2", *_YAML_WORDS),
            ),
        ),
        "umockdev": Target(umockdev, 1024, _UMOCKDEV_WORDS),
        "control": Target(
            control,
            512,
            (
                *("open ", "close ", "unregister ", "register ", "driver_version ", "faults "),
                *(
                    "log ",
                    "mdevs ",
                    "mtty",
                    "card",
                    "1.2.0",
                    _UUID,
                    "mtty/",
                    "card/",
                    "\n",
                    "clear",
                ),
                *("fail create ", "fail store ", "delay probe ", "drop event ", "early add"),
                *("duplicate event ", "remove read ", "all ", "10% ", "ENOSPC", "add", "bind"),
            ),
        ),
    }
)
"""The readers by name; seeds and regressions lie in folders of these names."""
