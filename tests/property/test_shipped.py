"""The shipped schemes in the C core: it answers as the judge does, over devices of their space."""

import pytest

from simulator.compat.judge import judge
from simulator.compat.scheme import Direction
from simulator.compat.schemes import builtin_names, load_builtin
from simulator.fleet.fleet import Fleet
from simulator.lab.space import space_of

DEVICES = 32


@pytest.mark.parametrize("name", builtin_names())
@pytest.mark.parametrize("seed", [0, 1])
def test_the_matcher_agrees(name, seed):
    """For each pair of devices, in every direction, matcher and judge give the same verdict."""
    scheme = load_builtin(name)
    devices = space_of(scheme, budget=DEVICES, seed=seed).descriptions[:DEVICES]
    for direction in Direction if scheme.has_objects else [None]:
        under = scheme.accepted(direction)
        fleet = Fleet(under)
        for one in devices:
            fleet.add(one)
        found = [
            [fleet.match(source).outcome(row) for row in range(len(devices))] for source in devices
        ]
        assert found == [[judge(under, source, target) for target in devices] for source in devices]
