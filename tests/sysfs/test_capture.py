"""A machine's mdev tree, read and turned into a host file."""

import itertools
import json
import subprocess
import sys

import pytest

from simulator.cli.inputs import find_scheme
from simulator.errors import InputError
from simulator.host import load_host
from simulator.mdev import KERNELS, Uevents
from simulator.sysfs.capture import CapturedMdev, CapturedParent, CapturedType, read_tree
from simulator.sysfs.identities import Identities
from simulator.sysfs.layout import mdev_sysfs
from simulator.sysfs.reproduce import likely_kernels, reproduce, shown
from simulator.sysfs.snapshot import take, write_directory
from simulator.vendors import VENDORS

U1, U2, U3 = (f"0000000{n}-0000-0000-0000-00000000000a" for n in "123")
GPU = "devices/pci0000:00/0000:00:02.0"
TYPES = f"{GPU}/mdev_supported_types"

NEWEST = f"""\
kernel: 6.1
parents:
  - driver: i915
    options: {{pci_id: 80863E92, aperture_mb: 512}}
    numa_node: 1
    iommu_group: 7
    mdevs: [{{uuid: {U2}, type: i915-GVTg_V5_8}}, {{uuid: {U1}, type: i915-GVTg_V5_4}}]
  - driver: mtty
    options: {{ports: 7}}
    mdevs: [{{uuid: {U3}, type: mtty-2}}]
  - driver: nvidia
    options: {{gpu: P4, mixed_size: true}}
  - driver:
      name: blink
      device_api: vfio-platform
      capacity: {{lights: 5, heat: 8}}
      pci: {{id: 1234abcd, class: 0c0330, revision: 7, subsystem: 1af41100}}
      types:
        single: {{name: One light, takes: {{lights: 1, heat: 4}}, description: "a\\nb\\n"}}
        pair: {{takes: {{lights: 2}}, description: x}}
        full: {{takes: {{heat: 99}}, description: y, values: {{level: 3}}}}
      mdev_attributes:
        vendor/switch: {{value: off, values: [on, off]}}
        vendor/id: x-{{uuid}}
        kick: {{mode: 0200}}
      type_attributes: {{level: 5}}
    path: /sys/devices/pci0000:00/0000:00:09.0
    mdevs: [{{uuid: 0000000f-0000-0000-0000-00000000000a, type: blink-pair}}]
"""


def load(text):
    """Build the host of a text."""
    return load_host("f", text.encode(), find_scheme)


def write(host, root):
    """Write the tree of a host as a plain directory."""
    write_directory(take(mdev_sysfs(host.bus, Uevents(host.bus))), root)
    return root


def captured(root, identities=None, kernels=None):
    """Capture a tree, and give the data and the host of its file."""
    parents, drivers = read_tree(root)
    kernels = likely_kernels(KERNELS.values(), drivers) if kernels is None else kernels
    data = reproduce(parents, VENDORS, kernels, identities)
    return data, load(json.dumps(data))


def tree_of(host):
    """Everything that the types, the parents and the mdevs of a host are."""
    found = {}
    for parent in host.bus.parents.values():
        found[parent.path] = parent.pci and (str(parent.pci.id).lower(), parent.pci.class_code)
        found[f"{parent.path}/"] = (parent.numa_node, parent.driver.mdev_driver)
        found |= {one.path: shown(one) for one in parent.types.values()}
    return found | {
        mdev.path: (
            mdev.mdev_type.type_id,
            {name: one.mode for name, one in mdev.attributes.items()},
        )
        for mdev in host.mdevs.values()
    }


def test_what_is_captured_is_the_same_host(tmp_path):
    """A host, written, captured and loaded, has the same parents, types and mdevs."""
    host = load(NEWEST)
    data, again = captured(write(host, tmp_path / "sys"))
    drivers = [parent["driver"] for parent in data["parents"]]
    names = [one if isinstance(one, str) else one["name"] for one in drivers]
    assert sorted(names) == ["blink", "i915", "mtty", "nvidia"]
    options = {
        parent["path"].rpartition("/")[2]: parent.get("options") for parent in data["parents"]
    }
    assert options["mtty"] == {"ports": 7}
    assert options["0000:3b:00.0"]["gpu"] == "P4"
    assert options["0000:00:02.0"] == {"pci_id": "80863e92", "aperture_mb": 512}
    assert data["kernel"] == "6.1"
    assert tree_of(again) == tree_of(host)
    assert again.bus.parents["0000:00:02.0"].iommu_group == 7
    blink = again.bus.parents["0000:00:09.0"]
    assert (blink.pci.revision, str(blink.pci.subsystem)) == (7, "1af41100")
    mdev = again.mdevs["0000000f-0000-0000-0000-00000000000a"]
    assert mdev.show("vendor/id") == f"x-{mdev.uuid}\n"
    assert mdev.store("vendor/switch", b"on\n") == 3


