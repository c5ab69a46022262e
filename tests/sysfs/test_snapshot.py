"""Snapshots: what is written is what was there, and what is read back is what was written."""

import os
import shutil
import subprocess
from pathlib import Path
from stat import S_IMODE, S_ISREG

import pytest
from sysfs.walking import walk

from simulator.errors import InputError
from simulator.mdev import KERNELS, Attribute, MdevBus, Uevents
from simulator.sysfs.layout import mdev_sysfs
from simulator.sysfs.snapshot import (
    format_umockdev,
    read_directory,
    read_umockdev,
    take,
    write_directory,
)
from simulator.vendors import VENDORS, driver

U1 = "c2177883-f1bb-47f0-914d-32a22e3a8804"
PD = "/devices/pci0000:00/0000:00:02.0"
D = f"{PD}/{U1}"


def live(name="i915", kernel="6.1"):
    bus = MdevBus(KERNELS[kernel])
    parent = bus.register(driver(name))
    next(one for one in parent.types.values() if one.available_instances).create(U1)
    return bus, mdev_sysfs(bus, Uevents(bus))


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


@pytest.mark.parametrize("name", VENDORS)
def test_umockdev_text_is_read_back(name):
    """Every file, link and property of a device comes back from the text."""
    taken = take(live(name)[1])
    found = read_umockdev("x", format_umockdev(taken))
    parent = next(
        path.removesuffix("/mdev_supported_types")
        for path in taken
        if path.endswith("/mdev_supported_types")
    )
    expected = {
        path: one
        for path, one in taken.items()
        if path.startswith(f"{parent}/") and not one.is_directory
    }
    assert expected.keys() == {path for path, one in found.items() if not one.is_directory}
    for path, one in expected.items():
        assert found[path].content == one.content, path
        if not path.endswith("/subsystem"):
            assert found[path].target == one.target, path


def test_umockdev_text():
    """One paragraph a device; texts are escaped, what is no text is in hexadecimal."""
    bus, tree = live()
    for name, text in (("text", 'a\\b\t"\x01é\n'), ("zero", "a\0b")):
        bus.devices[U1].add_attribute(Attribute(name, 0o444, lambda _, text=text: text))
    text = format_umockdev(take(tree))
    parent, mdev = text.split("\n\n")
    assert parent.startswith(f"P: {PD}\nE: DRIVER=i915\n")
    assert "E: SUBSYSTEM=pci\n" in parent
    assert "H: config=86801D59" in parent
    assert mdev.startswith(f"P: {D}\nE: DRIVER=intel_vgpu_mdev\nE: SUBSYSTEM=mdev\n")
    assert "L: mdev_type=../mdev_supported_types/i915-GVTg_V5_8\n" in mdev
    assert "A: remove=\n" in mdev
    assert 'A: text=a\\\\b\\t\\"\\001é\\n\n' in mdev
    assert "H: zero=610062\n" in mdev
    found = read_umockdev("x", text)
    assert found[f"{D}/text"].content.decode() == 'a\\b\t"\x01é\n'
    assert found[f"{D}/zero"].content == b"a\0b"


@pytest.mark.parametrize(
    ("text", "places"),
    [
        ("E: A=b\n", ["x:1:1"]),
        ("P: /devices/a\nE: SUBSYSTEM=pci\nnonsense\nA: b\nH: c=0\n", ["x:3:1", "x:4:4", "x:5:6"]),
        ("P: /devices/../a\n", ["x:1:4"]),
        ("P: /devices/a\nP: /devices/b\n", ["x:2:4"]),
        ("P: /devices/a\nA: ../b=c\n", ["x:2:4"]),
    ],
)
def test_bad_umockdev_text(text, places):
    """All mistakes are found, each where it stands."""
    with pytest.raises(InputError) as caught:
        read_umockdev("x", text)
    assert [f"{one.file}:{one.line}:{one.column}" for one in caught.value.mistakes] == places


def test_lines_that_say_nothing_of_sysfs():
    """Nodes and their links are passed over, and so are empty lines."""
    found = read_umockdev("x", "\n\nP: /devices/a\nN: null=00\nS: zero\nE: K=v=w\n\n\n")
    assert found["/devices/a/uevent"].content == b"K=v=w\n"
    assert [path for path, one in found.items() if S_ISREG(one.mode)] == ["/devices/a/uevent"]
    assert S_IMODE(found["/devices"].mode) == 0o755


@pytest.mark.skipif(not shutil.which("umockdev-run"), reason="umockdev is not installed")
@pytest.mark.skipif(not shutil.which("udevadm"), reason="udevadm is not installed")
def test_umockdev_takes_the_text(tmp_path):
    """The real umockdev loads the text, and udevadm sees both devices in it."""
    file = tmp_path / "host.umockdev"
    file.write_text(format_umockdev(take(live()[1])), encoding="utf-8")
    command = ["umockdev-run", "--device", str(file), "--", "udevadm", "info"]
    environment = os.environ | {"SYSTEMD_DEVICE_VERIFY_SYSFS": "0"}
    shown = {}
    for device in (PD, D):
        done = subprocess.run(
            [*command, f"/sys{device}"],
            check=True,
            capture_output=True,
            text=True,
            timeout=60,
            env=environment,
        )
        shown[device] = done.stdout.splitlines()
    assert {"U: pci", "V: i915", "E: PCI_ID=8086:591D"} <= set(shown[PD])
    assert {f"M: {U1}", "U: mdev", "V: intel_vgpu_mdev"} <= set(shown[D])


def test_modes_are_kept(tmp_path):
    """Permissions of files and directories are those of the tree, changed ones too."""
    _, tree = live()
    tree.chmod(D, 0o550)
    write_directory(take(tree), tmp_path / "sys")
    place = Path(f"{tmp_path}/sys{D}")
    assert S_IMODE(place.stat().st_mode) == 0o550
    assert S_IMODE((place / "remove").stat().st_mode) == 0o200
