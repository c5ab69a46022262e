"""Paths, modes and open files of a tree, on a tree of toys."""

from itertools import count
from stat import S_IFDIR, S_IFLNK, S_IFREG

import pytest

from simulator.errors import MdevError
from simulator.mdev import WouldBlockError
from simulator.sysfs.entries import File, FixedDirectory, Link
from simulator.sysfs.tree import Tree


@pytest.fixture
def written():
    return []


@pytest.fixture
def tree(written):
    counter = count()

    def show():
        return f"{next(counter)}-0123456789\n".encode()

    device = FixedDirectory(
        {
            "count": File(0o444, read=show),
            "remove": File(0o200, write=written.append),
            "both": File(0o644, read=lambda: b"both\n", write=written.append),
            "mute": File(0o644),
        }
    )
    links = FixedDirectory({"dev": Link("../devices/dev"), "loop": Link("loop/x")})
    return Tree(FixedDirectory({"devices": FixedDirectory({"dev": device}), "bus": links}))


def name_of(action, *args, **named):
    with pytest.raises(MdevError) as caught:
        action(*args, **named)
    return caught.value.name


def test_stat(tree):
    """Attributes have size 4096, directories and links 0, and links every permission."""
    found = {path: tree.stat(path) for path in ("/", "/devices/dev/remove", "/bus/dev")}
    assert [(oct(one.mode), one.size) for one in found.values()] == [
        ("0o40755", 0),
        ("0o100200", 4096),
        ("0o120777", 0),
    ]


def test_paths(tree):
    """Links in the middle are followed, the last part is not, dots and slashes are nothing."""
    assert tree.list("/bus/dev/..") == ["dev"]
    assert tree.readlink("/bus/dev") == "../devices/dev"
    assert tree.stat("//bus/dev/../dev/./both").size == 4096
    assert tree.stat("/../..").mode == tree.stat("/").mode


def test_a_slash_at_the_end(tree):
    """A path that ends in a slash is of a directory: a link is followed, a file refused."""
    assert tree.list("/bus/dev/") == tree.list("/bus/dev/.") == tree.list("/devices/dev")
    assert name_of(tree.stat, "/devices/dev/both/") == "ENOTDIR"
    assert name_of(tree.list, "/bus/dev") == "ENOTDIR"


def test_scan(tree):
    """Names come with the types of their entries."""
    kinds = {"count": S_IFREG, "remove": S_IFREG, "both": S_IFREG, "mute": S_IFREG}
    assert dict(tree.scan("/devices/dev")) == kinds
    assert tree.scan("/bus") == (("dev", S_IFLNK), ("loop", S_IFLNK))
    assert tree.scan("/") == (("devices", S_IFDIR), ("bus", S_IFDIR))
    assert name_of(tree.scan, "/devices/dev/both") == "ENOTDIR"


def test_stat_of_an_open_file(tree):
    """An open file says what it is, changed permissions included."""
    file = tree.open("/devices/dev/both", reading=True)
    tree.chmod("/devices/dev/both", 0o600)
    assert (file.stat().mode, file.stat().size) == (0o100600, 4096)


def test_a_writer_that_sleeps_is_woken():
    """Who has to sleep may leave a function, which is called when the wait is over."""
    on_gone = []

    def store(_):
        raise WouldBlockError("in use", on_gone)

    tree = Tree(FixedDirectory({"remove": File(0o200, write=store)}))
    woken = []
    with tree.open("/remove", writing=True) as file, pytest.raises(WouldBlockError):
        file.write(b"1", wake=lambda: woken.append(True))
    assert not tree.lock.locked()
    for function in on_gone:
        function()
    assert woken == [True]


@pytest.mark.parametrize(
    ("path", "name"),
    [
        ("/nothing", "ENOENT"),
        ("/bus/dev/nothing", "ENOENT"),
        ("/devices/dev/both/x", "ENOTDIR"),
        ("/bus/loop/x", "ELOOP"),
    ],
)
def test_paths_that_lead_nowhere(tree, path, name):
    """A path that leads nowhere says why, whatever is asked of it."""
    for action in (tree.stat, tree.list, tree.readlink, tree.open):
        assert name_of(action, path) == name


def test_kinds(tree):
    """What is not a directory, a link or a file says so."""
    assert name_of(tree.list, "/devices/dev/both") == "ENOTDIR"
    assert name_of(tree.readlink, "/devices") == "EINVAL"
    assert name_of(tree.open, "/devices") == "EISDIR"
    assert name_of(tree.open, "/bus/dev") == "ELOOP"


@pytest.mark.parametrize(
    ("name", "reading", "writing", "is_open"),
    [
        ("count", True, False, True),
        ("count", False, True, False),
        ("count", True, True, False),
        ("remove", True, False, False),
        ("remove", False, True, True),
        ("both", True, True, True),
    ],
)
def test_modes_are_checked_at_open(tree, name, reading, writing, is_open):
    """An open that the mode forbids is EACCES, whoever asks."""
    path = f"/devices/dev/{name}"
    if is_open:
        tree.open(path, reading=reading, writing=writing)
    else:
        assert name_of(tree.open, path, reading=reading, writing=writing) == "EACCES"


def test_content_is_kept_between_reads(tree):
    """A read from the start asks again, a read from elsewhere cuts the same text."""
    file = tree.open("/devices/dev/count", reading=True)
    assert [file.read(3, 2), file.read(4, 0), file.read(99, 4)] == [b"012", b"1-01", b"23456789\n"]
    assert file.read(10, 4096) == b""


def test_every_write_is_one_store(tree, written):
    """Writes are neither joined nor split, and an empty one calls nothing."""
    with tree.open("/devices/dev/both", writing=True) as file:
        assert [file.write(data) for data in (b"a", b"", b"bc")] == [1, 0, 2]
    assert written == [b"a", b"bc"]


def test_no_handlers(tree):
    """A file without show or store answers EIO."""
    file = tree.open("/devices/dev/mute", reading=True, writing=True)
    assert name_of(file.read, 1) == "EIO"
    assert name_of(file.write, b"x") == "EIO"


def test_chmod_sticks_until_it_goes(tree):
    """Changed permissions decide the next open, and are gone with the directory."""
    tree.chmod("/devices/dev/count", 0o644)
    assert tree.stat("/devices/dev/count").mode == 0o100644
    tree.open("/devices/dev/count", writing=True)
    tree.chmod("/devices", 0o700)
    tree.forget("/devices/dev")
    assert tree.stat("/devices/dev/count").mode == 0o100444
    assert tree.stat("/devices").mode == 0o40700
    assert name_of(tree.chmod, "/bus/dev", 0o600) == "EOPNOTSUPP"
