"""A place on another host: found by files, claimed as a whole or not at all."""

import errno

import pytest
from sysfs.walking import files, read, walk

from simulator.compat.loader import load_scheme
from simulator.compat.schemes import builtin_names, load_builtin
from simulator.errors import MdevError
from simulator.host import load_host
from simulator.mdev import Mdev, MdevType
from simulator.mdev.uevent import Uevents
from simulator.migration.place import place
from simulator.sysfs.layout import mdev_sysfs

SOURCE = "83b8f4f2-509f-382f-3c1e-e6bfe0fa1001"
TARGET = "83b8f4f2-509f-382f-3c1e-e6bfe0fa1002"
HOST = """
kernel: 6.1
scheme: {scheme}
parents:
  - driver: i915
    options: {{pci_id: 8086591d, aperture_mb: {aperture}, aggregation: true}}
    {says}
    mdevs: {mdevs}
"""


def host(scheme, says="", mdevs="[]", aperture=512):
    """Build a host with one GPU."""
    text = HOST.format(scheme=scheme, says=says, mdevs=mdevs, aperture=aperture)
    return load_host("host", text.encode(), load_builtin)


def vgpu(type_id="i915-GVTg_V5_8", instances=1):
    """Write one mdev of a host."""
    writes = f"[{{mdev/aggregated_instances: {instances}}}]" if instances > 1 else "[]"
    return f"[{{uuid: {SOURCE}, type: {type_id}, writes: {writes}}}]"


def shown(bus):
    """Everything that the files of a host say."""
    tree = mdev_sysfs(bus, Uevents(bus), cpus=1)
    found = {path: one.mode for path, one in walk(tree)}
    for path, mode in files(tree).items():
        if mode & 0o444:
            try:
                found[path] = read(tree, path)
            except OSError as error:
                found[path] = error.errno
    return found


def placed(here, there):
    """Search, and give the type that was found, or None, and what was done."""
    [mdev] = here.mdevs.values()
    found = place(here.scheme, mdev, there.bus, TARGET)
    done = [(one.action, one.path.rpartition("/")[2], one.error) for one in found.steps]
    return found.target and found.target.mdev_type.type_id, done


RESOURCES = "attributes: {dynamic_resources: aggregator}\n    driver_version: "


def test_resources_are_copied():
    """What dynamic_resources names is written to the target, which then holds as much."""
    here = host("dynamic-resources", RESOURCES + "1.1.0", vgpu(instances=2))
    there = host("dynamic-resources", RESOURCES + "1.2.0")
    found, done = placed(here, there)
    assert found == "i915-GVTg_V5_8"
    assert ("write", "aggregator", "") in done
    [target] = there.mdevs.values()
    assert target.show("mdev/aggregated_instances") == "2\n"
    assert target.mdev_type.show("available_instances") == "4\n"


def test_a_failed_write_is_a_failed_claim():
    """Where the resources cannot be had, the created target is removed again."""
    here = host("dynamic-resources", RESOURCES + "1.1.0", vgpu(instances=2))
    there = host("dynamic-resources", RESOURCES + "1.2.0", aperture=192)
    before = shown(there.bus)
    found, done = placed(here, there)
    assert found is None
    assert done[-3:] == [
        ("create", "i915-GVTg_V5_8", ""),
        ("write", "aggregator", "EINVAL"),
        ("remove", TARGET, ""),
    ]
    assert shown(there.bus) == before


def test_what_is_not_listed_is_not_copied():
    """Without dynamic_resources nothing is written, and the target keeps its own share."""
    here = host("dynamic-resources", "driver_version: 1.1.0", vgpu(instances=2))
    there = host("dynamic-resources", "driver_version: 1.1.0")
    found, done = placed(here, there)
    assert [step for step in done if step[0] == "write"] == []
    assert found is None
    assert done[-1] == ("remove", TARGET, "")


def test_the_same_share_of_another_type():
    """By base type and ratio, two eighths find a quarter: a device is made, asked and kept."""
    here = host("aggregation-ratio", mdevs=vgpu(instances=2))
    there = host("aggregation-ratio")
    found, done = placed(here, there)
    assert found == "i915-GVTg_V5_4"
    assert ("remove", TARGET, "") in done


