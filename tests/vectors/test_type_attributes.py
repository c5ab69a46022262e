"""Vectors of the attributes of the type, each under the shipped scheme that it speaks of."""

import pytest
from vectors.reader import VERDICTS, described, host_of, known, shipped, vectors

from simulator.compat.judge import judge
from simulator.publish import read_back

CASES = {case.id: case for case in vectors("type_attributes")}
RULES = {"2020-08-26": "compatible-type", "2020-09-09": "dynamic-resources"}
CCW = ["44a", "44b", "45"]
PLAYED = tuple(CASES)
# What the placeholders stand for, by attribute: any value, and another one.
PLACEHOLDERS = {
    "chpid_mask": {"<other>": "0x0f"},
    "chpid_count": {"<any>": "1", "<other>": "2"},
    "chpid_type": {"<other>": "0x1b"},
}
REST = {"device_api": "vfio-pci", "software_version": "1.0.0"}
OLD, NEW = "V4_8", "V5_8"


def _filled(values):
    return {name: PLACEHOLDERS.get(name, {}).get(text, text) for name, text in values.items()}


def scheme_name(case):
    """Return the scheme of the rule, else that of the device, else the final proposal."""
    return "vfio-ccw" if case.id in CCW else RULES[case.context.get("rule", "2020-09-09")]


@pytest.mark.parametrize("case", [case for case in CASES if case != "47"])
def test_verdict(case):
    """The shipped scheme gives the verdict of the vector."""
    case = CASES[case]
    scheme = shipped(scheme_name(case))
    sides = []
    for values in (case.source, case.target):
        found = _filled(values)
        if case.context.get("rest") == "match":
            # A type that says nothing of others is compatible with itself.
            found = {**REST, "compatible_type": found["mdev_type"], **found}
        assert known(scheme, found) == found
        sides.append(described(scheme, found))
    assert judge(scheme, *sides) is VERDICTS[case.verdict]


def test_47():
    """A new device that registers the old type as well receives an mdev of the old type."""
    case, scheme = CASES["47"], shipped("dynamic-resources")
    kinds = f"types: {{{OLD}: {{name: old}}, {NEW}: {{name: new}}}}"
    driver = f"driver: {{name: gpu, capacity: 2, {kinds}}}"
    idxd = "driver: idxd\n    options: {names: thread, dedicated: 32, aggregation: true}"
    writes = "        writes: [{mdev/aggregated_instances: 30}]\n"
    changes = (idxd, driver), (writes, ""), ("dsa-1dwq", f"gpu-{OLD}")
    target = host_of("dynamic-resources", *changes)
    old = (f", {NEW}: {{name: new}}", "")
    source = host_of("dynamic-resources", *changes[:1], old, *changes[1:])
    types = [[*parent.types] for host in (source, target) for parent in host.bus.parents.values()]
    assert types == [[f"gpu-{OLD}"], [f"gpu-{OLD}", f"gpu-{NEW}"]]
    assert case.target["registered_types"] == "<old>,<new>"
    [left], [received] = source.mdevs.values(), target.mdevs.values()
    assert judge(scheme, read_back(scheme, left), read_back(scheme, received)) is VERDICTS["ok"]
    assert case.verdict == "ok"


@pytest.mark.parametrize("case", ["41", "42", "43"])
def test_both_proposals_agree(case):
    """The proposals of August and September judge PCI ids and the device API alike."""
    case, scheme = CASES[case], shipped("compatible-type")
    rest = {**REST, "compatible_type": "t", "mdev_type": "t"}
    source, target = (described(scheme, {**rest, **one}) for one in (case.source, case.target))
    assert judge(scheme, source, target) is VERDICTS[case.verdict]


def test_every_case_is_tested_once():
    """Each case of the group is decided, and no placeholder is left where values are compared."""
    assert len(CASES) == len(vectors("type_attributes"))
    assert all(case.verdict in VERDICTS for case in CASES.values())
    for case in CASES.values():
        assert case.id == "47" or "<" not in str([_filled(case.source), _filled(case.target)])
