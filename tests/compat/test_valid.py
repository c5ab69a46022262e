"""Own values that forbid a migration whoever asks."""

import pytest

from simulator.compat.rule import Range
from simulator.compat.scheme import Attribute, Relation
from simulator.compat.valid import is_valid, valid_clause
from simulator.values import Integer


@pytest.mark.parametrize("relation", [None, Relation.EQUAL, Relation.ANY])
def test_values_that_the_clause_refuses(relation):
    """The clause holds for an own value, however it is compared with others."""
    attribute = Attribute("a", "int", relation, valid="range(1,2)")
    assert valid_clause(attribute) == Range(Integer(1), Integer(2))
    assert [is_valid(attribute, Integer(n)) for n in range(4)] == [False, True, True, False]


def test_without_a_clause_any_value_does():
    """An attribute that says nothing forbids nothing."""
    attribute = Attribute("a", "int")
    assert valid_clause(attribute) is None
    assert is_valid(attribute, Integer(7))
