"""Vectors of the pv_mode history: features come and go, and the version follows them."""

import pytest
from vectors.reader import VERDICTS, described, known, shipped, vectors

from simulator.compat.judge import judge

CASES = {case.id: case for case in vectors("pv_mode")}
DECIDED = [name for name, case in CASES.items() if case.verdict != "open"]
# The set rule in the direction that Yan's example of a removed mode would need.
_SUBSET = ("pv_mode: {type: set, clause: superset,", "pv_mode: {type: set, clause: subset,")
RULES = {
    "x.y.z": shipped("software-version"),
    "superset": shipped("capability-sets"),
    "subset": shipped("capability-sets", _SUBSET),
}
OPEN = [
    # Yan calls 14 compatible and does not say in which direction; only subset makes it so.
    ("14", "x.y.z", "no"),
    ("14", "superset", "no"),
    ("14", "subset", "ok"),
    ("15", "x.y.z", "no"),
    ("15", "superset", "ok"),
    ("15", "subset", "no"),
    ("16", "x.y.z", "no"),
    ("16", "superset", "ok"),
    ("16", "subset", "no"),
]


def _judge(case, rule):
    scheme = RULES[rule]
    source, target = (described(scheme, known(scheme, one)) for one in (case.source, case.target))
    return judge(scheme, source, target)


@pytest.mark.parametrize("case", DECIDED)
def test_verdict(case):
    """The strict version rule gives the verdict of the vector, whatever the modes are."""
    assert _judge(CASES[case], CASES[case].context["rule"]) is VERDICTS[CASES[case].verdict]


@pytest.mark.parametrize(
    ("case", "rule", "verdict"), OPEN, ids=[f"{case}-{rule}" for case, rule, _ in OPEN]
)
def test_open(case, rule, verdict):
    """A case that the thread leaves open is decided by the scheme that is chosen."""
    assert CASES[case].verdict == "open"
    assert _judge(CASES[case], rule) is VERDICTS[verdict]


def test_every_case_is_tested_once():
    """Each case of the group is decided, or open with settings that disagree."""
    opened = {case for case, _, _ in OPEN}
    assert sorted([*DECIDED, *opened]) == sorted(CASES)
    assert len(CASES) == len(vectors("pv_mode"))
    for name in opened:
        assert {verdict for case, _, verdict in OPEN if case == name} == {"ok", "no"}
