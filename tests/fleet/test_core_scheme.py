"""A scheme in the numbers of the core."""

from fractions import Fraction

import pytest

from simulator.compat.judge import judge
from simulator.compat.loader import load_scheme
from simulator.compat.scheme import Attribute, Outcome, Scheme
from simulator.fleet.fleet import Fleet


def test_a_scheme_in_the_numbers_of_the_core():
    """Every setting of a scheme reaches the core: relations with `of`, missing, division."""
    data = b"""
scheme: s
objects: published
accepted-by: both
missing: compatible
unlisted: undecided
division: floor
attributes:
  kind: {type: string, clause: equal, missing: incompatible}
  takes: {type: set, clause: one_of, of: kind}
  share: {type: ratio}
"""
    scheme = load_scheme("f", data)
    fleet = Fleet(scheme)
    lines = [
        '{"self":{"kind":"a","takes":"a","share":"1/2"}}',
        '{"self":{"kind":"a","takes":"b","share":"1/2"}}',
        '{"self":{"takes":"a"}}',
        '{"self":{"kind":"a","takes":"a"},"compatible":[{"kind":"a"}]}',
        '{"self":{"kind":"a","takes":"a","share":1},"compatible":[{"share":"{n:int:3}/2"}]}',
    ]
    devices = [fleet.parse(line) for line in lines]
    for device in devices:
        fleet.add(device)
    expected = [[judge(scheme, source, target) for target in devices] for source in devices]
    found = [[fleet.match(source).outcome(row) for row in range(5)] for source in devices]
    assert found == expected
    assert {outcome for row in expected for outcome in row} == set(Outcome)
    assert Fraction(1, 2) == devices[0].values["share"].value


@pytest.mark.parametrize("count", [1, 63, 64])
def test_schemes_of_many_attributes(count):
    """Up to 64 attributes are compared, the last as the first."""
    names = [f"a{number}" for number in range(count)]
    scheme = Scheme(
        "s",
        {name: Attribute(name, "int") for name in names},
        has_objects=True,
        unlisted=Outcome.INCOMPATIBLE,
    )
    fleet = Fleet(scheme)
    last = names[-1]
    device = fleet.parse(f'{{"self":{{"{last}":1}},"compatible":[{{"{last}":1}}]}}')
    other = fleet.parse(f'{{"self":{{"{last}":2}}}}')
    fleet.add(device)
    assert (fleet.match(device).count, fleet.match(other).count) == (1, 0)
