"""Vectors of the pv_mode history: features come and go, and the version follows them."""

import pytest
from vectors.reader import described, scheme_of, vectors

from simulator.compat.judge import judge
from simulator.compat.scheme import Outcome

CASES = {case.id: case for case in vectors("pv_mode")}
DECIDED = [name for name, case in CASES.items() if case.verdict != "open"]
VERDICTS = {"ok": Outcome.COMPATIBLE, "no": Outcome.INCOMPATIBLE}
OPEN = [
    # Yan calls 14 compatible and does not say in which direction; only subset makes it so.
    ("14", "x.y.z", "no"),
    ("14", "pv-mode-superset", "no"),
    ("14", "pv-mode-subset", "ok"),
    ("15", "x.y.z", "no"),
    ("15", "pv-mode-superset", "ok"),
    ("15", "pv-mode-subset", "no"),
    ("16", "x.y.z", "no"),
    ("16", "pv-mode-superset", "ok"),
    ("16", "pv-mode-subset", "no"),
]


def _judge(case, name):
    scheme = scheme_of(name)
    return judge(scheme, described(scheme, case.source), described(scheme, case.target))


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
