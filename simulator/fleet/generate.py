"""
Fleets from a seed: hosts with gen8 and gen9 Intel GPUs in the middle of a rolling upgrade.

Each vGPU was created on a simulated host until nothing more fitted, so the mixes of fractions are
those that the vendor driver allows. Driver versions follow the pv_mode history of the thread.

Source: 20200730034104.GB32327@joy-OptiPlex-7040 (history); clusters and shares are ours.
"""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from random import Random
from typing import NamedTuple

from simulator.compat.clause_text import parse_clause
from simulator.compat.scheme import Direction, Scheme
from simulator.compat.template import Variable
from simulator.errors import NoInstancesError, TextError
from simulator.mdev import KERNELS, MdevBus
from simulator.values import parse_value
from simulator.vendors import driver
from simulator.vendors.i915_pciids import PLATFORMS

__all__ = ["generate"]

HOSTS_A_CLUSTER = 40
_FILLINGS = 64
_APERTURES_MB = (256, 512, 512, 1024)
_FRACTIONS = (1, 2, 4, 8)


@dataclass(frozen=True, slots=True)
class _Release:
    """One version of the vendor driver: what it offers, and the interface it speaks."""

    software_version: str
    pv_mode: str
    interface_version: int


_RELEASES = (
    _Release("0.0.0", "none", 1),
    _Release("0.1.0", "none+ppgtt", 2),
    _Release("0.2.0", "none+ppgtt+context", 3),
    _Release("0.2.1", "none+ppgtt+context", 3),
    _Release("1.0.0", "none+context", 4),
)


class _Vgpu(NamedTuple):
    """One vGPU as it was created: *aggregator* instances of 1/*fraction* of a GPU."""

    type_id: str
    fraction: int
    aggregator: int


def generate(scheme: Scheme, devices: int, seed: int) -> Iterator[bytes]:
    """
    Make a fleet.

    Args:
        scheme: The attributes that are published, as far as the generator knows them: by the
            names of the shipped schemes, where the value is of the kind. Lists of objects are
            made for its direction.
        devices: How many.
        seed: The same seed gives the same fleet, whatever *devices* is, up to its length.

    Yields:
        NDJSON, in blocks of the whole lines of one cluster.
    """
    random = Random(seed)  # noqa: S311 - a fleet is no secret
    fillings = _all_fillings(random)
    ids = sorted(PLATFORMS)
    texts: dict[tuple[int, int, _Vgpu], bytes] = {}
    left, host = devices, 0
    while left > 0:
        old = random.randrange(len(_RELEASES) - 1)
        progress = random.random()
        cluster_ids = random.sample(ids, 2)
        lines: list[bytes] = []
        for _ in range(HOSTS_A_CLUSTER):
            release = old + (random.random() < progress)
            pci_id, aperture = random.choice(cluster_ids), random.choice(_APERTURES_MB)
            filling = random.choice(fillings[PLATFORMS[pci_id].graphics_version, aperture])
            keys = [(pci_id, release, vgpu) for vgpu in filling]
            for key in keys:
                if key not in texts:
                    texts[key] = _text(scheme, pci_id, _RELEASES[release], key[2])
            start = _name(host, random.randbytes(10).hex())
            lines += [
                b'%b%012x",%b' % (start, number, texts[key]) for number, key in enumerate(keys)
            ]
            host += 1
        yield b"".join(lines[:left])
        left -= len(lines)


def _name(host: int, digits: str) -> bytes:
    """Begin a line with the name of a device: host, parent, and all but the end of its UUID."""
    uuid = f"{digits[:8]}-{digits[8:12]}-{digits[12:16]}-{digits[16:]}-"
    return f'{{"name":"host{host:06d}/0000:00:02.0/{uuid}'.encode()


def _all_fillings(random: Random) -> dict[tuple[int, int], list[list[_Vgpu]]]:
    """Fill simulated hosts of every generation and aperture at random."""
    examples = {platform.graphics_version: pci_id for pci_id, platform in PLATFORMS.items()}
    return {
        (generation, aperture): [
            _fill(random, f"8086{pci_id:04x}", aperture) for _ in range(_FILLINGS)
        ]
        for generation, pci_id in sorted(examples.items())
        for aperture in sorted(set(_APERTURES_MB))
    }


