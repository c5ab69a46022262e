"""Snapshots: what is written is what was there, and what is read back is what was written."""

import os
from pathlib import Path
from stat import S_IFLNK, S_IFREG, S_IMODE

import pytest
from sysfs.one_mdev import PD, U1, D, live
from sysfs.walking import walk

from simulator.sysfs.snapshot import (
    Saved,
    read_directory,
    take,
    write_directory,
)
from simulator.vendors import VENDORS


def test_a_snapshot_has_every_path():
    """Paths, modes, links and contents are those of the tree; 0200 files are empty."""
    _, tree = live()
    taken = take(tree)
    assert {path: one.mode for path, one in walk(tree)} == {
        path: one.mode for path, one in taken.items()
    }
    assert taken[f"{D}/intel_vgpu/vgpu_id"].content == b"1\n"
    assert taken[f"{D}/remove"].content == b""
    assert taken["/class/mdev_bus/0000:00:02.0"].target == f"../..{PD}"


@pytest.mark.parametrize("name", VENDORS)
def test_a_directory_is_read_back(tmp_path, name):
    """What is written as a directory is read back path by path."""
    taken = take(live(name)[1])
    write_directory(taken, tmp_path / "sys")
    assert read_directory(tmp_path / "sys") == taken
    place = tmp_path / "sys" / "bus/mdev/devices" / U1
    assert place.resolve().is_dir()
    assert place.resolve().is_relative_to(tmp_path / "sys")


def test_what_is_not_wanted_is_not_touched(tmp_path):
    """A directory that is not wanted is not entered, and a file is not read."""
    write_directory(take(live()[1]), tmp_path / "sys")
    asked = []

    def wanted(path):
        asked.append(path)
        return not path.startswith("/devices/pci")

    found = read_directory(tmp_path / "sys", wanted)
    assert "/devices/virtual" in found
    assert not any(path.startswith("/devices/pci") for path in found)
    assert [path for path in asked if path.startswith("/devices/pci")] == ["/devices/pci0000:00"]


def test_a_file_without_permissions_has_no_content(tmp_path):
    """A 0200 file is not read, even by root, who could."""
    (tmp_path / "create").write_bytes(b"x")
    (tmp_path / "create").chmod(0o200)
    os.mkfifo(tmp_path / "pipe")
    found = read_directory(tmp_path)
    assert list(found) == ["/create"]
    assert found["/create"].content == b""


@pytest.mark.parametrize("kind", ["full", "file", "no parent"])
def test_a_target_that_is_refused_is_left_alone(tmp_path, kind):
    """A directory that is not empty, a file, or a place that is not there: nothing is made."""
    target = tmp_path / "a" / "sys" if kind == "no parent" else tmp_path / "sys"
    if kind == "full":
        target.mkdir()
        (target / "x").touch()
    elif kind == "file":
        target.touch()
    before = sorted(tmp_path.rglob("*"))
    with pytest.raises(OSError, match=r"[Dd]irectory") as caught:
        write_directory(take(live()[1]), target)
    assert caught.value.filename == str(target)
    assert sorted(tmp_path.rglob("*")) == before
    with pytest.raises(OSError, match="No such"):
        read_directory(tmp_path / "none")


def test_an_empty_target_is_taken(tmp_path):
    """An empty directory is as good as none, and a failure in the middle leaves it empty."""
    taken = dict(take(live()[1]))
    target = tmp_path / "sys"
    target.mkdir()
    with pytest.raises(OSError, match="No such file"):
        write_directory({**taken, "/no/where": taken[f"{D}/remove"]}, target)
    assert list(tmp_path.iterdir()) == [target]
    assert list(target.iterdir()) == []
    write_directory(taken, target)
    assert len(read_directory(target)) == len(taken)


@pytest.mark.parametrize(
    ("path", "saved", "told"),
    [
        ("/driver", Saved(S_IFLNK | 0o777), "/driver -> ''"),
        ("/driver", Saved(S_IFLNK | 0o777, target="x" * 5000), f"/driver -> '{'x' * 5000}'"),
        ("/" + "x" * 300, Saved(S_IFREG | 0o644), "/" + "x" * 300),
    ],
)
def test_what_cannot_be_made_is_named(tmp_path, path, saved, told):
    """A link that leads nowhere, or a name that is too long, is told with its path."""
    with pytest.raises(OSError, match=r"No such file|too long") as caught:
        write_directory({path: saved}, tmp_path / "sys")
    assert caught.value.filename == told
    assert not list(tmp_path.iterdir())


def test_modes_are_kept(tmp_path):
    """Permissions of files and directories are those of the tree, changed ones too."""
    _, tree = live()
    tree.chmod(D, 0o550)
    write_directory(take(tree), tmp_path / "sys")
    place = Path(f"{tmp_path}/sys{D}")
    assert S_IMODE(place.stat().st_mode) == 0o550
    assert S_IMODE((place / "remove").stat().st_mode) == 0o200
