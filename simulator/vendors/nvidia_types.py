"""
The vGPU types of six NVIDIA GPUs.

Source: public dumps of ``mdev_supported_types`` and ``mdevctl types``. Numbers of PCI ids and
classes are general knowledge.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from simulator.mdev import PciFunction
from simulator.values import PciId

__all__ = ["GPUS", "Gpu", "Series", "VgpuType"]

MAX_INSTANCE = 32
"""No GPU holds more vGPUs, however small. Source: a dump of an RTX A6000."""


@dataclass(frozen=True, slots=True)
class Series:
    """
    What the letter of a type stands for.

    Attributes:
        product: The licence.
        num_heads: Virtual displays.
        frl_config: Limit of frames per second.
        max_resolution: Of one display, columns and lines; None leaves it to the GPU.
    """

    product: str
    num_heads: int
    frl_config: int
    max_resolution: str | None


_SERIES: Mapping[str, Series] = MappingProxyType(
    {
        "Q": Series("vWS", 4, 60, "7680x4320"),
        "B": Series("vPC", 4, 45, "5120x2880"),
        "C": Series("compute", 1, 60, None),
        "A": Series("vApps", 1, 60, "1280x1024"),
    }
)
_SMALL_Q = "5120x2880"
"""What a Q type of 1 GB shows at most."""


@dataclass(frozen=True, slots=True)
class VgpuType:
    """
    One type of a GPU.

    Attributes:
        number: The last part of its type id.
        name: What ``name`` shows.
        framebuffer_mb: Its memory, MB.
        max_resolution: Of one display.
        max_instance: How many of it a GPU holds when all are of this size.
        series: What its letter stands for.
    """

    number: int
    name: str
    framebuffer_mb: int
    max_resolution: str
    max_instance: int
    series: Series

    @property
    def description(self) -> str:
        """The one line of ``description``."""
        return (
            f"num_heads={self.series.num_heads}, frl_config={self.series.frl_config}, "
            f"framebuffer={self.framebuffer_mb}M, max_resolution={self.max_resolution}, "
            f"max_instance={self.max_instance}"
        )


@dataclass(frozen=True, slots=True)
class Gpu:
    """
    One physical GPU.

    Attributes:
        pci: What it is on the PCI bus.
        memory_mb: Its memory, MB.
        types: Its types by number.
    """

    pci: PciFunction
    memory_mb: int
    types: Mapping[int, VgpuType]


_SUFFIX = re.compile(r"(\d+)([A-Z])4?")


def _gpu(device: int, pci_class: int, gigabytes: int, brand: str, compute: str, rows: str) -> Gpu:
    """Expand *rows*, ``NUMBER:SUFFIX ...``; a suffix is gigabytes, a letter, and perhaps 4."""
    types = {}
    for row in rows.split():
        number, _, suffix = row.partition(":")
        found = _SUFFIX.fullmatch(suffix)
        assert found is not None  # noqa: S101 - the tables stand below
        size, letter = int(found[1]), found[2]
        series = _SERIES[letter]
        resolution = _SMALL_Q if (size, letter) == (1, "Q") else series.max_resolution or compute
        most = min(MAX_INSTANCE, gigabytes // size)
        types[int(number)] = VgpuType(
            int(number), f"{brand}-{suffix}", size * 1024, resolution, most, series
        )
    pci = PciFunction(PciId(0x10DE, device), pci_class, revision=0xA1)
    return Gpu(pci, gigabytes * 1024, MappingProxyType(types))


_VGA, _3D = 0x030000, 0x030200
"""Boards with and without display outputs."""

GPUS: Mapping[str, Gpu] = MappingProxyType(
    {
        "P4": _gpu(
            0x1BB3,
            _3D,
            8,
            "GRID P4",
            "4096x2400",
            """
            63:1Q 64:2Q 65:4Q 66:8Q 67:1A 68:2A 69:4A 70:8A 71:1B
            157:2B 214:2B4 243:1B4 288:4C 289:8C
            """,
        ),
        "P40": _gpu(
            0x1B38,
            _3D,
            24,
            "GRID P40",
            "4096x2160",
            """
            46:1Q 47:2Q 48:3Q 49:4Q 50:6Q 51:8Q 52:12Q 53:24Q
            54:1A 55:2A 56:3A 57:4A 58:6A 59:8A 60:12A 61:24A 62:1B
            156:2B 215:2B4 241:1B4 283:4C 284:6C 285:8C 286:12C 287:24C
            """,
        ),
        "P100": _gpu(
            0x15F8,
            _3D,
            16,
            "GRID P100",
            "4096x2160",
            """
            83:1Q 84:2Q 85:4Q 86:8Q 87:16Q 88:1A 89:2A 90:4A 91:8A 92:16A 93:1B
            160:2B 211:2B4 244:1B4 293:4C 294:8C 295:16C
            """,
        ),
        "V100": _gpu(
            0x1DB4,
            _3D,
            16,
            "GRID V100",
            "4096x2160",
            """
            105:1Q 106:2Q 107:4Q 108:8Q 109:16Q 110:1A 111:2A 112:4A 113:8A 114:16A 115:1B
            163:2B 217:2B4 247:1B4 299:4C 300:8C 301:16C
            """,
        ),
        "RTX6000": _gpu(
            0x1E30,
            _VGA,
            24,
            "GRID RTX6000",
            "4096x2160",
            """
            256:1Q 257:2Q 258:3Q 259:4Q 260:6Q 261:8Q 262:12Q 263:24Q
            343:4C 344:6C 345:8C 346:12C 347:24C 435:1B 436:2B
            437:1A 438:2A 439:3A 440:4A 441:6A 442:8A 443:12A 444:24A
            """,
        ),
        "A6000": _gpu(
            0x2230,
            _VGA,
            48,
            "NVIDIA RTXA6000",
            "4096x2400",
            """
            522:1B 523:2B 524:1Q 525:2Q 526:3Q 527:4Q 528:6Q 529:8Q 530:12Q 531:16Q 532:24Q
            533:48Q 534:1A 535:2A 536:3A 537:4A 538:6A 539:8A 540:12A 541:16A 542:24A 543:48A
            548:4C 549:6C 550:8C 551:12C 552:16C 553:24C 554:48C
            """,
        ),
    }
)
"""By the name that the option ``gpu`` takes."""
