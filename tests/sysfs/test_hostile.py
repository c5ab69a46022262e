"""Hostile trees: what a plain reader sees of each variation, and that a seed decides all of it."""

import posixpath
from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sysfs.walking import links, read, walk, write

from simulator.errors import MdevError, TextError
from simulator.mdev import KERNELS, MdevBus, Uevents
from simulator.sysfs.hostile.layer import Layer
from simulator.sysfs.hostile.others import Others
from simulator.sysfs.hostile.seed import Hostility
from simulator.sysfs.hostile.told import Told
from simulator.sysfs.hostile.variations import VARIATIONS
from simulator.sysfs.layout import mdev_sysfs
from simulator.vendors import driver

PARENT = "/devices/pci0000:00/0000:00:02.0"
TYPES = f"{PARENT}/mdev_supported_types"
FIRST = f"{TYPES}/i915-GVTg_V5_8"
UUID = "c2177883-f1bb-47f0-914d-32a22e3a8804"
OTHER = "d2177883-f1bb-47f0-914d-32a22e3a8804"
SEEDS = range(12)


class Machine:
    """A GPU with one mdev, seen through the layer of a seed."""

    def __init__(self, seed, kernel="4.18", is_free=lambda: True):
        self.bus = MdevBus(KERNELS[kernel])
        self.lines = []
        self.told = Told(Hostility.parse(seed), self.lines.append)
        self.others = Others(self.told, is_free)
        self.uevents = Uevents(self.bus)
        layer = Layer(self.told, self.bus, self.others)
        self.tree = mdev_sysfs(self.bus, self.uevents, layer=layer.over)
        self.parent = self.bus.register(driver("i915"))
        self.parent.types["i915-GVTg_V5_8"].create(UUID)

    def types(self):
        """The directories of all types."""
        return [f"{TYPES}/{name}" for name in self.tree.list(TYPES)]

    def texts(self, name):
        """What the files of this name of all types say, where they have it."""
        return [read_all(self.tree, f"{one}/{name}") for one in self.types() if self.has(one, name)]

    def has(self, folder, name):
        """Whether a listing has a name."""
        return name in self.tree.list(folder)


def read_all(tree, path):
    """Read as a reader does that goes on to the end."""
    text = b""
    with tree.open(path, reading=True) as file:
        while part := file.read(1 << 16, len(text)):
            text += part
    return text


def plain():
    """The same machine without any layer."""
    bus = MdevBus(KERNELS["4.18"])
    tree = mdev_sysfs(bus, Uevents(bus))
    bus.register(driver("i915")).types["i915-GVTg_V5_8"].create(UUID)
    return tree


def is_unordered(machine):
    """The same names come in another order."""
    tree = plain()
    folders = [path for path, one in walk(tree) if one.nlink == 2]
    pairs = [(machine.tree.list(path), tree.list(path)) for path in folders]
    assert all(sorted(here) == sorted(there) for here, there in pairs)
    return any(here != there for here, there in pairs)


def lacks_optional(machine):
    """A type has no description; the other files of types are there."""
    assert all(machine.has(one, "device_api") for one in machine.types())
    return len(machine.texts("description")) < len(machine.types())


def ends_otherwise(machine):
    """A number does not end in one newline, and is the same number."""
    texts = machine.texts("available_instances")
    assert [int(text) for text in texts] == [6, 4, 2, 1]
    return any(not text.endswith(b"\n") or text.split() != [text[:-1]] for text in texts)


def has_long_description(machine):
    """A description fills a page but for one byte."""
    sizes = [len(text) for text in machine.texts("description")]
    assert max(sizes) <= 4095
    return max(sizes) == 4095


def has_long_name(machine):
    """A type of GVT-g has no name in 4.18, so ask one that has."""
    told = Machine(str(machine.told.hostility), "6.1")
    sizes = [len(text) for text in told.texts("name")]
    assert max(sizes) <= 4095
    return max(sizes) == 4095


def has_more_types(machine):
    """There are many types, with ids as long as a name can be, and all have no instance."""
    more = machine.tree.list(TYPES)[4:]
    assert all(read(machine.tree, f"{TYPES}/{name}/available_instances") == b"0\n" for name in more)
    return len(more) >= 30 and max(map(len, more)) == 255


