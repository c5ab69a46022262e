"""Fleets from a seed."""

import json
from collections import defaultdict
from itertools import islice

import pytest

from simulator.compat.loader import load_scheme
from simulator.compat.ndjson import read_lines
from simulator.compat.scheme import Direction, Outcome
from simulator.compat.schemes import builtin_names, builtin_text, load_builtin
from simulator.fleet.fleet import Fleet
from simulator.fleet.generate import HOSTS_A_CLUSTER, generate
from simulator.mdev import KERNELS, MdevBus
from simulator.values import PciId
from simulator.vendors import driver
from simulator.vendors.i915_pciids import PLATFORMS

SCHEME = load_builtin("self-compatible")
DEVICES = 5000


def made(devices, seed=1, scheme=SCHEME):
    """All bytes of a fleet."""
    return b"".join(generate(scheme, devices, seed))


@pytest.fixture(scope="module")
def lines():
    """The devices of a fleet, as JSON."""
    return [json.loads(line) for line in made(DEVICES).splitlines()]


@pytest.mark.parametrize("seed", [0, 1, 7, 2**70])
def test_same_seed_same_fleet(seed):
    """The same seed gives the same bytes."""
    assert made(500, seed) == made(500, seed)


def test_another_seed_another_fleet():
    """Seeds differ in what they give."""
    fleets = {made(50, seed) for seed in range(20)}
    assert len(fleets) == 20


@pytest.mark.parametrize("devices", [1, 2, 99, 150, 1000, 4999])
def test_a_shorter_fleet_is_the_beginning_of_a_longer_one(devices):
    """Whatever the number of devices, the lines are the same up to its length."""
    assert made(DEVICES).startswith(made(devices))


@pytest.mark.parametrize("devices", [0, 1, 2, 123, DEVICES])
def test_number_of_devices(devices):
    """There are exactly as many lines as were asked for."""
    assert made(devices).count(b"\n") == devices


def test_blocks_are_whole_lines():
    """A fleet comes in blocks of whole lines, cluster by cluster, none of them empty."""
    for block in islice(generate(SCHEME, 10**9, 1), 20):
        assert block.endswith(b"\n")
        hosts = {json.loads(line)["name"].split("/")[0] for line in block.splitlines()}
        assert len(hosts) == HOSTS_A_CLUSTER


@pytest.mark.parametrize("name", builtin_names())
def test_lines_are_read_by_judge_and_core(name):
    """Under every shipped scheme each line is a description, for both readers."""
    scheme = load_builtin(name)
    text = made(1000, 3, scheme)
    assert len(read_lines("f", text.decode(), scheme)) == 1000
    fleet = Fleet(scheme)
    assert fleet.extend("f", [text]) == range(1000)
    # The matcher keeps the objects that a scheme derives.
    with_objects = b"".join(fleet.lines())
    assert (with_objects == text) == (not scheme.accepts)
    assert [one["self"] for one in map(json.loads, with_objects.splitlines())] == [
        one["self"] for one in map(json.loads, text.splitlines())
    ]


def test_names_are_unique(lines):
    """No two devices have one name, and each is a host, a parent and a UUID."""
    names = [line["name"].split("/") for line in lines]
    assert len({name[2] for name in names}) == DEVICES
    assert all([len(part) for part in name[2].split("-")] == [8, 4, 4, 4, 12] for name in names)


def test_ids_are_real_and_fit_the_types(lines):
    """Every device id is one of the driver's table; gen8 has V4 types, gen9 has V5 types."""
    seen = set()
    for line in lines:
        device_id = PciId.parse(line["self"]["device_id"])
        assert device_id.vendor == 0x8086
        generation = PLATFORMS[device_id.device].graphics_version
        seen.add(generation)
        stem = {8: "i915-GVTg_V4_", 9: "i915-GVTg_V5_"}[generation]
        assert line["self"]["mdev_type"].startswith(stem)
        assert all(one["mdev_type"].startswith(stem) for one in line["compatible"])
    assert seen == {8, 9}


