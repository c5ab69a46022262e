"""libvirt's node devices: libvirtd with its nodedev driver alone, and virsh."""

import xml.etree.ElementTree as ET

from clients.missing import needs

pytestmark = needs("libvirtd", "virsh", "udevadm", "/lib/systemd/systemd-udevd", "mdevctl")

LIBVIRTD = r"""
# A libvirtd that keeps to itself, with nothing but the nodedev driver (clients.md 2.3, 2.4).
for dir in /var/lib /var/cache /var/log /etc/libvirt; do
    mount -t tmpfs libvirt $dir || exit
done
mkdir -p /var/{lib,cache,log}/libvirt /run/{libvirt,lock,drv}
ln -s /usr/lib/*/libvirt/connection-driver/libvirt_driver_nodedev.so /run/drv/
# Else libvirt may list definitions between mdevctl's mkdir and its write, and drop the new one.
mkdir -p /etc/mdevctl.d/$P
echo 'auth_unix_rw = "none"' >/run/libvirtd.conf
export LIBVIRT_DRIVER_DIR=/run/drv LIBVIRT_DEFAULT_URI=nodedev:///system
export SYSTEMD_DEVICE_VERIFY_SYSFS=0
start libvirtd.log libvirtd -f /run/libvirtd.conf --pid-file /run/libvirtd.pid
v() { timeout 60 virsh -q "$@"; }
wait_for v nodedev-info pci_0000_00_02_0
name() { echo "mdev_${1//-/_}_0000_00_02_0"; }
# Wait for the text $2 in the answer of the rest.
has() { v "${@:2}" | grep -q -e "$1"; }
xml() {
    echo "<device><parent>pci_0000_00_02_0</parent><capability type='mdev'>"
    echo "<type id='$2'/><uuid>$1</uuid></capability></device>"
}
"""
EVENTS = r"""
start all-events virsh -q nodedev-event --event lifecycle --loop
# It listens once it tells of a device that comes and goes.
W=00000000-1111-2222-3333-444444444444
told() { grep -q "$(name $W): $1" all-events; }
listens() {
    mdevctl start -u $W -p $P -t i915-GVTg_V5_8
    mdevctl stop -u $W
    for _ in {1..20}; do told Deleted && return; sleep 0.05; done
    return 1
}
wait_for listens
events() { grep -v "$(name $W)" all-events; }
# The last event is $1.
last() { [[ $(events | tail -n 1) == *": $1" ]]; }
"""
NAME = "mdev_c2177883_f1bb_47f0_914d_32a22e3a8804_0000_00_02_0"


def children(element):
    """Name what stands directly below an element, in order."""
    return [child.tag for child in element]


def mdev_types(device):
    """Read id, name, API and free instances of every type of a parent."""
    found = device.findall("capability/capability[@type='mdev_types']/type")
    return {
        one.get("id"): [one.findtext(tag) for tag in ("name", "deviceAPI", "availableInstances")]
        for one in found
    }


def test_the_parent(live):
    """The GPU is listed with its types, ids, driver and IOMMU group."""
    script = LIBVIRTD + (
        "v nodedev-list; echo ----; v nodedev-list --cap mdev_types; echo ----;"
        "v nodedev-dumpxml pci_0000_00_02_0"
    )
    listed, capable, text = live(script, "--udev").out.split("----\n")
    assert listed.split() == ["computer", "pci_0000_00_02_0"]
    assert capable.split() == ["pci_0000_00_02_0"]
    device = ET.fromstring(text)
    assert children(device) == ["name", "path", "parent", "driver", "capability"]
    assert device.findtext("path") == "/sys/devices/pci0000:00/0000:00:02.0"
    assert device.findtext("parent") == "computer"
    assert device.findtext("driver/name") == "i915"
    pci = device.find("capability")
    assert [pci.findtext(tag) for tag in ("class", "domain", "bus", "slot", "function")] == [
        "0x030000",
        "0",
        "0",
        "2",
        "0",
    ]
    assert pci.find("product").get("id") == "0x191b"
    assert pci.find("vendor").get("id") == "0x8086"
    assert mdev_types(device) == {
        "i915-GVTg_V5_8": ["GVTg_V5_8", "vfio-pci", "4"],
        "i915-GVTg_V5_4": ["GVTg_V5_4", "vfio-pci", "2"],
        "i915-GVTg_V5_2": ["GVTg_V5_2", "vfio-pci", "1"],
    }
    group = pci.find("iommuGroup")
    assert children(group) == ["address"]
    assert group.find("address").attrib == {
        "domain": "0x0000",
        "bus": "0x00",
        "slot": "0x02",
        "function": "0x0",
    }


LIFE = (
    LIBVIRTD
    + EVENTS
    + r"""
N=$(name $A)
xml $A i915-GVTg_V5_4 >mdev.xml
say v nodedev-define mdev.xml
wait_for last Defined
say v nodedev-dumpxml $N
say v nodedev-list --cap mdev
say v nodedev-list --cap mdev --all
say v nodedev-start $N
wait_for last Created
wait_for has 'Active: *yes' nodedev-info $N
say v nodedev-info $N
say mdevctl list
wait_for has '<iommuGroup' nodedev-dumpxml $N
say v nodedev-dumpxml $N
say v nodedev-autostart $N
wait_for has 'Autostart: *yes' nodedev-info $N
say mdevctl list
say v nodedev-autostart $N --disable
wait_for has 'Autostart: *no' nodedev-info $N
say v nodedev-destroy $N
wait_for last Deleted
say mdevctl list
say v nodedev-undefine $N
wait_for last Undefined
say mdevctl list -d
echo ----
events
"""
)


