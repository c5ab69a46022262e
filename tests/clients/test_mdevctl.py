"""mdevctl, as Debian ships it, makes and removes devices and says what it always says."""

import json

import pytest
from clients.missing import as_root, needs

from simulator import KERNELS
from simulator.vendors import VENDORS

pytestmark = needs("mdevctl")

LIFE = r"""
say mdevctl types
say mdevctl types --dumpjson
say mdevctl list
say mdevctl list --dumpjson
say mdevctl start -u $A -p $P -t i915-GVTg_V5_4
say mdevctl list
say mdevctl list --dumpjson
say mdevctl types
say mdevctl define -u $A
say mdevctl list
say mdevctl list -d
say mdevctl list -d --dumpjson
say cat /etc/mdevctl.d/$P/$A; echo
say mdevctl modify -u $A --auto
say mdevctl list -d -v
say mdevctl modify -u $A --manual
say mdevctl stop -u $A
say mdevctl list
say mdevctl list -d
say mdevctl start -u $A
say mdevctl list -u $A
say ls $MDEVS
say mdevctl stop -u $A
say mdevctl undefine -u $A
say mdevctl list -d
say mdevctl define -u $B -p $P -t i915-GVTg_V5_2 -a
say mdevctl start-parent-mdevs $P
say mdevctl list
say mdevctl list -v
say mdevctl stop -u $B
say mdevctl start -p $P -t i915-GVTg_V5_8
say mdevctl list
say ls $TYPES/i915-GVTg_V5_8/devices
"""


@pytest.mark.parametrize("kernel", KERNELS)
def test_life_of_a_device(live, golden, kernel):
    """A device lives from start to undefine, in text and in JSON, under every kernel."""
    # Before 6.1 types of i915 had no name.
    name = "mdevctl-life" if kernel == "6.1" else "mdevctl-life-no-names"
    golden(name, live(LIFE, "--kernel", kernel).out)


MISTAKES = r"""
say mdevctl start -u $A -p $P -t i915-GVTg_V5_2
say mdevctl start -u $A -p $P -t i915-GVTg_V5_8
say mdevctl start -u $B -p $P -t i915-GVTg_V5_8
say mdevctl start -u $B -p $P -t i915-GVTg_V5_1
say mdevctl start -u $B -p 0000:00:03.0 -t i915-GVTg_V5_8
say mdevctl start -u nonsense -p $P -t i915-GVTg_V5_8
say mdevctl define -u $B -p $P -t i915-GVTg_V5_2 -a
say mdevctl start-parent-mdevs $P
say mdevctl start -u $B
say mdevctl modify -u $B --addattr=nosuchattr --value=30
say mdevctl stop -u $A
say mdevctl stop -u $A
say mdevctl start -u $B
say mdevctl list
say mdevctl undefine -u $B
say mdevctl undefine -u $B
"""


def test_mistakes(live, golden):
    """What mdevctl refuses, before it writes or because the kernel refuses it."""
    golden("mdevctl-mistakes", live(MISTAKES).out)


AP = r"""
say mdevctl types
say mdevctl define -u $A -p matrix -t vfio_ap-passthrough
say mdevctl modify -u $A --addattr=assign_adapter --value=5
say mdevctl modify -u $A --addattr=assign_domain --value=0xab
say mdevctl list -d -v
say mdevctl list -d --dumpjson
say mdevctl start -u $A
say cat $MDEVS/$A/matrix
say mdevctl stop -u $A
say mdevctl modify -u $A --addattr=assign_domain --value=nonsense
say mdevctl start -u $A
say mdevctl list
say mdevctl modify -u $A --delattr --index=2
say mdevctl modify -u $A --addattr=matrix --value=1
say mdevctl start -u $A
say mdevctl list
"""


def test_attributes(live, golden):
    """Attributes of a definition are stored; one that is refused takes the device back."""
    golden("mdevctl-attributes", live(AP, host="parents:\n  - driver: vfio_ap\n").out)


@as_root
@pytest.mark.parametrize("vendor", sorted(VENDORS))
def test_types_of_a_vendor(live, golden, vendor):
    """The types of every vendor driver read well, and the JSON says what the text says."""
    script = "mdevctl types; echo ----; mdevctl types --dumpjson"
    answer = live(script, host=f"parents:\n  - driver: {vendor}\n")
    text, _, data = answer.out.partition("----\n")
    golden(f"mdevctl-types-{vendor}", text)
    told = ""
    for parents in json.loads(data):
        for parent, types in parents.items():
            told += f"{parent}\n"
            for one in types:
                ((type_id, said),) = one.items()
                told += f"  {type_id}\n    Available instances: {said['available_instances']}\n"
                told += f"    Device API: {said['device_api']}\n"
                told += f"    Name: {said['name']}\n" if said.get("name") else ""
                told += f"    Description: {said['description']}\n" if "description" in said else ""
    assert told.strip() == text.strip()


