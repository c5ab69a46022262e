"""
Intel GVT-g: virtual GPUs cut out of the graphics memory of an i915 device.

All types share three pools: low graphics memory (the aperture, which the CPU can map), high
graphics memory (hidden), and fences. The host keeps its share of each.
"""

import errno
from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any

from simulator.errors import MdevError, NoInstancesError
from simulator.mdev import (
    Attribute,
    Mdev,
    MdevType,
    Option,
    OptionError,
    PciFunction,
    Setup,
    TypeSpec,
    VendorDriver,
)
from simulator.values import PciId
from simulator.vendors.aggregation import AGGREGATION, aggregation_files
from simulator.vendors.i915_pciids import PLATFORMS, Platform

__all__ = ["I915", "VGPU_CONFIGS", "VgpuConfig"]

HOST_LOW_GM_MB = 128
HOST_HIGH_GM_MB = 384
HOST_FENCES = 4
"""What the host keeps. Source: gvt/aperture_gm.c, gvt/gvt.h HOST_LOW_GM_SIZE and the like."""

GVT_MAX_VGPU = 8
"""Ids of vGPUs are below this; 0 is the idle vGPU. Source: gvt/gvt.h."""

VGA_CONTROLLER = 0x030000
"""The PCI class of every GPU it takes. Source: general knowledge, PCI Code and ID Assignment."""

_INTEL = 0x8086

HW_ID_GONE = (5, 5)
"""The kernel that lost hw_id. Source: general knowledge, 2935ed5339c4."""

NAMED = (6, 1)
"""The kernel that shows ``name`` of every type. Source: mdev_sysfs.c; GVT-g had none of its own."""


@dataclass(frozen=True, slots=True)
class VgpuConfig:
    """
    One row of the table of vGPU types.

    Attributes:
        name: The last part of the type's name: how many of them a GPU is meant to hold.
        low_mb: Low graphics memory, MB.
        high_mb: High graphics memory, MB.
        fences: Fence registers.
        weight: Share of GPU time against other vGPUs, 16 divided by the number in *name*.
        resolution: Of the monitor it offers. Source: gvt/display.h vgpu_edid_str().
        aggregates: Whether an mdev may hold several. Source: the aggregation proposal, v3.
    """

    name: str
    low_mb: int
    high_mb: int
    fences: int
    weight: int
    resolution: str
    aggregates: bool = False


VGPU_CONFIGS = (
    VgpuConfig("8", 64, 384, 4, 2, "1024x768", aggregates=True),
    VgpuConfig("4", 128, 512, 4, 4, "1920x1200"),
    VgpuConfig("2", 256, 1024, 4, 8, "1920x1200"),
    VgpuConfig("1", 512, 2048, 4, 16, "1920x1200"),
)
"""In registration order. Source: gvt/vgpu.c intel_vgpu_configs."""


@dataclass(slots=True)
class _Pool:
    """One shared resource of a parent. *unit* is printed after its numbers."""

    name: str
    unit: str
    size: int
    taken: int = 0

    @property
    def left(self) -> int:
        return self.size - self.taken


@dataclass(slots=True)
class _Gvt:
    """What ``struct intel_gvt`` keeps: the pools in the order in which they are asked, and ids."""

    low: _Pool
    high: _Pool
    fence: _Pool
    ids: set[int] = field(default_factory=set)

    def shares(self, config: VgpuConfig, instances: int = 1) -> tuple[tuple[_Pool, int], ...]:
        """Say what a vGPU takes; several instances in one have the fences of one."""
        return (
            (self.low, config.low_mb * instances),
            (self.high, config.high_mb * instances),
            (self.fence, config.fences),
        )


@dataclass(slots=True)
class _Vgpu:
    """One vGPU: its id, and how many instances of its type it holds."""

    vgpu_id: int
    instances: int = 1


def _platform(pci_id: PciId) -> Platform:
    """Find the platform. Source: gvt/gvt.c, intel_gvt.c is_supported_device(): else ENODEV."""
    platform = PLATFORMS.get(pci_id.device)
    if platform is None or pci_id.vendor not in (None, _INTEL):
        raise MdevError(errno.ENODEV, f"device {pci_id} is not supported by GVT-g")
    return platform


def _pools(config: Mapping[str, Any]) -> _Gvt:
    """Subtract the host's share. Source: gvt/vgpu.c intel_gvt_init_vgpu_types()."""
    aperture, total = config["aperture_mb"], config["ggtt_mb"]
    high = total - aperture - HOST_HIGH_GM_MB
    if high < 0:
        expected = f"at most {total - HOST_HIGH_GM_MB} with ggtt_mb {total}"
        raise OptionError("aperture_mb", f"{aperture} leaves no high graphics memory", expected)
    return _Gvt(
        _Pool("low GM space", "MB", aperture - HOST_LOW_GM_MB),
        _Pool("high GM space", "MB", high),
        # gvt_vgpu_err() prints fences shifted like bytes, so always 0MB. We print what is meant.
        _Pool("fence", "", config["fences"] - HOST_FENCES),
    )


