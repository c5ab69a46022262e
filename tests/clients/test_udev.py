"""systemd-udevd, udevadm and pyudev, on uevents of a simulated kernel."""

import json
import re
import sys

import pytest
from clients.missing import needs

pytestmark = needs("udevadm", "/lib/systemd/systemd-udevd", "mdevctl")

INFO = r"""
mdevctl start -u $A -p $P -t i915-GVTg_V5_4
udevadm settle --timeout=20 || exit
say udevadm info --query=path $MDEVS/$A
say udevadm info --query=property $MDEVS/$A
say udevadm info --attribute-walk $MDEVS/$A
say udevadm info --query=property $PD
"""


def test_info(live, golden):
    """Devpath, properties and attributes of an mdev and its parent are there for udevadm."""
    out = live(INFO, "--udev").out
    # The time, and the CPUs of this machine.
    kept = [line for line in out.splitlines() if not re.search("USEC_INITIALIZED|local_cpu", line)]
    golden("udevadm-info", "\n".join(kept) + "\n")


def test_trigger_waits_for_its_own_event(live):
    """A triggered event comes back to who triggered it, for the parent and the mdev."""
    script = r"""
    mdevctl start -u $A -p $P -t i915-GVTg_V5_4
    for action in change add; do
        timeout 30 udevadm trigger -w --action=$action $MDEVS/$A $PD; echo [$?]
    done
    timeout 30 udevadm trigger --settle --subsystem-match=mdev; echo [$?]
    udevadm settle --timeout=20; echo [$?]
    """
    assert live(script, "--udev").lines == ["[0]"] * 4


def test_monitor_shows_every_event_in_order(live):
    """Both the kernel's events and those that udevd passes on come in order, with SEQNUM."""
    script = r"""
    start events udevadm monitor --kernel --udev --property
    wait_for grep -q '^KERNEL - ' events
    mdevctl start -u $A -p $P -t i915-GVTg_V5_4
    mdevctl stop -u $A
    wait_for grep -q '^UDEV .* remove ' events
    cat events
    """
    blocks = live(script, "--udev").out.split("\n\n")
    seen = [block.splitlines() for block in blocks if block.startswith(("KERNEL[", "UDEV  ["))]
    devpath = "/devices/pci0000:00/0000:00:02.0/c2177883-f1bb-47f0-914d-32a22e3a8804"
    for sender in ("KERNEL", "UDEV"):
        events = [lines for lines in seen if lines[0].startswith(sender)]
        actions = [lines[0].split()[-3:] for lines in events]
        assert actions == [
            [action, devpath, "(mdev)"] for action in ("add", "bind", "unbind", "remove")
        ]
        numbers = [
            int(line.removeprefix("SEQNUM="))
            for lines in events
            for line in lines
            if line.startswith("SEQNUM=")
        ]
        assert numbers == sorted(set(numbers))
        assert len(numbers) == 4
    kernel = [lines for lines in seen if lines[0].startswith("KERNEL")]
    keys = [line.partition("=")[0] for line in kernel[1][1:]]
    assert keys == ["ACTION", "DEVPATH", "SUBSYSTEM", "DRIVER", "SEQNUM"]


AUTOSTART = r"""
mdevctl define -u $A -p $P -t i915-GVTg_V5_4 --auto
mdevctl define -u $B -p $P -t i915-GVTg_V5_4
[ -e $MDEVS/$A ] && echo too early
"""


def test_autostart_when_a_parent_registers(live):
    """The rule of mdevctl starts what is defined to start by itself, once its parent registers."""
    script = (
        AUTOSTART
        + r"""
    echo $P >"$MDEVSIM_CONTROL/unregister"
    [ -e /sys/class/mdev_bus/$P ] && echo still there
    echo $P >"$MDEVSIM_CONTROL/register"
    wait_for [ -e $MDEVS/$A ]
    udevadm settle --timeout=20; echo [$?]
    mdevctl list
    """
    )
    assert live(script, "--udev").lines[:2] == [
        "[0]",
        "c2177883-f1bb-47f0-914d-32a22e3a8804 0000:00:02.0 i915-GVTg_V5_4 auto (defined)",
    ]


def test_autostart_of_a_parent_that_was_there(live):
    """A parent that was there before is triggered, as at boot, and its devices start."""
    script = (
        AUTOSTART
        + r"""
    timeout 30 udevadm trigger -w --action=add $PD; echo [$?]
    wait_for [ -e $MDEVS/$A ]
    ls $MDEVS
    """
    )
    assert live(script, "--udev").lines == ["[0]", "c2177883-f1bb-47f0-914d-32a22e3a8804"]


def test_no_autostart_without_the_event(live):
    """Kernels before 6.1 do not tell that a parent registers, and nothing starts."""
    script = (
        AUTOSTART
        + r"""
    echo $P >"$MDEVSIM_CONTROL/unregister"
    echo $P >"$MDEVSIM_CONTROL/register"
    timeout 30 udevadm trigger -w --action=change /sys/devices/system/cpu/cpu0; echo [$?]
    udevadm settle --timeout=20; echo [$?]
    ls $MDEVS
    """
    )
    assert live(script, "--udev", "--kernel", "5.2").lines[1:] == ["[0]"]


WATCH = """
import json, pyudev, subprocess, sys

context = pyudev.Context()
uuid, parent = sys.argv[1:]
monitor = pyudev.Monitor.from_netlink(context, source=sys.stdin.readline().strip())
monitor.filter_by("mdev")
monitor.start()
start = ["mdevctl", "start", "-u", uuid, "-p", parent, "-t", "i915-GVTg_V5_4"]
subprocess.run(start, check=True, timeout=60)
events = []
while len(events) < 2:
    device = monitor.poll(timeout=30)
    events.append(device and [device.action, device.sys_name])
    if device is None:
        break
(mdev,) = context.list_devices(subsystem="mdev")
print(json.dumps({
    "events": events,
    "parent": mdev.parent.sys_name,
    "driver": mdev.driver,
    "remove": mdev.attributes.get("remove"),
    "group": mdev.properties["SUBSYSTEM"],
    "bus": [device.sys_name for device in context.list_devices(subsystem="pci")],
}))
"""


@needs(modules=["pyudev"])
@pytest.mark.parametrize("source", ["kernel", "udev"])
def test_pyudev(live, user, source):
    """A program lists devices, and hears from the kernel and udevd of those that mdevctl makes."""
    program = user.write("watch.py", WATCH)
    script = f"echo {source} | {sys.executable} -P {program} $A $P"
    assert json.loads(live(script, "--udev").out) == {
        "events": [
            ["add", "c2177883-f1bb-47f0-914d-32a22e3a8804"],
            ["bind", "c2177883-f1bb-47f0-914d-32a22e3a8804"],
        ],
        "parent": "0000:00:02.0",
        "driver": "intel_vgpu_mdev",
        "remove": None,
        "group": "mdev",
        "bus": ["0000:00:02.0"],
    }