ERRNOS = {
    "EPERM": (1, "Operation not permitted"),
    "EIO": (5, "Input/output error"),
    "EAGAIN": (11, "Resource temporarily unavailable"),
    "ENOMEM": (12, "Cannot allocate memory"),
    "EACCES": (13, "Permission denied"),
    "EBUSY": (16, "Device or resource busy"),
    "EEXIST": (17, "File exists"),
    "ENODEV": (19, "No such device"),
    "EINVAL": (22, "Invalid argument"),
    "ENOSPC": (28, "No space left on device"),
    "EUSERS": (87, "Too many users"),
}
"""Every errno of ``create`` in the reference, and more, with what libc says of it."""


@as_root
def test_every_errno_of_create(live):
    """An errno of create is told with its words and number, and no device is left."""
    script = "".join(
        f'echo "fail create 1 {name}" >"$MDEVSIM_CONTROL/faults" || exit\n'
        f"mdevctl start -u $A -p $P -t i915-GVTg_V5_4 2>&1; echo [$?]\n"
        "[ -z $(ls $MDEVS) ] || echo left behind\n"
        for name in ERRNOS
    )
    expected = "".join(
        "Error: Failed to create mdev c2177883-f1bb-47f0-914d-32a22e3a8804, "
        "type i915-GVTg_V5_4 on 0000:00:02.0\n\n"
        f"Caused by:\n    {words} (os error {number})\n[1]\n"
        for number, words in ERRNOS.values()
    )
    assert live(script).out == expected


def test_a_device_in_use_is_not_removed_by_an_old_kernel(live):
    """In 5.1 and before, stop of a device that is open fails with EBUSY until it is closed."""
    script = r"""
    mdevctl start -u $A -p $P -t i915-GVTg_V5_4
    echo $A >"$MDEVSIM_CONTROL/open"
    mdevctl stop -u $A 2>&1; echo [$?]
    echo $A >"$MDEVSIM_CONTROL/close"
    mdevctl stop -u $A; echo [$?]
    ls $MDEVS
    """
    assert live(script, "--kernel", "4.18").lines == [
        "Error: Error removing device c2177883-f1bb-47f0-914d-32a22e3a8804",
        "",
        "Caused by:",
        "    Device or resource busy (os error 16)",
        "[1]",
        "[0]",
    ]


def test_a_stop_of_a_device_in_use_waits(live):
    """In 6.1, stop of a device that is open ends when it is closed; a second one finds no file."""
    script = r"""
    mdevctl start -u $A -p $P -t i915-GVTg_V5_4
    echo $A >"$MDEVSIM_CONTROL/open"
    mdevctl stop -u $A & stopping=$!
    wait_for grep -q removing "$MDEVSIM_CONTROL/mdevs"
    kill -0 $stopping && echo waits
    mdevctl stop -u $A 2>&1; echo [$?]
    echo $A >"$MDEVSIM_CONTROL/close"
    wait $stopping; echo [$?]
    ls $MDEVS
    """
    assert live(script, "--kernel", "6.1").lines == [
        "waits",
        "Error: Error removing device c2177883-f1bb-47f0-914d-32a22e3a8804",
        "",
        "Caused by:",
        "    No such file or directory (os error 2)",
        "[1]",
        "[0]",
    ]


def test_a_stop_that_comes_too_early(live):
    """A device has no type until its creation ends, so mdevctl cannot stop it before."""
    script = r"""
    echo "delay probe 1 2" >"$MDEVSIM_CONTROL/faults" || exit
    mdevctl start -u $A -p $P -t i915-GVTg_V5_4 & starting=$!
    wait_for [ -e $MDEVS/$A/remove ]
    mdevctl stop -u $A 2>&1; echo [$?]
    wait $starting; echo [$?]
    ls $MDEVS
    """
    assert live(script).lines == [
        "Error: No such file or directory (os error 2)",
        "[1]",
        "[0]",
        "c2177883-f1bb-47f0-914d-32a22e3a8804",
    ]
