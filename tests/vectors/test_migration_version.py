"""Vectors of `version` and `migration_version`: read at one host, written at another."""

from dataclasses import replace
from functools import partial

import pytest
from vectors.reader import VERDICTS, described, host_of, shipped, vectors

from simulator.compat.description import Description
from simulator.compat.judge import judge
from simulator.compat.scheme import Outcome, Relation
from simulator.errors import MdevError
from simulator.mdev import KERNELS, MdevBus
from simulator.publish import read_back, read_type
from simulator.vendors import driver

CASES = {case.id: case for case in vectors("migration_version")}
NODES = ("type", "device")
FILE = "migration_version"
# What the placeholders stand for, as changes of the example host.
_OTHER_GPU = ("8086193b", "8086591d")
_OTHER_VERSION = ("00000001", "00000002")
_OTHER_TYPE = ("i915-GVTg_V5_4", "i915-GVTg_V5_2")
DIFFERENCES = {
    "50a": (),
    "50b": (),
    "51a": (_OTHER_GPU,),
    "51b": (_OTHER_GPU, _OTHER_VERSION),
    "52a": (_OTHER_VERSION,),
    "52b": (_OTHER_TYPE,),
}
# The type's name tells the generation; there is no GVT-g for a gen11, so its type is made up.
_GEN11_GPU = "name: i915, capacity: 4, pci: {id: 80868a5a, class: 030000}"
_GEN11 = (
    "  - driver: i915\n    options: {pci_id: 8086193b, aperture_mb: 512}",
    f"  - driver: {{{_GEN11_GPU}, types: {{GVTg_V11_4: {{name: gen11}}}}}}",
)
UNABLE = {
    "gpu=gen11": [(_GEN11, ("i915-GVTg_V5_4", "i915-GVTg_V11_4"))],
    # As posted, nobody has a version; or the driver says one that stands for none.
    "software_version=invalid": [
        (("    attributes: {software_version: 00000001}\n", ""),),
        (("00000001", "ffffffff"),),
    ],
}
PLAYED = (
    *("48a", "48b", "49", *DIFFERENCES, "53a", "53b", "53c", "53d"),
    *("54a", "54b", "55"),
)


def node_of(host, node):
    """Return the mdev, or the type that it has."""
    [mdev] = host.mdevs.values()
    return mdev if node == "device" else mdev.mdev_type


def answer(action):
    """Say what a read or a write answers, in the notation of the file."""
    try:
        return f"value:{action()}"
    except MdevError as error:
        return f"errno:{error.name}"


@pytest.mark.parametrize("case", ["48a", "48b", "49"])
def test_version(case):
    """The string of April 2019 is taken by a type that shows the same one, and by no other."""
    case = CASES[case]
    [parent] = host_of("version-2019").bus.parents.values()
    mdev_type = parent.types[case.target["mdev_type"]]
    newline = "\n" * int(case.context.get("newline", 1))
    assert answer(
        lambda: mdev_type.store("version", f"{case.source['write']}{newline}".encode())
    ) == (case.verdict)
    shown = mdev_type.show("version") == f"{case.source['write']}\n"
    assert shown == case.verdict.startswith("value:")


@pytest.mark.parametrize("node", NODES)
@pytest.mark.parametrize("case", DIFFERENCES)
def test_gvt(case, node):
    """What is read at the source is written at the target: the count, or EINVAL and a reason."""
    found, changes = CASES[case], DIFFERENCES[case]
    source, target = host_of(FILE.replace("_", "-"), *changes), host_of("migration-version")
    text = node_of(source, node).show(FILE)
    data = text.removesuffix("\n") + "\n" * int(found.context.get("newline", 1))
    said = answer(lambda: node_of(target, node).store(FILE, data.encode()))
    assert said == (f"value:{len(data)}" if found.verdict == "value:count" else found.verdict)
    wanted = found.reason.removeprefix("log: ").partition(" (")[0]
    assert [line.partition(": ")[2] for line in target.log] == ([wanted] if changes else [])


