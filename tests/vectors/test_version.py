"""Vectors of the version rule x.y.z, with all else equal."""

import pytest
from vectors.reader import VERDICTS, described, shipped, vectors

from simulator.compat.judge import judge
from simulator.compat.scheme import Outcome

CASES = {case.id: case for case in vectors("version")}
DECIDED = [name for name, case in CASES.items() if case.verdict != "open"]


@pytest.mark.parametrize("case", DECIDED)
def test_verdict(case):
    """The shipped version scheme gives the verdict of the vector."""
    case, scheme = CASES[case], shipped("software-version")
    assert case.context == {"rule": "x.y.z"}
    source, target = described(scheme, case.source), described(scheme, case.target)
    assert judge(scheme, source, target) is VERDICTS[case.verdict]


@pytest.mark.parametrize(
    ("case", "order", "first"),
    [
        pytest.param("8c", "highest", "1.1.9", id="8c-highest"),
        pytest.param("8c", "lowest", "1.1.2", id="8c-lowest"),
    ],
)
def test_open_preference(case, order, first):
    """Both candidates are compatible, and the scheme says which bugfix comes first."""
    case = CASES[case]
    scheme = shipped("software-version", ("highest ", f"{order} "))
    source = described(scheme, case.source)
    candidates = [
        described(scheme, {"software_version": text})
        for text in case.target["candidates"].split(",")
    ]
    assert [judge(scheme, source, target) for target in candidates] == [Outcome.COMPATIBLE] * 2
    for given in (candidates, candidates[::-1]):
        assert str(scheme.ranked(given)[0].values["software_version"]) == first


def test_every_case_is_tested_once():
    """Each case of the group is decided, or is the open one that shows two settings."""
    assert sorted([*DECIDED, "8c"]) == sorted(CASES)
    assert len(CASES) == len(vectors("version"))