def test_a_capture_of_a_capture(tmp_path):
    """What was captured once is captured again as it is."""
    first, host = captured(write(load(NEWEST), tmp_path / "one"))
    second, _ = captured(write(host, tmp_path / "two"))
    assert second == first


@pytest.mark.parametrize(("name", "kernel"), list(itertools.product(sorted(VENDORS), KERNELS)))
def test_every_vendor_driver_of_every_kernel(tmp_path, name, kernel):
    """A parent of a vendor driver as it is by default is captured as that, with equal types."""
    host = load(f"kernel: {kernel}\nparents: [{{driver: {name}}}]")
    data, again = captured(write(host, tmp_path / "sys"), kernels=[KERNELS[kernel]])
    assert [parent["driver"] for parent in data["parents"]] == [name]
    assert tree_of(again) == tree_of(host)


@pytest.mark.parametrize("name", KERNELS)
def test_the_kernel_is_told_by_its_drivers(tmp_path, name):
    """The personality that is chosen binds mdevs to the driver that was seen."""
    host = load(
        f"kernel: {name}\nparents:\n  - driver: i915\n"
        f"    mdevs: [{{uuid: {U1}, type: i915-GVTg_V5_4}}]"
    )
    data, again = captured(write(host, tmp_path / "sys"))
    assert KERNELS[data["kernel"]].mdev_driver == KERNELS[name].mdev_driver
    assert data["parents"][0]["driver"] == "i915"
    assert tree_of(again) == tree_of(host)


def test_identities_go(tmp_path):
    """UUIDs are others, everywhere and the same in each run, and nothing else changes."""
    root = write(load(NEWEST), tmp_path / "sys")
    uuids = list(load(NEWEST).mdevs)
    once, again = (captured(root, Identities(3, uuids)) for _ in range(2))
    assert once[0] == again[0]
    assert not any(uuid in str(once[0]) for uuid in uuids)
    kept = captured(root)[1]
    assert len(once[1].mdevs) == len(kept.mdevs) == 4
    types = [
        {
            path: said
            for path, said in tree_of(host).items()
            if path.rpartition("/")[2] not in host.mdevs
        }
        for host in (once[1], kept)
    ]
    assert types[0] == types[1]


def test_equal_descriptions_are_one(tmp_path):
    """Parents of the same unknown driver have one description, so that YAML writes it once."""
    driver = "{name: vf, capacity: 1, types: {x: {}}}"
    paths = [f"/sys/devices/pci0000:00/0000:00:0{number}.0" for number in range(3)]
    text = "".join(f"  - {{driver: {driver}, path: '{path}'}}\n" for path in paths)
    data, _ = captured(write(load(f"parents:\n{text}"), tmp_path / "sys"))
    assert len({id(parent["driver"]) for parent in data["parents"]}) == 1


def parent_of(numbers, mdevs):
    """A captured parent of an unknown driver, by the instances that its types have left."""
    types = tuple(
        CapturedType(f"x-{n}", "vfio-pci\n", left, None, None, {}) for n, left in enumerate(numbers)
    )
    made = tuple(
        CapturedMdev(f"{n:08}-0000-0000-0000-00000000000a", f"x-{n_type}", None, {})
        for n, n_type in enumerate(mdevs)
    )
    return CapturedParent("/sys/devices/x", None, None, None, None, None, types, made)


@pytest.mark.parametrize(
    ("numbers", "mdevs"),
    [
        ([24, 12], []),
        ([7, 5, 2, 1], [0, 3, 3]),
        ([0, 0], [1, 1]),
        ([0, 3, 0], [0]),
        ([65536], []),
        ([0], []),
        ([], []),
    ],
)
def test_numbers_of_unknown_drivers(numbers, mdevs):
    """A described driver has every number of instances that was seen, whatever the mdevs."""
    data = reproduce([parent_of(numbers, mdevs)], {}, [KERNELS["6.1"]], None)
    types = load(json.dumps(data)).bus.parents["x"].types.values()
    assert [one.available_instances for one in types] == numbers


def test_numbers_without_a_measure():
    """Numbers that no pool of 64 bits can give are refused."""
    huge = [10**17 - n for n in range(5)]
    with pytest.raises(InputError, match="no common measure"):
        reproduce([parent_of(huge, [])], {}, [KERNELS["6.1"]], None)


# ---- trees that are not whole