def has_more_attributes(machine):
    """A parent, a type and an mdev have files that nobody knows, of which some cannot be read."""
    tree, failing = plain(), 0
    folders = (PARENT, FIRST, f"{PARENT}/{UUID}")
    more = [
        f"{one}/{name}"
        for one in folders
        for name in machine.tree.list(one)
        if name not in tree.list(one)
    ]
    for path in more:
        try:
            read(machine.tree, path)
        except MdevError as error:
            failing += error.name in {"EIO", "ENODATA", "EACCES"}
    return failing > 0 and {posixpath.dirname(path) for path in more} == set(folders)


def varies_from_read_to_read(machine):
    """Reads of one file differ, and are at most what is there."""
    path = f"{FIRST}/available_instances"
    found = {int(read(machine.tree, path)) for _ in range(8)}
    assert max(found) <= 6
    return len(found) > 1


def has_guests(machine):
    """A name is listed that is not there, and its uevents tell that it came and went."""
    sent = []
    machine.uevents.sinks.append(sent.append)
    seen = [name for name in machine.tree.list("/bus/mdev/devices") if name != UUID]
    for name in seen:
        with pytest.raises(MdevError, match="No such file"):
            machine.tree.readlink(f"/bus/mdev/devices/{name}")
        assert [one.action for one in sent] == ["add", "bind", "unbind", "remove"]
        assert {posixpath.basename(one.devpath) for one in sent} == {name}
    assert list(machine.bus.devices) == [UUID]
    return bool(seen)


def reads_short(machine):
    """The first read gives less than there is, the whole is there at the end."""
    assert read_all(machine.tree, f"{FIRST}/device_api") == b"vfio-pci\n"
    return len(read(machine.tree, f"{FIRST}/device_api")) < len(b"vfio-pci\n")


def sends_late(machine):
    """Some uevents wait, less than a twentieth of a second."""
    delays = [machine.others.uevent_delay("/devices/x") for _ in range(9)]
    assert 0 <= min(delays) <= max(delays) < 0.05
    return max(delays) > 0


def creates_slowly(machine):
    """Some creations take time."""
    [mdev] = machine.bus.mdevs
    delays = [machine.others.creation_delay(mdev) for _ in range(9)]
    assert 0 <= min(delays) <= max(delays) < 0.05
    return max(delays) > 0


SEEN = {
    "order": is_unordered,
    "optional": lacks_optional,
    "newline": ends_otherwise,
    "description": has_long_description,
    "name": has_long_name,
    "types": has_more_types,
    "attributes": has_more_attributes,
    "instances": varies_from_read_to_read,
    "guests": has_guests,
    "short": reads_short,
    "late": sends_late,
    "slow": creates_slowly,
}


@pytest.mark.parametrize("name", VARIATIONS)
def test_a_variation_is_seen(name):
    """A plain reader meets it with some seeds, and not where another variation is on."""
    assert any(SEEN[name](Machine(f"{seed}:{name}")) for seed in SEEDS)
    other = "slow" if name == "late" else "late"
    assert not any(SEEN[name](Machine(f"{seed}:{other}")) for seed in SEEDS)


# ---- seeds


def everything(machine):
    """All that a reader finds, twice, with what it was told."""
    found = []
    for _ in range(2):
        for path, one in walk(machine.tree):
            try:
                found.append((path, one, read_all(machine.tree, path)))
            except MdevError as error:
                found.append((path, one, error.name))
    return found, machine.lines


@pytest.mark.parametrize("kernel", KERNELS)
def test_a_seed_decides_everything(kernel):
    """The same seed gives the same, byte by byte; other seeds give others."""
    # Guests are seen by a walk as errors: they have tests of their own.
    names = ",".join(name for name in VARIATIONS if name != "guests")
    first, again, other = (everything(Machine(f"{seed}:{names}", kernel)) for seed in (3, 3, 4))
    assert first == again
    assert first[0] != other[0]


def test_a_seed_alone_chooses():
    """A seed chooses some variations, not always the same; what it says repeats it."""
    chosen = [Hostility.parse(str(seed)) for seed in range(30)]
    assert set().union(*(one.names for one in chosen)) == set(VARIATIONS)
    assert len({one.names for one in chosen}) > 10
    assert all(one.names for one in chosen)
    assert [Hostility.parse(str(one)) for one in chosen] == chosen


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "not a seed"),
        ("-1", "not a seed"),
        ("x:order", "not a seed"),
        ("²", "not a seed"),
        ("9" * 20, "not a seed"),
        ("7:", "no variation "),
        ("7:order,sort", "no variation sort"),
    ],
)
def test_what_is_no_seed(text, message):
    """A mistake names what is wrong."""
    with pytest.raises(TextError) as caught:
        Hostility.parse(text)
    assert caught.value.message == message


# ---- laws