def clusters(lines):
    """The devices of each cluster."""
    found = defaultdict(list)
    for line in lines:
        found[int(line["name"].split("/")[0].removeprefix("host")) // HOSTS_A_CLUSTER].append(line)
    return list(found.values())


def test_an_upgrade_is_under_way(lines):
    """A cluster has two GPUs, and one or two neighbouring versions of the driver."""
    versions = [
        {(line["self"]["pv_mode"], line["self"]["interface_version"]) for line in cluster}
        for cluster in clusters(lines)
    ]
    assert {len(found) for found in versions} == {1, 2}
    assert len(set.union(*versions)) == 4
    for cluster in clusters(lines)[:-1]:
        assert len({line["self"]["device_id"] for line in cluster}) == 2


def test_versions_of_the_driver():
    """Under the version scheme several versions meet in one cluster."""
    fleet = [
        json.loads(line) for line in made(3000, 1, load_builtin("software-version")).splitlines()
    ]
    versions = [
        {line["self"]["software_version"] for line in cluster} for cluster in clusters(fleet)
    ]
    assert any(len(found) == 2 for found in versions)
    assert set.union(*versions) == {"0.0.0", "0.1.0", "0.2.0", "0.2.1", "1.0.0"}


def test_fractions_are_mixed(lines):
    """Types of different fractions stand on one host, and some vGPUs are joined ones."""
    hosts = defaultdict(set)
    for line in lines:
        hosts[line["name"].split("/")[0]].add(line["self"]["mdev_type"])
    assert max(map(len, hosts.values())) >= 2
    assert {name[-1] for types in hosts.values() for name in types} >= {"2", "4", "8"}
    assert {line["self"]["aggregator"] for line in lines} == {1, 2}


def test_a_host_holds_what_the_vendor_driver_allows(lines):
    """The vGPUs of a host could all be created on one GPU with the largest aperture."""
    hosts = defaultdict(list)
    for line in lines:
        own = line["self"]
        hosts[line["name"].split("/")[0]] += [(own["device_id"], own["mdev_type"])] * own[
            "aggregator"
        ]
    for vgpus in list(hosts.values())[:100]:
        bus = MdevBus(KERNELS["6.1"])
        options = {"pci_id": vgpus[0][0], "aperture_mb": 1024}
        types = bus.register(driver("i915"), options).types
        for number, (_, type_id) in enumerate(vgpus):
            types[type_id].create(f"00000000-0000-0000-0000-{number:012x}")


@pytest.mark.parametrize("by", Direction)
def test_lists_are_made_for_the_direction(by):
    """Under each direction some devices can go to others than their equals, and some not."""
    text = builtin_text("self-compatible").replace("accepted-by: target", f"accepted-by: {by}")
    scheme = load_scheme("f", text.encode())
    assert scheme.accepted_by is by
    fleet = Fleet(scheme)
    fleet.extend("f", generate(scheme, 3000, 1))
    outcomes = set()
    moved = 0
    for row in range(0, 3000, 50):
        match = fleet.match(fleet[row])
        outcomes |= {outcome for outcome in Outcome if len(match.rows(outcome))}
        moved += any(fleet[target].values != fleet[row].values for target in match.first(50))
    assert outcomes >= {Outcome.COMPATIBLE, Outcome.INCOMPATIBLE}
    assert moved


OWN = """
scheme: own
objects: published
attributes:
  interface_version: {type: version}
  aggregator: {type: ratio}
  device_type: {type: int}
  pv_mode: {type: string}
  mdev_type: {type: string}
  unknown: {type: string}
"""


@pytest.mark.parametrize(
    ("text", "names"),
    [
        (OWN, ["aggregator", "pv_mode", "mdev_type"]),
        (
            OWN.replace("objects: published", "objects: none"),
            ["aggregator", "pv_mode", "mdev_type"],
        ),
        ("scheme: s\nobjects: published\nattributes: {unknown: {type: int}}", []),
        ("scheme: s\nobjects: published\nattributes: {mdev_type: {type: set}}", ["mdev_type"]),
        ("scheme: s\nobjects: published\nattributes: {pv_mode: {type: pci_id}}", []),
        ("scheme: s\nobjects: published\nattributes: {aggregator: {type: int}}", ["aggregator"]),
        ("scheme: s\nobjects: published\nattributes: {aggregator: {type: set}}", ["aggregator"]),
    ],
)
def test_schemes_of_ones_own(text, names):
    """Names that the generator knows are filled where the kind allows it, and lines parse."""
    scheme = load_scheme("f", text.encode())
    devices = read_lines("f", made(300, 1, scheme).decode(), scheme)
    assert len(devices) == 300
    assert {tuple(device.values) for device in devices} == {tuple(names)}
    assert all(
        (device.objects is None) == (not names or not scheme.has_objects) for device in devices
    )
    fleet = Fleet(scheme)
    assert len(fleet.extend("f", generate(scheme, 300, 1))) == 300


NOT_OF_A_VGPU = {
    "subchannel_type",
    "chpid_type",
    "chpid_mask",
    "chpid_count",
    "compatible_subchannel_type",
    "compatible_chpid_type",
    "remote_url",
}


@pytest.mark.parametrize("name", builtin_names())
def test_every_shipped_scheme_has_its_attributes(name):
    """All attributes of a shipped scheme are published, but those of channels and of storage."""
    scheme = load_builtin(name)
    [device] = read_lines("f", made(1, 1, scheme).decode(), scheme)
    assert set(device.values) == set(scheme.attributes) - NOT_OF_A_VGPU


@pytest.mark.parametrize("name", builtin_names())
def test_some_can_go_and_some_cannot(name):
    """Under every shipped scheme a fleet has pairs that are allowed, and pairs that are not."""
    scheme = load_builtin(name)
    fleet = Fleet(scheme)
    fleet.extend("f", generate(scheme, 2000, 1))
    rows = [row for row, _ in fleet.classes()][:40]
    allowed = [fleet.match(fleet[row]).count for row in rows]
    assert any(allowed)
    assert min(allowed) < 2000


def test_one_fleet_for_several_schemes():
    """What several schemes publish alike is written once, and what they do not, for each."""
    schemes = [load_builtin(name) for name in ("software-version", "migration-version", "kubevirt")]
    first = json.loads(made(1, 1, schemes).splitlines()[0])
    assert first["self"]["software_version"] == "0.2.0"
    assert first["self"]["migration-version:software_version"] == "00000003"
    assert [name for name in first["self"] if ":" in name] == ["migration-version:software_version"]
    publishing = [load_builtin(name) for name in ("self-compatible", "json-objects")]
    lists = json.loads(made(1, 1, publishing).splitlines()[0])["compatible"]
    assert [{name.partition(":")[0] for name in one} for one in lists] == [
        {"self-compatible"},
        {"json-objects"},
    ]


def test_the_same_devices_whatever_the_schemes():
    """Schemes change what is published, and not the devices: a seed names the same ones."""
    names = [
        [
            json.loads(line)["name"]
            for line in made(200, 5, [load_builtin(one) for one in some]).splitlines()
        ]
        for some in (["nova"], ["self-compatible"], ["nova", "nvml", "mtty-stream"])
    ]
    assert names[0] == names[1] == names[2]
