"""
NVIDIA vGPU: GPUs whose memory is cut into vGPUs, all of one size unless they may be mixed.

The driver is closed; what is known of it comes from what hosts show.
"""

import errno
from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any

from simulator.errors import NoInstancesError
from simulator.mdev import Mdev, MdevType, Option, Parent, Setup, TypeSpec, VendorDriver
from simulator.vendors.nvidia_types import GPUS, VgpuType

__all__ = ["NVIDIA"]


@dataclass(slots=True)
class _Vgpus:
    """What a parent holds: the frame buffers of its vGPUs, MB."""

    framebuffers: list[int] = field(default_factory=list)


def _setup(config: Mapping[str, Any]) -> Setup:
    gpu = GPUS[config["gpu"]]
    types = tuple(TypeSpec(str(row.number), row.name, row) for row in gpu.types.values())
    return Setup(types, _Vgpus(), gpu.pci)


def _framebuffers(parent: Parent) -> list[int]:
    """List the frame buffers on the physical GPU, those of all virtual functions of its slot."""
    if not parent.config["virtual_function"]:
        return list(parent.state.framebuffers)
    slot = parent.name.rpartition(".")[0]
    # The parent itself is on the bus only once it is registered.
    return [
        framebuffer
        for function in {*parent.bus.parents.values(), parent}
        if function.driver is NVIDIA and function.name.rpartition(".")[0] == slot
        for framebuffer in function.state.framebuffers
    ]


def _get_available(mdev_type: MdevType) -> int:
    """
    Count what is left of a type.

    Equal size, by default: any vGPU of another frame buffer leaves none; the type does not
    matter. Mixed size: what memory is left, and never more than the largest power of two that is
    not above *max_instance*. A virtual function holds one.

    Source: a dump of an RTX A6000 with one vGPU of 2 GB; mixed size: general knowledge, the
    maxima of NVIDIA's table of types; how sizes share what is left is ours.
    """
    parent = mdev_type.parent
    row: VgpuType = mdev_type.data
    used = _framebuffers(parent)
    same = used.count(row.framebuffer_mb)
    if parent.config["mixed_size"]:
        most = 1 << (row.max_instance.bit_length() - 1)
        left = GPUS[parent.config["gpu"]].memory_mb - sum(used)
        free = min(most - same, left // row.framebuffer_mb)
    else:
        free = row.max_instance - same if same == len(used) else 0
    if parent.config["virtual_function"]:
        free = min(free, 1 - len(parent.state.framebuffers))
    return max(free, 0)


def _probe(mdev: Mdev) -> None:
    """Take a frame buffer. Source: the errno is not known, so it is an option."""
    row: VgpuType = mdev.mdev_type.data
    if not _get_available(mdev.mdev_type):
        number = getattr(errno, mdev.parent.config["exhausted"])
        raise NoInstancesError(number, f"no room for a vGPU of {row.framebuffer_mb} MB")
    mdev.parent.state.framebuffers.append(row.framebuffer_mb)


def _remove(mdev: Mdev) -> None:
    mdev.parent.state.framebuffers.remove(mdev.mdev_type.data.framebuffer_mb)


NVIDIA = VendorDriver(
    name="nvidia",
    mdev_driver="nvidia-vgpu-vfio",  # Source: kernel logs that name it.
    device_api="vfio-pci",
    path="/sys/devices/pci0000:3b/0000:3b:00.0",
    options=MappingProxyType(
        {
            "gpu": Option(str, "A6000", "the physical GPU", choices=tuple(GPUS)),
            "mixed_size": Option(bool, False, "vGPUs of different sizes may share the GPU"),
            "virtual_function": Option(
                bool, False, "a virtual function of SR-IOV: one vGPU, memory shared by its slot"
            ),
            "exhausted": Option(
                str,
                "EINVAL",
                "the errno of a create too many, which is not known",
                choices=("EINVAL", "EIO", "ENOMEM", "ENOSPC", "EPERM", "EUSERS"),
            ),
        }
    ),
    setup=_setup,
    probe=_probe,
    remove=_remove,
    get_available=_get_available,
    show_description=lambda mdev_type: f"{mdev_type.data.description}\n",
)
"""NVIDIA vGPU as of the 13 to 15 series. Source: dumps."""