def _fill(random: Random, pci_id: str, aperture_mb: int) -> list[_Vgpu]:
    """Create until the vendor driver says ENOSPC to every type; then join some equal vGPUs."""
    bus = MdevBus(KERNELS["6.1"])
    options = {"pci_id": pci_id, "aperture_mb": aperture_mb}
    types = list(bus.register(driver("i915"), options).types.values())
    created: list[str] = []
    while types:
        mdev_type = random.choice(types)
        try:
            mdev_type.create(f"00000000-0000-0000-0000-{len(created):012x}")
        except NoInstancesError:
            types.remove(mdev_type)
        else:
            created.append(mdev_type.type_id)
    vgpus: list[_Vgpu] = []
    while created:
        type_id = created.pop()
        fraction = int(type_id.rpartition("_")[2])
        aggregator = 1
        if type_id in created and random.random() < 0.25:
            created.remove(type_id)
            aggregator = 2
        vgpus.append(_Vgpu(type_id, fraction, aggregator))
    return vgpus


def _text(scheme: Scheme, pci_id: int, release: _Release, vgpu: _Vgpu) -> bytes:
    """Write the line of a device from its ``self`` on."""
    written = {
        "device_type": "pci",
        "device_api": "vfio-pci",
        "device_id": f"8086{pci_id:04x}",
        "mdev_type": vgpu.type_id,
        "aggregator": str(vgpu.aggregator),
        "pv_mode": release.pv_mode,
        "interface_version": str(release.interface_version),
        "software_version": release.software_version,
    }
    values = {}
    for name, kind in scheme.kinds.items():
        try:
            # A scheme of one's own may mean something else by the name.
            parse_value(kind, written[name])
        except (KeyError, TextError):
            continue
        values[name] = written[name]
    line: dict[str, object] = {
        "self": {
            name: int(text) if scheme.kinds[name] == "int" else text
            for name, text in values.items()
        }
    }
    if scheme.has_objects and values:
        line["compatible"] = [_clauses(scheme, release, vgpu, values)]
    return json.dumps(line, separators=(",", ":"))[1:].encode() + b"\n"


def _clauses(
    scheme: Scheme, release: _Release, vgpu: _Vgpu, own: Mapping[str, str]
) -> dict[str, str]:
    """Write whom a device accepts, in the manner of the mail: same share, known interfaces."""
    share = vgpu.fraction // vgpu.aggregator
    stem = vgpu.type_id.rpartition("_")[0]
    known = _reachable(release, scheme.accepted_by)
    modes = dict.fromkeys(f'"{other.pv_mode}"' for other in known)
    interfaces = dict.fromkeys(str(other.interface_version) for other in known)
    declarations = {
        "{val1}": f"{{val1:int:{','.join(str(n) for n in _FRACTIONS if n % share == 0)}}}",
        "{val2}": f"{{val2:string:{','.join(modes)}}}",
        "{val3}": f"{{val3:int:{','.join(interfaces)}}}",
    }
    forms = {
        "mdev_type": stem + "_{val1}",
        "aggregator": f"{{val1}}/{share}" if share > 1 else "{val1}",
        "pv_mode": "{val2}",
        "interface_version": "{val3}",
    }
    variables: Mapping[str, Variable] = {}
    clauses = {}
    for name, value in own.items():
        text = forms.get(name, value)
        for reference, declaration in declarations.items():
            if reference.strip("{}") not in variables:
                text = text.replace(reference, declaration)
        try:
            _, variables = parse_clause(text, scheme.kinds[name], variables)
        except TextError:
            text = value
        clauses[name] = text
    return clauses


def _reachable(release: _Release, accepted_by: Direction) -> list[_Release]:
    """
    List the releases that a device names: older ones it accepts, or newer ones it can go to.

    The set rule: a target has at least the modes of the source.
    """
    own = set(release.pv_mode.split("+"))
    found = []
    for other in _RELEASES:
        modes = set(other.pv_mode.split("+"))
        accepts = modes <= own and other.interface_version <= release.interface_version
        reaches = modes >= own and other.interface_version >= release.interface_version
        if (accepts and accepted_by is not Direction.SOURCE) or (
            reaches and accepted_by is not Direction.TARGET
        ):
            found.append(other)
    return found
