"""Populations and matrices: classes of a fleet, and all pairs at once."""

import random
from itertools import product

from hypothesis import given
from hypothesis import strategies as st
from property.strategies import descriptions, schemes

from simulator.compat.judge import judge
from simulator.compat.schemes import load_builtin
from simulator.fleet.fleet import Fleet
from simulator.fleet.generate import generate
from simulator.lab.matrix import matrix
from simulator.lab.population import Population, population_of


@given(st.data())
def test_the_matrix_is_the_judge(data):
    """Each pair of a matrix has the verdict of the judge."""
    scheme = data.draw(schemes())
    found = data.draw(st.lists(descriptions(scheme), max_size=4))
    verdicts = matrix(scheme, found)
    assert len(verdicts) == len(found)
    for source, target in product(range(len(found)), repeat=2):
        assert verdicts.outcome(source, target) is judge(scheme, found[source], found[target])


def test_classes_of_a_fleet():
    """The classes of a fleet are those of its devices one by one, also after a removal."""
    scheme = load_builtin("software-version")
    fleet = Fleet(scheme)
    fleet.extend("fleet", generate(scheme, 3000, 7))
    for row in random.Random(3).sample(range(3000), 500):
        fleet.remove(row)
    rows = [row for row in range(3000) if fleet_has(fleet, row)]
    assert population_of(fleet) == Population.of(scheme, (fleet[row] for row in rows))
    assert sum(population_of(fleet).devices) == 2500


def fleet_has(fleet, row):
    """Tell whether a device has this row."""
    try:
        fleet.name(row)
    except IndexError:
        return False
    return True