LISTS = load_scheme(
    "lists",
    b"""
scheme: lists
objects: published
missing: incompatible
attributes:
  mdev_type: {type: string, from: mdev_type}
  share: {type: int, from: aggregated_instances, scope: device, settable: true}
  driver: {type: string, from: driver, scope: device}
surface:
  - {form: pair, scope: type, name: migration, attributes: [mdev_type]}
  - {form: files, scope: device, name: migration, attributes: [driver]}
  - {form: files, scope: device, name: resources, attributes: [share]}
""",
)
ACCEPTS = """types:
      i915-GVTg_V5_8: {compatible: [{mdev_type: "i915-GVTg_V5_{n:int:4,8}", share: "SHARE"}]}"""


@pytest.mark.parametrize(("share", "found"), [("2", "i915-GVTg_V5_8"), ("1", None)])
def test_a_list_of_a_type_may_name_what_only_devices_have(share, found):
    """A type's list is asked of all that the source has; resources go to their own directory."""
    said = (("", vgpu(instances=2)), (ACCEPTS.replace("SHARE", share), "[]"))
    texts = [HOST.format(scheme="lists", says=a, mdevs=b, aperture=512) for a, b in said]
    hosts = [load_host("host", text.encode(), lambda _: LISTS) for text in texts]
    where, done = placed(*hosts)
    assert where == found
    assert (("create", "i915-GVTg_V5_8", "") in done) is (found is not None)
    assert (("write", "share", "") in done) is (found is not None)


@pytest.mark.parametrize(
    ("node", "file", "path"),
    [(MdevType, "software_version", "i915-GVTg_V5_8"), (Mdev, "aggregator", TARGET)],
)
def test_a_file_that_cannot_be_read_leaves_the_host_as_it_was(node, file, path, monkeypatch):
    """An error of a read refuses a type, or takes back the device that was created."""
    there = host("dynamic-resources", RESOURCES + "1.2.0")
    here = host("dynamic-resources", RESOURCES + "1.1.0", vgpu(instances=2))
    before = shown(there.bus)
    show = node.show

    def show_or_fail(self, name):
        if self.parent.bus is there.bus and name == file:
            raise MdevError(errno.EIO, "broken")
        return show(self, name)

    monkeypatch.setattr(node, "show", show_or_fail)
    found, done = placed(here, there)
    monkeypatch.undo()
    assert found is None
    assert ("read", path, "EIO") in done
    assert shown(there.bus) == before


VERSION = 'attributes: {software_version: "00000001"}'


def test_a_string_is_tested_by_writing():
    """The source's string is written to the file of the type, and then to that of the device."""
    found, done = placed(
        host("migration-version", VERSION, vgpu()), host("migration-version", VERSION)
    )
    assert found == "i915-GVTg_V5_8"
    assert [step for step in done if step[0] == "write"] == [
        ("write", "migration_version", ""),
        ("write", "migration_version", ""),
    ]


def test_a_source_that_cannot_migrate():
    """ENODEV at the source ends the search; the target is not asked."""
    there = host("migration-version", VERSION)
    found, done = placed(host("migration-version", mdevs=vgpu()), there)
    assert (found, done[-1]) == (None, ("read", "migration_version", "ENODEV"))
    assert {action for action, _, _ in done} == {"read"}


def test_a_full_host_has_no_place():
    """A type without available instances is not asked."""
    there = host("software-version", "driver_version: 1.0.0", aperture=256)
    for number in range(2):
        there.create("0000:00:02.0", "i915-GVTg_V5_8", TARGET[:-1] + str(number + 3))
    found, done = placed(host("software-version", "driver_version: 1.0.0", vgpu()), there)
    assert (found, [action for action, _, _ in done]) == (None, ["read"])


@pytest.mark.parametrize("scheme", builtin_names())
def test_a_place_or_nothing(scheme):
    """Under every scheme a host gets one mdev more, or is as it was."""
    for version in ("1.0.0", "2.0.0"):
        known = load_builtin(scheme).attributes.values()
        has_version = any(one.fact == "driver_version" for one in known)
        there = host(scheme, f"driver_version: {version}" if has_version else "")
        before = shown(there.bus)
        here = host(scheme, "driver_version: 1.0.0" if has_version else "", vgpu())
        found, _ = placed(here, there)
        assert len(there.mdevs) == (found is not None)
        assert (shown(there.bus) == before) is (found is None)
