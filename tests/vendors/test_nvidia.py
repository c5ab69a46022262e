"""NVIDIA vGPU. Source: dumps of sysfs and mdevctl; vector 67."""

from fractions import Fraction

import pytest
from vendors.uuids import uuid

from simulator.errors import NoInstancesError
from simulator.mdev import KERNELS, MdevBus, OptionError
from simulator.vendors import driver
from simulator.vendors.nvidia_types import GPUS


def gpu(**config):
    return MdevBus(KERNELS["6.1"]).register(driver("nvidia"), config)


def by_suffix(parent):
    return {t.pretty_name.rpartition("-")[2]: t for t in parent.types.values()}


def available(parent):
    return {name: t.available_instances for name, t in by_suffix(parent).items()}


SAMPLES = """
P4      63  GRID P4-1Q        4 60 1024  5120x2880 8
P4      64  GRID P4-2Q        4 60 2048  7680x4320 4
P4      157 GRID P4-2B        4 45 2048  5120x2880 4
P4      214 GRID P4-2B4       4 45 2048  5120x2880 4
P4      243 GRID P4-1B4       4 45 1024  5120x2880 8
P4      288 GRID P4-4C        1 60 4096  4096x2400 2
P4      289 GRID P4-8C        1 60 8192  4096x2400 1
P40     46  GRID P40-1Q       4 60 1024  5120x2880 24
P40     49  GRID P40-4Q       4 60 4096  7680x4320 6
P40     156 GRID P40-2B       4 45 2048  5120x2880 12
P40     283 GRID P40-4C       1 60 4096  4096x2160 6
V100    105 GRID V100-1Q      4 60 1024  5120x2880 16
RTX6000 256 GRID RTX6000-1Q   4 60 1024  5120x2880 24
RTX6000 257 GRID RTX6000-2Q   4 60 2048  7680x4320 12
RTX6000 258 GRID RTX6000-3Q   4 60 3072  7680x4320 8
RTX6000 259 GRID RTX6000-4Q   4 60 4096  7680x4320 6
P100    83  GRID P100-1Q      4 60 1024  5120x2880 16
P100    160 GRID P100-2B      4 45 2048  5120x2880 8
P100    211 GRID P100-2B4     4 45 2048  5120x2880 8
P100    244 GRID P100-1B4     4 45 1024  5120x2880 16
P100    293 GRID P100-4C      1 60 4096  4096x2160 4
P100    294 GRID P100-8C      1 60 8192  4096x2160 2
P100    295 GRID P100-16C     1 60 16384 4096x2160 1
A6000   523 NVIDIA RTXA6000-2B  4 45 2048  5120x2880 24
A6000   525 NVIDIA RTXA6000-2Q  4 60 2048  7680x4320 24
A6000   524 NVIDIA RTXA6000-1Q  4 60 1024  5120x2880 32
A6000   535 NVIDIA RTXA6000-2A  1 60 2048  1280x1024 24
A6000   554 NVIDIA RTXA6000-48C 1 60 49152 4096x2400 1
"""


@pytest.mark.parametrize("line", SAMPLES.split("\n")[1:-1])
def test_samples(line):
    """Every sample shows its name and its one line of description, and its most instances."""
    card, number, brand, name, heads, frl, megabytes, resolution, most = line.split()
    mdev_type = gpu(gpu=card).types[f"nvidia-{number}"]
    assert mdev_type.show("name") == f"{brand} {name}\n"
    assert mdev_type.show("device_api") == "vfio-pci\n"
    assert mdev_type.show("description") == (
        f"num_heads={heads}, frl_config={frl}, framebuffer={megabytes}M, "
        f"max_resolution={resolution}, max_instance={most}\n"
    )
    assert mdev_type.show("available_instances") == f"{most}\n"


def test_numbers_are_of_one_gpu():
    """No two GPUs have a type of the same number, so an id tells the GPU."""
    numbers = [number for card in GPUS.values() for number in card.types]
    assert len(numbers) == len(set(numbers)) == 125


@pytest.mark.parametrize("card", GPUS)
def test_largest_type_takes_the_whole_gpu(card):
    """One type of each series but B is the whole GPU, and no type is more."""
    parent = gpu(gpu=card)
    whole = {
        name[-1]
        for name, t in by_suffix(parent).items()
        if t.data.framebuffer_mb == GPUS[card].memory_mb
    }
    assert whole == {"Q", "A", "C"}
    assert all(
        Fraction(t.data.framebuffer_mb, GPUS[card].memory_mb) <= 1 for t in parent.types.values()
    )


def test_vector_67():
    """With one vGPU of 2 GB, types of 2 GB show 23 whatever their series, all others 0."""
    parent = gpu(gpu="A6000")
    mdev = by_suffix(parent)["2Q"].create(uuid(0))
    left = available(parent)
    assert (left["2B"], left["2Q"], left["2A"]) == (23, 23, 23)
    assert {left[name] for name in left if not name.startswith("2") or "24" in name} == {0}
    mdev.remove()
    assert available(parent)["1Q"] == 32