@pytest.fixture
def root(tmp_path):
    """The tree of one GPU with an mdev."""
    text = f"parents: [{{driver: i915, mdevs: [{{uuid: {U1}, type: i915-GVTg_V5_4}}]}}]"
    return write(load(text), tmp_path / "sys")


def test_a_root_that_holds_a_sys(root):
    """A directory with `sys` in it is as good as the /sys itself."""
    assert read_tree(root.parent) == read_tree(root)


@pytest.mark.parametrize("made", [False, True])
def test_no_mdev_at_all(tmp_path, made):
    """A machine without mdev has no parents, which is no mistake."""
    if made:
        (tmp_path / "class/mdev_bus").mkdir(parents=True)
    assert read_tree(tmp_path) == ((), ())


def test_no_such_root(tmp_path):
    """A root that is not there, or no directory, is an error of the system."""
    with pytest.raises(FileNotFoundError):
        read_tree(tmp_path / "nobody")
    (tmp_path / "file").touch()
    with pytest.raises(NotADirectoryError):
        read_tree(tmp_path / "file")


@pytest.mark.parametrize(
    ("name", "text", "said"),
    [
        (f"{TYPES}/i915-GVTg_V5_4/available_instances", "many\n", "no number of instances"),
        (f"{TYPES}/i915-GVTg_V5_4/available_instances", None, "there is no such file"),
        (f"{TYPES}/i915-GVTg_V5_4/device_api", None, "there is no such file"),
        (f"{TYPES}/i915-GVTg_V5_4/device_api", "vfio-ap\n", "several device APIs"),
        (f"{GPU}/vendor", "Intel\n", "is no number"),
        (f"{GPU}/class", "0x\n", "is no number"),
    ],
)
def test_files_that_are_wrong(root, name, text, said):
    """A file that does not hold what it has to is named, with what is wrong in it."""
    file = root / name
    file.chmod(0o644)
    file.unlink() if text is None else file.write_text(text)
    with pytest.raises(InputError, match=said):
        captured(root)


def test_links_that_leave_the_tree(root):
    """A parent is only looked for below the root."""
    link = root / "class/mdev_bus/0000:00:02.0"
    target = link.readlink()
    for wrong in ("/", "../../../outside", str(target) + "x", str(root / GPU / "vendor")):
        link.unlink()
        link.symlink_to(wrong)
        with pytest.raises(InputError, match="is no directory below"):
            read_tree(root)
    link.unlink()
    link.mkdir()
    with pytest.raises(InputError, match="not a link"):
        read_tree(root)
    link.rmdir()
    link.symlink_to(f"/sys/{GPU}")
    assert len(read_tree(root)[0]) == 1


def test_types_of_two_drivers(root):
    """Type ids without a beginning in common are of no driver."""
    (root / TYPES / "i915-GVTg_V5_4").rename(root / TYPES / "other-1")
    with pytest.raises(InputError, match="no beginning in common"):
        captured(root)


def test_files_that_cannot_be_taken(root):
    """Pipes, links and what is not text do no harm; endless files are cut."""
    folder = root / GPU / U1
    (folder / "vendor").mkdir()
    subprocess.run(["mkfifo", folder / "vendor/pipe"], check=True, timeout=20)
    (folder / "vendor/link").symlink_to("/dev/zero")
    (folder / "vendor/bytes").write_bytes(b"\xff\n")
    (folder / "vendor/long").write_text("x" * 100000)
    [mdev] = read_tree(root)[0][0].mdevs
    found = {name: file.text for name, file in mdev.files.items() if name.startswith("vendor")}
    assert found == {"vendor/bytes": "\\xff\n", "vendor/long": "x" * 65536}


AUDIT = """
import os, sys
from pathlib import Path
def check(event, arguments):
    if event == "open":
        assert not arguments[2] & (os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC), arguments
    assert event not in {"os.mkdir", "os.remove", "os.rename", "os.chmod", "os.truncate"}, event
from simulator.sysfs.capture import read_tree
sys.addaudithook(check)
print(len(read_tree(Path(sys.argv[1]))[0]))
"""


def test_the_tree_is_only_read(root):
    """Nothing is opened for writing, created or changed, and write-only files are left alone."""
    before = {path: path.lstat() for path in root.rglob("*")}
    done = subprocess.run(
        [sys.executable, "-c", AUDIT, root],
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert (done.stdout, done.stderr) == ("1\n", "")
    after = {path: path.lstat() for path in root.rglob("*")}
    assert {path: (one.st_mtime_ns, one.st_mode) for path, one in after.items()} == {
        path: (one.st_mtime_ns, one.st_mode) for path, one in before.items()
    }
