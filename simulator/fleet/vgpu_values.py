"""
What a generated vGPU publishes under a scheme: the simulated host's facts, or by the name.

Source: 20200730034104.GB32327@joy-OptiPlex-7040 for the versions; the formats are those of the
shipped schemes, and what stands for the fields of other vendors' streams is ours.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import NamedTuple

from simulator.compat.clause_text import parse_clause
from simulator.compat.description import Description
from simulator.compat.judge import check_object
from simulator.compat.rule import Object
from simulator.compat.scheme import Attribute, Outcome, Relation, Scheme
from simulator.errors import TextError
from simulator.values import parse_value

__all__ = ["FRACTIONS", "RELEASES", "Release", "Vgpu", "values_of"]

FRACTIONS = (1, 2, 4, 8)
"""The types of a GPU: what share of it an instance is."""

_PIECE = re.compile(r"\{([^{}]*)\}")


@dataclass(frozen=True, slots=True)
class Release:
    """One version of the vendor driver: what it offers, and the interface it speaks."""

    software_version: str
    pv_mode: str
    interface_version: int


RELEASES = (
    Release("0.0.0", "none", 1),
    Release("0.1.0", "none+ppgtt", 2),
    Release("0.2.0", "none+ppgtt+context", 3),
    Release("0.2.1", "none+ppgtt+context", 3),
    Release("1.0.0", "none+context", 4),
)


class Vgpu(NamedTuple):
    """One vGPU as it was created: *aggregator* instances of 1/*fraction* of a GPU."""

    type_id: str
    fraction: int
    aggregator: int


def values_of(scheme: Scheme, pci_id: int, release: Release, vgpu: Vgpu) -> dict[str, str]:
    """
    Return the own values of a vGPU, as text; those that the generator does not know are absent.

    Args:
        scheme: The attributes.
        pci_id: The device id of the GPU.
        release: The version of the vendor driver.
        vgpu: The vGPU.
    """
    facts = _facts(pci_id, release, vgpu)
    names = {**_names(pci_id, release, vgpu), **_header(scheme, pci_id, release, vgpu)}
    found: dict[str, str] = {}
    for attribute in scheme.attributes.values():
        for text in _candidates(attribute, facts, names, found):
            if _fits(scheme, attribute, text):
                found[attribute.name] = text
                break
    for attribute in scheme.attributes.values():
        if attribute.relation is Relation.ONE_OF and attribute.of in found:
            members = [
                values_of(_only(scheme, attribute.of), pci_id, release, sibling)[attribute.of]
                for sibling in _siblings(vgpu)
            ]
            found[attribute.name] = ",".join(members)
    order = [name for name in scheme.attributes if name in found]
    return {name: found[name] for name in order}


def _only(scheme: Scheme, name: str) -> Scheme:
    return Scheme(scheme.name, {name: scheme.attributes[name]})


def _siblings(vgpu: Vgpu) -> Iterator[Vgpu]:
    """Return one instance of each type of the parent."""
    stem = vgpu.type_id.rpartition("_")[0]
    return (Vgpu(f"{stem}_{fraction}", fraction, 1) for fraction in FRACTIONS)


def _candidates(
    attribute: Attribute,
    facts: Mapping[str, str],
    names: Mapping[str, tuple[str, ...]],
    found: Mapping[str, str],
) -> Iterator[str]:
    """Yield the texts that the attribute might have, the likeliest first."""
    fact = attribute.fact
    if fact is not None and fact in facts:
        yield facts[fact]
    elif fact is not None:
        known = {**facts, **found}
        if all(piece in known for piece in _PIECE.findall(fact)):
            yield _PIECE.sub(lambda piece: known[piece[1]], fact)
    yield from names.get(attribute.name, ())


def _fits(scheme: Scheme, attribute: Attribute, text: str) -> bool:
    """Tell whether a scheme, which may mean something else by the name, takes this text."""
    try:
        value = parse_value(attribute.kind, text)
        if attribute.valid is None:
            return True
        clause, _ = parse_clause(attribute.valid, attribute.kind, {})
    except TextError:
        return False
    one = Object({attribute.name: clause})
    alone = _only(scheme, attribute.name)
    tested = Description({attribute.name: value})
    return check_object(alone, one, tested, to_publisher=True).outcome is Outcome.COMPATIBLE


def _facts(pci_id: int, release: Release, vgpu: Vgpu) -> Mapping[str, str]:
    """What a simulated host knows of the vGPU."""
    stem, _, number = vgpu.type_id.rpartition("_")
    return {
        "aggregated_instances": str(vgpu.aggregator),
        "base_type": stem,
        "device_api": "vfio-pci",
        "driver": "i915",
        "driver_version": release.software_version,
        "mdev_type": vgpu.type_id,
        "parent_pci_device": f"{pci_id:04x}",
        "parent_pci_id": f"8086{pci_id:04x}",
        "parent_pci_vendor": "8086",
        "type_name": vgpu.type_id.removeprefix("i915-"),
        "type_number": number,
    }


def _names(pci_id: int, release: Release, vgpu: Vgpu) -> Mapping[str, tuple[str, ...]]:
    """What attributes are called, and what their values would be."""
    stem = vgpu.type_id.rpartition("_")[0]
    interface = release.interface_version
    return {
        "device_type": ("pci",),
        "device_api": ("vfio-pci",),
        "device_id": (f"8086{pci_id:04x}",),
        "mdev_type": (vgpu.type_id,),
        "aggregator": (str(vgpu.aggregator),),
        "pv_mode": (release.pv_mode,),
        "pv-mode": (release.pv_mode,),
        "interface_version": (str(interface),),
        "gvt-version": (str(interface),),
        # In the string of migration_version it is eight digits.
        "software_version": (release.software_version, f"{interface:08x}"),
        "capabilities": (release.pv_mode,),
        "features": ("+".join(f"v{number}" for number in range(1, interface + 1)),),
        "field1": ("+".join(f"A{number}" for number in range(1, interface + 1)),),
        "field2": ("B1",),
        "field3": ("C1" if vgpu.aggregator == 1 else "C1+C2",),
        "compatible_type": (vgpu.type_id,),
        "dynamic_resources": ("aggregator",),
        "supported_types": (",".join(one.type_id for one in _siblings(vgpu)),),
        "traits": (f"CUSTOM_{stem.rpartition('-')[2].upper()}",),
        "gpu": (f"8086{pci_id:04x}",),
        "virtualization_caps": ("migration",),
        "guest_vgpu_version": (str(interface),),
        "min_vgpu_version": (str(max(1, interface - 1)),),
        "max_vgpu_version": (str(interface),),
        "type": (stem,),
    }


_HEADERS: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "nr_ports": ("0x7e9d09898c3e2c4e",),
        "qp_num": ("0xCDCDCDCDFEEDAACC", "0xAACCFEEDDECADEDE"),
        "version": ("0xADF5CAEA",),
    }
)
"""The magic of a stream, oldest first, by a field that only this stream has."""


def _header(
    scheme: Scheme, pci_id: int, release: Release, vgpu: Vgpu
) -> Mapping[str, tuple[str, ...]]:
    """What stands for the fields of another vendor's stream: the size, the GPU, the interface."""
    interface = release.interface_version
    for mark, magics in _HEADERS.items():
        if {"magic", mark} <= scheme.attributes.keys():
            return {
                "magic": (magics[min(interface, len(magics)) - 1],),
                "flags": ("0",),
                "major": ("1",),
                "minor": (str(interface - 1),),
                "version": (str(interface),),
                "nr_ports": (str(vgpu.fraction),),
                "qp_num": (str(vgpu.fraction),),
                "dev_id": (str(pci_id),),
            }
    return {}