def test_types_of_one_size_share_the_gpu():
    """Several vGPUs of one size and of several types fill the GPU together."""
    parent = gpu(gpu="P4")
    types = by_suffix(parent)
    for n, name in enumerate(("4Q", "4C")):
        types[name].create(uuid(n))
    assert set(available(parent).values()) == {0}


def test_small_types_leave_memory():
    """32 vGPUs of 1 GB are the most, though 48 would fit."""
    parent = gpu(gpu="A6000")
    for n in range(32):
        by_suffix(parent)["1B"].create(uuid(n))
    with pytest.raises(NoInstancesError):
        by_suffix(parent)["1Q"].create(uuid(32))


@pytest.mark.parametrize("name", ["EINVAL", "EIO", "ENOMEM", "ENOSPC", "EPERM", "EUSERS"])
def test_the_errno_of_a_full_gpu_is_an_option(name):
    """Nobody outside knows it; a refused create takes nothing."""
    parent = gpu(gpu="P4", exhausted=name)
    by_suffix(parent)["8Q"].create(uuid(0))
    with pytest.raises(NoInstancesError) as caught:
        by_suffix(parent)["1Q"].create(uuid(1))
    assert caught.value.name == name
    parent.mdevs[uuid(0)].remove()
    assert available(parent)["1Q"] == 8


def test_mixed_size():
    """Sizes share the memory; maxima are rounded down to a power of two."""
    parent = gpu(gpu="P40", mixed_size=True)
    assert available(parent)["1Q"] == 16
    assert available(parent)["8Q"] == 2
    by_suffix(parent)["12Q"].create(uuid(0))
    assert available(parent) | {"24Q": 0, "12Q": 1, "8Q": 1, "6Q": 2, "1Q": 12} == available(parent)
    by_suffix(parent)["8C"].create(uuid(1))
    assert available(parent) | {"12Q": 0, "8Q": 0, "4Q": 1, "3Q": 1, "2B": 2} == available(parent)
    with pytest.raises(NoInstancesError):
        by_suffix(parent)["6Q"].create(uuid(2))


def test_virtual_functions_share_the_memory_of_their_slot():
    """Each holds one vGPU; the equal-size rule holds across them, and not for another slot."""
    bus = MdevBus(KERNELS["6.1"])
    places = [f"/sys/devices/pci0000:40/0000:{slot}" for slot in ("41:00.4", "41:00.5", "42:00.4")]
    config = {"gpu": "A6000", "virtual_function": True}
    one, two, other = [bus.register(driver("nvidia"), config, path=place) for place in places]
    assert available(one)["2Q"] == 1
    by_suffix(one)["2Q"].create(uuid(0))
    assert (available(one)["2Q"], available(two)["2Q"], available(two)["4Q"]) == (0, 1, 0)
    assert available(other)["4Q"] == 1
    with pytest.raises(NoInstancesError):
        by_suffix(one)["2Q"].create(uuid(1))
    bus.unregister(one)
    assert available(two)["4Q"] == 1


def test_a_large_vgpu_leaves_nothing_for_other_functions():
    """A vGPU of the whole GPU on one function leaves none to the others."""
    bus = MdevBus(KERNELS["6.1"])
    places = [f"/sys/devices/pci0000:40/0000:41:00.{n}" for n in (4, 5)]
    config = {"gpu": "A6000", "virtual_function": True}
    one, two = [bus.register(driver("nvidia"), config, path=place) for place in places]
    by_suffix(one)["48Q"].create(uuid(0))
    assert set(available(two).values()) == {0}


@pytest.mark.parametrize(
    ("card", "pci_id", "class_code"),
    [
        ("P4", "10de1bb3", 0x030200),
        ("P40", "10de1b38", 0x030200),
        ("P100", "10de15f8", 0x030200),
        ("V100", "10de1db4", 0x030200),
        ("RTX6000", "10de1e30", 0x030000),
        ("A6000", "10de2230", 0x030000),
    ],
)
def test_places(card, pci_id, class_code):
    """The parent is a PCI function, with the id and class of its board."""
    parent = gpu(gpu=card)
    assert (str(parent.pci.id), parent.pci.class_code) == (pci_id, class_code)
    assert parent.path == "/sys/devices/pci0000:3b/0000:3b:00.0"


def test_no_other_gpu():
    """A GPU of no table is a mistake of the configuration, which names those there are."""
    with pytest.raises(OptionError) as caught:
        gpu(gpu="P5")
    assert (caught.value.message, caught.value.expected) == ("no gpu P5", ", ".join(GPUS))


def test_an_mdev_has_no_files_of_its_own():
    """What the closed driver adds is not known."""
    mdev = by_suffix(gpu())["2Q"].create(uuid(0))
    assert list(mdev.attributes) == ["remove"]