def test_life_of_a_defined_device(live, golden):
    """A device is defined, started, set to autostart, destroyed and undefined."""
    said, events = live(LIFE, "--udev").out.split("----\n")
    golden("virsh-life", said)
    assert events.splitlines() == [
        f"event 'lifecycle' for node device {NAME}: {what}"
        for what in ("Defined", "Created", "Deleted", "Undefined")
    ]


TRANSIENT = (
    LIBVIRTD
    + EVENTS
    + r"""
N=$(name $A)
xml $A i915-GVTg_V5_4 >mdev.xml
v nodedev-create mdev.xml >created || exit
wait_for last Created
wait_for has '<driver>' nodedev-dumpxml $N
v nodedev-dumpxml $N
echo ----
v nodedev-dumpxml pci_0000_00_02_0
echo ----
v nodedev-destroy $N >destroyed || exit
wait_for last Deleted
events
ls $MDEVS
"""
)


def test_a_transient_device(live):
    """A device is created and destroyed; its XML names parent, driver, type and group."""
    mdev, parent, events = live(TRANSIENT, "--udev").out.split("----\n")
    device = ET.fromstring(mdev)
    assert children(device) == ["name", "path", "parent", "driver", "capability"]
    assert device.findtext("name") == NAME
    assert device.findtext("path") == (
        "/sys/devices/pci0000:00/0000:00:02.0/c2177883-f1bb-47f0-914d-32a22e3a8804"
    )
    assert device.findtext("parent") == "pci_0000_00_02_0"
    assert device.findtext("driver/name") == "intel_vgpu_mdev"
    capability = device.find("capability")
    assert capability.attrib == {"type": "mdev"}
    assert children(capability) == ["type", "uuid", "parent_addr", "iommuGroup"]
    assert capability.find("type").get("id") == "i915-GVTg_V5_4"
    assert capability.findtext("uuid") == "c2177883-f1bb-47f0-914d-32a22e3a8804"
    assert capability.findtext("parent_addr") == "0000:00:02.0"
    assert int(capability.find("iommuGroup").get("number")) > 0
    free = {type_id: said[-1] for type_id, said in mdev_types(ET.fromstring(parent)).items()}
    assert free == {"i915-GVTg_V5_8": "2", "i915-GVTg_V5_4": "1", "i915-GVTg_V5_2": "0"}
    assert events.splitlines() == [
        f"event 'lifecycle' for node device {NAME}: Created",
        f"event 'lifecycle' for node device {NAME}: Deleted",
    ]


OTHERS = (
    LIBVIRTD
    + EVENTS
    + r"""
mdevctl start -u $A -p $P -t i915-GVTg_V5_8
wait_for last Created
v nodedev-list --cap mdev
mdevctl start -u $B -p $P -t i915-GVTg_V5_8
wait_for has $(name $B) nodedev-list --cap mdev
mdevctl stop -u $A
wait_for last Deleted
events
v nodedev-list --cap mdev
"""
)


def test_devices_that_mdevctl_makes(live):
    """Devices that others make and remove show in libvirt, and it says so."""
    other = "mdev_33333333_2222_3333_4444_555555555555_0000_00_02_0"
    assert [line for line in live(OTHERS, "--udev").lines if line] == [
        NAME,
        f"event 'lifecycle' for node device {NAME}: Created",
        f"event 'lifecycle' for node device {other}: Created",
        f"event 'lifecycle' for node device {NAME}: Deleted",
        other,
    ]


OLDER = (
    "mdevctl start -u $A -p $P -t i915-GVTg_V5_4 || exit\n"
    + LIBVIRTD
    + r"""
wait_for has $(name $A) nodedev-list --cap mdev
v nodedev-destroy $(name $A) >destroyed || exit
wait_for fails has $(name $A) nodedev-list --cap mdev
ls $MDEVS
"""
)


def test_a_device_that_was_there_before(live):
    """A device that was made before libvirtd started is listed, and destroyed."""
    assert live(OLDER, "--udev").out == ""


MISTAKES = (
    LIBVIRTD
    + r"""
xml $A i915-GVTg_V5_2 >mdev.xml
v nodedev-create mdev.xml >created || exit
xml $B i915-GVTg_V5_8 >other.xml
say v nodedev-create other.xml
sed s/pci_0000_00_02_0/pci_0000_00_03_0/ other.xml >parent.xml
say v nodedev-create parent.xml
echo "fail create 1 EIO" >"$MDEVSIM_CONTROL/faults"
v nodedev-destroy $(name $A) >destroyed || exit
wait_for fails [ -e $MDEVS/$A ]
say v nodedev-create other.xml
say v nodedev-destroy $(name $B)
"""
)


def test_mistakes(live, golden):
    """What mdevctl and the kernel refuse comes through virsh in their words."""
    golden("virsh-mistakes", live(MISTAKES, "--udev").out)
