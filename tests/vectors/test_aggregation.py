"""Vectors of aggregation and of capability sets, each under the rule that it names."""

import pytest
from vectors.reader import described, listed, scheme_of, vectors

from simulator.compat.judge import judge
from simulator.compat.scheme import Outcome

CASES = {case.id: case for case in vectors("aggregation")}
VERDICTS = {"ok": Outcome.COMPATIBLE, "no": Outcome.INCOMPATIBLE}


def _listing(case, scheme):
    """Give both devices what the listing of the proposal says, where the vector is silent."""
    base = listed(scheme.name, scheme)
    own = {name: str(value) for name, value in base.values.items()}
    return (
        described(scheme, {**own, **case.source}, base.objects),
        described(scheme, {**own, **case.target}, base.objects),
    )


def _shares(case, scheme):
    """Give the base type and the share of it, as the proposal of 2020-08-25 publishes them."""
    devices = []
    for values in (case.source, case.target):
        base, _, parts = values["mdev_type"].rpartition("_")
        share = f"{values['aggregator']}/{parts}"
        devices.append(described(scheme, {"base_type": base, "aggregation_ratio": share}))
    return devices


def _types(case, scheme):
    """Let each type be compatible with itself, where the vector names no others."""
    own = {"compatible_type": case.target["mdev_type"]}
    return described(scheme, case.source), described(scheme, {**own, **case.target})


def _claimed(case, scheme):
    """Copy the dynamic resources to the target, which a failed write leaves as it was."""
    target = dict(case.target)
    if case.context.get("set_result") == "ok":
        name, _, value = case.context["set"].partition(":")
        assert case.source[name] == value
        target[name] = value
    return described(scheme, case.source), described(scheme, target)


def _plain(case, scheme):
    return described(scheme, case.source), described(scheme, case.target)


DEVICES = {
    "2020-07-13": _listing,
    "2020-08-10": _listing,
    "2020-08-26": _types,
    "2020-09-09": _claimed,
    "aggregation_ratio": _shares,
    "subset": _plain,
}


@pytest.mark.parametrize("case", CASES)
def test_verdict(case):
    """The scheme of the rule gives the verdict of the vector."""
    case = CASES[case]
    # 32 names no rule; it was agreed in the mails of 2020-08-26.
    rule = case.context.get("rule", "2020-08-26")
    scheme = scheme_of(rule)
    source, target = DEVICES[rule](case, scheme)
    assert judge(scheme, source, target) is VERDICTS[case.verdict]


def test_listing_lists_what_its_author_lists():
    """The list of 2020-08-10 accepts V5_2 x 1, V5_4 x 2 and V5_8 x 4, and nothing else."""
    scheme = scheme_of("2020-08-10")
    device = listed("2020-08-10", scheme)
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
    assert {case.context.get("rule", "2020-08-26") for case in CASES.values()} == set(DEVICES)
