"""
What the benchmarks put in: realistic and adversarial fleets, and sources, each from its own seed.

A regime is a scheme, a fleet and the way in which its lines repeat:

* ``realistic``: `simulator.fleet.generate`; thousands of devices share one description.
* ``distinct``: all descriptions differ, the lists of objects are few.
* ``distinct lists``: every list of objects differs too, so nothing at all can be shared.
"""

import json
from collections.abc import Iterator
from functools import lru_cache
from random import Random

from simulator.compat.description import Description
from simulator.compat.scheme import Scheme
from simulator.compat.schemes import load_builtin
from simulator.fleet.fleet import Fleet
from simulator.fleet.generate import generate

FLEET_SEED = 20200729
SOURCE_SEED = 20200909

CHUNK = 1 << 20
"""The bytes that a reader of a file would get at once."""

REGIMES = ("realistic", "distinct", "distinct lists")

_BLOCK = 10_000
_FLAGS = ("ppgtt", "context", "hwsp", "preempt", "guc", "huc")
_APIS = ("vfio-pci", "vfio-platform", "vfio-ccw", "vfio-ap")
_SIZES = (1, 2, 4, 8)
_ROUND = 0x9E3779B1
"""Odd, so multiplying by it permutes the numbers below any power of two."""

_WIDTHS = {
    "device_api": 2,
    "software_version": 14,
    "device_id": 8,
    "mdev_type": 6,
    "aggregator": 4,
    "pv_mode": 6,
    "interface_version": 6,
}
"""The bits of a device's number that choose each attribute."""


def adversarial(
    scheme: Scheme, devices: int, seed: int, *, own_lists: bool = False
) -> Iterator[bytes]:
    """
    Make a fleet in which no two descriptions are equal.

    Args:
        scheme: One of the shipped schemes.
        devices: How many; at most 2**22.
        seed: The same seed gives the same fleet.
        own_lists: Each device also has a list of objects that no other has.

    Yields:
        NDJSON, in blocks of whole lines.
    """
    random = Random(seed)
    widths = {name: _WIDTHS[name] for name in scheme.attributes if name in _WIDTHS}
    bits = sum(widths.values())
    if devices > 1 << bits:
        raise ValueError(f"{scheme.name} has only {1 << bits} different descriptions")
    start = random.getrandbits(bits)
    for first in range(0, devices, _BLOCK):
        lines = []
        for number in range(first, min(first + _BLOCK, devices)):
            fields = _fields(_scramble(start + number, bits), widths)
            data: dict[str, object] = {
                "name": f"host{number // 16:06d}/0000:00:02.0/{random.getrandbits(128):032x}",
                "self": {name: _value(name, field) for name, field in fields.items()},
            }
            if scheme.has_objects:
                data["compatible"] = [_clauses(fields, own=own_lists)]
            lines.append(json.dumps(data, separators=(",", ":")).encode() + b"\n")
        yield b"".join(lines)


def _scramble(number: int, bits: int) -> int:
    """Permute the numbers of *bits* bits: each step can be undone."""
    mask = (1 << bits) - 1
    number = number * _ROUND & mask
    number ^= number >> (bits // 2)
    number = number * _ROUND & mask
    return number ^ number >> (bits // 2 + 1)


def _fields(number: int, widths: dict[str, int]) -> dict[str, int]:
    fields = {}
    for name, width in widths.items():
        fields[name] = number & ((1 << width) - 1)
        number >>= width
    return fields


def _value(name: str, field: int) -> str | int:
    match name:
        case "device_api":
            return _APIS[field]
        case "software_version":
            return f"{field & 3}.{field >> 2 & 63}.{field >> 8}"
        case "device_id":
            return f"8086{0x1900 + field:04x}"
        case "mdev_type":
            return f"i915-GVTg_V{field >> 2}_{_SIZES[field & 3]}"
        case "aggregator" | "interface_version":
            return field + 1
        case _:
            return "+".join(["none", *(f for bit, f in enumerate(_FLAGS) if field >> bit & 1)])


def _clauses(fields: dict[str, int], *, own: bool) -> dict[str, str]:
    """Accept about one device in some thousands; *own*: in words that no other device uses."""
    kind, flags, interface = fields["mdev_type"], fields["pv_mode"], fields["interface_version"]
    sizes = _SIZES[kind & 3 :] + _SIZES[: kind & 3] if own else _SIZES
    clauses = {
        "mdev_type": f"i915-GVTg_V{kind >> 2}_{{size:int:{','.join(map(str, sizes))}}}",
        "aggregator": f"{{size}}*{1 + (fields['aggregator'] if own else kind >> 2 & 1)}",
        "pv_mode": f"superset(none+{_FLAGS[interface >> 4]})",
        "interface_version": f"range({1 + (interface if own else interface & 32)},64)",
    }
    if own:
        clauses["pv_mode"] = f"superset({_value('pv_mode', flags)})"
        clauses["device_id"] = f"one_of({_value('device_id', fields['device_id'])},80861912)"
    return clauses


@lru_cache(maxsize=2)
def text(scheme: str, regime: str, devices: int) -> bytes:
    """Write the whole fleet of a regime as NDJSON."""
    loaded = load_builtin(scheme)
    if regime == "realistic":
        return b"".join(generate(loaded, devices, FLEET_SEED))
    own = regime == "distinct lists"
    return b"".join(adversarial(loaded, devices, FLEET_SEED, own_lists=own))


def chunks(whole: bytes) -> list[bytes]:
    """Cut a text as reading a file would."""
    return [whole[start : start + CHUNK] for start in range(0, len(whole), CHUNK)]


@lru_cache(maxsize=1)
def fleet(scheme: str, regime: str, devices: int) -> Fleet:
    """Read the fleet of a regime."""
    made = Fleet(load_builtin(scheme))
    made.extend(regime, chunks(text(scheme, regime, devices)))
    return made


def sources(given: Fleet, most: int) -> list[Description]:
    """Draw different devices of a fleet to ask about."""
    random = Random(SOURCE_SEED)
    return [given[row] for row in random.sample(range(len(given)), min(most, len(given)))]