@pytest.mark.parametrize("text", ["\n", "8086", "8086-193b-GVTg_V5_4", "8086/193b/GVTg_V5_4/1"])
def test_wrong_format(text):
    """A string of another form is EINVAL, and the log suspects another version of GVT."""
    host = host_of("migration-version")
    said = answer(lambda: node_of(host, "device").store(FILE, text.encode()))
    assert said == "errno:EINVAL"
    assert host.log[-1].endswith(": wrong string format. probably wrong GVT version")


@pytest.mark.parametrize("node", NODES)
@pytest.mark.parametrize("case", ["53a", "53b", "53c", "53d"])
def test_unable(case, node):
    """A GPU of another generation and an invalid software version answer ENODEV."""
    case = CASES[case]
    [target] = [f"{key}={value}" for key, value in case.target.items()]
    text = node_of(host_of("migration-version"), node).show(FILE)
    for changes in UNABLE[target]:
        one = node_of(host_of("migration-version", *changes), node)
        read, write = partial(one.show, FILE), partial(one.store, FILE, text.encode())
        assert answer({"read": read, "write": write}[case.context["op"]]) == case.verdict


@pytest.mark.parametrize("case", ["54a", "54b"])
def test_file_missing(case):
    """Without the file on either side there is no migration: nothing to read, or to write to."""
    case, scheme = CASES[case], shipped("migration-version")
    [mdev] = host_of("migration-version").mdevs.values()
    bare = MdevBus(KERNELS["5.2"]).register(driver("i915")).types["i915-GVTg_V5_4"]
    bare = bare.create(mdev.uuid)
    sides = {"missing": bare, "present": mdev}
    source, target = sides[case.source["file"]], sides[case.target["file"]]
    actions = {"missing": "errno:ENOENT", "present": f"value:{mdev.show(FILE)}"}
    assert answer(lambda: source.show(FILE)) == actions[case.source["file"]]
    said = answer(lambda: target.store(FILE, mdev.show(FILE).encode()))
    assert said.startswith("errno:ENOENT" if target is bare else "value:")
    published = {bare: Description({}), mdev: read_back(scheme, mdev)}
    assert judge(scheme, published[source], published[target]) is VERDICTS[case.verdict]


def test_55():
    """Equal strings do at the mdev; at the type node the types have to be equal as well."""
    case, scheme = CASES["55"], shipped("migration-version")
    assert case.context["node"] == "type"
    other = (
        "name: i915, capacity: 4, pci: {id: 80868a5a",
        "name: gvt, capacity: 4, pci: {id: 8086193b",
    )
    changes = (_GEN11[0], _GEN11[1].replace(*other).replace("V11", "V5")), ("i915-GVTg", "gvt-GVTg")
    hosts = host_of("migration-version"), host_of("migration-version", *changes)
    source, target = (node_of(host, "type") for host in hosts)
    assert source.show(FILE) == target.show(FILE)
    assert source.type_id != target.type_id
    assert answer(lambda: target.store(FILE, source.show(FILE).encode())).startswith("value:")
    sides = read_type(scheme, source), read_type(scheme, target)
    # The type is named by its directory, which a manager compares.
    named = [
        described(scheme, {**{k: str(v) for k, v in one.values.items()}, "mdev_type": node.type_id})
        for one, node in zip(sides, (source, target), strict=True)
    ]
    assert judge(scheme, *named) is VERDICTS[case.verdict]
    free = replace(scheme.attributes["mdev_type"], relation=Relation.ANY)
    at_mdev = replace(scheme, attributes={**scheme.attributes, "mdev_type": free})
    assert judge(at_mdev, *named) is Outcome.COMPATIBLE


def test_every_case_is_tested_once():
    """No row of the group is left out."""
    assert sorted(PLAYED) == sorted(CASES)
    assert len(CASES) == len(vectors("migration_version"))
