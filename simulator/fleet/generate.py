"""
Fleets from a seed: hosts with gen8 and gen9 Intel GPUs in the middle of a rolling upgrade.

Each vGPU was created on a simulated host until nothing more fitted, so the mixes of fractions are
those that the vendor driver allows. Driver versions follow the pv_mode history of the thread.

Source: 20200730034104.GB32327@joy-OptiPlex-7040 (history); clusters and shares are ours.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from random import Random

from simulator.compat.clause_text import parse_clause
from simulator.compat.scheme import Direction, Scheme
from simulator.compat.template import Variable
from simulator.errors import NoInstancesError, TextError
from simulator.fleet.vgpu_values import FRACTIONS, RELEASES, Release, Vgpu, values_of
from simulator.mdev import KERNELS, MdevBus
from simulator.vendors import driver
from simulator.vendors.i915_pciids import PLATFORMS

__all__ = ["generate"]

HOSTS_A_CLUSTER = 40
_FILLINGS = 64
_APERTURES_MB = (256, 512, 512, 1024)


def generate(schemes: Scheme | Sequence[Scheme], devices: int, seed: int) -> Iterator[bytes]:
    """
    Make a fleet.

    Args:
        schemes: One, or several that share the fleet. Their attributes are published as far as
            the generator knows them: by their facts and by the names of the shipped schemes,
            where the value is of the kind. Lists of objects are made for the direction of each.
            Where a name means different things, a later scheme has it as ``SCHEME:NAME``.
        devices: How many.
        seed: The same seed gives the same fleet, whatever *devices* is, up to its length.

    Yields:
        NDJSON, in blocks of the whole lines of one cluster.
    """
    several = [schemes] if isinstance(schemes, Scheme) else schemes
    random = Random(seed)  # noqa: S311 - a fleet is no secret
    fillings = _all_fillings(random)
    ids = sorted(PLATFORMS)
    texts: dict[tuple[int, int, Vgpu], bytes] = {}
    left, host = devices, 0
    while left > 0:
        old = random.randrange(len(RELEASES) - 1)
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
                    texts[key] = _text(several, pci_id, RELEASES[release], key[2])
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


def _all_fillings(random: Random) -> dict[tuple[int, int], list[list[Vgpu]]]:
    """Fill simulated hosts of every generation and aperture at random."""
    examples = {platform.graphics_version: pci_id for pci_id, platform in PLATFORMS.items()}
    return {
        (generation, aperture): [
            _fill(random, f"8086{pci_id:04x}", aperture) for _ in range(_FILLINGS)
        ]
        for generation, pci_id in sorted(examples.items())
        for aperture in sorted(set(_APERTURES_MB))
    }


def _fill(random: Random, pci_id: str, aperture_mb: int) -> list[Vgpu]:
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
    vgpus: list[Vgpu] = []
    while created:
        type_id = created.pop()
        fraction = int(type_id.rpartition("_")[2])
        aggregator = 1
        if type_id in created and random.random() < 0.25:
            created.remove(type_id)
            aggregator = 2
        vgpus.append(Vgpu(type_id, fraction, aggregator))
    return vgpus


def _text(schemes: Sequence[Scheme], pci_id: int, release: Release, vgpu: Vgpu) -> bytes:
    """Write the line of a device from its ``self`` on."""
    own: dict[str, object] = {}
    lists: list[dict[str, str]] = []
    publishing = [one for one in schemes if one.has_objects and not one.accepts]
    for scheme in schemes:
        values = values_of(scheme, pci_id, release, vgpu)
        for name, text in values.items():
            value = int(text) if scheme.kinds[name] == "int" else text
            # Where two schemes mean different things by a name, the later one has its own.
            is_taken = str(own.setdefault(name, value)) != text
            own |= {f"{scheme.name}:{name}": value} if is_taken else {}
        if scheme in publishing and values:
            clauses = _clauses(scheme, release, vgpu, values)
            several = len(publishing) > 1
            lists.append({f"{scheme.name}:{n}" if several else n: t for n, t in clauses.items()})
    line: dict[str, object] = {"self": own}
    if lists:
        line["compatible"] = lists
    return json.dumps(line, separators=(",", ":"))[1:].encode() + b"\n"


def _clauses(
    scheme: Scheme, release: Release, vgpu: Vgpu, own: Mapping[str, str]
) -> dict[str, str]:
    """Write whom a device accepts, in the manner of the mail: same share, known interfaces."""
    share = vgpu.fraction // vgpu.aggregator
    stem = vgpu.type_id.rpartition("_")[0]
    known = _reachable(release, scheme.accepted_by)
    modes = dict.fromkeys(f'"{other.pv_mode}"' for other in known)
    interfaces = dict.fromkeys(str(other.interface_version) for other in known)
    versions = dict.fromkeys(other.software_version for other in known)
    declarations = {
        "{val1}": f"{{val1:int:{','.join(str(n) for n in FRACTIONS if n % share == 0)}}}",
        "{val2}": f"{{val2:string:{','.join(modes)}}}",
        "{val3}": f"{{val3:int:{','.join(interfaces)}}}",
    }
    forms = {
        "mdev_type": stem + "_{val1}",
        "aggregator": f"{{val1}}/{share}" if share > 1 else "{val1}",
        "pv_mode": "{val2}",
        "pv-mode": "{val2}",
        "interface_version": "{val3}",
        "gvt-version": "{val3}",
        "software_version": f"one_of({','.join(versions)})",
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


def _reachable(release: Release, accepted_by: Direction) -> list[Release]:
    """
    List the releases that a device names: older ones it accepts, or newer ones it can go to.

    The set rule: a target has at least the modes of the source.
    """
    own = set(release.pv_mode.split("+"))
    found = []
    for other in RELEASES:
        modes = set(other.pv_mode.split("+"))
        accepts = modes <= own and other.interface_version <= release.interface_version
        reaches = modes >= own and other.interface_version >= release.interface_version
        if (accepts and accepted_by is not Direction.SOURCE) or (
            reaches and accepted_by is not Direction.TARGET
        ):
            found.append(other)
    return found