SOME = st.lists(st.sampled_from(sorted(VARIATIONS)), min_size=1, unique=True)


@given(st.integers(0, 50), SOME, st.sampled_from(sorted(KERNELS)))
def test_a_tree_holds_together(seed, names, kernel):
    """Whatever varies, links lead to what is there, names and texts fit, types are whole."""
    machine = Machine(f"{seed}:{','.join(names)}", kernel, is_free=lambda: False)
    there = dict(walk(machine.tree))
    assert {place for place in links(machine.tree).values() if place not in there} == set()
    assert max(len(posixpath.basename(path)) for path in there) <= 255
    for one in machine.types():
        assert int(read_all(machine.tree, f"{one}/available_instances")) >= 0
        assert read_all(machine.tree, f"{one}/device_api").split() == [b"vfio-pci"]
        assert there[f"{one}/create"].mode & 0o777 == 0o200
    for name in ("name", "description"):
        assert all(len(text) <= 4095 for text in machine.texts(name))


@given(st.integers(0, 20), st.sampled_from(sorted(KERNELS)))
def test_what_is_added_answers_as_a_type(seed, kernel):
    """A type that is added refuses as the kernel does, in its order, and nothing is left."""
    machine = Machine(f"{seed}:types", kernel)
    answers = set()
    for name in machine.tree.list(TYPES)[4:]:
        found = []
        for data in (b"nonsense", UUID.encode(), OTHER.encode()):
            try:
                write(machine.tree, f"{TYPES}/{name}/create", data)
            except MdevError as error:
                found.append(error.name)
        answers.add(tuple(found))
    assert answers <= {("EINVAL", "EEXIST", "ENOSPC")}
    assert list(machine.bus.devices) == [UUID]


@pytest.mark.parametrize("name", sorted(VARIATIONS))
@pytest.mark.parametrize("kernel", KERNELS)
def test_an_mdev_lives(name, kernel):
    """Under each variation an mdev is created, listed and removed, and nothing of it stays."""
    for seed in SEEDS:
        machine = Machine(f"{seed}:{name}", kernel)
        write(machine.tree, f"{FIRST}/create", OTHER.encode())
        path = f"{PARENT}/{OTHER}"
        assert machine.tree.stat(f"{path}/mdev_type").mode
        with suppress(MdevError):
            read(machine.tree, f"{path}/uevent")
        write(machine.tree, f"{path}/remove", b"1\n")
        folders = (PARENT, "/bus/mdev/devices", f"{FIRST}/devices")
        assert [one for one in folders if OTHER in machine.tree.list(one)] == []


def test_a_file_that_is_added_goes_with_its_mdev():
    """A file that is kept open beyond its mdev gives ENODEV, as those of the kernel do."""
    machine = Machine("0:attributes")
    kept = []
    for seed in SEEDS:
        machine = Machine(f"{seed}:attributes")
        added = machine.tree.list(f"{PARENT}/{UUID}")
        kept += [
            (machine, machine.tree.open(f"{PARENT}/{UUID}/{name}", reading=True))
            for name in ("temperature", "label.0")
            if name in added and machine.tree.stat(f"{PARENT}/{UUID}/{name}").mode & 0o444
        ]
    assert kept
    for machine, file in kept:
        if UUID in machine.bus.devices:
            write(machine.tree, f"{PARENT}/{UUID}/remove", b"1")
        with pytest.raises(MdevError) as caught:
            file.read(10)
        assert caught.value.name == "ENODEV"


def test_no_guest_while_a_fault_is_armed():
    """Faults that are armed are for the program under test: nobody else takes them."""
    machine = Machine("2:guests", is_free=lambda: False)
    listings = [machine.tree.list("/bus/mdev/devices") for _ in range(20)]
    assert listings == [[UUID]] * 20


def test_a_guest_does_not_wait():
    """A creation that takes time holds no listing up."""
    machine = Machine("2:guests,slow")
    slept = []
    machine.bus.on_probe.append(lambda mdev: slept.append(machine.others.creation_delay(mdev)))
    for _ in range(20):
        machine.tree.list("/bus/mdev/devices")
    assert slept
    assert set(slept) == {0.0}


def test_the_document():
    """docs/hostile.md has a row for each variation, in order, as the table says it."""
    text = (Path(__file__).parents[2] / "docs/hostile.md").read_text("utf-8")
    rows = [line for line in text.splitlines() if line.startswith("| `")]
    assert rows == [
        f"| `{one.name}` | {one.what} | {one.why} | {one.source} |" for one in VARIATIONS.values()
    ]
