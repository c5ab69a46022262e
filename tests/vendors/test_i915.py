"""GVT-g. Sources: gvt/vgpu.c, gvt/kvmgt.c, gvt/aperture_gm.c, i915_pciids.h."""

from dataclasses import replace

import pytest
from vendors.uuids import uuid

from simulator.errors import MdevError, NoInstancesError
from simulator.mdev import KERNELS, MdevBus, OptionError
from simulator.values import PciId
from simulator.vendors import driver
from simulator.vendors.i915_pciids import PLATFORMS


def gpu(**config):
    return MdevBus(KERNELS["6.1"]).register(driver("i915"), config)


@pytest.mark.parametrize(
    ("aperture", "available"),
    [
        (128, {}),
        (256, {"8": 2, "4": 1}),
        (512, {"8": 6, "4": 3, "2": 1}),
        (1024, {"8": 7, "4": 5, "2": 2, "1": 1}),
    ],
)
def test_types_and_availability_by_aperture(aperture, available):
    """Types are registered until the low share does not fit; fences cap the rest."""
    types = gpu(aperture_mb=aperture).types
    expected = {f"i915-GVTg_V5_{n}": count for n, count in available.items()}
    assert {type_id: t.available_instances for type_id, t in types.items()} == expected


@pytest.mark.parametrize("pci_id", ["80861626", "1602"])
def test_gen8_is_v4(pci_id):
    """Broadwell is generation 8, and its types are V4."""
    parent = gpu(pci_id=pci_id)
    assert next(iter(parent.types)) == "i915-GVTg_V4_8"
    assert parent.pci_id.vendor == 0x8086


@pytest.mark.parametrize("pci_id", ["8086591d", "8086:193B", "8086-9BF6", "591b", "5A84"])
def test_gen9_is_v5(pci_id):
    """Skylake, Kaby Lake, Broxton and Comet Lake are generation 9, and their types are V5."""
    assert next(iter(gpu(pci_id=pci_id).types)) == "i915-GVTg_V5_8"


@pytest.mark.parametrize("pci_id", ["80865963", "80865931", "80868a51", "10de591d"])
def test_other_devices_are_refused(pci_id):
    """ENODEV for ids in no list, two of the thread's among them, and for other vendors."""
    with pytest.raises(MdevError) as caught:
        gpu(pci_id=pci_id)
    assert caught.value.name == "ENODEV"
    assert pci_id in caught.value.reason


def test_every_listed_id_is_known():
    """The list has 100 ids, each with a platform of generation 8 or 9."""
    assert len(PLATFORMS) == 100
    assert {platform.graphics_version for platform in PLATFORMS.values()} == {8, 9}
    assert PLATFORMS[0x591D].name == "KBL GT2"


def test_files_of_a_type():
    """The name has no prefix; the description has five lines."""
    mdev_type = gpu().types["i915-GVTg_V5_4"]
    assert mdev_type.show("name") == "GVTg_V5_4\n"
    assert mdev_type.show("device_api") == "vfio-pci\n"
    assert mdev_type.show("description") == (
        "low_gm_size: 128MB\nhigh_gm_size: 512MB\nfence: 4\nresolution: 1920x1200\nweight: 4\n"
    )


def test_files_of_an_mdev():
    """The newest kernel has intel_vgpu/vgpu_id, the lowest free id, and no hw_id."""
    mdev_type = gpu().types["i915-GVTg_V5_8"]
    mdevs = [mdev_type.create(uuid(n)) for n in range(3)]
    assert [mdev.show("intel_vgpu/vgpu_id") for mdev in mdevs] == ["1\n", "2\n", "3\n"]
    assert list(mdevs[0].attributes) == ["remove", "intel_vgpu/vgpu_id"]
    mdevs[1].remove()
    assert mdev_type.create(uuid(3)).show("intel_vgpu/vgpu_id") == "2\n"


def test_one_type_takes_from_all():
    """After one V5_2 of a 512 MB aperture, 128 MB of low memory are left for every type."""
    parent = gpu(aperture_mb=512)
    mdev = parent.types["i915-GVTg_V5_2"].create(uuid(0))
    assert [t.available_instances for t in parent.types.values()] == [2, 1, 0]
    mdev.remove()
    assert [t.available_instances for t in parent.types.values()] == [6, 3, 1]


