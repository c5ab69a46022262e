"""Vectors of aggregation and of capability sets, each under the shipped scheme of its rule."""

import pytest
from vectors.reader import VERDICTS, described, host_of, listed, shipped, vectors

from simulator.compat.judge import judge
from simulator.migration.place import place
from simulator.publish import read_back

CASES = {case.id: case for case in vectors("aggregation")}
SCHEMES = {
    # The opening mail's string is opaque; its claim is written as a listing.
    "2020-07-13": "self-compatible",
    "2020-08-10": "migration-pair",
    "2020-08-26": "compatible-type",
    "2020-09-09": "dynamic-resources",
    "aggregation_ratio": "aggregation-ratio",
    "subset": "capability-sets",
}
UUID = "83b8f4f2-509f-382f-3c1e-e6bfe0fa1099"
CLAIMS = ["31b", "33a", "33b"]
PLAYED = tuple(CASES)


def rule_of(case):
    """Return the rule that a row names; 32 names none, and was agreed on 2020-08-26."""
    return case.context.get("rule", "2020-08-26")


def _claimed_in_july(case, scheme):
    claim = listed("2020-07-13", scheme)
    return described(scheme, case.source), described(scheme, case.target, claim.objects)


def _listed_in_august(case, scheme):
    """Give both devices what the host of the mail says, where the vector is silent."""
    [mdev] = host_of(scheme.name).mdevs.values()
    base = read_back(scheme, mdev)
    own = {name: str(value) for name, value in base.values.items()}
    return (
        described(scheme, {**own, **case.source}, base.objects),
        described(scheme, {**own, **case.target}, base.objects),
    )


def _shares(case, scheme):
    """Give the base type and the share of it, as a host derives them."""
    devices = []
    for values in (case.source, case.target):
        base, _, number = values["mdev_type"].rpartition("_")
        ratio = f"{number}/{values['aggregator']}"
        devices.append(described(scheme, {"base_type": base, "aggregation_ratio": ratio}))
    return devices


def _types(case, scheme):
    """Let each type be compatible with itself, as an author says that all are at present."""
    return [
        described(scheme, {"compatible_type": one["mdev_type"], **one})
        for one in (case.source, case.target)
    ]


def _plain(case, scheme):
    return described(scheme, case.source), described(scheme, case.target)


DEVICES = {
    "2020-07-13": _claimed_in_july,
    "2020-08-10": _listed_in_august,
    "2020-08-26": _types,
    "2020-09-09": _plain,
    "aggregation_ratio": _shares,
    "subset": _plain,
}


@pytest.mark.parametrize("case", [case for case in CASES if case not in CLAIMS])
def test_verdict(case):
    """The shipped scheme of the rule gives the verdict of the vector."""
    case = CASES[case]
    rule = rule_of(case)
    scheme = shipped(SCHEMES[rule])
    source, target = DEVICES[rule](case, scheme)
    assert judge(scheme, source, target) is VERDICTS[case.verdict]


def _gpu(values):
    """Change the example host into one with a vGPU of this type and number of instances."""
    claimed = ("dsa-1dwq", values["mdev_type"]), ("30}]", "1}]")
    driver = "driver: idxd\n    options: {names: thread, dedicated: 32, aggregation: true}"
    said = f"dynamic_resources: aggregator, aggregator: {values['aggregator']}"
    host = (driver, "driver: i915"), ("dynamic_resources: aggregator", said)
    writes = "        writes: [{mdev/aggregated_instances: 1}]\n"
    return host_of("dynamic-resources", *host, *claimed, (writes, ""))


def test_31b():
    """Once the source's aggregator is written to the target, the two are compatible."""
    case, scheme = CASES["31b"], shipped("dynamic-resources")
    [source], [target] = (_gpu(one).mdevs.values() for one in (case.source, case.target))
    assert str(target.mdev_type.type_id) == case.target["mdev_type"]
    before = judge(scheme, read_back(scheme, source), read_back(scheme, target))
    assert before is VERDICTS["no"]
    name, _, value = case.context["set"].partition(":")
    assert source.show(name) == f"{value}\n"
    assert target.store(name, f"{value}\n".encode()) == len(value) + 1
    after = judge(scheme, read_back(scheme, source), read_back(scheme, target))
    assert after is VERDICTS[case.verdict]


@pytest.mark.parametrize(("case", "queues"), [("33a", 32), ("33b", 16)])
def test_33(case, queues):
    """A manager copies the dynamic resources to a new target; a write that fails, fails it all."""
    case, scheme = CASES[case], shipped("dynamic-resources")
    [source] = host_of("dynamic-resources").mdevs.values()
    own = {name: str(value) for name, value in read_back(scheme, source).values.items()}
    assert case.source.items() <= own.items()
    target = host_of(
        "dynamic-resources", ("dedicated: 32", f"dedicated: {queues}"), ("30}]", "1}]")
    )
    [taken] = target.mdevs.values()
    taken.remove()
    done = place(scheme, source, target.bus, UUID)
    is_placed = done.target is not None
    assert VERDICTS["ok" if is_placed else "no"] is VERDICTS[case.verdict]
    name, _, value = case.context["set"].partition(":")
    [write] = [one for one in done.steps if one.action == "write"]
    assert write.path.endswith(f"/dsa-1dwq/{name}") or write.path.endswith(f"{UUID}/{name}")
    assert write.text == value
    assert (write.error or "ok") == {"ok": "ok", "fail": "EINVAL"}[case.context["set_result"]]
    assert list(target.mdevs) == ([UUID] if is_placed else [])


def test_the_pair_lists_what_its_author_lists():
    """The list of 2020-08-10 accepts V5_2 x 1, V5_4 x 2 and V5_8 x 4, and nothing else."""
    scheme = shipped("migration-pair")
    [mdev] = host_of("migration-pair").mdevs.values()
    device = read_back(scheme, mdev)
    own = {name: str(value) for name, value in device.values.items()}
    found = set()
    for size in (1, 2, 4, 8):
        for share in range(9):
            values = {"mdev_type": f"i915-GVTg_V5_{size}", "aggregator": str(share)}
            if judge(scheme, device, described(scheme, {**own, **values})) is VERDICTS["ok"]:
                found.add((size, share))
    assert found == {(2, 1), (4, 2), (8, 4)}


def test_every_case_is_tested_once():
    """Each case of the group is decided and has a rule with a scheme."""
    assert len(CASES) == len(vectors("aggregation"))
    assert all(case.verdict in VERDICTS for case in CASES.values())
    assert {rule_of(case) for case in CASES.values()} == set(SCHEMES) == set(DEVICES)
    assert {name for name, case in CASES.items() if "set" in case.context} == set(CLAIMS)
