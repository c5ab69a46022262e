"""Uevents in a private network namespace, as a listener on the kernel's own group gets them."""

import pytest
from sysfs.running import USERS, python

from simulator.mdev.uevent import MAX_PAYLOAD

LISTEN = """
import os, socket
listener = socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, 15)
listener.bind((0, 1))
listener.settimeout(20)
def write(path, data):
    fd = os.open(path, os.O_WRONLY)
    os.write(fd, data.encode())
    os.close(fd)
uuid = "83b8f4f2-509f-382f-3c1e-e6bfe0fa1001"
home = "/sys/class/mdev_bus/mtty"
write(f"{home}/mdev_supported_types/mtty-2/create", uuid)
write(f"/sys/bus/mdev/devices/{uuid}/uevent", "change " + uuid + " KEY=value")
write(f"/sys/bus/mdev/devices/{uuid}/remove", "1")
write(os.environ["MDEVSIM_CONTROL"] + "/unregister", "mtty")
sequence = 0
for _ in range(6):
    data, sender = listener.recvfrom(65536)
    head, *properties = data.rstrip(b"\\0").decode().split("\\0")
    number = int(properties.pop().removeprefix("SEQNUM="))
    assert number > sequence and sender == (0, 1), (number, sequence, sender)
    sequence = number
    print(head, *properties[2:])
"""
UUID = "83b8f4f2-509f-382f-3c1e-e6bfe0fa1001"
HOME = "/devices/virtual/mtty/mtty"


@pytest.mark.parametrize("user", USERS)
def test_events_come_from_the_kernel(user):
    """Every event of a device's life comes in order, from the kernel's address, with a SEQNUM."""
    mdev = f"{HOME}/{UUID}"
    synthetic = f"SYNTH_UUID={UUID} SYNTH_ARG_KEY=value"
    said = python(LISTEN, "-", input="parents: [{driver: mtty}]", user=user).stdout.splitlines()
    assert said == [
        f"add@{mdev} SUBSYSTEM=mdev",
        f"bind@{mdev} SUBSYSTEM=mdev DRIVER=mtty",
        f"change@{mdev} SUBSYSTEM=mdev {synthetic} DRIVER=mtty",
        f"unbind@{mdev} SUBSYSTEM=mdev",
        f"remove@{mdev} SUBSYSTEM=mdev",
        f"change@{HOME} SUBSYSTEM=mtty MDEV_STATE=unregistered",
    ]


LENGTHS = """
import os, sys
from simulator.mdev.uevent import Uevent
from simulator.sysfs.netlink import UeventSocket
def event(length):
    uevent = Uevent("change", "/devices/x", (("SUBSYSTEM", "x"), ("KEY", "")))
    return Uevent("change", "/devices/x", (("SUBSYSTEM", "x"),
        ("KEY", "x" * (length - len(uevent.payload())))))
with UeventSocket() as sender:
    sender.send(event(int(sys.argv[1])))
    for length in (2100, 5000):
        try:
            sender.send(event(length))
        except OSError as error:
            print(error.errno)
    sender.send(event(100))
"""


def test_what_the_kernel_does_not_take():
    """An event that is too long is an error, and the next one is sent all the same."""
    assert python(LENGTHS, "mtty", arguments=(MAX_PAYLOAD,)).stdout == "22\n22\n"


LATE = """
import struct
from simulator.mdev.uevent import Uevent
from simulator.sysfs.netlink import UeventSocket
with UeventSocket() as sender:
    # The refusal of an earlier message that is too long lies in the queue.
    sender._socket.sendto(struct.pack("=IHHII5000x", 5016, 16, 5, 0, 0), (0, 0))
    sender.send(Uevent("change", "/devices/x", (("SUBSYSTEM", "x"),)))
    print("right")
"""


def test_a_late_answer():
    """An answer to an earlier message is not taken for that to the last one."""
    assert python(LATE, "mtty").stdout == "right\n"


def test_no_permission():
    """Where the network namespace belongs to somebody else, the refusal is heard: EPERM."""
    script = """
import os
from simulator.mdev.uevent import Uevent
from simulator.sysfs.linux import CLONE_NEWUSER, unshare
from simulator.sysfs.netlink import UeventSocket
unshare(CLONE_NEWUSER)
with UeventSocket() as sender:
    try:
        sender.send(Uevent("change", "/devices/x", (("SUBSYSTEM", "x"),)))
    except PermissionError as error:
        print(error.errno)
"""
    assert python(script, "mtty").stdout == "1\n"