@pytest.mark.parametrize(
    ("config", "used", "wanted", "reason"),
    [
        (
            {"aperture_mb": 256},
            1,
            "i915-GVTg_V5_4",
            "low GM space: request 128MB avail 64MB max 128MB taken 64MB",
        ),
        (
            {"aperture_mb": 1024, "ggtt_mb": 2048},
            1,
            "i915-GVTg_V5_4",
            "high GM space: request 512MB avail 256MB max 640MB taken 384MB",
        ),
        ({"fences": 8}, 1, "i915-GVTg_V5_8", "fence: request 4 avail 0 max 4 taken 4"),
    ],
)
def test_no_resource_is_enospc_with_numbers(config, used, wanted, reason):
    """ENOSPC says which pool, in the order low, high, fence, and takes nothing."""
    parent = gpu(**config)
    for n in range(used):
        parent.types["i915-GVTg_V5_8"].create(uuid(n))
    before = [t.available_instances for t in parent.types.values()]
    with pytest.raises(NoInstancesError) as caught:
        parent.types[wanted].create(uuid(99))
    assert caught.value.name == "ENOSPC"
    assert caught.value.reason == f"fail to allocate resource {reason}"
    assert [t.available_instances for t in parent.types.values()] == before


def test_ids_run_out_before_resources():
    """With room for more, the eighth vGPU fails on its id, though the file says there is room."""
    parent = gpu(aperture_mb=1024, ggtt_mb=8192, fences=64)
    mdev_type = parent.types["i915-GVTg_V5_8"]
    for n in range(7):
        mdev_type.create(uuid(n))
    assert mdev_type.available_instances == 7
    with pytest.raises(NoInstancesError, match="No space left") as caught:
        mdev_type.create(uuid(7))
    assert caught.value.reason == "all 7 vGPU ids are in use"


@pytest.mark.parametrize(
    "config", [{"aperture_mb": 127}, {"aperture_mb": 3713}, {"fences": 3}, {"ggtt_mb": True}]
)
def test_impossible_sizes_are_refused(config):
    """What leaves less than nothing for vGPUs is a mistake of the configuration."""
    with pytest.raises(OptionError) as caught:
        gpu(**config)
    assert caught.value.key in config


def on_kernel(version, **config):
    """Only the version of the kernel matters to the driver."""
    return MdevBus(replace(KERNELS["6.1"], name=version)).register(driver("i915"), config)


@pytest.mark.parametrize(
    ("version", "named", "hw_id"),
    [("4.10", False, True), ("5.2", False, True), ("5.15", False, False), ("6.1", True, False)],
)
def test_files_of_older_kernels(version, named, hw_id):
    """Older kernels have no name of a type; the oldest show hw_id of a vGPU."""
    mdev_type = on_kernel(version).types["i915-GVTg_V5_4"]
    assert set(mdev_type.attributes) - {"name"} == {
        "create",
        "device_api",
        "available_instances",
        "description",
    }
    assert ("name" in mdev_type.attributes) is named
    mdev = mdev_type.create(uuid(0))
    assert ("intel_vgpu/hw_id" in mdev.attributes) is hw_id
    if hw_id:
        assert mdev.show("intel_vgpu/hw_id") == "1\n"


@pytest.mark.parametrize(
    ("pci_id", "revision"),
    [
        ("1626", 0x09),
        ("1912", 0x06),
        ("5A84", 0x0B),
        ("591d", 0x04),
        ("3E92", 0x02),
        ("9BC5", 0x05),
    ],
)
def test_the_pci_function(pci_id, revision):
    """The parent is a VGA controller with the revision of its family."""
    pci = gpu(pci_id=pci_id).pci
    assert (pci.class_code, pci.revision) == (0x030000, revision)


def test_the_driver():
    """Names and places are those of the kernel."""
    i915 = driver("i915")
    assert (i915.name, i915.mdev_driver) == ("i915", "intel_vgpu_mdev")
    parent = gpu()
    assert (parent.name, parent.pci_id) == ("0000:00:02.0", PciId(0x8086, 0x591D))
