"""Snapshots as umockdev text: written, read back, and taken by the real umockdev."""

import os
import re
import shutil
import subprocess
from stat import S_IMODE, S_ISREG

import pytest
from sysfs.one_mdev import PD, U1, D, live

from simulator.errors import InputError
from simulator.mdev import Attribute
from simulator.sysfs.snapshot import take
from simulator.sysfs.umockdev import format_umockdev, read_umockdev
from simulator.vendors import VENDORS


@pytest.mark.parametrize("name", VENDORS)
def test_umockdev_text_is_read_back(name):
    """Files, links and properties of devices come back, and the links by which they are found."""
    taken = take(live(name)[1])
    found = read_umockdev("x", format_umockdev(taken))
    places = ("/devices/", "/bus/", "/class/")
    # Machines have more: what is no device for umockdev, a host bridge among them.
    machine = ("/devices/system/", "/bus/mdev/dr", "/bus/pci/dr", "/bus/css/dr", "/bus/matrix/dr")
    expected = {
        path: (one.content, one.target)
        for path, one in taken.items()
        if path.startswith(places)
        and not path.startswith(machine)
        and path.rpartition("/")[2] != "uevent"
        and not re.match("/devices/pci[^/]+/power/", path)
        and not one.is_directory
    }
    back = {
        path: (one.content, one.target)
        for path, one in found.items()
        if not one.is_directory and not path.endswith("/uevent")
    }
    assert back == expected
    for path in ("uevent", f"{U1}/uevent"):
        place = next(p for p in expected if p.endswith("/subsystem") and U1 not in p)
        uevent = place.removesuffix("subsystem") + path
        assert found[uevent].content == taken[uevent].content


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
        ("P: /devices/a\nA: b=c\nA: b/c=d\nA: uevent/x=\n", ["x:3:1", "x:4:1"]),
        ("P: /devices/a\nA: b/c=d\nL: b=d\n", ["x:3:1"]),
        ("P: /devices/a\nE: SUBSYSTEM=../b\n", ["x:2:14"]),
        ("P: /devices/a\nA: b\0=c\nL: d=e\0\n", ["x:2:5", "x:3:7"]),
        ("P: /devices/a\nL: driver=\nL: b/c=\n", ["x:2:11", "x:3:8"]),
        ("P: /devices/a\nL: subsystem=pci\nL: b/subsystem=../..\n", ["x:2:14", "x:3:16"]),
        ("P: /devices/a\nA: subsystem=pci\nE: SUBSYSTEM=pci\n", ["x:3:1"]),
        ("P: /devices/a\nE: A=B\nL: uevent=c\n", ["x:3:1"]),
    ],
)
def test_bad_umockdev_text(text, places):
    """All mistakes are found, each where it stands."""
    with pytest.raises(InputError) as caught:
        read_umockdev("x", text)
    assert [f"{one.file}:{one.line}:{one.column}" for one in caught.value.mistakes] == places


def test_a_subsystem_that_is_no_link():
    """What has a file or a directory of that name is no device of a bus."""
    for line in ("A: subsystem=pci", "A: subsystem/b=c"):
        found = read_umockdev("x", f"P: /devices/a\n{line}\n")
        assert not any(path.startswith(("/bus", "/class")) for path in found)
        assert format_umockdev(found) == ""


def test_properties_are_written_as_they_are_read():
    """Only a newline ends one; what is none, or says the subsystem again, is left out."""
    text = "P: /devices/a\nE: B\x1dC=d\x85e\nE: f//g=h\nE: SUBSYSTEM=pci\n"
    assert format_umockdev(read_umockdev("x", text)) == text
    text = "P: /devices/a\nA: uevent=b\\nSUBSYSTEM=c\\n=d\\ne=\\000\\nf=g\nE: SUBSYSTEM=pci\n"
    expected = "P: /devices/a\nE: f=g\nE: SUBSYSTEM=pci\n"
    assert format_umockdev(read_umockdev("x", text)) == expected


def test_escapes_stand_for_bytes():
    """Up to three octal digits are a byte; what has no meaning stands for itself."""
    found = read_umockdev("x", "P: /devices/a\nA: b=\\303\\251\\8\\²\\x\\777\\0618\\\n")
    assert found["/devices/a/b"].content == "é8²x".encode() + b"\xff18\\"


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
