"""
The PCI ids of the GPUs that GVT-g takes.

Source: include/drm/i915_pciids.h; revisions: general knowledge, one that was sold for each family.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

__all__ = ["PLATFORMS", "Platform"]


@dataclass(frozen=True, slots=True)
class Platform:
    """
    A family of GPUs.

    Attributes:
        name: Its short name in the i915 driver, with the size of its GPU where ids tell it.
        graphics_version: 8 or 9.
        revision: The stepping, as the PCI bus shows it.
    """

    name: str
    graphics_version: int
    revision: int


_IDS = MappingProxyType(
    {
        Platform("BDW GT1", 8, 0x09): "1602 1606 160A 160B 160D 160E",
        Platform("BDW GT2", 8, 0x09): "1612 1616 161A 161B 161D 161E",
        Platform("BDW GT3", 8, 0x09): "1622 1626 162A 162B 162D 162E",
        Platform("SKL GT1", 9, 0x06): "1902 190A 190B 1917",
        Platform("SKL GT2", 9, 0x06): "1912 1916 191A 191B 191D 191E 1921",
        Platform("SKL GT3", 9, 0x06): "1923 1926 1927 192A 192B 192D",
        Platform("SKL GT4", 9, 0x06): "1932 193A 193B 193D",
        Platform("BXT", 9, 0x0B): "0A84 1A84 1A85 5A84 5A85",
        Platform("KBL GT1", 9, 0x04): "5902 5906 5908 590A 590B 590E 5913 5915",
        Platform("KBL GT2", 9, 0x04): "5912 5916 5917 591A 591B 591D 591E 5921",
        Platform("KBL GT3", 9, 0x04): "5923 5926 5927",
        Platform("KBL GT4", 9, 0x04): "593B",
        Platform("AML", 9, 0x02): "591C 87C0",
        Platform("CFL", 9, 0x02): (
            "3E90 3E91 3E92 3E93 3E94 3E96 3E98 3E99 3E9A 3E9B 3E9C 3EA5 3EA6 3EA7 3EA8 3EA9 87CA"
        ),
        Platform("CML", 9, 0x05): (
            "9B21 9B41 9BA2 9BA4 9BA5 9BA8 9BAA 9BAC 9BC2 9BC4 9BC5 9BC6 9BC8 9BCA 9BCC 9BE6 9BF6"
        ),
    }
)

PLATFORMS: Mapping[int, Platform] = MappingProxyType(
    {int(text, 16): platform for platform, ids in _IDS.items() for text in ids.split()}
)
"""Platforms by device id. The vendor is 8086."""