def _setup(config: Mapping[str, Any]) -> Setup:
    """
    Register types until the low share of one does not fit; larger ones are not tried.

    Source: gvt/vgpu.c intel_gvt_init_vgpu_types().
    """
    pci_id: PciId = config["pci_id"]
    platform = _platform(pci_id)
    gvt = _pools(config)
    generation = 4 if platform.graphics_version == 8 else 5
    types = []
    for row in VGPU_CONFIGS:
        if gvt.low.size // row.low_mb == 0:
            break
        types.append(TypeSpec(f"GVTg_V{generation}_{row.name}", data=row))
    pci = PciFunction(PciId(_INTEL, pci_id.device), VGA_CONTROLLER, platform.revision)
    return Setup(tuple(types), gvt, pci)


def _get_available(mdev_type: MdevType) -> int:
    """Source: gvt/kvmgt.c intel_vgpu_get_available(). Ids are not asked there."""
    gvt: _Gvt = mdev_type.parent.state
    return min(pool.left // share for pool, share in gvt.shares(mdev_type.data))


def _show_description(mdev_type: MdevType) -> str:
    """Source: gvt/kvmgt.c intel_vgpu_show_description()."""
    row: VgpuConfig = mdev_type.data
    text = (
        f"low_gm_size: {row.low_mb}MB\n"
        f"high_gm_size: {row.high_mb}MB\n"
        f"fence: {row.fences}\n"
        f"resolution: {row.resolution}\n"
        f"weight: {row.weight}\n"
    )
    if mdev_type.parent.config["aggregation"]:
        text += f"aggregation: {'yes' if row.aggregates else 'no'}\n"
    return text


def _probe(mdev: Mdev) -> None:
    """
    Take the lowest free id, then a share of each pool; or ENOSPC, and nothing is taken.

    Source: gvt/vgpu.c intel_gvt_create_vgpu() (idr_alloc), gvt/aperture_gm.c alloc_resource().
    """
    gvt: _Gvt = mdev.parent.state
    vgpu_id = next((i for i in range(1, GVT_MAX_VGPU) if i not in gvt.ids), None)
    if vgpu_id is None:
        raise NoInstancesError(errno.ENOSPC, f"all {GVT_MAX_VGPU - 1} vGPU ids are in use")
    shares = gvt.shares(mdev.mdev_type.data)
    for pool, share in shares:
        if share > pool.left:
            numbers = {"request": share, "avail": pool.left, "max": pool.size, "taken": pool.taken}
            counts = " ".join(f"{key} {value}{pool.unit}" for key, value in numbers.items())
            reason = f"fail to allocate resource {pool.name}: {counts}"
            raise NoInstancesError(errno.ENOSPC, reason)
    for pool, share in shares:
        pool.taken += share
    gvt.ids.add(vgpu_id)
    mdev.state = _Vgpu(vgpu_id)


def _remove(mdev: Mdev) -> None:
    """Source: gvt/vgpu.c intel_gvt_destroy_vgpu()."""
    gvt: _Gvt = mdev.parent.state
    vgpu: _Vgpu = mdev.state
    for pool, share in gvt.shares(mdev.mdev_type.data, vgpu.instances):
        pool.taken -= share
    gvt.ids.remove(vgpu.vgpu_id)


def _aggregated(mdev: Mdev) -> int | None:
    vgpu: _Vgpu = mdev.state
    return vgpu.instances if mdev.mdev_type.data.aggregates else None


def _aggregate(mdev: Mdev, instances: int) -> None:
    """
    Hold this many instances.

    Source: the aggregation proposal, v3, gvt/aperture_gm.c intel_vgpu_adjust_resource_count().
    """
    gvt: _Gvt = mdev.parent.state
    vgpu: _Vgpu = mdev.state
    before = gvt.shares(mdev.mdev_type.data, vgpu.instances)
    for (pool, share), (_, old) in zip(
        gvt.shares(mdev.mdev_type.data, instances), before, strict=True
    ):
        pool.taken += share - old
    vgpu.instances = instances


I915 = VendorDriver(
    name="i915",
    mdev_driver="intel_vgpu_mdev",
    device_api="vfio-pci",
    path="/sys/devices/pci0000:00/0000:00:02.0",
    options=MappingProxyType(
        {
            # KBL GT2 workstation, the device of the 2019-2020 threads.
            "pci_id": Option(PciId, PciId(_INTEL, 0x591D), "PCI id of the GPU"),
            "aperture_mb": Option(
                int, 1024, "aperture, MB; 1024 is the least that offers all four types", 128
            ),
            "ggtt_mb": Option(int, 4096, "graphics memory that the GGTT maps, MB", 512),
            "fences": Option(int, 32, "fence registers", HOST_FENCES),
            "aggregation": Option(bool, False, AGGREGATION),
        }
    ),
    setup=_setup,
    probe=_probe,
    remove=_remove,
    get_available=_get_available,
    show_description=_show_description,
    # Source: gvt/kvmgt.c intel_vgpu_attrs. The value of hw_id is ours: an id of the context.
    attributes=(
        Attribute("intel_vgpu/vgpu_id", 0o444, lambda mdev: f"{mdev.state.vgpu_id}\n"),
        Attribute(
            "intel_vgpu/hw_id",
            0o444,
            lambda mdev: f"{mdev.state.vgpu_id}\n",
            is_visible=lambda mdev: mdev.parent.bus.kernel.version < HW_ID_GONE,
        ),
        *aggregation_files(
            current=_aggregated,
            available=lambda mdev: _get_available(mdev.mdev_type),
            change=_aggregate,
        ),
    ),
    is_named=lambda mdev_type: mdev_type.parent.bus.kernel.version >= NAMED,
)
"""GVT-g. Source: gvt/kvmgt.c intel_vgpu_mdev_driver."""
