"""
Real clients on hostile but legal trees: they may refuse, but do not hang, crash or leave things.

What they get wrong is told in docs/hostile.md.
"""

import json
import re
import sys

import pytest
from clients.missing import as_root, needs
from clients.test_libvirt import LIBVIRTD

ALL = "order,optional,newline,description,name,types,attributes,instances,guests,short,late,slow"
SEEDS = ("1", "2", "4", "6", "8", "9", f"10:{ALL}")
TRY = r"""
# Run a command for 20 s at most: 124 is a hang, 101 a panic of Rust, 128 and more a signal.
try() {
    timeout -k 1 20 "$@" >said 2>told; local status=$?
    if [ $status -ge 100 ]; then echo "hangs or crashes [$status]: $*"; cat told; fi
    return $status
}
"""
MDEVCTL = (
    TRY
    + r"""
try mdevctl types
try mdevctl types --dumpjson && cp said types.json
try mdevctl list
for n in {1..20}; do
    try mdevctl start -u $A -p $P -t i915-GVTg_V5_8
    [ -e $MDEVS/$A ] && break
done
try mdevctl list -u $A
try mdevctl list --dumpjson
try mdevctl define -u $A
try mdevctl stop -u $A
[ -e $MDEVS/$A ] && echo still there
try mdevctl undefine -u $A
cat types.json
"""
)


@as_root
@needs("mdevctl")
@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("kernel", ["4.18", "6.1"])
def test_mdevctl(live, kernel, seed):
    """Every command ends, a device is started in the end and stopped, and the JSON is JSON."""
    out = live(MDEVCTL, "--kernel", kernel, "--hostile", seed).out
    [parents] = json.loads(out)
    assert {"i915-GVTg_V5_8"} <= {type_id for one in parents["0000:00:02.0"] for type_id in one}


OTHERS = (
    TRY
    + r"""
echo $A >$TYPES/i915-GVTg_V5_8/create || exit
try lspci -nkD; [ $? = 0 ] || echo lspci fails
try udevadm info --attribute-walk $MDEVS/$A; [ $? = 0 ] || echo udevadm fails
try udevadm info --export-db
SYSTEMD_DEVICE_VERIFY_SYSFS=0 try $PYTHON devices.py; [ $? = 0 ] || cat told
cat said
try udevadm trigger -w --action=change $MDEVS/$A; [ $? = 0 ] || echo trigger fails
try udevadm settle --timeout=20; [ $? = 0 ] || echo settle fails
echo 1 >$MDEVS/$A/remove
"""
)
DEVICES = """
import pyudev

for device in pyudev.Context().list_devices(subsystem="mdev"):
    for name in device.attributes.available_attributes:
        device.attributes.get(name)
    print(device.sys_path)
"""


@as_root
@needs("lspci", "udevadm", "/lib/systemd/systemd-udevd", modules=("pyudev",))
@pytest.mark.parametrize("seed", SEEDS)
def test_other_tools(live, user, seed):
    """lspci, udevadm and pyudev end well, and find the device."""
    user.write("devices.py", DEVICES)
    out = live(f"PYTHON={sys.executable}\n{OTHERS}", "--udev", "--hostile", seed).out
    path = "/sys/devices/pci0000:00/0000:00:02.0/c2177883-f1bb-47f0-914d-32a22e3a8804"
    assert [line for line in out.splitlines() if not re.search("0:02.0/(?!c2177883)", line)] == [
        path
    ]


LIFE = (
    LIBVIRTD
    + r"""
v nodedev-dumpxml pci_0000_00_02_0 >parent.xml || exit
xml $A i915-GVTg_V5_8 >mdev.xml
v nodedev-create mdev.xml >created || exit
wait_for has '<iommuGroup' nodedev-dumpxml $(name $A)
v nodedev-destroy $(name $A) >destroyed || exit
wait_for fails has $(name $A) nodedev-list --cap mdev
ls $MDEVS
"""
)
# Without those that let libvirt's own mdevctl fail as it may, and, where the driver writes the
# numbers, without the blanks that libvirt does not take: see docs/hostile.md.
CALM = ALL.replace("instances,guests,", "")
OLD = CALM.replace("newline,", "")


@as_root
@needs("libvirtd", "virsh", "udevadm", "/lib/systemd/systemd-udevd", "mdevctl")
@pytest.mark.parametrize("seed", [1, 2, 3])
@pytest.mark.parametrize(("kernel", "names"), [("4.18", OLD), ("6.1", CALM)])
def test_libvirt(live, kernel, names, seed):
    """A device is created and destroyed through libvirt, whatever its type looks like."""
    assert live(LIFE, "--udev", "--kernel", kernel, "--hostile", f"{seed}:{names}").out == ""


@as_root
@needs("libvirtd", "virsh", "udevadm", "/lib/systemd/systemd-udevd", "mdevctl")
@pytest.mark.parametrize("seed", ["1:guests,instances", "2:guests,order,late"])
def test_libvirt_among_others(live, seed):
    """Devices that come and go beside it do not make libvirt hang: it still lists the parent."""
    script = (
        LIBVIRTD + "for n in {1..5}; do ls $MDEVS; v nodedev-list; done | grep -c pci_0000_00_02_0"
    )
    assert live(script, "--udev", "--hostile", seed).out == "5\n"
