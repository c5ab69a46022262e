"""Vectors of the attributes of the type, under the proposals of 2020-08-26 and 2020-09-09."""

import pytest
from vectors.reader import described, scheme_of, vectors

from simulator.compat.judge import judge
from simulator.compat.scheme import Outcome

CASES = {case.id: case for case in vectors("type_attributes")}
VERDICTS = {"ok": Outcome.COMPATIBLE, "no": Outcome.INCOMPATIBLE}
# What the placeholders stand for, by attribute: any value, another one, an old and a new type.
PLACEHOLDERS = {
    "chpid_mask": {"<other>": "0x0f"},
    "chpid_count": {"<any>": "1", "<other>": "2"},
    "chpid_type": {"<other>": "0x1b"},
    "mdev_type": {"<old>": "i915-GVTg_V4_8"},
    "registered_types": {"<old>,<new>": "i915-GVTg_V4_8,i915-GVTg_V5_8"},
}


def _filled(values):
    return {name: PLACEHOLDERS.get(name, {}).get(text, text) for name, text in values.items()}


@pytest.mark.parametrize("case", CASES)
def test_verdict(case):
    """The scheme of the rule, else the final proposal, gives the verdict of the vector."""
    case = CASES[case]
    scheme = scheme_of(case.context.get("rule", "2020-09-09"))
    source, target = (described(scheme, _filled(values)) for values in (case.source, case.target))
    assert judge(scheme, source, target) is VERDICTS[case.verdict]


def test_every_case_is_tested_once():
    """Each case of the group is decided, and no placeholder is left."""
    assert len(CASES) == len(vectors("type_attributes"))
    assert all(case.verdict in VERDICTS for case in CASES.values())
    for case in CASES.values():
        assert "<" not in str([_filled(case.source), _filled(case.target)])
